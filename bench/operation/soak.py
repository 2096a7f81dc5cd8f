"""A soak test of three years of quarters, with realistic faults; seeded.

Files are late, corrected or broken; people are erased, runs are killed and quarters released. Run with `make soak`; it
exits with 1 and lists the faults if there are any.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from assets.intake import arrivals
from assets.release.approve import approve
from assets.release.check import faults_in
from assets.release.propose import propose
from assets.rights.erasure import erase
from assets.rights.stored_tables import places_of
from assets.storage.audit import events
from assets.storage.home import Home, read_json
from assets.storage.liveness import leftovers, sweep
from assets.storage.manifest import damaged
from data_contracts.calendar.quarters import Quarter
from data_contracts.reading.faults import InputRefused
from pipelines.running.demo import set_up
from tests.support.small_study import PROTOCOL, small_rows

FIRST, QUARTERS, PEOPLE = Quarter(2023, 4), 12, 600
PROJECTS = ("east", "west")


def protocol_of(name: str) -> str:
    """Return a study that delivers its whole list each quarter."""
    text = PROTOCOL.replace("id: small", f"id: {name}").replace("first_quarter: 2026Q3", f"first_quarter: {FIRST}")
    return text.replace('files: "people*.csv"', 'files: "people_{period}{version}.csv", each_file: replaces')


def everybody(seed: int) -> pd.DataFrame:
    """Return all participants and comparison people, with their start day."""
    rng = np.random.default_rng(seed)
    rows = small_rows(120, PEOPLE - 120, seed=seed)
    days = pd.Timestamp("2022-01-15") + pd.to_timedelta(rng.integers(0, 30, PEOPLE) * 30, unit="D")
    rows["start"] = days.strftime("%Y-%m-%d")
    rows["test_day"] = (days + pd.Timedelta(days=230)).strftime("%Y-%m-%d")
    return rows


class Years:
    """A home and the events that happen to it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.home, self.rng = Home(folder / "home"), np.random.default_rng(seed)
        self.counts: Counter[str] = Counter()
        self.people = {name: everybody(seed + i) for i, name in enumerate(PROJECTS)}
        self.erased: dict[str, set[str]] = {name: set() for name in PROJECTS}
        self.late: list[tuple[str, str, bytes]] = []
        set_up(self.home, demo=False)
        for name in PROJECTS:
            (self.home.projects / name).mkdir()
            (self.home.projects / name / "project.yaml").write_text(protocol_of(name), encoding="utf-8")

    def happens(self, what: str, share: float) -> bool:
        """Return whether a random event happens this time."""
        does = bool(self.rng.random() < share)
        self.counts[what] += does
        return does

    def send(self, name: str, file: str, content: bytes) -> None:
        """Put a file into a project's inbox."""
        folder = self.home.inbox / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)

    def list_of(self, name: str, quarter: Quarter) -> bytes:
        """Return a project's list at the end of a quarter."""
        rows = self.people[name]
        return rows[rows["start"] <= quarter.end.isoformat()].to_csv(index=False).encode()

    def deliver(self, quarter: Quarter) -> None:
        """Deliver the quarter's lists, and those that were late before."""
        waiting, self.late = self.late, []
        for name, file, content in waiting:
            self.send(name, file, content)
        for name in PROJECTS:
            content, file = self.list_of(name, quarter), f"people_{quarter}.csv"
            if self.happens("a file comes a quarter late", 0.15) and quarter != last():
                self.late.append((name, file, content))
                continue
            if self.happens("a broken file, then its correction", 0.25):
                self.send(name, file, content.replace(b"earlier", b"earlyer", 1))
                self.run(quarter)
                file = f"people_{quarter}_v2.csv"
            self.send(name, file, content)
            if self.happens("the same file sent twice", 0.2):
                self.run(quarter)
                self.send(name, file, content)

    def run(self, quarter: Quarter, kill_after: float | None = None) -> None:
        """Run a quarter in a separate process, and optionally kill it."""
        command = [sys.executable, "-c", RUN, str(self.home.root), str(quarter)]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        if kill_after is not None:
            time.sleep(kill_after)
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def erase_somebody(self) -> None:
        """Erase one to three people of a project."""
        name = str(self.rng.choice(PROJECTS))
        chosen = [str(x) for x in self.rng.choice(self.people[name]["id"], int(self.rng.integers(1, 4)), replace=False)]
        erase(self.home, [self.home.protocol(name)], chosen)
        self.erased[name] |= set(chosen)

    def live(self, quarter: Quarter) -> None:
        """Simulate one quarter."""
        self.deliver(quarter)
        while self.happens("a run is killed", 0.4):
            self.run(quarter, kill_after=float(self.rng.uniform(2.0, 9.0)))
        self.run(quarter)
        if self.happens("an erasure", 0.4):
            self.erase_somebody()
            self.run(quarter)
        if self.happens("a release", 0.7):
            try:
                propose(self.home, quarter, by="Anne Holm")
                approve(self.home, quarter, by="Bo Lund")
            except InputRefused:
                self.counts["a release that was refused"] += 1  # results were stale


