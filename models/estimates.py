"""Estimators of the effect on participants, each with its uncertainty.

Belongs here: one function per estimator, from arrays to an `Estimate`. Does
not belong here: choosing among them (the protocol did) or judging the result.

Every estimator keeps one influence value per person: standard errors are
sums over them, by person or by cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import norm

from models.balance import weighted_mean
from models.intervals import newcombe_interval

Array = NDArray[np.float64]
SMALL_CELL = 5.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimated effect.

    Attributes
    ----------
    estimator : str
    value : float
        In the outcome's unit; a share for binary outcomes.
    standard_error : float
    low, high : float
        Limits of the confidence interval.
    interval_method : str
    treated_value, control_value : float
        Means that the effect is the difference of; the control value is what participants would have had.
    influence : ndarray of float, shape (n,)
        Influence values; their sum is zero and the root of their (clustered) square sum the standard error.
    """

    estimator: str
    value: float
    standard_error: float
    low: float
    high: float
    interval_method: str
    treated_value: float
    control_value: float
    influence: Array


def matched_difference(
    y: Array,
    treated: NDArray[np.bool_],
    weights: Array,
    cluster: NDArray[np.int64],
    *,
    confidence_level: float,
    is_binary: bool,
) -> Estimate:
    """Weighted difference in means with errors clustered by matched set.

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
    confidence_level : float
    is_binary : bool
        Cells with fewer than five people get Newcombe's interval instead of the normal one.
    """
    top, bottom, influence = _difference_parts(y, treated, weights)
    _, labels = np.unique(cluster, return_inverse=True)
    groups = int(labels.max()) + 1
    sums = np.bincount(labels, weights=influence, minlength=groups)
    n = len(y)
    factor = groups / (groups - 1) * (n - 1) / (n - 2)
    error = float(np.sqrt(factor * (sums**2).sum()))
    low, high = _normal_limits(top - bottom, error, confidence_level)
    method = "normal, clustered by matched set"
    if is_binary:
        n_t = _kish(weights[treated])
        n_c = _kish(weights[~treated])
        cells = (top * n_t, (1 - top) * n_t, bottom * n_c, (1 - bottom) * n_c)
        if min(cells) < SMALL_CELL:
            low, high = newcombe_interval(top, n_t, bottom, n_c, confidence_level)
            method = "Newcombe, effective sizes"
    return Estimate("matched_difference", top - bottom, error, low, high, method, top, bottom, influence)


def inverse_probability(
    y: Array, treated: NDArray[np.bool_], logit: Array, x: Array, *, confidence_level: float
) -> Estimate:
    """Normalised (Hajek) inverse-probability estimate of the effect on participants.

    Errors are those of the stacked estimating equations, so they know that the score was
    estimated (Lunceford & Davidian 2004).

    Parameters
    ----------
    y : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    logit : ndarray of float, shape (n,)
    x : ndarray of float, shape (n, p)
        Covariates of the score.
    confidence_level : float
    """
    t = treated.astype(float)
    n = len(y)
    weights = np.where(treated, 1.0, np.exp(logit))
    top, bottom, influence = _difference_parts(y, treated, weights)
    z = _with_intercept(x)
    e = expit(logit)
    information = (z * (e * (1 - e))[:, None]).T @ z
    moved = ((1 - t) * weights * (y - bottom)) @ z
    score_influence = (z * (t - e)[:, None]) @ np.linalg.solve(information, moved)
    influence = influence - score_influence / float(weights[~treated].sum())
    return _from_influence("inverse_probability", top, bottom, influence, confidence_level, n)


def augmented_inverse_probability(
    y: Array, treated: NDArray[np.bool_], logit: Array, x: Array, *, confidence_level: float
) -> Estimate:
    """Doubly robust estimate of the effect on participants, with a linear outcome model for controls.

    Consistent if either the score or the outcome model is right (Robins, Rotnitzky & Zhao 1994;
    Mercatanti & Li 2014 for the effect on the treated). Weights are not normalised.
    """
    t = treated.astype(float)
    z = _with_intercept(x)
    beta, *_ = np.linalg.lstsq(z[~treated], y[~treated], rcond=None)
    rest = y - z @ beta
    share = float(t.mean())
    terms = (t - (1 - t) * np.exp(logit)) * rest / share
    value = float(terms.mean())
    influence = (terms - t / share * value) / len(y)
    top = float(y[treated].mean())
    return _from_influence("augmented_inverse_probability", top, top - value, influence, confidence_level, len(y))


def regression(y: Array, treated: NDArray[np.bool_], x: Array, *, confidence_level: float) -> Estimate:
    """Least squares of the outcome on participation and covariates, HC1 errors.

    Answers for participants only if the effect does not vary with covariates; shown as an alternative.
    """
    t = treated.astype(float)
    z = _with_intercept(x)
    beta, *_ = np.linalg.lstsq(z, t, rcond=None)
    t_rest = t - z @ beta
    full = np.column_stack([t, z])
    coefficients, *_ = np.linalg.lstsq(full, y, rcond=None)
    rest = y - full @ coefficients
    value = float(coefficients[0])
    n, k = full.shape
    influence = t_rest * rest / float(t_rest @ t_rest)
    error = float(np.sqrt(n / (n - k) * (influence**2).sum()))
    low, high = _normal_limits(value, error, confidence_level)
    top = float(y[treated].mean())
    return Estimate("regression", value, error, low, high, "normal, HC1", top, top - value, influence)


def _difference_parts(y: Array, treated: NDArray[np.bool_], weights: Array) -> tuple[float, float, Array]:
    top = weighted_mean(y[treated], weights[treated])
    bottom = weighted_mean(y[~treated], weights[~treated])
    influence = np.where(
        treated,
        weights * (y - top) / float(weights[treated].sum()),
        -weights * (y - bottom) / float(weights[~treated].sum()),
    )
    return top, bottom, influence


def _from_influence(
    name: str, top: float, bottom: float, influence: Array, confidence_level: float, n: int
) -> Estimate:
    error = float(np.sqrt((influence**2).sum()))
    low, high = _normal_limits(top - bottom, error, confidence_level)
    return Estimate(name, top - bottom, error, low, high, "normal, influence values", top, bottom, influence)


def _with_intercept(x: Array) -> Array:
    spread = x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    return np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / spread])


def _normal_limits(value: float, error: float, confidence_level: float) -> tuple[float, float]:
    reach = float(norm.isf((1 - confidence_level) / 2)) * error
    return value - reach, value + reach


def _kish(weights: Array) -> float:
    return float(weights.sum()) ** 2 / float((weights**2).sum())
