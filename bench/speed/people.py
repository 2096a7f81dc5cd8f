"""People for the matching benchmarks: twelve covariates, fixed seed.

Rivals read the same file, so this module imports nothing from the engine.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from bench.speed.stopwatch import Stopwatch

NORMAL, BINARY = 8, 4
COVARIATES = tuple(f"x{i}" for i in range(NORMAL + BINARY))
SEED = 1


def draw_people(participants: int, others: int) -> pd.DataFrame:
    """Draw people in random order, with a true effect of 0.5 on `y`.

    Participants differ slightly in every covariate.
    """
    rng = np.random.default_rng(SEED)
    n = participants + others
    treated = rng.permutation(np.arange(n) < participants)
    normal = rng.standard_normal((n, NORMAL)) + 0.25 * treated[:, None]
    binary = rng.random((n, BINARY)) < np.where(treated, 0.4, 0.3)[:, None]
    covariates = np.hstack([normal, binary.astype(float)])
    y = 0.2 * covariates.sum(axis=1) + 0.5 * treated + rng.standard_normal(n)
    frame = pd.DataFrame(covariates, columns=list(COVARIATES))
    return pd.DataFrame({"id": np.arange(n), "treated": treated.astype(np.int64), "y": y}).join(frame)


def write_people(participants: int, others: int, path: Path, *, also_csv: bool) -> None:
    """Write people as Parquet, and optionally as CSV for R."""
    people = draw_people(participants, others)
    people.to_parquet(path, index=False)
    if also_csv:
        from pyarrow import Table
        from pyarrow.csv import write_csv

        write_csv(Table.from_pandas(people, preserve_index=False), path.with_suffix(".csv"))


if __name__ == "__main__":
    write_people(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), also_csv="also_csv" in sys.argv[4:])
    Stopwatch().tell()
