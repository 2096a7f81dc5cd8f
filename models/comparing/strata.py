"""Comparison within strata.

Subclasses of the score, and coarsened exact matching.

Sources: Rosenbaum & Rubin (1984), subclassification on the propensity score;
Iacus, King & Porro (2012), coarsened exact matching. Boundaries and weights
are those of MatchIt 4.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
LEFT_OUT = -1


@dataclass(frozen=True, slots=True)
class Strata:
    """People in strata that include both groups.

    Attributes
    ----------
    labels : ndarray of int, shape (n,)
        -1 for people whose stratum lacks one of the groups: they are left out.
    weights : ndarray of float, shape (n,)
        1 for participants; controls share their stratum's number of participants equally; 0 for people left out.
    """

    labels: NDArray[np.int64]
    weights: Array


def subclasses(score: Array, treated: NDArray[np.bool_], count: int, *, everybody: bool = False) -> Strata:
    """Cut the score at quantiles of the target population.

    The target population is the people that the effect is about.

    Parameters
    ----------
    score : ndarray of float, shape (n,)
        Propensity score or its logit.
    treated : ndarray of bool, shape (n,)
    count : int
        Subclasses of about equally many participants; ties can make them fewer.
    everybody : bool
        Quantiles and weights of all people, not of participants.
    """
    edges = np.quantile(score if everybody else score[treated], np.linspace(0, 1, count + 1))
    inner = np.unique(edges[1:-1])
    labels = np.searchsorted(inner, score, side="right").astype(np.int64)
    return weigh_strata(labels, treated, everybody=everybody)


def coarsened(frame: pd.DataFrame, treated: NDArray[np.bool_], cuts: Mapping[str, Sequence[float] | None]) -> Strata:
    """Match people who are equal in every coarsened covariate.

    Parameters
    ----------
    frame : DataFrame
        One row per person.
    treated : ndarray of bool, shape (n,)
    cuts : mapping of str to sequence of float or None
        Covariate to its cut points, each the first value of the next class; None means exactly equal.

    Returns
    -------
    Strata
        Fewer people the finer the cuts; the estimand is the effect on the participants who are left.
    """
    keys = []
    for name, points in cuts.items():
        values = frame[name]
        if points is None:
            keys.append(pd.Series(pd.factorize(values, sort=True)[0], index=frame.index))
        else:
            classes = np.searchsorted(np.asarray(points, dtype=float), values.to_numpy(dtype=float), side="right")
            keys.append(pd.Series(classes, index=frame.index))
    labels = pd.concat(keys, axis=1).groupby(list(range(len(keys))), sort=True).ngroup()
    return weigh_strata(np.asarray(labels, dtype=np.int64), treated)


def weigh_strata(labels: NDArray[np.int64], treated: NDArray[np.bool_], *, everybody: bool = False) -> Strata:
    """Weight people within strata; leave out strata without both groups.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        -1 for people in no stratum.
    treated : ndarray of bool, shape (n,)
    everybody : bool
        Weight both groups to all people of the stratum, and not controls to its participants.
    """
    _, index = np.unique(labels, return_inverse=True)
    own = np.bincount(index, weights=treated).astype(float)  # without any weights it would be integers
    others = np.bincount(index, weights=~treated).astype(float)
    both = (own > 0) & (others > 0)
    kept = both[index] & (labels != LEFT_OUT)
    target = own + others if everybody else own
    own_share = np.divide(target, own, out=np.zeros_like(own), where=both)
    others_share = np.divide(target, others, out=np.zeros_like(own), where=both)
    weights = np.where(kept, np.where(treated, own_share[index], others_share[index]), 0.0)
    return Strata(np.where(kept, index, LEFT_OUT).astype(np.int64), weights)
