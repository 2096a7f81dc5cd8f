"""Checks of units over time: differences before anybody started.

Sources: Angrist & Pischke (2009), section 5.2; Callaway & Sant'Anna (2021) for
group-time effects with never-treated controls; Goodman-Bacon (2021).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Panel:
    """A balanced panel.

    Attributes
    ----------
    y : ndarray of float, shape (units, times)
    start : ndarray of int, shape (units,)
        The column of the first time with the project; `never` for those without.
    """

    y: Array
    start: NDArray[np.int64]

    @property
    def never(self) -> int:
        """The start of those who never do."""
        return int(self.y.shape[1])

    @property
    def treated(self) -> NDArray[np.bool_]:
        """Who ever starts."""
        return np.asarray(self.start < self.never)

    @property
    def times_before(self) -> int:
        """Times at which nobody has started."""
        return int(self.start.min())


def pre_trend_p(panel: Panel) -> float | None:
    """Test whether starters developed differently before anybody started.

    Starters are those who will start.

    Each unit's own slope is compared between the groups (Welch), so units are the observations.
    None with fewer than two times before the start.
    """
    before = panel.times_before
    if before < 2:
        return None
    time = np.arange(before) - (before - 1) / 2
    slopes = (panel.y[:, :before] * time).sum(axis=1) / (time**2).sum()
    return _difference_p(slopes, panel.treated)


def placebo_period_p(panel: Panel) -> float | None:
    """Test a made-up start in the middle of the time before.

    Its difference-in-differences should be nothing.
    """
    before = panel.times_before
    if before < 2:
        return None
    half = before // 2
    change = panel.y[:, half:before].mean(axis=1) - panel.y[:, :half].mean(axis=1)
    return _difference_p(change, panel.treated)


def lead_p(panel: Panel) -> float | None:
    """Test whether the last change before the start tells who will start.

    Then the outcome moves participation.
    """
    before = panel.times_before
    if before < 2:
        return None
    return _difference_p(panel.y[:, before - 1] - panel.y[:, before - 2], panel.treated)


def _difference_p(values: Array, treated: NDArray[np.bool_]) -> float | None:
    if min(treated.sum(), (~treated).sum()) < 2:
        return None
    return float(scipy.stats.ttest_ind(values[treated], values[~treated], equal_var=False).pvalue)


def dip_smd(panel: Panel) -> float | None:
    """Return the level just before the start against earlier levels.

    It is for those who start, in standard deviations between units.
    """
    own = panel.y[panel.treated]
    starts = panel.start[panel.treated]
    if not len(own) or starts.min() < 2:
        return None
    last = own[np.arange(len(own)), starts - 1]
    earlier = np.array([row[: s - 1].mean() for row, s in zip(own, starts, strict=True)])
    deviation = float(earlier.std(ddof=1)) if len(own) > 1 else 0.0
    return float((last - earlier).mean() / deviation) if deviation > 0 else None


def control_change(panel: Panel) -> float | None:
    """Return how much those who never start changed.

    The change is from before to after.
    """
    others = panel.y[~panel.treated]
    before = panel.times_before
    if not len(others) or not 0 < before < panel.never:
        return None
    return float(others[:, before:].mean() - others[:, :before].mean())


def two_way_effect(panel: Panel) -> float | None:
    """Estimate the effect by two-way fixed effects."""
    on = (np.arange(panel.never) >= panel.start[:, None]).astype(float)

    def within(values: Array) -> Array:
        return np.asarray(values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean())

    x = within(on)
    square = float((x**2).sum())
    return float((x * within(panel.y)).sum() / square) if square > 1e-12 else None


def group_time_effect(panel: Panel) -> float | None:
    """Estimate the mean of group-time effects.

    It is over those who start and their times since, against those who never do.
    """
    others = panel.y[~panel.treated]
    if not len(others) or panel.times_before < 1:
        return None
    effects, sizes = [], []
    for first in np.unique(panel.start[panel.treated]):
        own = panel.y[panel.start == first]
        change = own[:, first:] - own[:, [first - 1]]
        usual = others[:, first:] - others[:, [first - 1]]
        effects += list(change.mean(axis=0) - usual.mean(axis=0))
        sizes += [len(own)] * (panel.never - int(first))
    return float(np.average(effects, weights=sizes)) if effects else None
