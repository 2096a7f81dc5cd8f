"""The lower bound: reading, fitting and matching with numpy alone."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from bench.speed.people import COVARIATES
from bench.speed.stopwatch import Stopwatch

PASSES = 6
"""Newton iterations of a logit from a cold start."""


def main(path: str) -> None:
    """Measure each step, except arranging the columns."""
    watch = Stopwatch()
    frame = pd.read_parquet(path)
    watch.step("read")
    values, others = frame[list(COVARIATES)].to_numpy(), int((frame["treated"] == 0).sum())
    x = np.column_stack([np.ones(len(values)), values])
    rng = np.random.default_rng(1)
    weights, scores = rng.random(len(x)), rng.standard_normal(others)
    watch.step("aside")
    np.argsort(scores, kind="stable")
    watch.step("sort")
    for _ in range(PASSES):
        _ = (x * weights[:, None]).T @ x
    watch.step("passes")
    watch.tell(seconds=sum(watch.steps[name] for name in ("read", "sort", "passes")))


if __name__ == "__main__":
    main(sys.argv[1])
