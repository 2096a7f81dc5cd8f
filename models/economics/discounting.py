"""Money over time: what a later krone is worth now, and what an older price is in today's money."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from data_contracts.reading.knowledge import read_knowledge

Array = NDArray[np.float64]


def rate_of_year(year: int) -> float:
    """Return the rate that carries money from the end of a year to the end of the year before; years count from 1."""
    for step in read_knowledge("economics")["discounting"]["steps"]:
        if step["to_year"] is None or year <= step["to_year"]:
            return float(step["rate"])
    raise ValueError("The last step of the rates must go on without an end.")


def discount_factors(last_year: int) -> Array:
    """Return what a krone of each year is worth at the start.

    Parameters
    ----------
    last_year : int

    Returns
    -------
    ndarray of float, shape (last_year + 1,)
        1 for year 0. Each year is carried back one year at its own rate, so that the factors do not jump where the rate
        changes (Ministry of Finance 2023).
    """
    rates = np.array([rate_of_year(year) for year in range(1, last_year + 1)], dtype=float)
    factors: Array = np.concatenate([np.ones(1), np.cumprod(1.0 / (1.0 + rates))])
    return factors


def in_prices_of(amount: float, price_year: int, report_year: int, index: Mapping[int, float]) -> float:
    """Return an amount of one year's money in another's.

    Parameters
    ----------
    amount : float
    price_year, report_year : int
    index : mapping of int to float
        Consumer prices by year.

    Raises
    ------
    KeyError
        If a year has no index.
    """
    return amount * index[report_year] / index[price_year]
