"""Overlap: whether the two groups could have changed places.

Belongs here: the preference score and what it says. Source: Walker et al.
(2013), "A tool for assessing the feasibility of comparative effectiveness
research". Does not belong here: dropping people (matching does that).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.special import logit as log_odds

EQUIPOISE_LOW, EQUIPOISE_HIGH = 0.3, 0.7


def preference_score(logit: NDArray[np.float64], treated: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Propensity score corrected for how common participation is.

    Parameters
    ----------
    logit : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)

    Returns
    -------
    ndarray of float, shape (n,)
        0.5 where a person is as likely as average to take part.
    """
    return np.asarray(expit(logit - log_odds(treated.mean())), dtype=float)


def equipoise_share(logit: NDArray[np.float64], treated: NDArray[np.bool_]) -> float:
    """Smallest share of either group with a preference score from .3 to .7."""
    score = preference_score(logit, treated)
    inside = (score >= EQUIPOISE_LOW) & (score <= EQUIPOISE_HIGH)
    return float(min(inside[treated].mean(), inside[~treated].mean()))
