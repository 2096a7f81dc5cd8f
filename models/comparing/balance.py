"""Balance: how alike two groups are."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray


def weighted_mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the mean of values with weights of positive sum."""
    return float((values * weights).sum() / weights.sum())


def standardized_mean_difference(
    values: NDArray[np.float64], treated: NDArray[np.bool_], weights: NDArray[np.float64], *, pooled: bool = False
) -> float:
    """Return the standardised difference in weighted means.

    The standard deviation is one that matching does not change.

    The denominator is that of all participants before matching, so that it does not change when
    people are dropped (Stuart 2010; MatchIt's `s.d.denom = "treated"`).

    Parameters
    ----------
    values : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    weights : ndarray of float, shape (n,)
        All ones before matching.
    pooled : bool
        The root of the two groups' mean variance, for effects on everybody.

    Returns
    -------
    float
        NaN if the people of the denominator do not vary.
    """
    own = values[treated]
    spread = float(np.sqrt(_variance(own)))
    if pooled:
        spread = float(np.sqrt((_variance(own) + _variance(values[~treated])) / 2))
    if not spread > 0:
        own_mean = weighted_mean(own, weights[treated])
        other_mean = weighted_mean(values[~treated], weights[~treated])
        return 0.0 if own_mean == other_mean else float("nan")
    difference = weighted_mean(own, weights[treated]) - weighted_mean(values[~treated], weights[~treated])
    return difference / spread


def _variance(values: NDArray[np.float64]) -> float:
    """Return the variance of one group.

    For a yes-or-no column, that of its share.
    """
    if bool(np.isin(values, (0.0, 1.0)).all()):
        share = float(values.mean())
        return share * (1 - share)
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0


def variance_ratio(
    values: NDArray[np.float64], treated: NDArray[np.bool_], weights: NDArray[np.float64]
) -> float | None:
    """Return the weighted variance ratio of participants to comparison.

    1 means alike; 0.5 to 2 is acceptable (Rubin 2001).

    Returns
    -------
    float or None
        None for yes-or-no columns, whose variance follows from their mean, and where the comparison does not vary.
    """
    if bool(np.isin(values, (0.0, 1.0)).all()):
        return None
    parts = [_weighted_variance(values[group], weights[group]) for group in (treated, ~treated)]
    return parts[0] / parts[1] if parts[1] > 0 else None


def _weighted_variance(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the variance with reliability weights, unbiased.

    As R's `cov.wt`.
    """
    share = weights / weights.sum()
    rest = 1 - float((share**2).sum())
    mean = float(share @ values)
    return float(share @ (values - mean) ** 2) / rest if rest > 0 else 0.0


def ks_statistic(values: NDArray[np.float64], treated: NDArray[np.bool_], weights: NDArray[np.float64]) -> float:
    """Return the Kolmogorov-Smirnov distance between the groups.

    The largest distance between the two weighted distribution functions; 0 means alike.
    """
    order = np.argsort(values, kind="stable")
    sorted_values = values[order]
    steps = np.where(treated, weights / weights[treated].sum(), -weights / weights[~treated].sum())[order]
    # Equal values step together.
    last_of_run = np.append(sorted_values[1:] != sorted_values[:-1], True)
    return float(np.abs(np.cumsum(steps)[last_of_run]).max())


def smd_variance(smd: float, n_treated: float, n_control: float) -> float:
    """Return the variance of a standardised mean difference.

    The large-sample variance (Hedges & Olkin 1985, p. 86).
    """
    return 1 / n_treated + 1 / n_control + smd**2 / (2 * (n_treated + n_control))


def imbalance_p_value(smds: NDArray[np.float64], n_treated: float, n_control: float, allowed: float) -> float:
    """Return a family-wise p-value of acceptable balance.

    The hypothesis is that every |SMD| is at most `allowed`.

    Two-sided against the composite null, Bonferroni over covariates (CohortMethod 6).

    Parameters
    ----------
    smds : ndarray of float, shape (k,)
    n_treated, n_control : float
        Effective sizes.
    allowed : float
        Largest standardised difference that does not matter, e.g. 0.1.
    """
    smallest = 1.0
    for smd in np.abs(smds[np.isfinite(smds)]):
        deviation = float(np.sqrt(smd_variance(float(smd), n_treated, n_control)))
        p = scipy.stats.norm.sf((smd - allowed) / deviation) + scipy.stats.norm.cdf((-smd - allowed) / deviation)
        smallest = min(smallest, float(p))
    return min(1.0, smallest * max(1, len(smds)))


def power_to_see(smd: float, n_treated: float, n_control: float, alpha: float) -> float:
    """Return the power of a two-sided test to detect a difference.

    The difference is a standardised one of `smd`.
    """
    deviation = float(np.sqrt(smd_variance(smd, n_treated, n_control)))
    return float(scipy.stats.norm.sf(scipy.stats.norm.isf(alpha / 2) - smd / deviation))
