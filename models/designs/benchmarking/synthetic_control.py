"""Synthetic control: a mixture of other places that ran alike before.

Source: Abadie, Diamond & Hainmueller (2010), outcomes before the start only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from data_contracts.reading.limits import limit

Array = NDArray[np.float64]
ONE = 1e4
"""How heavily the weights' sum is held to 1, in standard deviations of the outcome."""


@dataclass(frozen=True, slots=True)
class SyntheticControl:
    """A mixture and what it says.

    Attributes
    ----------
    weights : ndarray of float, shape (others,)
        Not below zero; they add up to 1.
    gaps : ndarray of float, shape (times,)
        Own place less the mixture.
    effect : float
        Mean gap after the start.
    misfit : float
        Root mean square of the gaps before.
    placebo : ndarray of float
        The same effect for each other place as if it had the project; places whose mixture fits five times worse
        than one's own, or than is usual, are left out.
    """

    weights: Array
    gaps: Array
    effect: float
    misfit: float
    placebo: Array

    def interval(self, confidence_level: float) -> tuple[float, float] | None:
        """Return the limits of the effect.

        They are the effect less and plus what places without the project show; None with too few of them.
        """
        if len(self.placebo) < np.ceil(1 / (1 - confidence_level)) - 1:
            return None
        reach = float(np.quantile(np.abs(self.placebo), confidence_level, method="higher"))
        return self.effect - reach, self.effect + reach

    @property
    def p(self) -> float:
        """Share of places, one's own included, with an effect as large."""
        return float((1 + (np.abs(self.placebo) >= abs(self.effect)).sum()) / (1 + len(self.placebo)))


def mixture(own: Array, others: Array) -> Array:
    """Return the weights that bring others nearest to one's own series.

    Parameters
    ----------
    own : ndarray of float, shape (times,)
    others : ndarray of float, shape (times, k)

    Returns
    -------
    ndarray of float, shape (k,)
        Least squares with weights not below zero that add up to 1.
    """
    scale = float(np.std(np.column_stack([own, others]))) or 1.0
    heavy = ONE * np.ones((1, others.shape[1]))
    weights, _ = scipy.optimize.nnls(
        np.vstack([(others - others.mean()) / scale, heavy]), np.append((own - others.mean()) / scale, ONE)
    )
    return np.asarray(weights / weights.sum())


def synthetic_control(own: Array, others: Array, before: NDArray[np.bool_]) -> SyntheticControl:
    """Compare a place with a mixture of others.

    Parameters
    ----------
    own : ndarray of float, shape (times,)
    others : ndarray of float, shape (times, k)
        At least two.
    before : ndarray of bool, shape (times,)
        Times before the start.
    """
    weights, gaps, effect, misfit = _one(own, others, before)
    each = [_one(others[:, j], np.delete(others, j, axis=1), before) for j in range(others.shape[1])]
    worst = limit("largest_misfit") * max(misfit, float(np.median([other[3] for other in each])))
    placebo = [other[2] for other in each if other[3] <= worst]
    return SyntheticControl(weights, gaps, effect, misfit, np.array(placebo))


def _one(own: Array, others: Array, before: NDArray[np.bool_]) -> tuple[Array, Array, float, float]:
    weights = mixture(own[before], others[before])
    gaps = np.asarray(own - others @ weights)
    return weights, gaps, float(gaps[~before].mean()), float(np.sqrt((gaps[before] ** 2).mean()))
