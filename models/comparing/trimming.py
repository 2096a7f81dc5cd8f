"""Trimming: whom to leave out because nobody like them is in the other group."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

LOWEST_SCORE, HIGHEST_SCORE = 0.1, 0.9
"""Crump, Hotz, Imbens & Mitnik (2009), "Dealing with limited overlap", rule of thumb."""


def kept_after_trimming(
    score: NDArray[np.float64],
    treated: NDArray[np.bool_],
    rule: Literal["none", "common_support", "score_range"],
) -> NDArray[np.bool_]:
    """Say who stays.

    Parameters
    ----------
    score : ndarray of float, shape (n,)
        Propensity score.
    treated : ndarray of bool, shape (n,)
    rule : str
        `common_support` keeps scores inside both groups' ranges, limits included; `score_range` keeps 0.1 to 0.9.

    Returns
    -------
    ndarray of bool, shape (n,)
        With anybody left out the effect is that of the people who stay.
    """
    if rule == "none":
        return np.ones(len(score), dtype=bool)
    if rule == "score_range":
        return np.asarray((score >= LOWEST_SCORE) & (score <= HIGHEST_SCORE), dtype=bool)
    low = max(score[treated].min(), score[~treated].min())
    high = min(score[treated].max(), score[~treated].max())
    return np.asarray((score >= low) & (score <= high), dtype=bool)
