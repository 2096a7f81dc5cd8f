"""Declaration of the benchmark's covariates to the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CALIPER = 0.2
"""Caliper in standard deviations of the logit."""


@dataclass
class Covariate:
    """One declared covariate; see `score_terms.CodedCovariate`."""

    name: str
    type: Literal["numeric", "binary", "categorical"]
    levels: tuple[str, ...] = ()


def coded_covariates() -> tuple[Covariate, ...]:
    """Return eight numeric and four binary covariates of `people`."""
    return tuple(Covariate(f"x{i}", "numeric" if i < 8 else "binary") for i in range(12))
