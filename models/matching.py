"""Nearest-neighbour matching on the logit of the propensity score.

Belongs here: who is matched with whom. Does not belong here: the score, the
outcomes (never seen here) and the estimate.

Sources: Rosenbaum & Rubin (1985), greedy matching and the caliper; the order
of work (largest score first, one round per control) is that of MatchIt 4.7.
Available controls are found with a union-find over the sorted scores, so a
search costs a logarithm and not a scan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNMATCHED = -1


@dataclass(frozen=True, slots=True)
class Pairs:
    """Matched pairs, as positions in the arrays that were given.

    Attributes
    ----------
    treated : ndarray of int, shape (pairs,)
        Position of the participant; a participant with k controls stands k times.
    control : ndarray of int, shape (pairs,)
        Position of the control.
    distance : ndarray of float, shape (pairs,)
        Absolute difference on the logit scale.
    """

    treated: NDArray[np.int64]
    control: NDArray[np.int64]
    distance: NDArray[np.float64]


class _Available:
    """Which positions of a sorted array are free, with the next free one on either side."""

    def __init__(self, size: int) -> None:
        # Position 0 and size + 1 are sentinels that are always free.
        self.next_right = list(range(size + 2))
        self.next_left = list(range(size + 2))
        self.size = size

    @staticmethod
    def _find(parent: list[int], i: int) -> int:
        root = i
        while parent[root] != root:
            root = parent[root]
        while parent[i] != root:
            parent[i], i = root, parent[i]
        return root

    def right(self, i: int) -> int:
        """First free position at or after i; `size` if none."""
        return self._find(self.next_right, i + 1) - 1

    def left(self, i: int) -> int:
        """Last free position at or before i; -1 if none."""
        return self._find(self.next_left, i + 1) - 1

    def take(self, i: int) -> None:
        self.next_right[i + 1] = i + 2
        self.next_left[i + 1] = i


def match_nearest(
    logit: NDArray[np.float64],
    treated: NDArray[np.bool_],
    strata: NDArray[np.int64],
    *,
    ratio: int,
    replace: bool,
    caliper: float | None,
) -> Pairs:
    """Match each participant with the nearest controls.

    Participants are served in falling order of score, one control per round; a participant who
    finds nobody in one round is not tried again. Equal distances go to the lower score, equal
    scores to the earlier row, so rows must come in a canonical order.

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

    Returns
    -------
    Pairs
        Sorted by participant, then by round.
    """
    limit = np.inf if caliper is None else caliper
    found: list[tuple[int, int, int, float]] = []
    for stratum in np.unique(strata[treated]):
        inside = strata == stratum
        people = np.flatnonzero(inside & treated)
        controls = np.flatnonzero(inside & ~treated)
        if len(controls) == 0:
            continue
        found += _match_stratum(logit, people, controls, ratio, replace, limit)
    found.sort()
    table = np.array([row[:3] for row in found], dtype=np.int64).reshape(-1, 3)
    distance = np.array([row[3] for row in found], dtype=float)
    return Pairs(treated=table[:, 0], control=table[:, 2], distance=distance)


def _match_stratum(
    logit: NDArray[np.float64],
    people: NDArray[np.int64],
    controls: NDArray[np.int64],
    ratio: int,
    replace: bool,
    limit: float,
) -> list[tuple[int, int, int, float]]:
    people = people[np.lexsort((people, -logit[people]))]
    controls = controls[np.lexsort((controls, logit[controls]))]
    values = logit[controls]
    places = np.searchsorted(values, logit[people], side="left").tolist()
    first_of_run = np.searchsorted(values, values, side="left").tolist()
    scores = values.tolist()
    found: list[tuple[int, int, int, float]] = []
    if replace:
        for person, place in zip(people.tolist(), places, strict=True):
            free = _Available(len(scores))
            for turn in range(ratio):
                pick, gap = _nearest(free, scores, first_of_run, place, float(logit[person]))
                if pick == UNMATCHED or gap > limit:
                    break
                free.take(pick)
                found.append((person, turn, int(controls[pick]), gap))
        return found
    free = _Available(len(scores))
    active = list(zip(people.tolist(), places, strict=True))
    for turn in range(ratio):
        still: list[tuple[int, int]] = []
        for person, place in active:
            pick, gap = _nearest(free, scores, first_of_run, place, float(logit[person]))
            if pick == UNMATCHED or gap > limit:
                continue
            free.take(pick)
            found.append((person, turn, int(controls[pick]), gap))
            still.append((person, place))
        active = still
    return found


def _nearest(
    free: _Available, scores: list[float], first_of_run: list[int], place: int, score: float
) -> tuple[int, float]:
    above, below = free.right(place), free.left(place - 1)
    gap_above = scores[above] - score if above < len(scores) else np.inf
    gap_below = score - scores[below] if below >= 0 else np.inf
    if np.isinf(gap_above) and np.isinf(gap_below):
        return UNMATCHED, np.inf
    if gap_below <= gap_above:
        # Of equal scores take the earliest row that is still free.
        return free.right(first_of_run[below]), gap_below
    return above, gap_above
