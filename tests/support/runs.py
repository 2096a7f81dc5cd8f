"""Runs of a home in this process, as the command line does them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from dagster import DagsterInstance, ExecuteInProcessResult

from assets.storage.home import Home
from assets.storage.partitions import partition_key
from data_contracts.calendar.quarters import Quarter
from pipelines.definitions import build_defs
from pipelines.running.rehearsal import rehearse
from pipelines.running.runner import QUIET, ProjectRun, run_quarter
from pipelines.schedules import register_projects
from projects.portfolio import PORTFOLIO

QUARTER = Quarter(2026, 3)


def run_demo(
    home: Home, *, again: bool = False, projects: list[str] | None = None, quarter: Quarter = QUARTER
) -> list[ProjectRun]:
    """Run projects of a home, for the demo quarter by default."""
    chosen = projects or home.project_ids()
    return list(run_quarter(home, quarter, chosen, again=again, told=lambda project, station: None))


def execute(home: Home, project: str, quarter: Quarter = QUARTER) -> ExecuteInProcessResult:
    """Run a project's quarter in Dagster up to its evidence, without pages."""
    job = build_defs(home=home).resolve_job_def("quarterly_evaluation")
    with DagsterInstance.ephemeral() as instance:
        register_projects(instance, home)
        result = job.execute_in_process(
            partition_key=partition_key(project, quarter), instance=instance, raise_on_error=False, run_config=QUIET
        )
    assert result.success
    return result


def evaluate(home: Home, project: str, quarter: Quarter = QUARTER) -> dict[str, dict[str, Any]]:
    """Run a project's quarter up to its evidence; return its records."""
    execute(home, project, quarter)
    path = home.restricted / "evidence" / "records" / project / f"{quarter.partition_key}.json"
    return {r["result_id"]: r for r in json.loads(path.read_text(encoding="utf-8"))}


def rehearsed(home: Home, project: str, quarter: Quarter = QUARTER) -> dict[str, dict[str, Any]]:
    """Receive and evaluate a project's files without Dagster; return records.

    The stations' functions are called directly.
    """
    made = rehearse(home, project, quarter)
    return {record.result_id: record.model_dump(mode="json") for _, _, record in made}


def records(home: Home, quarter: Quarter = QUARTER) -> dict[str, dict[str, Any]]:
    """Return full records by result id."""
    path = home.restricted / "results" / str(quarter) / "results.json"
    return {r["result_id"]: r for r in json.loads(path.read_text(encoding="utf-8"))}


def public_records(home: Home, quarter: Quarter = QUARTER) -> dict[str, dict[str, Any]]:
    """Return published records by result id."""
    path = home.published / str(quarter) / "results.json"
    return {r["result_id"]: r for r in json.loads(path.read_text(encoding="utf-8"))}


def deliver_again(project: str, folder: Path) -> Path:
    """Write a demo project's files to a folder and return it.

    The inbox is empty after a run.
    """
    PORTFOLIO[project](folder)
    return folder


def send(home: Home, project: str, path: Path, content: bytes) -> None:
    """Put a file in a project's inbox under another file's name."""
    (home.inbox / project / path.name).write_bytes(content)


def run_and_kill(home: Home, seconds: float, *arguments: str) -> None:
    """Start `trin run` in a new process, and kill it with its children."""
    command = [sys.executable, "-m", "pipelines.command_line", "run", *arguments]
    process = subprocess.Popen(
        command,
        env=os.environ | {"TRIN_HOME": str(home.root)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
