"""Upgrading: planned before it is done, backed up, noted, done once, and never while a run is open."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from dagster import DagsterInstance, DagsterRunStatus
from dagster._core.test_utils import create_run_for_test

from assets.storage.audit import events
from assets.storage.home import Home
from assets.upgrades.home_version import CURRENT, FIRST, STEPS, missing_steps, planned, recorded
from pipelines.command_line.main import trin
from pipelines.running.instance import SETTINGS, open_instance
from pipelines.running.upgrading import _earlier_names, open_runs
from tests.homes import unpack


def call(home: Home, *arguments: str) -> Result:
    return CliRunner().invoke(trin, [*arguments, "--home", str(home.root)])


def contents(home: Home) -> dict[str, str]:
    files = (p for p in home.root.rglob("*") if p.is_file() and p.suffix not in (".lock", ".db-wal", ".db-shm"))
    return {str(p.relative_to(home.root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture
def old(tmp_path: Path) -> Home:
    return unpack("version_0_1_0", tmp_path)


def test_verbs_ask_for_an_upgrade_and_say_how(old: Home) -> None:
    for verb in (["run"], ["status"], ["audit"], ["ledger", "verify"]):
        done = call(old, *verb)
        assert done.exit_code == 3, verb
        assert "trin upgrade" in done.output.replace("\n", " ")


def test_a_plan_changes_nothing(old: Home) -> None:
    before = contents(old)
    done = call(old, "upgrade")
    assert done.exit_code == 0
    assert "dagster/dagster.yaml" in done.output
    assert "--apply" in done.output
    assert contents(old) == before
    assert recorded(old)["version"] == FIRST


def test_an_upgrade_is_backed_up_noted_and_done_once(old: Home) -> None:
    before = contents(old)
    settings = old.dagster / "dagster.yaml"
    text = settings.read_text(encoding="utf-8")
    assert call(old, "upgrade", "--apply").exit_code == 0
    assert settings.read_text(encoding="utf-8") == SETTINGS
    (kept,) = (old.root / "backup").rglob("dagster.yaml")
    assert kept.read_text(encoding="utf-8") == text
    assert (old.root / "backup").stat().st_mode & 0o077 == 0
    rows, faults = events(old)
    assert faults == []
    assert [row.after for row in rows if row.action == "upgraded"] == [CURRENT]
    changed = {name for name, digest in contents(old).items() if before.get(name) != digest}
    backup = {name for name in changed if name.startswith("backup/")}
    assert changed - backup == {
        "dagster/dagster.yaml",
        "ledger/home_version.json",
        "ledger/audit.jsonl",
        "ledger/audit.head",
    }
    once = contents(old)
    done = call(old, "upgrade", "--apply")
    assert "nothing to upgrade" in done.output
    assert contents(old) == once


def test_what_people_wrote_in_dagster_yaml_stays(old: Home) -> None:
    settings = old.dagster / "dagster.yaml"
    own = settings.read_text(encoding="utf-8").replace("max_concurrent_runs: 2", "max_concurrent_runs: 5")
    own += "# pipelines.kept_connections was never mentioned here\n"
    settings.write_text(own, encoding="utf-8")
    assert call(old, "upgrade", "--apply").exit_code == 0
    assert settings.read_text(encoding="utf-8") == own.replace(
        "module: pipelines.kept_connections", "module: pipelines.running.kept_connections"
    )


def test_an_upgrade_that_was_interrupted_is_finished(old: Home) -> None:
    """Files are replaced before the step is recorded, so a crash in between repeats a step that finds nothing."""
    for step, changes in planned(old):
        for change in changes:
            change.path.write_bytes(change.content)
        assert step.changes(old) == []
    assert call(old, "upgrade", "--apply").exit_code == 0
    assert missing_steps(old) == []


def test_no_upgrade_while_a_run_is_open(old: Home) -> None:
    with _earlier_names(), DagsterInstance.from_config(str(old.dagster)) as instance:
        run = create_run_for_test(instance, job_name="quarterly_evaluation", status=DagsterRunStatus.STARTED)
    before = contents(old)
    done = call(old, "upgrade", "--apply")
    assert done.exit_code == 3
    assert "1 runs are open" in done.output
    assert contents(old) == before
    with _earlier_names(), DagsterInstance.from_config(str(old.dagster)) as instance:
        instance.delete_run(run.run_id)
    assert open_runs(old) == 0
    assert call(old, "upgrade", "--apply").exit_code == 0
    with open_instance(old) as instance:
        assert instance.get_runs_count() > 0


def test_a_new_home_is_at_the_current_version(small_home: Home) -> None:
    assert recorded(small_home) == {"version": CURRENT, "steps": [step.name for step in STEPS]}
    assert call(small_home, "status").exit_code == 0


def test_the_doctor_of_an_old_home_names_the_upgrade(old: Home) -> None:
    done = call(old, "doctor")
    assert done.exit_code == 1
    assert "trin upgrade" in done.output
