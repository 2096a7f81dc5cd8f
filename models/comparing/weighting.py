"""Weights: how much each comparison person counts."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from data_contracts.protocol.comparison_settings import Estimand
from models.comparing.nearest import Pairs
from models.values.estimates import Array


def pair_weights(pairs: Pairs, n: int) -> NDArray[np.float64]:
    """Return weights of matched people.

    1 for a participant; controls of a set share a weight of 1 equally.

    Parameters
    ----------
    n : int
        Number of people in all.

    Returns
    -------
    ndarray of float, shape (n,)
        0 for those not matched. A control used by several participants sums its shares.
    """
    weights = np.zeros(n)
    weights[np.unique(pairs.treated)] = 1.0
    controls_per_set = np.bincount(pairs.treated, minlength=n)
    np.add.at(weights, pairs.control, 1.0 / controls_per_set[pairs.treated])
    return weights


def effective_sample_size(weights: NDArray[np.float64]) -> float:
    """Return Kish's effective sample size; 0 without weights.

    (sum w)^2 / sum w^2.
    """
    total = float(weights.sum())
    return total**2 / float((weights**2).sum()) if total > 0 else 0.0


def clusters_of(pairs: Pairs, n: int, *, replace: bool) -> NDArray[np.int64]:
    """Label people who are tied together by matching.

    Without replacement a participant and their controls are one cluster. With replacement each
    person is a separate cluster: a control used often is one person with a large weight.
    Merging the sets that share a control would leave a handful of clusters whose sums cancel, and
    intervals far too narrow.

    Returns
    -------
    ndarray of int, shape (n,)
        The smallest position in the cluster; -1 for those not matched.
    """
    labels = np.full(n, -1, dtype=np.int64)
    matched = np.union1d(pairs.treated, pairs.control)
    if replace:
        labels[matched] = matched
        return labels
    parent = np.arange(n)

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = int(parent[i])
        return i

    for one, other in zip(pairs.treated.tolist(), pairs.control.tolist(), strict=True):
        a, b = find(one), find(other)
        parent[max(a, b)] = min(a, b)
    for i in matched.tolist():
        labels[i] = find(i)
    return labels


def score_weights(logit: Array, treated: NDArray[np.bool_], estimand: Estimand) -> tuple[Array, Array]:
    """Return weights, and how they change with the logit.

    Overlap weights are never larger than one, and balance the columns of a logit score exactly (Li, Morgan & Zaslavsky
    2018).

    Parameters
    ----------
    logit : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    """
    if estimand == "att":
        odds = np.exp(logit)
        return np.where(treated, 1.0, odds), np.where(treated, 0.0, odds)
    if estimand == "ate":
        rest = np.exp(np.where(treated, -logit, logit))
        return 1.0 + rest, np.where(treated, -rest, rest)
    other = np.asarray(scipy.special.expit(np.where(treated, -logit, logit)), dtype=float)
    change = other * (1 - other)
    return other, np.where(treated, -change, change)
