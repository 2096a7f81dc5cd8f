"""Nearest-neighbour matching on the logit of the propensity score.

Sources: Rosenbaum & Rubin (1985), greedy matching and the caliper; the order
of work (largest score first, one round per control) is that of MatchIt 4.7.
Available controls are found with a union-find over the sorted scores, so a
search costs a logarithm and not a scan.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.comparing.greedy import UNMATCHED, Found, Order, order_of_service, serve

INFINITE = float("inf")
NOBODY = (UNMATCHED, INFINITE)
MOST_TIED = 0.1
"""Share of equal scores up to which it pays to sort them apart."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Matched pairs, as positions in the arrays that were given.

    Attributes
    ----------
    treated : ndarray of int, shape (pairs,)
        Position of the participant; a participant with k controls occurs k times.
    control : ndarray of int, shape (pairs,)
        Position of the control.
    distance : ndarray of float, shape (pairs,)
        Absolute difference on the logit scale.
    """

    treated: NDArray[np.int64]
    control: NDArray[np.int64]
    distance: NDArray[np.float64]


class _Available:
    """Free places of a sorted list, with the next free one on each side.

    Only taken places are stored, so that a million controls cost nothing until they are used.
    """

    def __init__(self) -> None:
        self.next_right: dict[int, int] = {}
        self.next_left: dict[int, int] = {}

    @staticmethod
    def _find(parent: dict[int, int], i: int) -> int:
        root = i
        while root in parent:
            root = parent[root]
        while i != root:
            parent[i], i = root, parent[i]
        return root

    def right(self, i: int) -> int:
        """Return the first free place at or after i.

        The list's length if there is none.
        """
        return self._find(self.next_right, i)

    def left(self, i: int) -> int:
        """Return the last free place at or before i.

        -1 if there is none.
        """
        return self._find(self.next_left, i)

    def take(self, i: int) -> None:
        self.next_right[i] = i + 1
        self.next_left[i] = i - 1


def match_nearest(
    logit: NDArray[np.float64],
    treated: NDArray[np.bool_],
    strata: NDArray[np.int64],
    *,
    ratio: int,
    replace: bool,
    caliper: float | None,
    order: Order = "largest_score",
    seed: int = 0,
) -> Pairs:
    """Match each participant with the nearest controls.

    One control per round; a participant without a match in one round is not tried again. Equal
    distances go to the lower score, equal scores to the earlier row, so rows must come in a
    canonical order.

    Parameters
    ----------
    logit : ndarray of float, shape (n,)
        Logit of the propensity score.
    treated : ndarray of bool, shape (n,)
    strata : ndarray of int, shape (n,)
        Only people in the same stratum are matched.
    ratio : int
        Controls per participant, at most.
    replace : bool
        Whether a control may serve several participants (never the same one twice).
    caliper : float or None
        Greatest distance on the logit scale.
    order : str
        Whom to match first: those with the largest or smallest score, those with the closest control, or at random.
    seed : int
        For `random`.

    Returns
    -------
    Pairs
        Sorted by participant, then by round.
    """
    limit = np.inf if caliper is None else caliper
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], Found]] = []
    for people, controls in by_stratum(treated, strata):
        people = order_of_service(logit, people, order, seed)
        sorting, scores = in_order(logit[controls])
        free = _SortedControls(scores, logit[people], limit)
        found = serve(free, len(people), ratio=ratio, replace=replace, order=order)
        parts.append((people, controls[sorting], found))
    return pairs_of(parts)


def by_stratum(
    treated: NDArray[np.bool_], strata: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield participants and controls of each stratum that has both."""
    people, controls = np.flatnonzero(treated), np.flatnonzero(~treated)
    if len(people) == 0 or len(controls) == 0:
        return
    if strata.min() == strata.max():
        yield people, controls
        return
    if strata.min() >= 0 and strata.max() <= np.iinfo(np.uint16).max:
        strata = strata.astype(np.uint16)  # numpy sorts short labels by counting
    people = people[np.argsort(strata[people], kind="stable")]
    controls = controls[np.argsort(strata[controls], kind="stable")]
    own, others = strata[people], strata[controls]
    for label in np.unique(own):
        mine = people[np.searchsorted(own, label, "left") : np.searchsorted(own, label, "right")]
        theirs = controls[np.searchsorted(others, label, "left") : np.searchsorted(others, label, "right")]
        if len(theirs):
            yield mine, theirs


