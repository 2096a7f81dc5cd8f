"""Intervals for shares and their differences when people are few."""

from __future__ import annotations

import math

import scipy


def wilson_interval(share: float, n: float, confidence_level: float) -> tuple[float, float]:
    """Return Wilson's score interval for a share (Wilson 1927).

    Parameters
    ----------
    share : float
        Observed share, 0-1.
    n : float
        Number of people, or the effective number.

    Returns
    -------
    low, high : float
    """
    z = float(scipy.stats.norm.isf((1 - confidence_level) / 2))
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def newcombe_interval(
    share_treated: float, n_treated: float, share_control: float, n_control: float, confidence_level: float
) -> tuple[float, float]:
    """Return Newcombe's score interval for a difference of shares.

    The hybrid score interval, method 10 of Newcombe (1998).
    """
    low_t, high_t = wilson_interval(share_treated, n_treated, confidence_level)
    low_c, high_c = wilson_interval(share_control, n_control, confidence_level)
    difference = share_treated - share_control
    low = difference - math.sqrt((share_treated - low_t) ** 2 + (high_c - share_control) ** 2)
    high = difference + math.sqrt((high_t - share_treated) ** 2 + (share_control - low_c) ** 2)
    return low, high
