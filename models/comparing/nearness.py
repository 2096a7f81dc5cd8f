"""Calipers on covariates and Mahalanobis distance.

Source: Rosenbaum & Rubin (1985), "Constructing a control group using
multivariate matched sampling methods that incorporate the propensity score".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.comparing.greedy import UNMATCHED, Order, order_of_service, serve
from models.comparing.nearest import Pairs, by_stratum, pairs_of

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Nearness:
    """Limits and distances in addition to the score.

    Attributes
    ----------
    limited : ndarray of float, shape (n, c)
        Covariates with a caliper.
    limits : ndarray of float, shape (c,)
        Greatest distance in each covariate's own unit.
    spread_out : ndarray of float, shape (n, m)
        Covariates of the Mahalanobis distance, transformed so that it is the ordinary distance; no columns if the score
        decides who is nearest.
    """

    limited: Array
    limits: Array
    spread_out: Array

    @property
    def is_needed(self) -> bool:
        """Whether the score alone does not decide."""
        return bool(self.limited.shape[1] or self.spread_out.shape[1])

    def allows(self, person: int, controls: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which controls lie within every caliper of a person."""
        apart = np.abs(self.limited[controls] - self.limited[person])
        return np.asarray((apart <= self.limits).all(axis=1), dtype=bool)


def turned(values: Array, treated: NDArray[np.bool_]) -> Array:
    """Transform covariates so that distances become Mahalanobis ones.

    The ordinary distance of the result is the Mahalanobis distance of the input.

    Parameters
    ----------
    values : ndarray of float, shape (n, m)
    treated : ndarray of bool, shape (n,)
        The covariance is pooled within the groups, so that the difference between them does not shrink distances.

    Returns
    -------
    ndarray of float, shape (n, m)
    """
    if values.shape[1] == 0:
        return values
    spread = values.std(axis=0)
    # In standard deviations of each covariate, so that rounding affects kroner and years alike.
    values = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    within = values.copy()
    for group in (treated, ~treated):
        within[group] -= values[group].mean(axis=0)
    covariance = within.T @ within / (len(values) - 2)
    # Constant or collinear covariates add no distance: the inverse is a generalised one.
    sizes, directions = np.linalg.eigh(covariance)
    scale = np.where(sizes > sizes.max(initial=0.0) * 1e-12, 1 / np.sqrt(np.maximum(sizes, 1e-300)), 0.0)
    return np.asarray(values @ (directions * scale), dtype=float)


def match_near(
    logit: Array,
    treated: NDArray[np.bool_],
    strata: NDArray[np.int64],
    nearness: Nearness,
    *,
    ratio: int,
    replace: bool,
    caliper: float | None,
    order: Order = "largest_score",
    seed: int = 0,
) -> Pairs:
    """Match each participant with the nearest controls within calipers.

    Parameters
    ----------
    logit, treated, strata, ratio, replace, caliper, order, seed
        As in `match_nearest`.

    Returns
    -------
    Pairs
        `distance` is the Mahalanobis distance where one is asked for, else the distance on the logit scale. Equal
        distances go to the lower score, then to the earlier row.
    """
    limit = np.inf if caliper is None else caliper
    parts = []
    for people, controls in by_stratum(treated, strata):
        people = order_of_service(logit, people, order, seed)
        controls = controls[np.argsort(logit[controls], kind="stable")]
        free = _NearControls(logit, people, controls, nearness, limit)
        parts.append((people, controls, serve(free, len(people), ratio=ratio, replace=replace, order=order)))
    return pairs_of(parts)


class _NearControls:
    """Controls of one stratum, sorted by score.

    A caliper is then a window of the list; see `greedy.Controls`.
    """

    def __init__(
        self, logit: Array, people: NDArray[np.int64], controls: NDArray[np.int64], nearness: Nearness, limit: float
    ) -> None:
        self.own, self.scores = logit[people], logit[controls]
        self.people, self.controls, self.nearness, self.limit = people, controls, nearness, limit
        self.return_all()

    def return_all(self) -> None:
        self.is_free = np.ones(len(self.controls), dtype=bool)

    def take(self, place: int) -> None:
        self.is_free[place] = False

    def is_taken(self, place: int) -> bool:
        return place >= 0 and not self.is_free[place]

    def first_choices(self, people: list[int]) -> Iterator[tuple[int, float]]:
        return map(self.nearest, people)

    def nearest(self, person: int) -> tuple[int, float]:
        score = self.own[person]
        # One more on either side: rounding of score ± limit must not decide who is inside.
        first = max(0, int(np.searchsorted(self.scores, score - self.limit, side="left")) - 1)
        last = int(np.searchsorted(self.scores, score + self.limit, side="right")) + 1
        apart = np.abs(self.scores[first:last] - score)
        others = self.controls[first:last]
        who = int(self.people[person])
        inside = np.flatnonzero(self.is_free[first:last] & (apart <= self.limit) & self.nearness.allows(who, others))
        if len(inside) == 0:
            return UNMATCHED, np.inf
        if self.nearness.spread_out.shape[1]:
            gaps = self.nearness.spread_out[others[inside]] - self.nearness.spread_out[who]
            distance = np.sqrt((gaps**2).sum(axis=1))
        else:
            distance = apart[inside]
        best = int(np.argmin(distance))
        return first + int(inside[best]), float(distance[best])
