"""Qualitative comparative analysis of crisp sets.

It finds which combinations lead to an outcome.

Sources: Ragin (1987); Dusa (2019), "QCA with R". Checked against the R package
QCA 3.25.1 in the tests. All implicants are tried, which eight conditions allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.int8]
MOST_SOLUTIONS = 200
Term = tuple[int, ...]
"""One value per condition: 1 present, 0 absent, -1 either."""


@dataclass(frozen=True, slots=True)
class TruthTable:
    """Combinations that were seen.

    Attributes
    ----------
    rows : ndarray of int, shape (k, conditions)
    cases : ndarray of int, shape (k,)
    share : ndarray of float, shape (k,)
        Of a combination's cases that have the outcome.
    is_on : ndarray of bool, shape (k,)
        The share reaches the declared consistency.
    """

    rows: Bits
    cases: NDArray[np.int64]
    share: NDArray[np.float64]
    is_on: NDArray[np.bool_]

    @property
    def contradictory_count(self) -> int:
        """Combinations in which some cases have the outcome and others do not."""
        return int(((self.share > 0) & (self.share < 1)).sum())

    @property
    def unseen_count(self) -> int:
        """Combinations that no case shows: the limited diversity of the cases."""
        return int(2 ** self.rows.shape[1] - len(self.rows))


@dataclass(frozen=True, slots=True)
class Solutions:
    """Equally short ways to say which combinations lead to the outcome.

    Attributes
    ----------
    solutions : tuple of tuple of tuple of int
        Each is a set of terms joined by “or”.
    prime_implicants_count : int
        Terms that cannot be shortened; more than a solution needs are competing readings.
    """

    solutions: tuple[tuple[Term, ...], ...]
    prime_implicants_count: int


def truth_table(conditions: Bits, outcome: Bits, *, consistency: float) -> TruthTable:
    """Gather cases by combination.

    Parameters
    ----------
    conditions : ndarray of int, shape (cases, conditions)
    outcome : ndarray of int, shape (cases,)
    """
    rows, place = np.unique(conditions, axis=0, return_inverse=True)
    cases = np.bincount(place.ravel(), minlength=len(rows))
    share = np.bincount(place.ravel(), weights=outcome, minlength=len(rows)) / cases
    return TruthTable(rows.astype(np.int8), cases.astype(np.int64), share, share >= consistency - 1e-9)


def minimal_solutions(table: TruthTable, *, with_unseen: bool) -> Solutions:
    """Return every shortest solution.

    Parameters
    ----------
    with_unseen : bool
        Whether unseen combinations may be assumed to lead to the outcome where that makes it shorter (parsimonious);
        otherwise only what was seen counts (conservative).
    """
    on, off = table.rows[table.is_on], table.rows[~table.is_on]
    if not len(on):
        return Solutions((), 0)
    terms = [term for term in product((-1, 0, 1), repeat=table.rows.shape[1]) if _covers(term, on).any()]
    if with_unseen:
        valid = [term for term in terms if not len(off) or not _covers(term, off).any()]
    else:
        valid = [term for term in terms if _size(term) == int(_covers(term, on).sum())]
    # Shorter terms first: a term that lies inside another valid one can be shortened to it.
    valid.sort(key=lambda term: sum(value >= 0 for value in term))
    prime: list[Term] = []
    for term in valid:
        if not any(_lies_inside(term, other) for other in prime):
            prime.append(term)
    covers = [_covers(term, on) for term in prime]
    for count in range(1, len(prime) + 1):
        found = []
        for chosen in combinations(range(len(prime)), count):
            if np.any([covers[i] for i in chosen], axis=0).all():
                found.append(tuple(sorted((prime[i] for i in chosen), reverse=True)))
                if len(found) == MOST_SOLUTIONS:
                    break
        if found:
            return Solutions(tuple(sorted(found, reverse=True)), len(prime))
    return Solutions((), len(prime))


def _covers(term: Term, rows: Bits) -> NDArray[np.bool_]:
    fixed = np.array(term)
    return np.asarray(((fixed < 0) | (rows == fixed)).all(axis=1))


def _size(term: Term) -> int:
    """Return how many combinations a term covers."""
    return int(2 ** sum(value < 0 for value in term))


def _lies_inside(term: Term, other: Term) -> bool:
    return all(o < 0 or o == t for t, o in zip(term, other, strict=True))
