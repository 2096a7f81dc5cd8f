"""Sensitivity: how strong unmeasured confounding would have to be."""

from __future__ import annotations

import math

SMALLEST_SHARE = 1e-6
LOG_RATIO_PER_DEVIATION = 0.91
"""Turns standardised differences into log risk ratios (VanderWeele & Ding 2017, table 2)."""


def e_value(risk_ratio: float) -> float:
    """Return the E-value of a risk ratio.

    RR + sqrt(RR (RR - 1)), after inverting a ratio below 1.

    How strongly an unmeasured factor would have to be associated with both taking part and the outcome to
    explain the ratio away (VanderWeele & Ding 2017).
    """
    ratio = risk_ratio if risk_ratio >= 1 else 1 / risk_ratio
    return ratio + math.sqrt(ratio * (ratio - 1))


def e_values_of_difference(*, difference: float, low: float, high: float, control_share: float) -> tuple[float, float]:
    """Return E-values of a risk difference and of its nearer limit.

    The nearer limit is the limit of the interval that is nearest zero.

    Parameters
    ----------
    difference, low, high : float
        Risk difference and its interval.
    control_share : float
        Share of the comparison group with the outcome; held fixed, so the limit's ratio is approximate.

    Returns
    -------
    point, limit : float
        The limit's E-value is 1 when the interval covers zero.
    """
    base = min(max(control_share, SMALLEST_SHARE), 1 - SMALLEST_SHARE)

    def ratio(d: float) -> float:
        return min(max(base + d, SMALLEST_SHARE), 1.0) / base

    point = e_value(ratio(difference))
    if low <= 0 <= high:
        return point, 1.0
    return point, e_value(ratio(low if difference > 0 else high))


def e_values_of_standardised(*, difference: float, low: float, high: float) -> tuple[float, float]:
    """Return E-values of a standardised mean difference.

    RR is about exp(0.91 d) (VanderWeele & Ding 2017, table 2).
    """

    def ratio(d: float) -> float:
        return math.exp(LOG_RATIO_PER_DEVIATION * d)

    point = e_value(ratio(difference))
    if low <= 0 <= high:
        return point, 1.0
    return point, e_value(ratio(low if difference > 0 else high))
