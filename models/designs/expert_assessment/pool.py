"""Experts' answers put together.

Sources: Dalkey & Helmer (1963) for the median of the last round; Cooke (1991),
chapter 12, for distributions, calibration and information; Murphy (1988) for
skill.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from data_contracts.reading.limits import limit

Array = NDArray[np.float64]
"""The shares that every expert is asked for (Cooke 1991), and what lies between them."""
QUANTILES = np.array([0.05, 0.50, 0.95])
BINS = np.array([0.05, 0.45, 0.45, 0.05])
GRID = 4001


@dataclass(frozen=True, slots=True)
class PooledAnswer:
    """Answers put together: their middle and the middle half."""

    middle: float
    low: float
    high: float


def median_of(answers: Array) -> PooledAnswer:
    """Return the median and the quartiles of answers, shape (experts,).

    The answers are those of experts.
    """
    low, middle, high = np.quantile(answers, [0.25, 0.5, 0.75])
    return PooledAnswer(float(middle), float(low), float(high))


def pooled_distribution(quantiles: Array, weights: Array) -> PooledAnswer:
    """Mix experts' distributions.

    Parameters
    ----------
    quantiles : ndarray of float, shape (experts, 3)
        What the truth lies below with 5, 50 and 95 per cent.
    weights : ndarray of float, shape (experts,)

    Returns
    -------
    PooledAnswer
        Median and quartiles of the mixture.
    """
    grid, mixture = _mixture(quantiles, weights)
    low, middle, high = np.interp([0.25, 0.5, 0.75], mixture, grid)
    return PooledAnswer(float(middle), float(low), float(high))


def _mixture(quantiles: Array, weights: Array) -> tuple[Array, Array]:
    least, most = _range(quantiles)
    grid = np.linspace(least, most, GRID)
    shares = weights / weights.sum()
    mixture = np.zeros(GRID)
    for row, share in zip(quantiles, shares, strict=True):
        mixture += share * np.interp(grid, [least, *row, most], [0.0, *QUANTILES, 1.0])
    # Strictly rising, so that every quantile is one point.
    return grid, np.asarray(mixture + np.linspace(0, 1e-9, GRID))


def _range(quantiles: Array) -> tuple[float, float]:
    low, high = float(quantiles.min()), float(quantiles.max())
    room = limit("overshoot_share") * (high - low or abs(high) or 1.0)
    return low - room, high + room


def calibration_of(quantiles: Array, truths: Array) -> float:
    """Return how likely an expert's hits are if her distributions are right.

    It is a p-value.

    Parameters
    ----------
    quantiles : ndarray of float, shape (seeds, 3)
    truths : ndarray of float, shape (seeds,)
    """
    place = (truths[:, None] > quantiles).sum(axis=1)
    seen = np.bincount(place, minlength=4) / len(truths)
    used = seen > 0
    divergence = float((seen[used] * np.log(seen[used] / BINS[used])).sum())
    return float(scipy.stats.chi2.sf(2 * len(truths) * divergence, len(BINS) - 1))


def information_of(quantiles: Array, everybody: Array) -> float:
    """Return how narrow an expert's distributions are.

    They are set against the range of all answers, on average over questions.

    Parameters
    ----------
    quantiles : ndarray of float, shape (seeds, 3)
    everybody : ndarray of float, shape (experts, seeds, 3)
    """
    found = []
    for i, row in enumerate(quantiles):
        least, most = _range(everybody[:, i])
        widths = np.diff([least, *row, most])
        widths = np.maximum(widths, 1e-9 * (most - least))
        found.append(float(np.log(most - least) + (BINS * np.log(BINS / widths)).sum()))
    return float(np.mean(found))


def cooke_weights(seeds: Array, truths: Array) -> tuple[Array, Array] | None:
    """Weigh experts by their answers to questions with known answers.

    The better they answered, the more they weigh.

    Parameters
    ----------
    seeds : ndarray of float, shape (experts, seeds, 3)
    truths : ndarray of float, shape (seeds,)

    Returns
    -------
    (weights, calibrations) or None
        Weights add up to 1; calibration times information. None if nobody has any.
    """
    calibrations = np.array([calibration_of(own, truths) for own in seeds])
    scores = calibrations * np.array([information_of(own, seeds) for own in seeds])
    total = float(scores.sum())
    return (scores / total, calibrations) if total > 0 else None


def skill(answer: float, truth: float, naive: float) -> float | None:
    """Return how much nearer the truth an answer came than a naive forecast.

    1 is exact, 0 no better, below 0 worse.

    None where the naive forecast was exact: nobody can beat it.
    """
    return 1 - (answer - truth) ** 2 / (naive - truth) ** 2 if naive != truth else None
