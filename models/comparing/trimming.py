"""Trimming: leaving out people without overlap."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data_contracts.reading.limits import limit


def kept_after_trimming(
    score: NDArray[np.float64],
    treated: NDArray[np.bool_],
    rule: Literal["none", "common_support", "score_range"],
) -> NDArray[np.bool_]:
    """Return who is kept after trimming.

    Parameters
    ----------
    score : ndarray of float, shape (n,)
        Propensity score.
    treated : ndarray of bool, shape (n,)
    rule : str
        `common_support` keeps scores inside both groups' ranges, limits included; `score_range` keeps `lowest_score` to
        `highest_score` of `gates.yaml`.

    Returns
    -------
    ndarray of bool, shape (n,)
        With anybody left out the effect is that of the people who stay.
    """
    if rule == "none":
        return np.ones(len(score), dtype=bool)
    if rule == "score_range":
        return np.asarray((score >= limit("lowest_score")) & (score <= limit("highest_score")), dtype=bool)
    low = max(score[treated].min(), score[~treated].min())
    high = min(score[treated].max(), score[~treated].max())
    return np.asarray((score >= low) & (score <= high), dtype=bool)
