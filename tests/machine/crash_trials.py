"""Killing a quarter's run at random points of every asset, in processes that are forked from one that has only imported.

Run as `python -m tests.machine.crash_trials TEMPLATE FOLDER EACH MOST IN_A_ROW SEED`: a JSON report is the last line. A trial
kills the run in the middle of one asset, or lets a write fail there; some in a row meet the same home, then the run is
done in peace and its files are held against those of a run that nobody disturbed.
"""

from __future__ import annotations

import errno
import hashlib
import importlib
import json
import os
import shutil
import signal
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

warnings.simplefilter("ignore")

from dagster import DagsterInstance

from assets.intake import arrivals
from assets.storage.chain import read as read_chain
from assets.storage.home import Home
from assets.storage.manifest import damaged
from assets.storage.store import read_parquet
from data_contracts.calendar.quarters import Quarter
from pipelines.definitions import build_defs
from pipelines.running.runner import run_quarter

for library in ("great_expectations", "scipy.optimize", "scipy.stats", "sklearn.linear_model", "statsmodels.api"):
    importlib.import_module(library)  # once, and not in each child

QUARTER = Quarter(2026, 3)
EVERY = 5
ERRORS = {3: errno.ENOSPC, 4: errno.EIO}
"""Of five trials three are kills, one meets a full disk and one a failing one."""
HOLDS_SUMS = ("datapackage.json", "dataset.jsonld", "ro-crate-metadata.json")
"""These hold the sum of the database, whose bytes are never the same."""
COMPARED = ("restricted", "published", "quarantine")


def run(home: Home) -> None:
    """Run the home's quarter as the command line does; every asset anew."""
    for outcome in run_quarter(home, QUARTER, home.project_ids(), again=True, told=lambda *told: None):
        assert outcome.state in ("made", "unchanged"), outcome


def in_a_child(work: Callable[[], None]) -> int:
    """Do something in a forked process and return how it ended: 0, or minus the signal that killed it."""
    child = os.fork()
    if child == 0:
        os.setsid()
        try:
            work()
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(3)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def watch(tick: Callable[[str], None]) -> None:
    """Call `tick` with the running step at every event of the interpreter: files opened, moved, removed, imports, …"""
    at = {"step": ""}
    known = DagsterInstance.handle_new_event

    def handle(self: DagsterInstance, event: Any, **more: Any) -> Any:
        if event.is_dagster_event and event.get_dagster_event().event_type_value == "STEP_START":
            at["step"] = str(event.step_key)
        result = known(self, event, **more)
        if event.is_dagster_event and event.get_dagster_event().event_type_value == "STEP_SUCCESS":
            at["step"] = ""
        return result

    DagsterInstance.handle_new_event = handle  # type: ignore[method-assign]
    sys.addaudithook(lambda name, facts: tick(at["step"]) if at["step"] else None)


def counted(home: Home, report: Path) -> None:
    """Run and write down how many events each step has."""
    counts: dict[str, int] = {}

    def tick(step: str) -> None:
        counts[step] = counts.get(step, 0) + 1

    watch(tick)
    run(home)
    report.write_text(json.dumps(counts), encoding="utf-8")


def killed(home: Home, step: str, number: int) -> None:
    """Run, and die at a step's event of this number."""
    left = {"ticks": number}

    def tick(now: str) -> None:
        if now == step:
            left["ticks"] -= 1
            if left["ticks"] == -1:
                os.kill(os.getpid(), signal.SIGKILL)

    watch(tick)
    run(home)


def without_room(home: Home, step: str, number: int, error: int) -> None:
    """Run; at a step's event of this number the next write is refused, once. The run must say so and leave things whole."""
    left = {"ticks": number, "refusals": 1}
    sync = os.fsync

    def tick(now: str) -> None:
        left["ticks"] -= now == step

    def fsync(handle: int) -> None:
        if left["ticks"] < 0 and left["refusals"]:
            left["refusals"] = 0
            raise OSError(error, os.strerror(error))
        sync(handle)

    watch(tick)
    os.fsync = fsync  # type: ignore[assignment]
    for outcome in run_quarter(home, QUARTER, home.project_ids(), again=True, told=lambda *told: None):
        said = " ".join(outcome.messages)
        assert outcome.state in ("made", "unchanged") or "A file could not be read or written" in said, outcome


