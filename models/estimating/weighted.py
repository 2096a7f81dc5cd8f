"""Estimates from weights, and plain regression.

Inverse probability, overlap and entropy-balancing weights.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from data_contracts.protocol.comparison_settings import Estimand
from models.comparing.entropy_balancing import EntropyBalance, entropy_balance
from models.comparing.weighting import score_weights
from models.estimating.analysed import Analysed
from models.estimating.matched import (
    weighted_means,
)
from models.values.estimates import Array, Estimate, Means, Sizes, estimate_from, kish, widened, with_intercept
from models.values.refusal import Refusal


def inverse_probability(
    y: Array,
    treated: NDArray[np.bool_],
    logit: Array,
    x: Array,
    *,
    confidence_level: float,
    is_binary: bool,
    estimand: Estimand = "att",
    kept: NDArray[np.bool_] | None = None,
) -> Estimate:
    """Estimate with normalised (Hajek) weights from a logit score.

    Errors are those of the stacked estimating equations, so they account for the score having been
    estimated (Lunceford & Davidian 2004).

    Parameters
    ----------
    y : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    logit : ndarray of float, shape (n,)
    x : ndarray of float, shape (n, p)
        Columns of the score.
    estimand : str
        `att`: odds for controls. `ate`: the inverse probability of the person's group. `ato`: the probability of the other
        group.
    kept : ndarray of bool, shape (n,), optional
        People not trimmed; the others helped to estimate the score only.
    """
    weights, slope = score_weights(logit, treated, estimand)
    if kept is not None:
        weights, slope = weights * kept, slope * kept
    means = weighted_means(y, treated, weights)
    z = with_intercept(x)
    e = scipy.special.expit(logit)
    information = (z * (e * (1 - e))[:, None]).T @ z
    score = (z * (treated - e)[:, None]) @ np.linalg.pinv(information, hermitian=True)
    moved = []
    for group, mean in ((treated, means.top), (~treated, means.bottom)):
        moved.append(score @ ((slope * (y - mean))[group] @ z[group]) / float(weights[group].sum()))
    moved_means = Means(means.top, means.bottom, means.top_influence + moved[0], means.bottom_influence + moved[1])
    influence = moved_means.top_influence - moved_means.bottom_influence
    return estimate_from(
        "overlap_weighted" if estimand == "ato" else "inverse_probability",
        moved_means,
        Sizes(kish(weights[treated]), kish(weights[~treated]), parameters=0),
        confidence_level=confidence_level,
        is_binary=is_binary,
        error_name="influence values",
        for_error=widened(influence, treated, z.shape[1]) if estimand == "ate" else None,
    )


def entropy_balanced(
    y: Array,
    treated: NDArray[np.bool_],
    weights: Array,
    x: Array,
    *,
    confidence_level: float,
    is_binary: bool,
) -> Estimate:
    """Estimate the difference with entropy-balancing weights.

    Parameters
    ----------
    y : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    weights : ndarray of float, shape (n,)
        1 for participants; controls balanced to them.
    x : ndarray of float, shape (n, p)
        Balanced columns.

    Notes
    -----
    Weights that balance columns exactly take the part of the outcome that is linear in them out of the error (Zhao &
    Percival 2017): influence values are residuals of the weighted regression of controls.
    """
    z = with_intercept(x)
    control = ~treated
    information = (z[control] * weights[control, None]).T @ z[control]
    beta = np.linalg.pinv(information, hermitian=True) @ (z[control].T @ (weights[control] * y[control]))
    predicted = z @ beta
    means = weighted_means(y, treated, weights)
    count = float(treated.sum())
    bottom = np.where(
        treated,
        (predicted - means.bottom) / count,
        weights * (y - predicted) / float(weights[control].sum()),
    )
    return estimate_from(
        "entropy_balanced",
        Means(means.top, means.bottom, means.top_influence, bottom),
        Sizes(kish(weights[treated]), kish(weights[control]), parameters=0),
        confidence_level=confidence_level,
        is_binary=is_binary,
        error_name="influence values",
    )


def regression(y: Array, treated: NDArray[np.bool_], x: Array, *, confidence_level: float, is_binary: bool) -> Estimate:
    """Estimate by least squares on participation and covariates.

    Errors are HC1.

    Valid for participants only if the effect does not vary with covariates; shown as an alternative.
    """
    z = with_intercept(x)
    t = treated.astype(float)
    beta, *_ = np.linalg.lstsq(z, t, rcond=None)
    t_rest = t - z @ beta
    full = np.column_stack([t, z])
    coefficients, *_ = np.linalg.lstsq(full, y, rcond=None)
    rest = y - full @ coefficients
    value = float(coefficients[0])
    top = float(y[treated].mean())
    own = np.where(treated, (y - top) / treated.sum(), 0.0)
    influence = t_rest * rest / float(t_rest @ t_rest)
    return estimate_from(
        "regression",
        Means(top, top - value, own, own - influence),
        Sizes(float(treated.sum()), float((~treated).sum()), parameters=full.shape[1]),
        confidence_level=confidence_level,
        is_binary=is_binary,
        error_name="HC1",
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


ESTIMATORS = {
    "inverse_probability": _inverse_probability,
    "overlap_weighted": _inverse_probability,
    "entropy_balanced": _entropy_balanced,
    "regression": _regression,
}
"""Found by listing, by the names in `comparison_methods.yaml`."""
