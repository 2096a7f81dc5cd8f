"""Parts of the work, each measured in a separate process."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import pandas as pd

from bench.speed.covariates import CALIPER, coded_covariates
from bench.speed.stopwatch import Stopwatch
from models.comparing.nearest import match_nearest
from models.estimating.doubly_robust import cross_fitted
from models.score.design_matrix import DesignMatrix, build_design_matrix
from models.score.propensity import PropensityFit, fit_propensity
from models.values.refusal import Refusal

STRATA = 50
TURNS = 3
"""Repetitions of a step and of its reference sort, in turn."""
CONFIDENCE = 0.95
MATCHES: dict[str, tuple[int, bool, bool]] = {
    "1:1": (1, False, False),
    "1:5": (5, False, False),
    "1:1 in strata": (1, False, True),
    "with replacement": (1, True, False),
}
"""Controls per participant, with or without replacement, and whether strata are exact."""


def seconds_of(work: Callable[[], object]) -> float:
    """Return the wall seconds of one call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def match(path: str, kind: str) -> None:
    """Measure the match step against one stable sort of the scores."""
    frame = pd.read_parquet(path)
    treated = frame["treated"].to_numpy() == 1
    fit = fit_propensity(build_design_matrix(frame, coded_covariates()), treated)
    assert isinstance(fit, PropensityFit)
    logit, controls = fit.logit, fit.logit[~treated]
    ratio, replace, is_stratified = MATCHES[kind]
    strata = np.random.default_rng(1).integers(0, STRATA if is_stratified else 1, len(logit))
    caliper = CALIPER * float(logit.std())
    watch = Stopwatch()
    sorts, matches = [], []
    for _ in range(TURNS):
        sorts.append(seconds_of(lambda: np.argsort(controls, kind="stable")))
        matches.append(
            seconds_of(
                lambda: match_nearest(logit, treated, strata, ratio=ratio, replace=replace, caliper=caliper),
            )
        )
    watch.step("everything")
    watch.tell(seconds=median(matches), ratio=median(m / s for m, s in zip(matches, sorts, strict=True)))


def doubly_robust(path: str) -> None:
    """Measure the cross-fitted doubly robust estimate with linear models."""
    frame = pd.read_parquet(path)
    treated, y = frame["treated"].to_numpy() == 1, frame["y"].to_numpy()

    def matrix_for(learnt: np.ndarray) -> DesignMatrix:
        return build_design_matrix(frame, coded_covariates(), learnt_from=learnt)

    watch = Stopwatch()
    found = cross_fitted(y, treated, matrix_for, learner="linear", seed=1, confidence_level=CONFIDENCE, is_binary=False)
    watch.step("fit")
    assert not isinstance(found, Refusal)
    watch.tell(note=f"effect {found.value:.4f}, standard error {found.standard_error:.4f}")


PIECES: dict[str, Callable[..., None]] = {"match": match, "doubly_robust": doubly_robust}

if __name__ == "__main__":
    PIECES[sys.argv[1]](*sys.argv[2:])
