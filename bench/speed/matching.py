"""The cost of matching: against its lower bound, by size and vs rivals.

Run with `make bench`, or `make bench-rivals` to include the rivals.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from bench.speed.processes import ROOT, Answer, ask
from bench.speed.rows import Row, print_rows, write_rows

SIZES = {"1k/20k": (1_000, 20_000), "5k/200k": (5_000, 200_000), "20k/1M": (20_000, 1_000_000)}
LARGEST = "20k/1M"
RUNS = 5
RIVAL_RUNS = 3
LONG_SECONDS = 60
"""A rival slower than this is run only once."""
RESULTS = ROOT / "bench" / "results" / "matching.csv"
RIVALS_PYTHON = os.environ.get("BENCH_RIVALS_PYTHON", str(ROOT / ".venv-rivals" / "bin" / "python"))
MATCHIT = ("Rscript", "bench/rivals/with_matchit.R")
MATCHES = {"1:1": 2.0, "1:5": 3.0, "1:1 in strata": None, "with replacement": None}
"""Kinds of matching, and the target at the largest size, in multiples of a stable sort."""
RIVALS = {
    "scikit-learn notebook": (RIVALS_PYTHON, "-m", "bench.rivals.with_sklearn"),
    "DoWhy": (RIVALS_PYTHON, "-m", "bench.rivals.with_dowhy"),
    "psmpy": (RIVALS_PYTHON, "-m", "bench.rivals.with_psmpy"),
    "MatchIt": MATCHIT,
}
DOUBLEML = (RIVALS_PYTHON, "-m", "bench.rivals.with_doubleml")


def middle(answers: list[Answer], name: str) -> float:
    """Return the median of a figure over processes."""
    return median(float(answer.told[name]) for answer in answers)


def own(module: str, *words: str) -> Answer:
    """Run part of the benchmark with the engine's Python, or exit."""
    answer = ask(sys.executable, "-m", module, *words)
    if answer.failure:
        raise SystemExit(f"{module}: {answer.failure}")
    return answer


def match_rows(size: str, path: str) -> list[Row]:
    """Measure the match step alone."""
    rows = []
    for kind, hoped in MATCHES.items():
        answers = [own("bench.speed.pieces", "match", path, kind) for _ in range(RUNS)]
        aim = f"at most {hoped:.0f}" if hoped and size == LARGEST else ""
        rows.append(
            Row(
                size,
                f"match {kind}",
                seconds=middle(answers, "seconds"),
                ratio=middle(answers, "ratio"),
                ratio_to="one stable sort",
                aim=aim,
                runs=RUNS,
            )
        )
    return rows


def whole_rows(size: str, path: str) -> list[Row]:
    """Measure the whole work and its lower bound in turn, then a cold run.

    The cold run includes imports, as a person experiences it.
    """
    pairs = [(own("bench.speed.floor", path), own("bench.speed.trin_end_to_end", path)) for _ in range(RUNS)]
    floors, wholes = [floor for floor, _ in pairs], [whole for _, whole in pairs]
    is_largest = size == LARGEST
    return [
        Row(
            size,
            "floor: read, one sort, six passes",
            seconds=middle(floors, "seconds"),
            runs=RUNS,
            note=steps_of(floors),
        ),
        Row(
            size,
            "read, build, fit, match 1:1",
            seconds=median(inner_seconds(whole) for whole in wholes),
            ratio=median(inner_seconds(whole) / float(floor.told["seconds"]) for floor, whole in pairs),
            ratio_to="floor",
            aim="at most 1.5, and 1 GB" if is_largest else "",
            peak_gb=middle(wholes, "peak_gb"),
            runs=RUNS,
            note=steps_of(wholes),
        ),
        Row(
            size,
            "Trin, end to end",
            seconds=median(whole.wall for whole in wholes),
            processor_seconds=median(whole.processor for whole in wholes),
            ratio=1.0,
            ratio_to="Trin, end to end",
            peak_gb=middle(wholes, "peak_gb"),
            runs=RUNS,
            note=str(wholes[0].told["note"]),
        ),
    ]