RUN = """
import sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from assets.storage.home import Home
from assets.intake import arrivals
from data_contracts.calendar.quarters import Quarter
from pipelines.running.runner import run_quarter
arrivals.QUIET_SECONDS = 0.0
home = Home(Path(sys.argv[1]))
for outcome in run_quarter(home, Quarter.parse(sys.argv[2]), home.project_ids(), again=False, told=lambda *a: None):
    pass
"""


def last() -> Quarter:
    """Return the last quarter."""
    return FIRST.shifted(QUARTERS - 1)


def what_is_wrong(years: Years, folder: Path) -> list[str]:
    """Return every fault found at the end."""
    home = years.home
    sweep(home)
    wrong = [*events(home)[1], *faults_in(home), *(f"damaged: {path}" for path in damaged(home.restricted))]
    wrong += [f"left over: {path}" for path in leftovers(home)]
    from assets.pseudonyms.identities import pseudonymiser_for

    for name in PROJECTS:
        people = pseudonymiser_for(home, home.protocol(name))
        for identifier in sorted(years.erased[name]):
            pseudonym = people.pseudonym(identifier)
            if places_of(home, pseudonym):
                wrong.append("somebody who was erased is still in a table")
    # The last quarter, computed from clean files in a fresh home.
    calm = Home(folder / "calm")
    set_up(calm, demo=False)
    calm.key_location.write_text(str(home.key_file), encoding="utf-8")
    for name in PROJECTS:
        (calm.projects / name).mkdir()
        (calm.projects / name / "project.yaml").write_text(protocol_of(name), encoding="utf-8")
        (calm.inbox / name).mkdir(parents=True, exist_ok=True)
        rows = years.people[name]
        rows = rows[(rows["start"] <= last().end.isoformat()) & ~rows["id"].isin(years.erased[name])]
        rows.to_csv(calm.inbox / name / f"people_{last()}.csv", index=False)
    subprocess.run([sys.executable, "-c", RUN, str(calm.root), str(last())], check=True)
    for name in PROJECTS:
        one, two = (_numbers(h, name) for h in (home, calm))
        if one != two:
            wrong.append(f"{name}: {one} after three years, {two} without them")
    return wrong


def _numbers(home: Home, name: str) -> list[tuple[object, ...]]:
    path = home.restricted / "evidence" / "records" / name / f"{last().partition_key}.json"
    kept = ("outcome", "status", "estimate", "standard_error", "n_treated", "n_control", "raw_difference")
    return [tuple(row[key] for key in kept) for row in read_json(path) or []]


def main() -> int:
    """Simulate the years and print what happened."""
    warnings.simplefilter("ignore")
    arrivals.QUIET_SECONDS = 0.0
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 2026
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        years = Years(Path(name), seed)
        for i in range(QUARTERS):
            years.live(FIRST.shifted(i))
            print(f"{FIRST.shifted(i)} lived through", flush=True)
        wrong = what_is_wrong(years, Path(name))
        rows, _ = events(years.home)
        print(f"{QUARTERS} quarters, {len(PROJECTS)} projects, seed {seed}: {time.monotonic() - begun:.0f} s")
        for what, count in sorted(years.counts.items()):
            print(f"  {count} x {what}")
        print(f"  {len(rows)} events in the audit, {sum(map(len, years.erased.values()))} people erased")
    for what in wrong:
        print(f"WRONG: {what}")
    print("Ledger, audit, tables and results agree." if not wrong else f"{len(wrong)} things do not agree.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
