"""Greedy matching: the order in which participants are matched."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import Literal
from typing import Protocol as Interface

import numpy as np
from numpy.typing import NDArray

UNMATCHED = -1
Order = Literal["largest_score", "smallest_score", "closest", "random"]


class Found:
    """Pairs as they are found, one list per column.

    A hundred thousand small tuples would trigger the garbage collector.

    Attributes
    ----------
    person : list of int
        Position of the participant in the order of matching.
    turn : list of int
    place : list of int
        Place of the control.
    gap : list of float
    """

    __slots__ = ("gap", "person", "place", "turn")

    def __init__(self) -> None:
        self.person: list[int] = []
        self.turn: list[int] = []
        self.place: list[int] = []
        self.gap: list[float] = []

    def add(self, person: int, turn: int, place: int, gap: float) -> None:
        """Keep one pair."""
        self.person.append(person)
        self.turn.append(turn)
        self.place.append(place)
        self.gap.append(gap)


class Controls(Interface):
    """Protocol of controls that give the nearest free one."""

    def nearest(self, person: int) -> tuple[int, float]:
        """Return place and distance of the nearest free control.

        Within every limit; `UNMATCHED` if there is none.
        """
        ...

    def first_choices(self, people: list[int]) -> Iterable[tuple[int, float]]:
        """Return the result of `nearest` for each participant.

        As of now, or as of when the result is read.
        """
        ...

    def is_taken(self, place: int) -> bool:
        """Say whether a control has been used."""
        ...

    def take(self, place: int) -> None:
        """Mark a control as used."""
        ...

    def return_all(self) -> None:
        """Make every control free again."""
        ...


def order_of_service(
    logit: NDArray[np.float64], people: NDArray[np.int64], order: Order, seed: int
) -> NDArray[np.int64]:
    """Return participants in the order they are matched.

    Equal scores stay in the order of rows.

    Parameters
    ----------
    logit : ndarray of float, shape (n,)
    people : ndarray of int, shape (k,)
        Rising positions.
    order : str
        `closest` is decided while matching; ties in it go to the larger score.
    seed : int
        For `random`.
    """
    if order == "random":
        return np.random.default_rng(seed).permutation(people)
    sign = 1.0 if order == "smallest_score" else -1.0
    return people[np.argsort(sign * logit[people], kind="stable")]


def serve(controls: Controls, count: int, *, ratio: int, replace: bool, order: Order) -> Found:
    """Match `count` participants, at most `ratio` controls each.

    Parameters
    ----------
    controls : Controls
        All free.
    count : int
        Number of participants, numbered in the order of matching.
    replace : bool
        Whether a control may serve several participants (never the same one twice).
    """
    if replace:
        return _with_replacement(controls, count, ratio)
    found = Found()
    active = list(range(count))
    for turn in range(ratio):
        # A participant without a match in one round is not tried again.
        active = (_closest_first if order == "closest" else _in_turn)(controls, active, turn, found)
    return found


def _in_turn(controls: Controls, active: list[int], turn: int, found: Found) -> list[int]:
    nearest, take, is_taken, add = controls.nearest, controls.take, controls.is_taken, found.add
    still = []
    # The control nearest at the start of the round still is, unless it was taken meanwhile.
    for person, (pick, gap) in zip(active, controls.first_choices(active), strict=True):
        if is_taken(pick):
            pick, gap = nearest(person)
        if pick != UNMATCHED:
            take(pick)
            add(person, turn, pick, gap)
            still.append(person)
    return still


def _closest_first(controls: Controls, active: list[int], turn: int, found: Found) -> list[int]:
    """Match the participant with the nearest free control first.

    A choice that was taken meanwhile is searched again.
    """
    waiting = []
    for person, (pick, gap) in zip(active, controls.first_choices(active), strict=True):
        if pick != UNMATCHED:
            waiting.append((gap, person, pick))
    heapify(waiting)
    still = []
    while waiting:
        gap, person, pick = heappop(waiting)
        now, new_gap = controls.nearest(person)
        if now != pick:
            if now != UNMATCHED:
                heappush(waiting, (new_gap, person, now))
            continue
        controls.take(pick)
        found.add(person, turn, pick, gap)
        still.append(person)
    return sorted(still)


def _with_replacement(controls: Controls, count: int, ratio: int) -> Found:
    found = Found()
    add = found.add
    if ratio == 1:
        for person, (pick, gap) in enumerate(controls.first_choices(list(range(count)))):
            if pick != UNMATCHED:
                add(person, 0, pick, gap)
        return found
    for person in range(count):
        controls.return_all()
        for turn in range(ratio):
            pick, gap = controls.nearest(person)
            if pick == UNMATCHED:
                break
            controls.take(pick)
            add(person, turn, pick, gap)
    return found
