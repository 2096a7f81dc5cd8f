"""Bounds on what a reader can work out of a table.

They are the smallest and the largest number of people that fit everything printed.

A table is a list of atoms, its innermost cells, and of groups of atoms: cells,
totals, nested totals. What is printed of a group is an interval for the sum of
its atoms. The bounds are those of an integer program, for the relaxed one is
wider than what a reader can find in tables of three dimensions.
"""

from __future__ import annotations

import math

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]
UNLIMITED = 1e6


def rounding_interval(shown: int, base: int, fewest: int) -> tuple[int, int]:
    """Return the smallest and largest count that is rounded to a number.

    Parameters
    ----------
    shown : int
        Printed; 0 is nobody.
    base : int
        Counts are rounded to its multiples, a half upwards.
    fewest : int
        The smallest count that is printed at all.
    """
    if shown == 0:
        return 0, 0
    return max(fewest, math.ceil(shown - base / 2)), math.ceil(shown + base / 2) - 1


def outermost_tables(groups: NDArray[np.bool_], low: Array, high: Array, atoms: NDArray[np.bool_]) -> Array:
    """Return two tables that fit all that is known.

    One has the fewest people in some atoms, the other has the most.

    Parameters
    ----------
    groups : ndarray of bool, shape (groups, atoms)
        Which atoms each printed number sums over.
    low, high : ndarray of float, shape (groups,)
        What is known of each sum; infinite where nothing is.
    atoms : ndarray of bool, shape (atoms,)
        Those whose people are counted.

    Returns
    -------
    ndarray of float, shape (2, atoms)
        Where nothing limits the most, as many as `UNLIMITED`.

    Raises
    ------
    ValueError
        If no table fits: what is known contradicts itself.
    """
    constraint = scipy.optimize.LinearConstraint(groups.astype(float), low, high)
    whole = np.ones(groups.shape[1])
    found = []
    for sign in (1.0, -1.0):
        solved = scipy.optimize.milp(
            sign * atoms, constraints=constraint, integrality=whole, bounds=scipy.optimize.Bounds(0, UNLIMITED)
        )
        if solved.status != 0:
            raise ValueError("No table fits what is known of its cells and totals.")
        found.append(np.round(solved.x))
    return np.array(found)
