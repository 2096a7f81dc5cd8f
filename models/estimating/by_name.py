"""Estimates by the estimators that a plan names.

From a comparison and an outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.comparing.entropy_balancing import EntropyBalance, entropy_balance
from models.comparing.methods import TRIMMED
from models.comparing.nearest import Pairs
from models.comparing.plan import Plan
from models.comparing.strata import weigh_strata
from models.comparing.weighting import pair_weights
from models.estimating.bootstrap import bootstrap_interval
from models.estimating.doubly_robust import augmented_inverse_probability, cross_fitted
from models.estimating.matched import matched_difference, matched_regression, replaced_difference, stratified_difference
from models.estimating.weighted import entropy_balanced, inverse_probability, regression
from models.score.design_matrix import DesignMatrix
from models.values.comparison import Comparison
from models.values.estimates import Estimate
from models.values.refusal import Refusal

Array = NDArray[np.float64]
STRATUM_METHODS = ("subclassification", "coarsened_exact")
SET_METHODS = ("nearest_neighbour", "optimal_pairs", "full_matching")


@dataclass(frozen=True, slots=True)
class Analysed:
    """People with an outcome, and what their comparison implies for them.

    Attributes
    ----------
    people : DataFrame
        With `weight` recomputed where matched people are lost.
    y : ndarray of float, shape (n,)
    pairs : Pairs or None
        Positions in `people`; only where controls may serve several participants.
    plan : Plan
    is_binary : bool
    """

    people: pd.DataFrame
    y: Array
    pairs: Pairs | None
    plan: Plan
    is_binary: bool

    @property
    def treated(self) -> NDArray[np.bool_]:
        """Who took part."""
        return self.people["treated"].to_numpy(dtype=bool)

    @property
    def weight(self) -> Array:
        """How much each person counts; 0 for those left out."""
        return self.people["weight"].to_numpy(dtype=float)

    @property
    def logit(self) -> Array:
        """Logit of everybody's score."""
        return self.people["propensity_logit"].to_numpy(dtype=float)

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Who was not trimmed."""
        return (self.people["left_out"] != TRIMMED).to_numpy(dtype=bool)

    @property
    def has_sets(self) -> bool:
        """Whether everybody compared is in one matched set."""
        settings = self.plan.comparison
        return settings.method in SET_METHODS and not settings.replace

    @property
    def sets(self) -> NDArray[np.int64]:
        """Matched set or stratum; -1 for those left out."""
        return np.where(self.weight > 0, self.people["cluster"].to_numpy(dtype=np.int64), -1)


def analysed(comparison: Comparison, y: Array, plan: Plan, *, is_binary: bool) -> Analysed:
    """Keep people with an outcome, and recompute weights.

    Weights change for those who lost a person they were matched with.

    Parameters
    ----------
    y : ndarray of float, shape (n,)
        NaN where the outcome is missing.

    Returns
    -------
    Analysed
        A set or stratum that lost all of one group leaves; in the others the remaining people share its weight.
    """
    seen = np.isfinite(y)
    people = comparison.people.loc[seen].reset_index(drop=True)
    settings = plan.comparison
    pairs = None
    if settings.method in (*SET_METHODS, *STRATUM_METHODS) and not settings.replace:
        labels = people["cluster"].to_numpy(dtype=np.int64)
        strata = weigh_strata(labels, people["treated"].to_numpy(dtype=bool), everybody=settings.estimand == "ate")
        people["weight"] = strata.weights
    elif settings.replace:
        place = np.cumsum(seen) - 1
        own, others = (comparison.pairs[name].to_numpy(dtype=np.int64) for name in ("treated", "control"))
        both = seen[own] & seen[others]
        distance = comparison.pairs["distance"].to_numpy(dtype=float)[both]
        pairs = Pairs(place[own[both]], place[others[both]], distance)
        people["weight"] = pair_weights(pairs, len(people))
    return Analysed(people, y[seen], pairs, plan, is_binary)


def estimate_by(name: str, data: Analysed) -> Estimate | Refusal:
    """Estimate an effect in one way.

    Parameters
    ----------
    name : str
        A key of `ESTIMATORS`.

    Returns
    -------
    Estimate or Refusal
        The reason (a code in `gates.yaml`) where there is no number with an interval.
    """
    found = ESTIMATORS[name](data)
    if isinstance(found, Refusal):
        return found
    if data.plan.effects.interval == "cluster_bootstrap":
        cluster = data.sets[data.weight > 0] if name.startswith("matched_") and data.has_sets else None
        low, high = bootstrap_interval(
            found, cluster, seed=data.plan.seed, confidence_level=data.plan.effects.confidence_level
        )
        found = replace(found, low=low, high=high, interval_method="cluster bootstrap-t, 999 draws")
    return found if is_usable(found) else Refusal("zero_standard_error")


def is_usable(estimate: Estimate) -> bool:
    """Say whether an estimate has a number and an interval with a width."""
    numbers = (estimate.value, estimate.standard_error, estimate.low, estimate.high)
    return bool(np.isfinite(numbers).all()) and estimate.high > estimate.low


def _matched_difference(d: Analysed) -> Estimate | Refusal:
    level, used = d.plan.effects.confidence_level, d.weight > 0
    if not (used & d.treated).any() or not (used & ~d.treated).any():
        return Refusal("outcome_missing")
    y, treated, weight, sets = d.y[used], d.treated[used], d.weight[used], d.sets[used]
    if d.pairs is not None:
        place = np.cumsum(used) - 1
        pairs = Pairs(place[d.pairs.treated], place[d.pairs.control], d.pairs.distance)
        return replaced_difference(y, treated, weight, pairs, confidence_level=level, is_binary=d.is_binary)
    if d.plan.comparison.method in STRATUM_METHODS:
        return stratified_difference(
            y,
            treated,
            weight,
            sets,
            everybody=d.plan.comparison.estimand == "ate",
            confidence_level=level,
            is_binary=d.is_binary,
        )
    return matched_difference(y, treated, weight, sets, confidence_level=level, is_binary=d.is_binary)


def _matched_regression(d: Analysed) -> Estimate | Refusal:
    used = d.weight > 0
    if not (used & d.treated).any() or not (used & ~d.treated).any():
        return Refusal("outcome_missing")
    return matched_regression(
        d.y[used],
        d.treated[used],
        d.weight[used],
        d.sets[used] if d.has_sets else None,
        d.plan.matrix(d.people).values[used],
        everybody=d.plan.comparison.estimand == "ate",
        confidence_level=d.plan.effects.confidence_level,
        is_binary=d.is_binary,
    )


def _inverse_probability(d: Analysed) -> Estimate | Refusal:
    return inverse_probability(
        d.y,
        d.treated,
        d.logit,
        d.plan.matrix(d.people).values,
        confidence_level=d.plan.effects.confidence_level,
        is_binary=d.is_binary,
        estimand=d.plan.comparison.estimand,
        kept=d.kept,
    )


def _augmented(d: Analysed) -> Estimate | Refusal:
    k = d.kept
    return augmented_inverse_probability(
        d.y[k],
        d.treated[k],
        d.logit[k],
        d.plan.matrix(d.people[k]).values,
        confidence_level=d.plan.effects.confidence_level,
        is_binary=d.is_binary,
        estimand=d.plan.comparison.estimand,
    )


def _cross_fitted(d: Analysed) -> Estimate | Refusal:
    k = d.kept
    people = d.people[k].reset_index(drop=True)

    def matrix_for(learnt_from: NDArray[np.bool_]) -> DesignMatrix:
        return d.plan.matrix(people, learnt_from)

    return cross_fitted(
        d.y[k],
        d.treated[k],
        matrix_for,
        learner=d.plan.effects.learner,
        seed=d.plan.seed,
        confidence_level=d.plan.effects.confidence_level,
        is_binary=d.is_binary,
        estimand=d.plan.comparison.estimand,
    )


def _entropy_balanced(d: Analysed) -> Estimate | Refusal:
    k = d.kept
    x = d.plan.matrix(d.people[k]).values
    balanced = entropy_balance(x, d.treated[k])
    if not isinstance(balanced, EntropyBalance):
        return balanced
    return entropy_balanced(
        d.y[k],
        d.treated[k],
        balanced.weights,
        x,
        confidence_level=d.plan.effects.confidence_level,
        is_binary=d.is_binary,
    )


def _regression(d: Analysed) -> Estimate | Refusal:
    k = d.kept
    return regression(
        d.y[k],
        d.treated[k],
        d.plan.matrix(d.people[k]).values,
        confidence_level=d.plan.effects.confidence_level,
        is_binary=d.is_binary,
    )


ESTIMATORS: dict[str, Callable[[Analysed], Estimate | Refusal]] = {
    "matched_difference": _matched_difference,
    "matched_regression": _matched_regression,
    "inverse_probability": _inverse_probability,
    "overlap_weighted": _inverse_probability,
    "entropy_balanced": _entropy_balanced,
    "regression": _regression,
    "augmented_inverse_probability": _augmented,
    "cross_fitted": _cross_fitted,
}
