"""Discounting and price years.

The present value of a later krone, and an older price in the report's money.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from data_contracts.reading.knowledge import read_knowledge

Array = NDArray[np.float64]


def rate_of_year(year: int) -> float:
    """Return the discount rate of a year; years count from 1.

    It discounts from the end of the year to the end of the year before.
    """
    for step in read_knowledge("economics")["discounting"]["steps"]:
        if step["to_year"] is None or year <= step["to_year"]:
            return float(step["rate"])
    raise ValueError("The last step of the rates must go on without an end.")


def discount_factors(last_year: int) -> Array:
    """Return the present value of a krone of each year.

    Returns
    -------
    ndarray of float, shape (last_year + 1,)
        1 for year 0. Each year is discounted by one year at the rate of that year, so that the factors do not jump where the
        rate changes (Ministry of Finance 2023).
    """
    rates = np.array([rate_of_year(year) for year in range(1, last_year + 1)], dtype=float)
    factors: Array = np.concatenate([np.ones(1), np.cumprod(1.0 / (1.0 + rates))])
    return factors


def in_prices_of(amount: float, price_year: int, report_year: int, index: Mapping[int, float]) -> float:
    """Convert an amount from one price year to another.

    Parameters
    ----------
    index : mapping of int to float
        Consumer prices by year.

    Raises
    ------
    KeyError
        If a year has no index.
    """
    return amount * index[report_year] / index[price_year]
