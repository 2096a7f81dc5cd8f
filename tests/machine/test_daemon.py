"""Dagster's daemon killed in the middle of a backfill, with everything it had started, and begun again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.execution.backfill import BulkActionStatus

from assets.storage.home import Home
from bench.operation.backfill import LAST, Daemon, home_of_many

PROJECTS, QUARTERS = 3, 2
CLOSED_WITHIN_SECONDS = 300
"""A dead run must be closed within five minutes; how long the rest takes is not asserted."""


def kill_everything_of(home: Home) -> int:
    """Kill every process that works on a home, as a power cut does; return how many there were."""
    killed = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal() or int(folder.name) == os.getpid():
            continue
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended since, or is somebody else's
        if f"TRIN_HOME={home.root}".encode() in environment:
            os.kill(int(folder.name), signal.SIGKILL)
            killed += 1
    return killed


def wait_for(what: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "waited too long"
        time.sleep(1)


def records_of(home: Home) -> dict[str, bytes]:
    folder = home.restricted / "evidence" / "records"
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.json"))}


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_a_backfill_goes_on_where_a_power_cut_stopped_it(tmp_path: Path) -> None:
    home = home_of_many(tmp_path, projects=PROJECTS, quarters=QUARTERS)
    quarters = [LAST.shifted(-i).partition_key for i in range(QUARTERS)]

    def whole(instance: DagsterInstance) -> list[DagsterRun]:
        return [run for run in instance.get_runs() if run.job_name == "evaluate_quarter"]

    with Daemon(home) as daemon, DagsterInstance.from_config(str(home.dagster)) as instance:
        daemon.ask_for(quarters)
        # In the middle: some results are there and others not.
        wait_for(lambda: 1 <= len(records_of(home)) < PROJECTS * QUARTERS, 240)
        assert kill_everything_of(home) >= 3  # the daemon, its code server, at least one run
        daemon.process.wait(20)
    orphans = {run.run_id for run in instance_runs(home) if run.status == DagsterRunStatus.STARTED}
    assert orphans
    before = records_of(home)

    with Daemon(home), DagsterInstance.from_config(str(home.dagster)) as instance:

        def closed() -> bool:
            return all(run.is_finished for run in instance.get_runs() if run.run_id in orphans)

        wait_for(closed, CLOSED_WITHIN_SECONDS)
        ended = {BulkActionStatus.COMPLETED_SUCCESS, BulkActionStatus.COMPLETED_FAILED}
        wait_for(lambda: len(records_of(home)) == PROJECTS * QUARTERS, 300)
        wait_for(lambda: all(run.is_finished for run in instance.get_runs()), 300)
        wait_for(lambda: all(backfill.status in ended for backfill in instance.get_backfills()), 120)
        assert {run.tags["dagster/partition"] for run in whole(instance) if run.is_success} == set(quarters)
        # What was there before the power cut is there still, to the byte.
        assert {name: content for name, content in records_of(home).items() if name in before} == before
        retried = [run for run in whole(instance) if run.parent_run_id in orphans]
        assert {run.parent_run_id for run in retried} == {
            run.run_id for run in whole(instance) if run.run_id in orphans
        }
    for quarter in quarters:
        name = str(LAST.shifted(-quarters.index(quarter)))
        assert (home.published / name / "site" / "index.html").is_file()


def instance_runs(home: Home) -> list[DagsterRun]:
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        return list(instance.get_runs())
