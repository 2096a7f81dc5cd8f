"""Repeated looks: an interval that holds at every look at growing data.

Source: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), "Time-uniform
central limit theory and asymptotic confidence sequences", theorem 2.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import scipy

from models.values.estimates import Estimate


@dataclass(frozen=True, slots=True)
class AlwaysValid:
    """An interval that holds at every look.

    Attributes
    ----------
    low, high : float
    tuned_for : int
        Number of participants at which it is tightest; declared, so that it cannot follow the data.
    """

    low: float
    high: float
    tuned_for: int


def tuned_rho_squared(planned_n: int, alpha: float) -> float:
    """Return the rho squared that makes the sequence tightest at `planned_n`.

    The square of the width is proportional to (1 + 1/x)(log(1 + x) - 2 log alpha) with x = n rho²;
    its minimum solves 1 + x - log(1 + x) = 1 - 2 log alpha, a branch of Lambert's W.
    """
    least = -float(scipy.special.lambertw(-(alpha**2) / math.e, k=-1).real) - 1
    return least / planned_n


def reach_of(n: int, rho_squared: float, alpha: float) -> float:
    """Return the standard errors between estimate and limit.

    After `n` people.
    """
    x = n * rho_squared
    return math.sqrt(2 * (x + 1) / x * math.log(math.sqrt(x + 1) / alpha))


def always_valid(estimate: Estimate, n: int, *, planned_n: int, confidence_level: float) -> AlwaysValid:
    """Return the interval that holds at this look and at every other one.

    Parameters
    ----------
    estimate : Estimate
        With the standard error of this look.
    n : int
        Participants so far; the estimate is treated as a mean of their influence values.
    planned_n : int
        Participants at which the sequence is tightest; the same at every look.
    """
    alpha = 1 - confidence_level
    reach = reach_of(max(n, 1), tuned_rho_squared(planned_n, alpha), alpha) * estimate.standard_error
    # Never inside the interval of this look alone, which may be wider in small groups.
    return AlwaysValid(min(estimate.value - reach, estimate.low), max(estimate.value + reach, estimate.high), planned_n)
