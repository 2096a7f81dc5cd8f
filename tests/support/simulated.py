"""Worlds with known effects, and all published estimators with errors.

Used by the simulation tests and the validation page. The true effect is `effect` for everybody, so it is the same on
participants, on everybody and on the overlap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from models.comparing.entropy_balancing import EntropyBalance, entropy_balance
from models.comparing.nearest import Pairs, match_nearest
from models.comparing.nearness import Nearness
from models.comparing.optimal_matching import match_fully, match_optimally
from models.comparing.strata import Strata, coarsened, subclasses, weigh_strata
from models.comparing.weighting import clusters_of, pair_weights
from models.estimating.bootstrap import bootstrap_interval
from models.estimating.doubly_robust import augmented_inverse_probability, cross_fitted
from models.estimating.matched import (
    matched_difference,
    matched_regression,
    replaced_difference,
    stratified_difference,
)
from models.estimating.weighted import entropy_balanced, inverse_probability, regression
from models.score.boosted_score import fit_boosted_score
from models.score.design_matrix import DesignMatrix
from models.score.propensity import PropensityFit, fit_propensity
from models.values.estimates import Estimate
from models.values.refusal import Refusal

NAMES = ("a", "b", "c")


@dataclass(frozen=True)
class World:
    """The people of one draw."""

    x: np.ndarray
    treated: np.ndarray
    y: np.ndarray
    is_binary: bool
    seed: int


def draw_world(rng: np.random.Generator, n: int, *, effect: float, is_binary: bool, seed: int) -> World:
    """Draw a world in which about a third are participants, with confounding.

    Parameters
    ----------
    effect : float
        The true effect, the same for everybody.
    is_binary : bool
        A binary outcome of about 25 % without the project, or a normal one with standard deviation 1.
    seed : int
        For folds and draws inside estimators.
    """
    a, b = rng.normal(size=(2, n))
    c = (rng.random(n) < 0.4).astype(float)
    treated = rng.random(n) < expit(-1.0 + 0.4 * a + 0.3 * b + 0.3 * c)
    if is_binary:
        chance = 0.25 + 0.06 * np.tanh(a) + 0.05 * np.tanh(b) + 0.05 * c + effect * treated
        y = (rng.random(n) < chance).astype(float)
    else:
        y = 0.5 * a + 0.3 * b + 0.4 * c + effect * treated + rng.normal(size=n)
    return World(np.column_stack([a, b, c]), treated, y, is_binary, seed)


def every_estimate(w: World) -> dict[str, Estimate]:
    """Return every estimate of a draw, by method, estimand and error."""
    matrix = DesignMatrix(w.x, NAMES, NAMES, ())
    fit = fit_propensity(matrix, w.treated)
    if not isinstance(fit, PropensityFit):
        return {}  # separation is rare in these worlds, and the test counts the remaining draws
    found: dict[str, Estimate] = {}
    _matched(w, fit, found)
    _in_strata(w, fit, found)
    _weighted(w, fit, found)
    return found


def _settings(w: World) -> dict[str, float | bool]:
    return {"confidence_level": 0.95, "is_binary": w.is_binary}


def _matched(w: World, fit: PropensityFit, found: dict[str, Estimate]) -> None:
    n = len(w.y)
    strata = np.zeros(n, dtype=np.int64)
    caliper = 0.2 * float(fit.logit.std(ddof=1))
    alone = Nearness(np.empty((n, 0)), np.empty(0), np.empty((n, 0)))
    optimal = match_optimally(fit.logit, w.treated, strata, alone, ratio=1, caliper=caliper)
    assert isinstance(optimal, Pairs)
    for name, pairs in (
        ("nearest 1:1", match_nearest(fit.logit, w.treated, strata, ratio=1, replace=False, caliper=caliper)),
        ("nearest 1:3", match_nearest(fit.logit, w.treated, strata, ratio=3, replace=False, caliper=caliper)),
        ("optimal pairs", optimal),
    ):
        sets = clusters_of(pairs, n, replace=False)
        _sets(w, name, pair_weights(pairs, n), sets, found)
    for ratio in (1, 3):
        pairs = match_nearest(fit.logit, w.treated, strata, ratio=ratio, replace=True, caliper=caliper)
        weights = pair_weights(pairs, n)
        used = weights > 0
        place = np.cumsum(used) - 1
        moved = Pairs(place[pairs.treated], place[pairs.control], pairs.distance)
        found[f"nearest 1:{ratio} with replacement, Abadie-Imbens"] = replaced_difference(
            w.y[used], w.treated[used], weights[used], moved, **_settings(w)
        )
        if ratio == 1:
            found["regression after replacement, HC1"] = matched_regression(
                w.y[used], w.treated[used], weights[used], None, w.x[used], everybody=False, **_settings(w)
            )
    sets = match_fully(fit.logit, w.treated, strata, alone, caliper=caliper)
    assert not isinstance(sets, Refusal)
    for estimand in ("att", "ate"):
        formed = weigh_strata(sets, w.treated, everybody=estimand == "ate")
        _sets(w, f"full matching {estimand}", formed.weights, sets, found, everybody=estimand == "ate")


def _sets(
    w: World,
    name: str,
    weights: np.ndarray,
    sets: np.ndarray,
    found: dict[str, Estimate],
    *,
    everybody: bool = False,
) -> None:
    used = weights > 0
    y, treated, own, cluster = w.y[used], w.treated[used], weights[used], sets[used]
    matched = matched_difference(y, treated, own, cluster, **_settings(w))
    found[f"{name}, clustered"] = matched
    found[f"{name}, regression, clustered"] = matched_regression(
        y, treated, own, cluster, w.x[used], everybody=everybody, **_settings(w)
    )
    if name == "nearest 1:1":
        low, high = bootstrap_interval(matched, cluster, seed=w.seed, confidence_level=0.95)
        found[f"{name}, cluster bootstrap"] = Estimate(
            matched.estimator, matched.value, matched.standard_error, low, high, "", 0.0, 0.0, matched.influence
        )


def _in_strata(w: World, fit: PropensityFit, found: dict[str, Estimate]) -> None:
    import pandas as pd

    frame = pd.DataFrame(w.x, columns=list(NAMES))
    by_score = subclasses(fit.logit, w.treated, 5)
    by_hand = coarsened(frame, w.treated, {"a": (-0.7, 0.0, 0.7), "b": (-0.7, 0.0, 0.7), "c": None})
    cases: list[tuple[str, Strata, bool]] = [
        ("subclasses att", by_score, False),
        ("subclasses ate", subclasses(fit.logit, w.treated, 5, everybody=True), True),
        ("coarsened exact", by_hand, False),
    ]
    for name, formed, everybody in cases:
        used = formed.weights > 0
        y, treated, own = w.y[used], w.treated[used], formed.weights[used]
        if name != "coarsened exact":  # differences within coarse classes are removed by regression only
            found[f"{name}, within strata"] = stratified_difference(
                y, treated, own, formed.labels[used], everybody=everybody, **_settings(w)
            )
        found[f"{name}, regression, HC1"] = matched_regression(
            y, treated, own, None, w.x[used], everybody=everybody, **_settings(w)
        )


def _weighted(w: World, fit: PropensityFit, found: dict[str, Estimate]) -> None:
    k = _settings(w)
    for estimand in ("att", "ate", "ato"):
        found[f"inverse probability {estimand}"] = inverse_probability(
            w.y, w.treated, fit.logit, w.x, estimand=estimand, **k
        )
    balanced = entropy_balance(w.x, w.treated)
    if isinstance(balanced, EntropyBalance):
        found["entropy balancing"] = entropy_balanced(w.y, w.treated, balanced.weights, w.x, **k)
    found["regression"] = regression(w.y, w.treated, w.x, **k)
    for estimand in ("att", "ate"):
        found[f"augmented {estimand}"] = augmented_inverse_probability(
            w.y, w.treated, fit.logit, w.x, estimand=estimand, **k
        )
        crossed = cross_fitted(w.y, w.treated, same_matrix(w), learner="linear", seed=w.seed, estimand=estimand, **k)
        if isinstance(crossed, Estimate):
            found[f"cross-fitted {estimand}"] = crossed


def same_matrix(w: World) -> Callable[[np.ndarray], DesignMatrix]:
    """Return a function that gives the same score columns for any subset.

    Nothing is missing in these worlds, so nothing is learnt from the subset.
    """
    matrix = DesignMatrix(w.x, NAMES, NAMES, ())
    return lambda learnt_from: matrix


def boosted_estimate(w: World) -> Estimate:
    """Return the cross-fitted estimate with trees, and fit a tree score."""
    assert isinstance(fit_boosted_score(w.treated, same_matrix(w), seed=w.seed), PropensityFit)
    found = cross_fitted(
        w.y,
        w.treated,
        same_matrix(w),
        learner="boosted_trees",
        seed=w.seed,
        confidence_level=0.95,
        is_binary=w.is_binary,
    )
    assert isinstance(found, Estimate)
    return found


def naive_estimate(w: World) -> Estimate:
    """Return a wrong estimate that counts reused controls as new people."""
    fit = fit_propensity(DesignMatrix(w.x, NAMES, NAMES, ()), w.treated)
    assert isinstance(fit, PropensityFit)
    pairs = match_nearest(fit.logit, w.treated, np.zeros(len(w.y), dtype=np.int64), ratio=5, replace=True, caliper=None)
    y = np.concatenate([w.y[pairs.treated], w.y[pairs.control]])
    treated = np.repeat([True, False], len(pairs.treated))
    return matched_difference(y, treated, np.ones(len(y)), np.arange(len(y)), confidence_level=0.95, is_binary=False)
