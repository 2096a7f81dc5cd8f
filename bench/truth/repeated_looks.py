"""How often twenty quarterly looks at a null effect show something.

Run with `make calibration`; a few minutes on two cores. The table is for `docs/validation.md`.
"""

from __future__ import annotations

import csv
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from models.estimating.confidence_sequence import always_valid
from models.study import StudyRefused, compare

RESULTS = Path(__file__).resolve().parent.parent / "results" / "repeated_looks.csv"
DRAWS = int(os.environ.get("TRIN_DRAWS", "400"))
LOOKS, PLANNED, LEVEL = 20, 120, 0.95
FIELDS = (
    "participants_per_quarter",
    "true_effect",
    "studies",
    "ordinary_ever_wrong",
    "sequence_ever_wrong",
    "reach_at_last",
)
GROUPS = ((15, 0.0), (30, 0.0), (30, 0.15))
OTHERS_PER_PARTICIPANT = 3

Row = dict[str, object]


def grown_study(rng: np.random.Generator, n: int, effect: float) -> pd.DataFrame:
    """Return people in order of arrival, with a confounding need.

    The need drives both participation and the outcome, which 15 % reach without the project.
    """
    total = n * (1 + OTHERS_PER_PARTICIPANT)
    need = rng.normal(size=total)
    treated = rng.random(total) < expit(-1.2 + 0.6 * need)
    y = rng.random(total) < expit(-1.75 - 0.5 * need) + effect * treated
    return pd.DataFrame({"took_part": treated, "need": need, "work": y.astype(float)})


def ever_wrong(seed: int, per_quarter: int, effect: float) -> tuple[bool, bool, float]:
    """Look twenty times; return whether each interval ever missed the truth."""
    people = grown_study(np.random.default_rng([seed, per_quarter]), per_quarter * LOOKS, effect)
    ordinary = sequence = False
    reach = 0.0
    for look in range(1, LOOKS + 1):
        seen = people.iloc[: look * per_quarter * (1 + OTHERS_PER_PARTICIPANT)]
        try:
            groups = compare(seen, "took_part", ["need"], method="nearest_neighbour", caliper_sd_logit=0.2)
            found = groups.effect(seen["work"])
        except StudyRefused:
            continue  # too few this quarter
        n = groups.comparison.diagnostics.n_compared_treated
        wide = always_valid(found, n, planned_n=PLANNED, confidence_level=LEVEL)
        ordinary |= not found.low <= effect <= found.high
        sequence |= not wide.low <= effect <= wide.high
        reach = (wide.high - wide.low) / (found.high - found.low)
    return ordinary, sequence, reach


def count(group: tuple[int, float]) -> Row:
    """Draw one kind of study `DRAWS` times."""
    found = [ever_wrong(seed, *group) for seed in range(DRAWS)]
    ordinary, sequence, reach = (np.mean(column) for column in zip(*found, strict=True))
    values = (group[0], group[1], DRAWS, f"{ordinary:.3f}", f"{sequence:.3f}", f"{reach:.2f}")
    return dict(zip(FIELDS, values, strict=True))


def main() -> None:
    """Write `results/repeated_looks.csv`."""
    with ProcessPoolExecutor(2) as workers:
        rows = list(workers.map(count, GROUPS))
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print(" ".join(f"{row[name]!s:>24}" for name in FIELDS))


if __name__ == "__main__":
    main()
