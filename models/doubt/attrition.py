"""Attrition: how loss of people may have changed an estimate."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]


def expected_attrition_bias(
    lost_treated_share: float, lost_control_share: float, *, rho_treated: float, rho_control: float
) -> float:
    """Return the bias in standard deviations if loss depends on outcome.

    Source: WWC (2014), "Assessing attrition bias".

    The group with more loss is given `rho_treated`, the stronger dependence, so the result is
    the same whichever group lost more.

    Parameters
    ----------
    lost_treated_share, lost_control_share : float
        Share of each group without an outcome, 0-1.
    rho_treated, rho_control : float
        Correlation between the outcome and the wish to stay; .45 and .39 are the cautious values.

    Returns
    -------
    float
        Absolute bias; infinite if a whole group is lost.
    """
    high, low = max(lost_treated_share, lost_control_share), min(lost_treated_share, lost_control_share)
    if high >= 1:
        return float("inf")
    return abs(rho_treated * _selection(high) - rho_control * _selection(low))


def attrition_boundary(overall_share: float, *, rho_treated: float, rho_control: float, limit: float) -> float:
    """Return the largest tolerable difference in loss between groups.

    The largest difference that keeps the expected bias within `limit`.

    Parameters
    ----------
    overall_share : float
        Loss in both groups together (of equal size), 0-1.
    rho_treated, rho_control : float
        As for `expected_attrition_bias`; .274 and .225 are the optimistic values.
    limit : float
        In standard deviations.

    Returns
    -------
    float
        As a share; never more than twice the overall loss, which is reached when only one group has loss.
    """

    def excess(difference: float) -> float:
        high, low = overall_share + difference / 2, max(0.0, overall_share - difference / 2)
        return expected_attrition_bias(high, low, rho_treated=rho_treated, rho_control=rho_control) - limit

    greatest = 2 * min(overall_share, 1 - overall_share)
    if excess(0.0) >= 0:
        return 0.0
    return greatest if excess(greatest) <= 0 else float(scipy.optimize.brentq(excess, 0.0, greatest, xtol=1e-9))


def _selection(lost: float) -> float:
    """Return the mean shift of those who stay when a share `lost` leaves.

    The inverse Mills ratio.
    """
    return float(scipy.stats.norm.pdf(scipy.stats.norm.ppf(lost)) / (1 - lost)) if lost > 0 else 0.0


def manski_bounds(
    treated_mean: float,
    control_mean: float,
    lost_treated_share: float,
    lost_control_share: float,
    *,
    lowest: float,
    highest: float,
) -> tuple[float, float]:
    """Return the smallest and largest effect compatible with the loss.

    Source: Manski (1990).

    Parameters
    ----------
    treated_mean, control_mean : float
        Of those with an outcome.
    lost_treated_share, lost_control_share : float
        0-1.
    lowest, highest : float
        Possible values of the outcome.
    """

    def mean(seen: float, lost: float, value: float) -> float:
        return (1 - lost) * seen + lost * value

    low = mean(treated_mean, lost_treated_share, lowest) - mean(control_mean, lost_control_share, highest)
    high = mean(treated_mean, lost_treated_share, highest) - mean(control_mean, lost_control_share, lowest)
    return low, high


def lee_bounds(
    treated_y: Array,
    treated_weight: Array,
    control_y: Array,
    control_weight: Array,
    *,
    lost_treated_share: float,
    lost_control_share: float,
) -> tuple[float, float] | None:
    """Return bounds of the effect on those seen in either group.

    Source: Lee (2009).

    The group with less loss is trimmed until both have lost the same share, once from its top and once
    from its bottom. It assumes monotonicity: the project changes whether people are seen in one direction only.

    Parameters
    ----------
    treated_y, control_y : ndarray of float
        Outcomes of those seen.
    lost_treated_share, lost_control_share : float
        0-1.

    Returns
    -------
    (float, float) or None
        None if a group is empty.
    """
    seen_treated, seen_control = 1 - lost_treated_share, 1 - lost_control_share
    if min(seen_treated, seen_control) <= 0 or not len(treated_y) or not len(control_y):
        return None
    share = min(seen_treated, seen_control) / max(seen_treated, seen_control)
    own = float(np.average(treated_y, weights=treated_weight))
    others = float(np.average(control_y, weights=control_weight))
    if seen_treated > seen_control:
        low, high = (_kept_mean(treated_y, treated_weight, share, lowest=lowest) for lowest in (True, False))
        return low - others, high - others
    low, high = (_kept_mean(control_y, control_weight, share, lowest=lowest) for lowest in (True, False))
    return own - high, own - low


def _kept_mean(y: Array, weight: Array, share: float, *, lowest: bool) -> float:
    """Return the mean of the lowest or highest `share` of the weight.

    The person at the cut-off counts in part.
    """
    order = np.argsort(y if lowest else -y, kind="stable")
    total = share * weight.sum()
    before = np.concatenate([[0.0], np.cumsum(weight[order])[:-1]])
    kept = np.clip(total - before, 0.0, weight[order])
    return float(np.average(y[order], weights=kept))