def inner_seconds(whole: Answer) -> float:
    """Return seconds from the file to the pairs, without imports."""
    return sum(float(whole.told["steps"][name]) for name in ("read", "build", "fit", "match"))


def steps_of(answers: list[Answer]) -> str:
    """Return the seconds of each step as text."""
    steps: list[dict[str, Any]] = [answer.told["steps"] for answer in answers]
    return ", ".join(f"{name} {median(float(step[name]) for step in steps):.3f}" for name in steps[0])


def ask_rival(command: tuple[str, ...], path: str) -> list[Answer]:
    """Run a rival a few times, unless it fails or is slow."""
    answers: list[Answer] = []
    while len(answers) < RIVAL_RUNS:
        answers.append(ask(*command, path))
        if answers[-1].failure or answers[-1].wall > LONG_SECONDS:
            break
    return answers


def rival_rows(size: str, path: str, seconds: float) -> list[Row]:
    """Measure rivals on the same task, relative to Trin's time."""
    rows = []
    for name, command in RIVALS.items():
        answers = ask_rival(command, path)
        what = f"{name}, end to end"
        if answers[-1].failure:
            rows.append(Row(size, what, runs=len(answers), note=answers[-1].failure))
            continue
        wall = median(answer.wall for answer in answers)
        rows.append(
            Row(
                size,
                what,
                seconds=wall,
                processor_seconds=median(answer.processor for answer in answers),
                ratio=wall / seconds,
                ratio_to="Trin, end to end",
                peak_gb=middle(answers, "peak_gb"),
                runs=len(answers),
                note=f"{answers[0].told['note']}; {steps_of(answers)}",
            )
        )
    return rows


def doubly_robust_rows(size: str, path: str) -> list[Row]:
    """Measure the cross-fitted doubly robust estimate, also in DoubleML.

    Imports and reading are excluded.
    """
    answers = {
        "Trin, doubly robust in 5 folds": [own("bench.speed.pieces", "doubly_robust", path) for _ in range(RIVAL_RUNS)],
        "DoubleML, the same": ask_rival(DOUBLEML, path),
    }
    rows: list[Row] = []
    for what, told in answers.items():
        if told[-1].failure:
            rows.append(Row(size, what, runs=len(told), note=told[-1].failure))
            continue
        seconds = middle(told, "seconds")
        rows.append(
            Row(
                size,
                what,
                seconds=seconds,
                processor_seconds=middle(told, "processor_seconds"),
                ratio=seconds / (rows[0].seconds or seconds) if rows else 1.0,
                ratio_to="Trin, doubly robust",
                aim="at least 1" if rows and size == LARGEST else "",
                peak_gb=middle(told, "peak_gb"),
                runs=len(told),
                note=str(told[0].told["note"]),
            )
        )
    return rows


def growth_rows(rows: list[Row]) -> list[Row]:
    """Return how seconds grow from each size to the next."""
    found = []
    for what in ("match 1:1", "match 1:5", "read, build, fit, match 1:1", "Trin, doubly robust in 5 folds"):
        seconds = {row.size: row.seconds for row in rows if row.what == what}
        for before, size in pairwise(SIZES):
            first, then = seconds[before], seconds[size]
            if first and then:
                work = sum(SIZES[size]) / sum(SIZES[before])
                found.append(
                    Row(
                        size,
                        f"growth: {what}",
                        ratio=then / first,
                        ratio_to=before,
                        note=f"{work:.2f} times the people",
                    )
                )
    return found


def main() -> None:
    """Measure everything, print it and save it."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for size, (participants, others) in SIZES.items():
            path = str(Path(folder) / f"{participants}_{others}.parquet")
            also_csv = ("also_csv",) if shutil.which(MATCHIT[0]) else ()
            own("bench.speed.people", str(participants), str(others), path, *also_csv)
            rows += match_rows(size, path)
            whole = whole_rows(size, path)
            rows += [*whole, *rival_rows(size, path, whole[-1].seconds or 1.0), *doubly_robust_rows(size, path)]
    rows += growth_rows(rows)
    write_rows(rows, RESULTS)
    print_rows(rows)


if __name__ == "__main__":
    main()
