"""Overlap of the two groups' propensity scores.

Source: Walker et al. (2013), "A tool for assessing the feasibility of comparative effectiveness research".
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from data_contracts.reading.limits import limit
from models.values.breakdown import Fifth

FIFTHS = 5
"""Parts of the picture of overlap; its texts say fifths."""


def preference_score(logit: NDArray[np.float64], treated: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the propensity score corrected for the participation rate.

    Parameters
    ----------
    logit : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)

    Returns
    -------
    ndarray of float, shape (n,)
        0.5 where a person is as likely as average to take part.
    """
    return np.asarray(scipy.special.expit(logit - scipy.special.logit(treated.mean())), dtype=float)


def equipoise_share(logit: NDArray[np.float64], treated: NDArray[np.bool_]) -> float:
    """Return the smaller group share with a preference score of .3 to .7."""
    score = preference_score(logit, treated)
    inside = (score >= limit("lowest_preference")) & (score <= limit("highest_preference"))
    return float(min(inside[treated].mean(), inside[~treated].mean()))


def overlap_fifths(people: pd.DataFrame) -> tuple[Fifth, ...]:
    """Return the distribution over fifths of the participants' scores.

    For the register and for the comparison group.

    Parameters
    ----------
    people : DataFrame
        `treated`, `propensity_logit` and `weight`, of everybody who entered.

    Returns
    -------
    tuple of Fifth
        The least likely first. The fifths are those of the compared participants, so that they say nothing of the
        participants themselves: it is one in five in each. Empty where there are no scores, or where so many share one
        that there are no fifths.
    """
    if not {"propensity_logit", "treated", "weight"} <= set(people) or people["propensity_logit"].isna().any():
        return ()
    logit, weight = people["propensity_logit"].to_numpy(dtype=float), people["weight"].to_numpy(dtype=float)
    treated = people["treated"].to_numpy(dtype=bool)
    own = treated & (weight > 0)
    if not own.any() or not (~treated & (weight > 0)).any():
        return ()
    edges = np.quantile(logit[own], np.arange(1, FIFTHS) / FIFTHS)
    place = np.searchsorted(edges, logit, side="left")
    size = np.bincount(place[own], minlength=FIFTHS) / own.sum()
    if np.abs(size - 1 / FIFTHS).max() > 1 / (2 * FIFTHS):
        return ()
    pool, chosen = place[~treated], ~treated & (weight > 0)
    counts = np.bincount(pool, minlength=FIFTHS)
    picked = np.bincount(place[chosen], minlength=FIFTHS)
    weighed = np.bincount(place[chosen], weights=weight[chosen], minlength=FIFTHS)
    return tuple(
        Fifth(int(counts[i]), float(counts[i] / len(pool)), int(picked[i]), float(weighed[i] / weighed.sum()))
        for i in range(FIFTHS)
    )
