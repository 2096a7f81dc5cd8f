"""Reference numbers from R packages, made by `reference/designs.R`."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from models.designs.panel.checks import Panel
from tests.support.places import REFERENCE

R: dict[str, Any] = json.loads((REFERENCE / "designs.json").read_text(encoding="utf-8"))
EXACT = 1e-7
"""Relative tolerance between two programs that solve the same equations."""


def mpdta_like() -> Panel:
    """Return a panel like mpdta, with the same effects and errors.

    Sizes, means and covariances by group are those of mpdta.
    """
    rng = np.random.default_rng(1)
    rows, start = [], []
    for first, m in R["mpdta"]["moments"].items():
        n, mean, covariance = m["count"], np.array(m["mean"]), np.array(m["covariance"])
        raw = rng.normal(size=(n, len(mean)))
        raw -= raw.mean(axis=0)
        raw = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T, ddof=0)).T) @ np.linalg.cholesky(covariance).T
        rows.append(raw + mean)
        start += [5 if first == "0" else int(first) - 2003] * n
    return Panel(np.vstack(rows), np.array(start, dtype=np.int64))
