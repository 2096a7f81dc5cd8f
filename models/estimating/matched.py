"""Estimates from matched people.

Differences within sets or strata, and regression after matching.

Source of the errors: Abadie & Spiess (2022), "Robust post-matching inference"
(clusters); Abadie & Imbens (2006) (controls used again).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.comparing.balance import weighted_mean
from models.comparing.nearest import Pairs
from models.estimating.abadie_imbens import TiedMatches, matching_estimate
from models.estimating.analysed import STRATUM_METHODS, Analysed
from models.values.estimates import Array, Estimate, Means, Sizes, estimate_from, kish, widened, with_intercept
from models.values.refusal import Refusal


def matched_difference(
    y: Array,
    treated: NDArray[np.bool_],
    weights: Array,
    cluster: NDArray[np.int64],
    *,
    confidence_level: float,
    is_binary: bool,
) -> Estimate:
    """Estimate a weighted difference in means, clustered by matched set.

    Equals the coefficient of a weighted regression on participation with cluster-robust errors
    (HC1 small-sample factor), as Abadie & Spiess (2022) advise after matching without replacement.

    Parameters
    ----------
    y : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    weights : ndarray of float, shape (n,)
        Greater than zero.
    cluster : ndarray of int, shape (n,)
        People tied by matching.
    """
    return estimate_from(
        "matched_difference",
        weighted_means(y, treated, weights),
        Sizes(kish(weights[treated]), kish(weights[~treated])),
        confidence_level=confidence_level,
        is_binary=is_binary,
        error_name="clustered by matched set",
        cluster=cluster,
    )


def weighted_means(y: Array, treated: NDArray[np.bool_], weights: Array) -> Means:
    """Return weighted means of the two groups and influence values."""
    top = weighted_mean(y[treated], weights[treated])
    bottom = weighted_mean(y[~treated], weights[~treated])
    own = np.where(treated, weights * (y - top) / float(weights[treated].sum()), 0.0)
    others = np.where(treated, 0.0, weights * (y - bottom) / float(weights[~treated].sum()))
    return Means(top, bottom, own, others)


def replaced_difference(
    y: Array, treated: NDArray[np.bool_], weights: Array, pairs: Pairs, *, confidence_level: float, is_binary: bool
) -> Estimate:
    """Estimate the matched difference with controls used repeatedly.

    Parameters
    ----------
    y : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    weights : ndarray of float, shape (n,)
        1 for matched participants; controls sum their shares.
    pairs : Pairs
        Positions in the arrays above.

    Notes
    -----
    Abadie & Imbens (2006): the variance is that of participants' own gains, plus each control's chance variation for
    every time it is used beyond what the gains already hold (`abadie_imbens.matching_estimate`).
    """
    share = 1.0 / np.bincount(pairs.treated, minlength=len(y))[pairs.treated]
    found = matching_estimate(y, TiedMatches(pairs.treated, pairs.control, share))
    return estimate_from(
        "matched_difference",
        weighted_means(y, treated, weights),
        Sizes(float(treated.sum()), kish(weights[~treated])),
        confidence_level=confidence_level,
        is_binary=is_binary,
        error_name="Abadie-Imbens",
        known_error=found.standard_error,
    )


def stratified_difference(
    y: Array,
    treated: NDArray[np.bool_],
    weights: Array,
    strata: NDArray[np.int64],
    *,
    everybody: bool,
    confidence_level: float,
    is_binary: bool,
) -> Estimate:
    """Estimate the average difference within strata.

    Averaged by the people that the strata are weighted to.

    Parameters
    ----------
    y : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    weights : ndarray of float, shape (n,)
        Greater than zero; within a stratum equal for all of a group.
    strata : ndarray of int, shape (n,)
        Each holds both groups.
    everybody : bool
        The effect on all, not on participants.

    Notes
    -----
    Influence values are deviations from the mean of the person's group in the person's stratum, so that differences between
    strata, which the design takes away, do not count as chance; how strata's effects differ does.
    """
    _, labels = np.unique(strata, return_inverse=True)
    top = weighted_mean(y[treated], weights[treated])
    bottom = weighted_mean(y[~treated], weights[~treated])
    own_mean, others_mean = (_stratum_means(y, group, labels) for group in (treated, ~treated))
    total = float(weights[treated].sum())
    # The people the effect is about; how their strata's means differ is part of the doubt.
    size = np.ones(len(y)) if everybody else treated.astype(float)
    own_rest = np.where(treated, weights * (y - own_mean[labels]) / total, 0.0)
    others_rest = np.where(treated, 0.0, weights * (y - others_mean[labels]) / total)
    top_spread, bottom_spread = size * (own_mean[labels] - top) / total, size * (others_mean[labels] - bottom) / total
    means = Means(top, bottom, own_rest + top_spread, others_rest + bottom_spread)
    rest = _unshrunk(own_rest - others_rest, treated, labels)
    return estimate_from(
        "matched_difference",
        means,
        Sizes(kish(weights[treated]), kish(weights[~treated]), parameters=0),
        confidence_level=confidence_level,
        is_binary=is_binary,
        error_name="within strata",
        for_error=rest + top_spread - bottom_spread,
    )


def _unshrunk(rest: Array, treated: NDArray[np.bool_], labels: NDArray[np.int64]) -> Array:
    """Undo the shrinkage of residuals towards a group's mean.

    People are nearer to a mean that they contribute to; a person alone is that mean and gives no information.
    """
    found = rest.copy()
    for group in (treated, ~treated):
        count = np.bincount(labels, weights=group)[labels]
        several = group & (count > 1)
        found[several] *= np.sqrt(count[several] / (count[several] - 1))
    return found


def _stratum_means(y: Array, group: NDArray[np.bool_], labels: NDArray[np.int64]) -> Array:
    count = np.bincount(labels, weights=group)
    return np.asarray(np.bincount(labels, weights=np.where(group, y, 0.0)) / np.maximum(count, 1.0), dtype=float)


def matched_regression(
    y: Array,
    treated: NDArray[np.bool_],
    weights: Array,
    cluster: NDArray[np.int64] | None,
    x: Array,
    *,
    everybody: bool,
    confidence_level: float,
    is_binary: bool,
) -> Estimate:
    """Estimate by regression after matching, with g-computation.

    Predict both outcomes for the same people and compare.

    Parameters
    ----------
    y : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    weights : ndarray of float, shape (n,)
        Of the matched comparison, greater than zero.
    cluster : ndarray of int, shape (n,), or None
        Matched sets; None where people are not in sets.
    x : ndarray of float, shape (n, p)
        Covariates, each with a separate slope in each group (Lin 2013).
    everybody : bool
        Average over both groups (effect on all), or over participants.
    is_binary : bool
        Outcomes of 0 and 1 are predicted linearly; differences of means stay differences of means.
    """
    z = with_intercept(x)
    target_weight = np.ones(len(y)) if everybody else np.where(treated, weights, 0.0)
    total = float(target_weight.sum())
    target = (target_weight @ z) / total
    means, influences = [], []
    for group in (treated, ~treated):
        information = (z[group] * weights[group, None]).T @ z[group]
        inverse = np.linalg.pinv(information, hermitian=True)
        beta = inverse @ (z[group].T @ (weights[group] * y[group]))
        mean = float(target @ beta)
        own = np.where(group, weights * (y - z @ beta), 0.0) * (z @ (inverse @ target))
        # The people averaged over are a sample too.
        influences.append(own + target_weight * (z @ beta - mean) / total)
        means.append(mean)
    own, others = influences
    return estimate_from(
        "matched_regression",
        Means(means[0], means[1], own, others),
        Sizes(kish(weights[treated]), kish(weights[~treated]), parameters=2 * z.shape[1]),
        confidence_level=confidence_level,
        is_binary=is_binary,
        error_name="HC1" if cluster is None else "clustered by matched set",
        cluster=cluster,
        # For everybody both groups' fits count alike, and the smaller one is widened by its own numbers too.
        for_error=widened(own - others, treated, z.shape[1]) if everybody else None,
    )


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


ESTIMATORS = {
    "matched_difference": _matched_difference,
    "matched_regression": _matched_regression,
}
"""Found by listing, by the names in `comparison_methods.yaml`."""
