"""Other estimators of a panel.

They use fixed effects, two times, or one group alone.

Sources: Angrist & Pischke (2009), chapter 5; Conley & Taber (2011) for one
treated unit.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import comb

import numpy as np
import scipy
from numpy.typing import NDArray

from models.designs.panel.checks import Panel
from models.designs.panel.group_time import sums_of
from models.values.estimates import Estimate, interval_reach
from models.values.refusal import Refusal

MOST_SETS = 400
Array = NDArray[np.float64]
Labels = NDArray[np.int64]


def two_way_columns(panel: Panel, weight: Array) -> tuple[Array, Array]:
    """Return the project's indicator and the outcome, both demeaned.

    Unit and time means are taken off; each has shape (units, times).
    """
    on = (np.arange(panel.never) >= panel.start[:, None]).astype(float)

    def within(values: Array) -> Array:
        rest = values - values.mean(axis=1, keepdims=True)
        return np.asarray(rest - np.average(rest, axis=0, weights=weight))

    return within(on), within(panel.y)


def two_way_fixed_effects(
    panel: Panel, weight: Array, cluster: Labels | None, *, confidence_level: float
) -> Estimate | Refusal:
    """Estimate one coefficient for the project.

    Each unit and each time has a separate effect.

    Parameters
    ----------
    weight : ndarray of float, shape (units,)
    cluster : ndarray of int, shape (units,), optional
        Units that are dependent; each by itself if not given.

    Returns
    -------
    Estimate or Refusal
        Errors by cluster with the factor G/(G-1) (N-1)/(N-K), unit effects counted in K; degrees of freedom are those
        of the clusters, or fewer where few of them decide the number.
    """
    x, y = two_way_columns(panel, weight)
    square = float((weight[:, None] * x**2).sum())
    if square < 1e-12:
        return Refusal("no_comparison")
    value = float((weight[:, None] * x * y).sum() / square)
    pulls = (weight[:, None] * x * (y - value * x)).sum(axis=1) / square
    sums = sums_of(pulls, cluster)
    units, times = panel.y.shape
    parameters = units + times
    factor = len(sums) / max(1, len(sums) - 1) * (units * times - 1) / (units * times - parameters)
    error = float(np.sqrt(factor * (sums**2).sum()))
    reach = few_reach(sums, fewest_clusters(panel, cluster), confidence_level) * error
    return _estimate("two_way_fixed_effects", panel, weight, value, error, reach, "Student, by cluster", pulls)


def mean_change(
    panel: Panel, weight: Array, cluster: Labels | None, *, is_compared: bool, confidence_level: float
) -> Estimate | Refusal:
    """Estimate each unit's mean after against its mean before.

    It is set against the same of units without the project.

    Parameters
    ----------
    panel : Panel
        With one starting time.
    weight : ndarray of float, shape (units,)
    cluster : ndarray of int, shape (units,), optional
    is_compared : bool
        False looks at those who start only: everything that happened elsewhere is in the number.

    Returns
    -------
    Estimate or Refusal
        `several_starts` if units start at different times and are compared.
    """
    own = panel.treated
    if is_compared:
        starts = np.unique(panel.start[own])
        if len(starts) > 1:
            return Refusal("several_starts")
        before = np.arange(panel.never) < starts[0]
        change = panel.y[:, ~before].mean(axis=1) - panel.y[:, before].mean(axis=1)
        groups = [own, ~own]
    else:
        late = np.arange(panel.never) >= panel.start[:, None]
        count = np.maximum(1, late.sum(axis=1))
        after = np.where(late, panel.y, 0.0).sum(axis=1) / count
        earlier = np.where(late, 0.0, panel.y).sum(axis=1) / np.maximum(1, panel.never - late.sum(axis=1))
        change, groups = after - earlier, [own]
    value, pulls = 0.0, np.zeros(len(change))
    for group, sign in zip(groups, (1.0, -1.0), strict=False):
        if not group.any():
            return Refusal("no_comparison")
        mean = float(np.average(change[group], weights=weight[group]))
        value += sign * mean
        # HC2 of a mean: n / (n - 1), in each group.
        widened = np.sqrt(group.sum() / max(1, group.sum() - 1))
        pulls += np.where(group, sign * widened * weight * (change - mean) / weight[group].sum(), 0.0)
    sums = sums_of(pulls, cluster)
    factor = 1.0 if cluster is None else len(sums) / max(1, len(sums) - 1)
    error = float(np.sqrt(factor * (sums**2).sum()))
    name = "difference_in_differences" if is_compared else "before_after"
    fewest = fewest_clusters(panel, cluster) if is_compared else len(sums)
    return _estimate(
        name, panel, weight, value, error, few_reach(sums, fewest, confidence_level) * error, "Student", pulls
    )


def few_units_interval(
    panel: Panel, value: float, of: Callable[[Panel], float], *, confidence_level: float, seed: int
) -> tuple[float, float, float, float] | None:
    """Return error, limits and p of a few treated units' effect.

    They come from what the same estimator gives units without the project.

    Parameters
    ----------
    panel : Panel
        With one treated unit, or a few.
    value : float
        Their effect.
    of : callable
        The estimator: from a panel to an effect.
    seed : int
        Of the sets that are tried, where there are more than 400.

    Returns
    -------
    (error, low, high, p) or None
        Sets of as many other units are taken for the treated ones, against the rest of the others. None if there are
        too few such sets: with 95 per cent at least 39.
    """
    others, starts = panel.y[~panel.treated], panel.start[panel.treated]
    tail = (1 - confidence_level) / 2
    possible = comb(len(others), len(starts))
    if possible < np.ceil(1 / tail) - 1 or len(others) < 2 * len(starts) + 2:
        return None
    if possible <= MOST_SETS:
        sets = [np.array(chosen) for chosen in combinations(range(len(others)), len(starts))]
    else:
        rng = np.random.default_rng(seed)
        sets = [rng.permutation(len(others))[: len(starts)] for _ in range(MOST_SETS)]
    placebo = np.empty(len(sets))
    for i, chosen in enumerate(sets):
        assumed = np.full(len(others), panel.never, dtype=np.int64)
        assumed[chosen] = starts
        placebo[i] = of(Panel(others, assumed))
    lower = float(np.quantile(placebo, tail, method="lower"))
    upper = float(np.quantile(placebo, 1 - tail, method="higher"))
    p = float((1 + (np.abs(placebo) >= abs(value)).sum()) / (1 + len(placebo)))
    return float(placebo.std(ddof=1)), value - upper, value - lower, p


def _estimate(
    name: str, panel: Panel, weight: Array, value: float, error: float, reach: float, method: str, pulls: Array
) -> Estimate:
    top = mean_after(panel, weight)
    return Estimate(name, value, error, value - reach, value + reach, method, top, top - value, np.asarray(pulls))


def fewest_clusters(panel: Panel, cluster: Labels | None) -> int:
    """Count the clusters in the smaller of the two groups.

    Without clusters each unit is one by itself.
    """
    labels = np.arange(len(panel.y)) if cluster is None else cluster
    return min(len(np.unique(labels[group])) for group in (panel.treated, ~panel.treated))


def few_reach(sums: Array, fewest: int, confidence_level: float) -> float:
    """Return how many standard errors lie between an effect and a limit.

    It is the number for the influence values, and no fewer than the smaller group's number allows.
    """
    alone = float(scipy.stats.t.isf((1 - confidence_level) / 2, max(1, fewest - 1)))
    return max(interval_reach(sums, confidence_level), alone)


def mean_after(panel: Panel, weight: Array) -> float:
    """Return the weighted mean outcome of starters from their start on."""
    late = (np.arange(panel.never) >= panel.start[:, None]) * weight[:, None]
    return float((panel.y * late).sum() / late.sum()) if late.sum() > 0 else float("nan")
