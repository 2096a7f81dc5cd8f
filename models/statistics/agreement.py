"""Agreement between people who judge the same things.

Sources: Fleiss (1971) through statsmodels; Krippendorff (2019), chapter 12;
McGraw & Wong (1996), ICC(A,1). Checked against irr 0.84.1 in the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]
Level = Literal["nominal", "ordinal", "interval"]
DRAWS = 999


def fleiss_kappa(ratings: Array) -> float | None:
    """Return Fleiss' kappa: agreement on categories beyond chance.

    Parameters
    ----------
    ratings : ndarray of float, shape (raters, subjects)
        NaN where a rater did not judge a subject.

    Returns
    -------
    float or None
        None unless every subject has equally many ratings, at least two, and more than one category is used.
    """
    from statsmodels.stats.inter_rater import fleiss_kappa as kappa_of_table  # heavy: only where it is used

    seen = np.isfinite(ratings).sum(axis=0)
    categories = np.unique(ratings[np.isfinite(ratings)])
    if not len(seen) or seen.min() != seen.max() or seen[0] < 2 or len(categories) < 2:
        return None
    table = np.array([[(column == c).sum() for c in categories] for column in ratings.T])
    return float(kappa_of_table(table, method="fleiss"))


def krippendorff_alpha(ratings: Array, level: Level) -> float | None:
    """Return Krippendorff's alpha for any number of raters, with gaps.

    Parameters
    ----------
    ratings : ndarray of float, shape (raters, subjects)
    level : str
        How far two answers are apart: whether they differ, how many lie between them, or their squared distance.

    Returns
    -------
    float or None
        None where no subject has two ratings, or all ratings are the same.
    """
    paired = ratings[:, np.isfinite(ratings).sum(axis=0) >= 2]
    values, place = np.unique(paired[np.isfinite(paired)], return_inverse=True)
    if len(values) < 2:
        return None
    counts = np.zeros((paired.shape[1], len(values)))
    np.add.at(counts, (np.nonzero(np.isfinite(paired))[1], place), 1)
    per_subject = counts.sum(axis=1)
    weights = 1 / (per_subject - 1)
    together = (counts * weights[:, None]).T @ counts - np.diag((counts * weights[:, None]).sum(axis=0))
    totals = together.sum(axis=0)
    distance = _distance(values, totals, level)
    expected = np.outer(totals, totals) - np.diag(totals)
    seen, chance = float((together * distance).sum()), float((expected * distance).sum()) / (totals.sum() - 1)
    return float(1 - seen / chance)


def _distance(values: Array, totals: Array, level: Level) -> Array:
    if level == "nominal":
        return np.asarray(1.0 - np.eye(len(values)))
    if level == "interval":
        return np.asarray((values[:, None] - values[None, :]) ** 2)
    running = np.cumsum(totals)
    middle = running - totals / 2
    return np.asarray((middle[:, None] - middle[None, :]) ** 2)


def icc_agreement(ratings: Array, *, confidence_level: float = 0.95) -> tuple[float, float, float] | None:
    """Return the intraclass correlation for absolute agreement.

    It is the share of the variance of single ratings that lies between subjects; differences in level between
    raters count as disagreement.

    Parameters
    ----------
    ratings : ndarray of float, shape (raters, subjects)
        Subjects that any rater did not judge are excluded.

    Returns
    -------
    (icc, low, high) or None
        None with fewer than two raters or subjects, or where nothing varies.
    """
    x = ratings[:, np.isfinite(ratings).all(axis=0)].T
    n, k = x.shape
    if n < 2 or k < 2 or float(np.ptp(x)) == 0:
        return None
    grand = x.mean()
    rows = k * ((x.mean(axis=1) - grand) ** 2).sum() / (n - 1)
    columns = n * ((x.mean(axis=0) - grand) ** 2).sum() / (k - 1)
    rest = ((x - x.mean(axis=1, keepdims=True) - x.mean(axis=0) + grand) ** 2).sum() / ((n - 1) * (k - 1))
    below = rows + (k - 1) * rest + k / n * (columns - rest)
    icc = float((rows - rest) / below)
    if icc >= 1:
        return 1.0, 1.0, 1.0
    a, b = k * icc / (n * (1 - icc)), 1 + k * icc * (n - 1) / (n * (1 - icc))
    freedom = (a * columns + b * rest) ** 2 / ((a * columns) ** 2 / (k - 1) + (b * rest) ** 2 / ((n - 1) * (k - 1)))
    tail = (1 - confidence_level) / 2
    upper, lower = scipy.stats.f.isf(tail, n - 1, freedom), scipy.stats.f.isf(tail, freedom, n - 1)
    spread = k * columns + (k * n - k - n) * rest
    low = n * (rows - upper * rest) / (upper * spread + n * rows)
    high = n * (lower * rows - rest) / (spread + n * lower * rows)
    return icc, float(low), float(high)


def interval_by_subjects(
    ratings: Array, agreement: Callable[[Array], float | None], *, confidence_level: float, seed: int
) -> tuple[float, float] | None:
    """Return bootstrap limits of an agreement by resampling subjects.

    None with fewer than five subjects, or where resamples give no value.
    """
    subjects = ratings.shape[1]
    if subjects < 5:
        return None
    rng = np.random.default_rng(seed)
    found = [agreement(ratings[:, rng.integers(0, subjects, subjects)]) for _ in range(DRAWS)]
    known = np.array([value for value in found if value is not None])
    if len(known) < 0.9 * DRAWS:
        return None
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    return float(low), float(high)