def content(home: Home) -> dict[str, str]:
    """Return every file that a reader may see, by its hash."""
    found = {}
    for zone in COMPARED:
        for path in sorted((home.root / zone).rglob("*")):
            if path.is_file() and not path.name.startswith(".writing-") and path.name not in HOLDS_SUMS:
                whole = rows_of(path) if path.suffix == ".duckdb" else path.read_bytes()
                found[path.relative_to(home.root).as_posix()] = hashlib.sha256(whole).hexdigest()
    return found


def rows_of(path: Path) -> bytes:
    """Return what stands in a database; DuckDB writes the same rows as other bytes each time."""
    with duckdb.connect(str(path), read_only=True) as database:
        names = sorted(name for (name,) in database.execute("SHOW TABLES").fetchall())
        return "".join(f"{name}:{database.table(name).fetchall()}" for name in names).encode()


def readable(home: Home) -> list[str]:
    """Return what a reader could not read: half files, or files that are not what was written."""
    faults = [str(path) for path in damaged(home.restricted)]
    for path in home.root.rglob("*"):
        if not path.is_file() or path.name.startswith(".writing-") or "dagster" in path.parts:
            continue
        try:
            if path.suffix == ".json":
                json.loads(path.read_text(encoding="utf-8"))
            elif path.suffix == ".parquet" and "published" not in path.parts:
                read_parquet(path)
        except Exception as error:
            faults.append(f"{path.name}: {type(error).__name__}")
    return faults


def main(template: Path, folder: Path, each: int, most: int, in_a_row: int, seed: int) -> dict[str, Any]:
    """Do the trials: `each` points in each asset, `most` in all, `in_a_row` on the same home."""
    arrivals.QUIET_SECONDS = 0.0
    build_defs(home=Home(template))

    def fresh(name: str) -> Home:
        shutil.copytree(template, folder / name)
        return Home(folder / name)

    home = fresh("peace")
    assert in_a_child(lambda: counted(home, folder / "counts.json")) == 0
    counts, expected = json.loads((folder / "counts.json").read_text()), content(home)
    rng = np.random.default_rng(seed)
    points = [(step, int(rng.integers(count))) for step, count in sorted(counts.items()) for _ in range(each)]
    points = [points[i] for i in rng.permutation(len(points))][:most]
    faults: list[str] = []
    kills = refusals = 0
    for start in range(0, len(points), in_a_row):
        home = fresh(f"round-{start}")
        for turn, (step, number) in enumerate(points[start : start + in_a_row]):
            error = ERRORS.get(turn % EVERY)
            work = killed if error is None else partial(without_room, error=error)
            code = in_a_child(partial(work, home, step, number))
            kills += code == -signal.SIGKILL
            refusals += error is not None
            if code not in (0, -signal.SIGKILL):
                faults.append(f"{step} at {number}: ended with {code}")
            faults += [f"{step} at {number}: {what}" for what in readable(home)]
        if in_a_child(partial(run, home)) != 0:
            faults.append(f"after {points[start : start + in_a_row]}: the run could not be repeated")
        found = content(home)
        different = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
        if different:
            faults.append(f"after {points[start : start + in_a_row]}: {different[:5]}")
        faults += read_chain(home.ledger / "audit.jsonl")[1]
        shutil.rmtree(home.root)
        print(f"{start + in_a_row} of {len(points)}: {len(faults)} faults", file=sys.stderr, flush=True)
    return {"assets": len(counts), "trials": len(points), "kills": kills, "refusals": refusals, "faults": faults}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]), *(int(text) for text in sys.argv[3:7]))))
