"""Funnel limits: which units stand out from a rate.

They also tell how many units would stand out by chance.

Source: Spiegelhalter (2005), "Funnel plots for comparing institutional
performance", Statistics in Medicine 24.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Funnel:
    """Units around a rate.

    Attributes
    ----------
    z : ndarray of float, shape (k,)
        Standardised distances, overdispersion taken into account.
    overdispersion : float
        Phi; 1 if the units differ no more than by chance.
    low, high : ndarray of float, shape (k,)
        How far chance and overdispersion take a unit of that size.
    outside_count : int
    expected_outside : float
    """

    z: Array
    low: Array
    high: Array
    overdispersion: float
    outside_count: int
    expected_outside: float


def funnel(rates: Array, people: Array, rate: float, *, level: float, winsorised_share: float) -> Funnel:
    """Compare units' shares with a rate.

    Parameters
    ----------
    rates, people : ndarray of float, shape (k,)
    rate : float
        Between 0 and 1.
    level : float
        Of the limits.
    winsorised_share : float
        Of units at either end that are pulled in.

    Returns
    -------
    Funnel
        Phi is the mean of squared distances, their outer ends pulled in, so that the few who stand out do not hide themselves.
    """
    error = np.sqrt(rate * (1 - rate) / people)
    z = (rates - rate) / error
    low, high = np.quantile(z, [winsorised_share, 1 - winsorised_share])
    phi = max(1.0, float((np.clip(z, low, high) ** 2).mean()))
    scaled = z / np.sqrt(phi)
    reach = float(scipy.stats.norm.isf((1 - level) / 2))
    half = reach * np.sqrt(phi) * error
    limits = np.clip(rate - half, 0, 1), np.clip(rate + half, 0, 1)
    return Funnel(scaled, *limits, phi, int((np.abs(scaled) > reach).sum()), len(z) * (1 - level))
