"""Group-time effects of a panel, and what they add up to.

Source: Callaway & Sant'Anna (2021), without covariates: outcome changes
against those who never start, or have not yet. Checked against the R package
did 2.1.1 in the tests (analytic errors).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from models.designs.panel.checks import Panel

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Controls = Literal["never_treated", "not_yet_treated"]
BAND_DRAWS = 2000
LARGEST_CONDITION = 1e10


@dataclass(frozen=True, slots=True)
class GroupTime:
    """Effects by group and time.

    Attributes
    ----------
    group, time : ndarray of int, shape (k,)
        Column of the start, and column the effect is at; earlier times are tests, not effects.
    effect : ndarray of float, shape (k,)
    influence : ndarray of float, shape (units, k)
        Their mean over units is zero.
    share : ndarray of float, shape (k,)
        Of the group among all units.
    in_group : ndarray of bool, shape (units, k)
    """

    group: Labels
    time: Labels
    effect: Array
    influence: Array
    share: Array
    in_group: NDArray[np.bool_]

    @property
    def is_effect(self) -> NDArray[np.bool_]:
        """Which are at or after the start."""
        return np.asarray(self.time >= self.group)


@dataclass(frozen=True, slots=True)
class Summary:
    """A weighted sum of group-time effects.

    Attributes
    ----------
    value, standard_error : float
    influence : ndarray of float, shape (units,)
        Divided by the number of units; the root of their (clustered) square sum is the error.
    """

    value: float
    standard_error: float
    influence: Array


def group_time_effects(panel: Panel, weight: Array, controls: Controls) -> GroupTime:
    """Work out every group's effect at every time.

    Parameters
    ----------
    weight : ndarray of float, shape (units,)

    Returns
    -------
    GroupTime
        Groups that start at the first time have no time before and are left out. Before the start each time is held
        against the one before it.
    """
    n = len(panel.y)
    groups, times, effects, influences, shares, members = [], [], [], [], [], []
    w = weight / weight.mean()
    for start in np.unique(panel.start[panel.treated]):
        if start < 1:
            continue
        own = panel.start == start
        for t in range(1, panel.never):
            base = start - 1 if t >= start else t - 1
            others = panel.start == panel.never
            if controls == "not_yet_treated":
                others = (panel.start > max(t, base)) & ~own
            if not others.any():
                continue
            change = panel.y[:, t] - panel.y[:, base]
            means = [float(np.average(change[group], weights=w[group])) for group in (own, others)]
            pulls = [
                np.where(group, w * (change - mean), 0.0) / float(w[group].sum()) * n
                for group, mean in zip((own, others), means, strict=True)
            ]
            groups.append(int(start))
            times.append(t)
            effects.append(means[0] - means[1])
            influences.append(pulls[0] - pulls[1])
            shares.append(float(w[own].sum()) / n)
            members.append(own)
    if not groups:
        empty = np.empty((n, 0))
        return GroupTime(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), empty, np.empty(0), empty > 0)
    return GroupTime(
        np.array(groups),
        np.array(times),
        np.array(effects),
        np.column_stack(influences),
        np.array(shares),
        np.column_stack(members),
    )


def summarise(found: GroupTime, chosen: NDArray[np.bool_], weight: Array, cluster: Labels | None) -> Summary:
    """Weigh chosen effects by the sizes of their groups.

    That the sizes were drawn too is part of the error.
    """
    picked = np.flatnonzero(chosen)
    shares = found.share[picked]
    parts = shares / shares.sum()
    value = float(parts @ found.effect[picked])
    influence = found.influence[:, picked] @ parts
    w = (weight / weight.mean())[:, None]
    moved = w * found.in_group[:, picked] - shares
    by_size = moved / shares.sum() - moved.sum(axis=1, keepdims=True) * shares / shares.sum() ** 2
    return _summary(value, influence + by_size @ found.effect[picked], cluster)


def simple_summary(found: GroupTime, weight: Array, cluster: Labels | None) -> Summary:
    """Combine all effects at or after the start, by sizes of groups."""
    return summarise(found, found.is_effect, weight, cluster)


def event_times(found: GroupTime, weight: Array, cluster: Labels | None) -> dict[int, Summary]:
    """Combine effects by time since the start; negative times are tests."""
    since = found.time - found.group
    return {int(e): summarise(found, since == e, weight, cluster) for e in np.unique(since)}


def dynamic_summary(events: dict[int, Summary], cluster: Labels | None) -> Summary:
    """Return the mean over times since the start, each counting once."""
    after = [events[e] for e in sorted(events) if e >= 0]
    n = len(after[0].influence)
    influence = np.mean([e.influence for e in after], axis=0) * n
    return _summary(float(np.mean([e.value for e in after])), influence, cluster)


def _summary(value: float, influence: Array, cluster: Labels | None) -> Summary:
    scaled = influence / len(influence)
    return Summary(value, float(np.sqrt((sums_of(scaled, cluster) ** 2).sum())), scaled)


def sums_of(influence: Array, cluster: Labels | None) -> Array:
    """Add up influence values by cluster; shape (units,) or (units, k)."""
    if cluster is None:
        return influence
    labels, place = np.unique(cluster, return_inverse=True)
    sums = np.zeros((len(labels), *influence.shape[1:]))
    np.add.at(sums, place, influence)
    return sums


def band_reach(events: dict[int, Summary], cluster: Labels | None, *, confidence_level: float, seed: int) -> float:
    """Return how many standard errors reach the edge of a uniform band.

    The band holds at all event times at once (multiplier bootstrap).

    Never less than what one time by itself would need.
    """
    usable = [e for e in events.values() if e.standard_error > 0]
    alone = float(scipy.stats.norm.isf((1 - confidence_level) / 2))
    if len(usable) < 2:
        return alone
    sums = sums_of(np.column_stack([e.influence for e in usable]), cluster)
    errors = np.array([e.standard_error for e in usable])
    signs = np.random.default_rng(seed).integers(0, 2, size=(BAND_DRAWS, len(sums))) * 2.0 - 1
    largest = np.abs(signs @ sums / errors).max(axis=1)
    return max(alone, float(np.quantile(largest, confidence_level)))


def no_effect_before(found: GroupTime, cluster: Labels | None, fewest: int | None = None) -> tuple[float, float] | None:
    """Test that all changes before the start are nothing.

    Parameters
    ----------
    cluster : ndarray of int, shape (units,), or None
    fewest : int, optional
        Units or clusters in the smaller group, where few decide what is found.

    Returns
    -------
    (statistic, p) or None
        Wald's statistic, compared with Hotelling's distribution: with few units the normal one rejects three times too
        often. None if there is nothing before, or too few units for it.
    """
    before = np.flatnonzero(~found.is_effect)
    if not len(before):
        return None
    n = len(found.influence)
    sums = sums_of(found.influence[:, before] / n, cluster)
    covariance = sums.T @ sums
    if len(sums) <= len(before) or np.linalg.cond(covariance) > LARGEST_CONDITION:
        return None
    effect = found.effect[before]
    statistic = float(effect @ np.linalg.solve(covariance, effect))
    tests = len(before)
    units = len(sums) if fewest is None else min(len(sums), fewest)
    if units <= tests + 1:
        return None
    return statistic, float(scipy.stats.f.sf(statistic * (units - tests) / (units * tests), tests, units - tests))