def in_order(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Sort values, equal ones in the order of rows.

    Returns
    -------
    sorting : ndarray of int
        As numpy's stable sort would give it, in a third of its time where few values are equal: numpy's other sort
        is vectorised, and only equal values must be put back in the order of rows.
    sorted : ndarray of float
    """
    sorting = np.argsort(values)
    ranked = values[sorting]
    repeats = ranked[1:] == ranked[:-1]
    tied = np.flatnonzero(np.append(repeats, False) | np.append(False, repeats))
    if len(tied) > len(values) * MOST_TIED:
        sorting = np.argsort(values, kind="stable")
    elif len(tied):
        sorting[tied] = sorting[tied][np.lexsort((sorting[tied], ranked[tied]))]
    return sorting, ranked


class _SortedControls:
    """Controls of one stratum, sorted by score; see `greedy.Controls`."""

    def __init__(self, scores: NDArray[np.float64], own: NDArray[np.float64], limit: float) -> None:
        self.all_scores, self.all_own, self.limit = scores, own, limit
        self.all_places = np.searchsorted(scores, own, side="left")
        # Single numbers are read faster from these.
        self.scores: memoryview[float] = scores.data.cast("B").cast("d")
        self.own, self.places = own.tolist(), self.all_places.tolist()
        self.return_all()

    def return_all(self) -> None:
        self.free = _Available()

    def take(self, place: int) -> None:
        self.free.take(place)

    def is_taken(self, place: int) -> bool:
        return place in self.free.next_right

    def first_choices(self, people: list[int]) -> Iterator[tuple[int, float]]:
        """Return the result of `nearest` for many at once."""
        scores, count = self.all_scores, len(self.all_scores)
        own, places = self.all_own[people], self.all_places[people]
        is_free = np.ones(count, dtype=bool)
        is_free[np.fromiter(self.free.next_right, dtype=np.int64, count=len(self.free.next_right))] = False
        # The free places, with a sentinel before the first and one after the last.
        free = np.concatenate([[-1], np.flatnonzero(is_free), [count]])
        after = np.searchsorted(free, places)
        above, below = free[after], free[after - 1]
        gap_above = np.where(above < count, scores[np.minimum(above, count - 1)] - own, INFINITE)
        gap_below = np.where(below >= 0, own - scores[below], INFINITE)
        is_above = gap_above < gap_below
        gap = np.minimum(gap_above, gap_below)
        equal = np.flatnonzero(~is_above & (below > 0) & (scores[np.maximum(below - 1, 0)] == scores[below]))
        if len(equal):
            first = np.searchsorted(scores, scores[below[equal]], side="left")
            below[equal] = free[np.searchsorted(free, first)]
        pick = np.where(is_above, above, below)
        pick[(gap > self.limit) | (gap == INFINITE)] = UNMATCHED
        return zip(pick.tolist(), gap.tolist(), strict=True)

    def nearest(self, person: int) -> tuple[int, float]:
        """Return the nearest free control and its distance.

        Of equal distances the lower score, of equal scores the earlier row.
        """
        scores, score, place = self.scores, self.own[person], self.places[person]
        above, below = self.free.right(place), self.free.left(place - 1)
        gap_above = scores[above] - score if above < len(scores) else INFINITE
        gap_below = score - scores[below] if below >= 0 else INFINITE
        if gap_above < gap_below:
            return (above, gap_above) if gap_above <= self.limit else NOBODY
        if gap_below > self.limit or gap_below == INFINITE:
            return NOBODY
        if below > 0 and scores[below - 1] == scores[below]:
            below = self.free.right(bisect_left(scores, scores[below], 0, below))
        return below, gap_below


def pairs_of(parts: list[tuple[NDArray[np.int64], NDArray[np.int64], Found]]) -> Pairs:
    """Combine the pairs of all strata, sorted by participant and round."""
    treated, turn, control, distance = [], [], [], []
    for people, controls, found in parts:
        treated.append(people[np.array(found.person, dtype=np.int64)])
        turn.append(np.array(found.turn, dtype=np.int64))
        control.append(controls[np.array(found.place, dtype=np.int64)])
        distance.append(np.array(found.gap, dtype=float))
    if not treated:
        none = np.empty(0, dtype=np.int64)
        return Pairs(none, none.copy(), np.empty(0))
    own, turns_of, others = np.concatenate(treated), np.concatenate(turn), np.concatenate(control)
    order = np.lexsort((turns_of, own))
    return Pairs(own[order].astype(np.int64), others[order].astype(np.int64), np.concatenate(distance)[order])
