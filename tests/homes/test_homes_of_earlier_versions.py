"""A home that an earlier version made goes on living: it is run, released, verified, and people are erased from it."""

from __future__ import annotations

import hashlib
import json
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from tests.homes import FOLDER, unpack
from tests.support.places import ROOT

if TYPE_CHECKING:
    from assets.storage.home import Home

NAMES = ("version_0_1_0", "version_0_1_0_demo")
ERASED_THEN, ERASED_NOW = "p0005", "p0010"
MOST_BYTES = 1_000_000


def released_bytes(home: Home, quarter: str) -> dict[str, tuple[str, int]]:
    """Every file of a quarter's releases with its content and its rights."""
    folder = home.released / quarter
    return {
        p.relative_to(folder).as_posix(): (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mode)
        for p in folder.rglob("*")
        if p.is_file()
    }


def trin(home: Home, *arguments: str, given: str | None = None) -> str:
    """Call a verb on a home; it must end well."""
    from pipelines.command_line.main import trin as command

    done = CliRunner().invoke(command, [*arguments, "--home", str(home.root)], input=given)
    assert done.exit_code == 0, done.output
    return done.output


def is_stopped(home: Home, schedule: str) -> bool:
    """Whether Dagster finds, by the names it asks for today, that somebody stopped a schedule."""
    import yaml
    from dagster._core.definitions.selector import InstigatorSelector
    from dagster._core.scheduler.instigation import InstigatorStatus

    from pipelines.definitions import build_defs
    from pipelines.running.instance import open_instance

    root = FOLDER.parent.parent
    (location,) = yaml.safe_load((root / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    name = location["python_module"]["location_name"]
    with open_instance(home) as instance:
        repository = build_defs(home=home).get_repository_def().name
        selector = InstigatorSelector(location_name=name, repository_name=repository, name=schedule).get_id()
        states = {state.selector_id: state.status for state in instance.all_instigator_state()}
    return states.get(selector) == InstigatorStatus.STOPPED


@pytest.mark.parametrize("name", NAMES)
def test_a_packed_home_is_small_and_private_and_names_no_machine(name: str, tmp_path: Path) -> None:
    assert (FOLDER / f"{name}.tar.xz").stat().st_size < MOST_BYTES
    with tarfile.open(FOLDER / f"{name}.tar.xz") as packed:
        assert {(m.uid, m.gid, m.uname, m.gname) for m in packed} == {(0, 0, "", "")}
    home = unpack(name, tmp_path)
    for folder in (home.root, home.restricted, home.ledger, home.inbox, home.dagster, home.root / "keys"):
        assert folder.stat().st_mode & 0o077 == 0, folder.name
    assert home.key_file.stat().st_mode & 0o177 == 0
    machine = {ROOT, Path(sys.prefix), Path(sys.base_prefix), Path.home()} - {Path("/usr"), Path("/")}
    places = [f"{place}/".encode() for place in sorted(machine)]
    for path in (p for p in tmp_path.rglob("*") if p.is_file() and p != home.key_location):
        content = path.read_bytes()
        assert [place for place in places if place in content] == [], path.name


@pytest.mark.slow
def test_a_study_of_0_1_0_goes_on(tmp_path: Path) -> None:
    """Its next quarter is run and released, somebody is erased, and nothing that was released changes."""
    from assets.release.check import faults_in
    from data_contracts.calendar.quarters import Quarter
    from tests.support.receiving import everything_written
    from tests.support.runs import records, run_demo

    home = unpack("version_0_1_0", tmp_path)
    before = released_bytes(home, "2026Q2")
    trin(home, "upgrade", "--apply")
    assert faults_in(home) == []
    assert is_stopped(home, "retention_schedule")

    made = {(o.project, o.quarter): o.state for o in run_demo(home, quarter=Quarter(2026, 3))}
    assert made[("small", "2026Q3")] == "made"
    (now,) = records(home, Quarter(2026, 3)).values()
    (earlier,) = json.loads((home.released / "2026Q2" / "v1" / "results.json").read_text(encoding="utf-8"))
    assert now["n_treated"] == 57 + 24, (
        "60 and 24 newcomers, but for one who was erased and two whose rows were refused"
    )
    assert earlier["quarter"] == "2026Q2"
    states = {source["code"]: source["state"] for source in now["evidence"]["error_sources"]}
    assert states["protocol_changed"] == "clear", "a lock that 0.1.0 made holds what the project wrote"
    assert list((home.inbox / "small").iterdir()) == []

    trin(home, "release", "propose", "--quarter", "2026Q3", "--by", "Carla Friis")
    trin(home, "release", "approve", "--quarter", "2026Q3", "--by", "Dan Moe")
    trin(home, "ledger", "verify")
    assert faults_in(home) == []

    said = trin(home, "erase", "--yes", given=f"{ERASED_NOW}\n{ERASED_THEN}\n")
    assert "1 / 2" in said
    assert "Slettet tidligere: 1." in said  # the key and the stones of then are understood
    certificate = json.loads((home.ledger / "erasures" / "0002.json").read_text(encoding="utf-8"))
    assert [row["hits_left"] for row in certificate["projects"]] == [0]
    run_demo(home, quarter=Quarter(2026, 3))
    (after,) = records(home, Quarter(2026, 3)).values()
    assert after["n_treated"] == now["n_treated"] - 1
    assert ERASED_NOW.encode() not in everything_written(home)
    assert faults_in(home) == []
    assert released_bytes(home, "2026Q2") == before
    trin(home, "audit", "--verify")
    assert is_stopped(home, "retention_schedule")


@pytest.mark.slow
def test_a_demo_of_0_1_0_goes_on(tmp_path: Path) -> None:
    """What was run once is unchanged or made again with the same numbers; the demo key still opens it."""
    from pipelines.running.upgrading import upgrade_demo
    from tests.support.runs import public_records, run_demo

    home = unpack("version_0_1_0_demo", tmp_path)
    before = public_records(home)
    assert upgrade_demo(home)  # as trin init --demo does, which make run calls
    states = {o.project: o.state for o in run_demo(home)}
    assert states["lipset-democracies"] in ("made", "unchanged")
    assert set(states.values()) <= {"made", "unchanged"}
    assert {name: row["evidence"]["rung"] for name, row in public_records(home).items()} == {
        name: row["evidence"]["rung"] for name, row in before.items()
    }
