"""Upgrade of a home; refused while a run is in progress."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import yaml
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from assets.pseudonyms.keys import read_key
from assets.storage.home import Home
from assets.upgrades.home_version import apply_upgrade, missing_steps, upgrade_lock
from assets.upgrades.to_0_2_0 import MOVED_MODULES
from data_contracts.reading.faults import Fault, InputRefused
from pipelines.janitor import AT_WORK, dead_runs
from pipelines.running.instance import DATABASES

OPEN = [*AT_WORK, DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED]


@contextmanager
def _earlier_names() -> Iterator[None]:
    """Let Dagster import moved modules by their earlier names."""
    aliases = {old: import_module(now) for old, now in MOVED_MODULES.items() if old not in sys.modules}
    sys.modules.update(aliases)
    try:
        yield
    finally:
        for name in aliases:
            del sys.modules[name]


def _has_own_storage(home: Home) -> bool:
    """Return True if `dagster.yaml` names another database."""
    path = home.dagster / "dagster.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return bool({"storage", "run_storage"} & set(settings or {}))


def open_runs(home: Home) -> int:
    """Return the number of queued and active runs, without dead ones."""
    if not (home.dagster / DATABASES[-1]).exists() and not _has_own_storage(home):
        return 0
    with _earlier_names(), DagsterInstance.from_config(str(home.dagster)) as instance:
        runs = {run.run_id for run in instance.get_runs(RunsFilter(statuses=OPEN))}
        dead, _ = dead_runs(instance, home, {})
    return len(runs - set(dead))


def upgrade(home: Home) -> Path | None:
    """Upgrade a home to the current version.

    Returns
    -------
    Path or None
        The backup of replaced files; None if there are none.

    Raises
    ------
    InputRefused
        If a run is in progress.
    """
    with upgrade_lock(home):
        count = open_runs(home)
        if count:
            raise InputRefused(
                [
                    Fault(
                        f"{count} runs are open in this home.",
                        "Wait until they end, or cancel them in the Dagster UI. Stop Dagster's services, then upgrade.",
                        "dagster/",
                    )
                ]
            )
        return apply_upgrade(home)


def upgrade_demo(home: Home) -> bool:
    """Upgrade a demo home of an earlier version; return whether it was."""
    if not home.exists or not missing_steps(home) or not read_key(home, allow_demo=True).is_demo:
        return False
    upgrade(home)
    return True
