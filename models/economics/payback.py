"""Payback: when costs have been recovered, and how certain that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.economics.account import Numbers, cost_flows, persistence, yearly_gains
from models.economics.discounting import discount_factors
from models.economics.inputs import Inputs

Array = NDArray[np.float64]
NEVER = np.inf


@dataclass(frozen=True, slots=True)
class Payback:
    """Payback year of one column.

    Attributes
    ----------
    year, low, high : int or None
        Year at the mean of every input, and limits of the middle share of draws; None: not within the horizon.
    probability : float
        Share of draws in which costs are recovered within the horizon.
    """

    year: int | None
    low: int | None
    high: int | None
    probability: float


def payback_years(net_by_year: Array, last_cost: int = 0) -> Array:
    """Return the first year at whose end all costs are recovered.

    Recovered for good and discounted; infinite where they are not.

    Parameters
    ----------
    net_by_year : ndarray of float, shape (draws, years from 0)
    last_cost : int
        The last year in which something is paid; before it nothing is recovered for good.

    Returns
    -------
    ndarray of float, shape (draws,)
    """
    years = net_by_year.shape[1]
    carried = np.cumsum(net_by_year * discount_factors(years - 1), axis=1)
    # Recovering once and falling below again does not count: take the year after the last one below.
    below = carried < 0
    after = np.where(below.any(axis=1), years - np.argmax(below[:, ::-1], axis=1), 0)
    return np.where(after < years, np.maximum(after, last_cost), NEVER).astype(float)


def paybacks(
    inputs: Inputs, middle: Numbers, draws: Numbers, last_cost: int, level: float
) -> tuple[Payback | None, ...]:
    """Return the payback of each column and, last, of the total.

    None for a column that pays nothing.

    Parameters
    ----------
    last_cost : int
        See `payback_years`.
    level : float
        Share of draws between the limits.
    """
    flows = cost_flows(inputs)
    parts = [(n, yearly_gains(inputs, n), persistence(inputs, n)) for n in (middle, draws)]
    found: list[Payback | None] = []
    for column in (*range(len(inputs.payers) + 1), None):
        paid = flows.sum(axis=2) if column is None else flows[:, :, column]
        if not paid.any():
            found.append(None)
            continue
        years = []
        for numbers, gains, left in parts:
            net = -(numbers.costs @ paid)
            net[:, 1:] += left * (gains.sum(axis=1) if column is None else gains[:, column])[:, None]
            years.append(payback_years(net, last_cost))
        # Order statistics, not means: there is no value between a year and never.
        limits = np.quantile(years[1], [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
        year, low, high = (None if np.isinf(v) else int(v) for v in (years[0][0], *limits))
        found.append(Payback(year, low, high, float(np.isfinite(years[1]).mean())))
    return tuple(found)
