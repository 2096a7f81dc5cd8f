"""How long twenty projects over eight quarters take in one backfill, through Dagster's daemon.

Belongs here: timing a real daemon, code server and run workers on a home of
generated studies. Does not belong here: any limit; benches print and assert
nothing but that the work was done.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from dagster import DagsterInstance
from dagster._core.execution.backfill import BulkActionStatus

from assets.home import Home
from assets.intake import arrivals
from assets.intake.reception import take_in
from data_contracts.quarters import Quarter
from pipelines.demo import set_up
from tests.small_study import PROTOCOL, small_rows

PROJECTS, QUARTERS = 20, 8
LAST = Quarter(2026, 3)
WORKSPACE = Path(__file__).resolve().parent.parent / "workspace.yaml"


def home_of_many(folder: Path, projects: int = PROJECTS, quarters: int = QUARTERS) -> Home:
    """Return a home of small studies whose people were all followed up before the first quarter."""
    home = Home(folder / "home")
    arrivals.QUIET_SECONDS = 0.0  # nobody else writes here
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
    """Dagster's daemon with its code server, on a home, as `dagster dev` starts them."""

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
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(60)
        self.log.close()

    def dagster(self, *arguments: str) -> None:
        """Run a command of Dagster's on the same home."""
        subprocess.run(
            [sys.executable, "-m", "dagster", *arguments], env=self.environment, check=True, capture_output=True
        )


def backfill(home: Home, quarters: int = QUARTERS, longest_seconds: float = 540) -> tuple[float, Counter[str]]:
    """Backfill and return how long it took, and how many runs ended how."""
    keys = [LAST.shifted(-i).partition_key for i in range(quarters)]
    with Daemon(home) as daemon, DagsterInstance.from_config(str(home.dagster)) as instance:
        begun = time.monotonic()
        daemon.dagster(
            *("job", "backfill", "--job", "evaluate_quarter", "--workspace", str(WORKSPACE)),
            *("--partitions", ",".join(sorted(keys)), "--noprompt"),
        )
        wanted = {BulkActionStatus.COMPLETED_SUCCESS, BulkActionStatus.COMPLETED_FAILED, BulkActionStatus.FAILED}
        while time.monotonic() - begun < longest_seconds and daemon.process.poll() is None:
            if {b.status for b in instance.get_backfills()} <= wanted:
                break
            time.sleep(1)
        seconds = time.monotonic() - begun
        return seconds, Counter(f"{run.job_name} {run.status.value}" for run in instance.get_runs())


def main() -> None:
    """Print how long it takes."""
    with tempfile.TemporaryDirectory() as folder:
        home = home_of_many(Path(folder))
        seconds, runs = backfill(home)
        made = len(list((home.restricted / "evidence" / "records").glob("study-*/*.json")))
        print(f"{PROJECTS} projects x {QUARTERS} quarters in one backfill: {seconds:.0f} s, {made} results")
        for name, count in sorted(runs.items()):
            print(f"  {count} x {name}")


if __name__ == "__main__":
    main()
