"""Weights: how much each comparison person counts.

Belongs here: weights and clusters from matched pairs, and how many people they
are worth. Does not belong here: weights from scores (`weighted_estimates.py`,
where errors must know how they change), estimates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.comparing.nearest import Pairs


def pair_weights(pairs: Pairs, n: int) -> NDArray[np.float64]:
    """Weights of matched people: 1 for a participant, shared equally within a set for controls.

    Parameters
    ----------
    pairs : Pairs
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
    """Kish's effective sample size, (sum w)^2 / sum w^2; 0 without weights."""
    total = float(weights.sum())
    return total**2 / float((weights**2).sum()) if total > 0 else 0.0


def clusters_of(pairs: Pairs, n: int, *, replace: bool) -> NDArray[np.int64]:
    """Label people who are tied together by matching.

    Without replacement a participant and their controls are one cluster. With replacement each
    person is a cluster of their own: a control used often is one person with a large weight.
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
