"""Duration of a backfill of twenty projects over eight quarters.

It runs through Dagster's daemon.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from dagster import DagsterInstance
from dagster._core.execution.backfill import BULK_ACTION_TERMINAL_STATUSES

from assets.intake import arrivals
from assets.intake.reception import take_in
from assets.storage.home import Home
from data_contracts.calendar.quarters import Quarter
from pipelines.running.demo import set_up
from tests.support.small_study import PROTOCOL, small_rows

PROJECTS, QUARTERS = 20, 8
LAST = Quarter(2026, 3)
LOCATION = "trin"
LAUNCH = """
mutation($backfillParams: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $backfillParams) { __typename }
}
"""
WORKSPACE = Path(__file__).resolve().parent.parent.parent / "workspace.yaml"


def home_of_many(folder: Path, projects: int = PROJECTS, quarters: int = QUARTERS) -> Home:
    """Return a home of small studies that can report from the start."""
    home = Home(folder / "home")
    arrivals.QUIET_SECONDS = 0.0  # no other writer
    set_up(home, demo=False)
    first = LAST.shifted(1 - quarters)
    for number in range(projects):
        name = f"study-{number:02d}"
        text = PROTOCOL.replace("id: small", f"id: {name}").replace("first_quarter: 2026Q3", f"first_quarter: {first}")
        rows = small_rows(seed=number).assign(start="2022-10-15", test_day="2023-06-01")
        (home.projects / name).mkdir(parents=True)
        (home.projects / name / "project.yaml").write_text(text, encoding="utf-8")
        (home.inbox / name).mkdir(parents=True, exist_ok=True)
        rows.to_csv(home.inbox / name / "people.csv", index=False)
        take_in(home, home.protocol(name))
    return home


class Daemon:
    """Dagster's daemon with its code server, as `dagster dev` starts them."""

    def __init__(self, home: Home) -> None:
        self.environment = os.environ | {
            "TRIN_HOME": str(home.root),
            "DAGSTER_HOME": str(home.dagster),
            "DAGSTER_DISABLE_TELEMETRY": "yes",
        }
        self.log = (home.root / "daemon.log").open("w", encoding="utf-8")

    def __enter__(self) -> Daemon:
        command = [sys.executable, "-m", "dagster._daemon", "run", "--workspace", str(WORKSPACE)]
        self.process = subprocess.Popen(
            command, env=self.environment, stdout=self.log, stderr=self.log, start_new_session=True
        )
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(60)
        self.log.close()

    def ask_for(self, quarters: list[str]) -> None:
        """Request a backfill of quarters, as the web page does."""
        selector = {"repositoryName": "__repository__", "repositoryLocationName": LOCATION}
        asked = {
            "selector": {"partitionSetName": "evaluate_quarter_partition_set", "repositorySelector": selector},
            "partitionNames": quarters,
        }
        command = [str(Path(sys.executable).with_name("dagster-graphql")), "-w", str(WORKSPACE), "-t", LAUNCH]
        answer = subprocess.run(
            [*command, "-v", json.dumps({"backfillParams": asked})],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        if "LaunchBackfillSuccess" not in answer.stdout:
            raise RuntimeError(f"The backfill was not accepted: {answer.stdout[-500:]}")


def backfill(home: Home, quarters: int = QUARTERS, longest_seconds: float = 540) -> tuple[float, float, Counter[str]]:
    """Run a backfill; return seconds to the last run, to the end, and states.

    Seconds count from Dagster's own record of the request, as on its page.
    """
    keys = sorted(LAST.shifted(-i).partition_key for i in range(quarters))
    with Daemon(home) as daemon, DagsterInstance.from_config(str(home.dagster)) as instance:
        daemon.ask_for(keys)
        begun = time.monotonic()
        (accepted,) = instance.get_backfills()
        while time.monotonic() - begun < longest_seconds and daemon.process.poll() is None:
            if all(b.status in BULK_ACTION_TERMINAL_STATUSES for b in instance.get_backfills()):
                break
            time.sleep(2)
        seconds = time.monotonic() - begun
        records = instance.get_run_records()
        last = max((record.end_time or 0.0 for record in records), default=0.0) - accepted.backfill_timestamp
        return last, seconds, Counter(f"{r.dagster_run.job_name} {r.dagster_run.status.value}" for r in records)


def main() -> None:
    """Print the duration."""
    with tempfile.TemporaryDirectory() as folder:
        home = home_of_many(Path(folder))
        last, seconds, runs = backfill(home)
        made = len(list((home.restricted / "evidence" / "records").glob("study-*/*.json")))
        print(f"{PROJECTS} projects x {QUARTERS} quarters in one backfill: {last:.0f} s, {made} results")
        print(f"  called complete by the daemon, which looks every half minute, after {seconds:.0f} s")
        for name, count in sorted(runs.items()):
            print(f"  {count} x {name}")


if __name__ == "__main__":
    main()
