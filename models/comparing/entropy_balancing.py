"""Entropy balancing: the smallest change of weights for balance.

The weights make the groups exactly alike in the balanced columns.

Source: Hainmueller (2012), "Entropy balancing for causal effects", Political
Analysis 20. Solved in its dual, a smooth convex function of one number per
balanced column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from models.values.refusal import Refusal

Array = NDArray[np.float64]
LARGEST_REMAINING_SMD = 1e-6
"""Columns further apart than this, in the participants' standard deviations, are not balanced."""
MAXIMUM_ITERATIONS = 500


@dataclass(frozen=True, slots=True)
class EntropyBalance:
    """Balanced weights.

    Attributes
    ----------
    weights : ndarray of float, shape (n,)
        1 for participants; controls' weights sum to the number of participants.
    largest_smd : float
        Largest remaining standardised difference of a balanced column.
    """

    weights: Array
    largest_smd: float


def entropy_balance(x: Array, treated: NDArray[np.bool_]) -> EntropyBalance | Refusal:
    """Weight controls so that each column's mean is that of the participants.

    Parameters
    ----------
    x : ndarray of float, shape (n, p)
        Columns to balance; squares balance variances too.
    treated : ndarray of bool, shape (n,)

    Returns
    -------
    EntropyBalance or Refusal
        `no_entropy_balance` when the participants' means lie outside what any weighting of controls can reach.
    """
    spread = x[treated].std(axis=0, ddof=1)
    spread = np.where(spread > 0, spread, 1.0)
    # Controls measured from the participants' means: the weighted mean is to be zero.
    away = (x[~treated] - x[treated].mean(axis=0)) / spread

    def dual(multipliers: Array) -> tuple[float, Array]:
        scores = away @ multipliers
        total = float(scipy.special.logsumexp(scores))
        share = np.exp(scores - total)
        return total, away.T @ share

    def curvature(multipliers: Array) -> Array:
        scores = away @ multipliers
        share = np.exp(scores - scipy.special.logsumexp(scores))
        mean = away.T @ share
        return np.asarray((away * share[:, None]).T @ away - np.outer(mean, mean), dtype=float)

    start = np.zeros(x.shape[1])
    found = scipy.optimize.minimize(
        dual,
        start,
        jac=True,
        hess=curvature,
        method="trust-exact",
        options={"maxiter": MAXIMUM_ITERATIONS, "gtol": 1e-10},
    )
    scores = away @ found.x
    share = np.exp(scores - scipy.special.logsumexp(scores))
    remaining = float(np.abs(away.T @ share).max(initial=0.0))
    if not np.isfinite(share).all() or remaining > LARGEST_REMAINING_SMD:
        return Refusal("no_entropy_balance")
    weights = np.ones(len(treated))
    weights[~treated] = share * float(treated.sum())
    return EntropyBalance(weights, remaining)
