"""Shared parts of the tests: a small study on disk, and the demo home.

Real parts, no mocks: files, Parquet, DuckDB, a Dagster instance.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.no_network import sitecustomize
from tests.support.places import ROOT

# This process and every Python that it starts: no socket leaves the machine.
NO_NETWORK = str(Path(sitecustomize.__file__).parent)
os.environ["PYTHONPATH"] = os.pathsep.join([NO_NETWORK, *filter(None, [os.environ.get("PYTHONPATH")])])
os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
for name in ("TRIN_HOME", "TRIN_KEY_FILE", "DAGSTER_HOME"):
    os.environ.pop(name, None)

from dagster._core.storage.defs_state.base import DefsStateStorage
from hypothesis import settings

from assets.intake import arrivals
from assets.storage.home import Home, locked
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.reading import read_protocol
from pipelines.running.demo import set_up
from tests.support.small_study import write_small_study

# Machines are noisy: how long an example takes says nothing of whether it is right.
settings.register_profile("trin", deadline=None)
settings.load_profile("trin")


@pytest.fixture(scope="session", autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keys lie where settings lie; and no test waits for files to come to rest but those that say so."""
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("settings"))
    arrivals.QUIET_SECONDS = 0.0


@pytest.fixture(autouse=True)
def no_instance_left() -> Iterator[None]:
    """A Dagster instance that outlives its test is in force in the next one, whichever that is."""
    yield
    assert DefsStateStorage.get() is None


@pytest.fixture(scope="session")
def empty_databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dagster's databases without a run, made once: they take as long as a small test."""
    home = Home(tmp_path_factory.mktemp("databases") / "home")
    set_up(home, demo=False)
    return home.dagster


@pytest.fixture
def small_home(tmp_path: Path, empty_databases: Path) -> Home:
    """A home with one small study, `small`: 60 participants and 300 others in one CSV file."""
    home = Home(tmp_path / "home")
    shutil.copytree(empty_databases, home.dagster)
    set_up(home, demo=False)
    write_small_study(home)
    return home


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A demo home that was run once; copy it before changing it."""
    from tests.support.runs import run_demo

    # Workers that run beside each other share one: the first makes it.
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    home = Home(folder / "demo-template" / "home")
    with locked(folder / "demo-template.lock"):
        done = home.root.parent / "done"
        if not done.exists():
            set_up(home, demo=True)
            run_demo(home)
            done.touch()
    return home


@pytest.fixture
def demo_home(demo_template: Home, tmp_path: Path) -> Home:
    """A copy of the demo home after its first run."""
    target = tmp_path / "home"
    shutil.copytree(demo_template.root, target)
    return Home(target)


@pytest.fixture(scope="session")
def i_gang() -> Protocol:
    """The flagship protocol."""
    path = ROOT / "projects" / "i-gang" / "project.yaml"
    return read_protocol(path.read_text(encoding="utf-8"))
