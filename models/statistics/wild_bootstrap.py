"""A test that holds with few clusters: the wild cluster bootstrap.

Source: Cameron, Gelbach & Miller (2008); every draw of signs is tried where
clusters are few enough. Checked against fwildclusterboot 0.14.3 in the tests.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
MOST_CLUSTERS_TO_TRY_ALL = 12
DRAWS = 9999


def wild_cluster_p(x: Array, y: Array, column: int, cluster: Labels, *, seed: int) -> float | None:
    """Return the p-value of the wild cluster bootstrap.

    The share of sign changes of whole clusters that give a coefficient at least as extreme if the true one is
    zero.

    Parameters
    ----------
    x : ndarray of float, shape (n, k)
        Includes a column of ones. For weighted regressions, multiply both sides by the square root of the weights.
    y : ndarray of float, shape (n,)
    cluster : ndarray of int, shape (n,)
    seed : int
        Of the draws, where there are more than 12 clusters.

    Returns
    -------
    float or None
        Two-sided, by |t| with errors by cluster. Draws that repeat the data exactly count as extreme, so that the
        smallest p is 2 to the power of 1 - clusters. None with fewer than three clusters.
    """
    labels, place = np.unique(cluster, return_inverse=True)
    count = len(labels)
    if count < 3:
        return None
    others = np.delete(x, column, axis=1)
    fitted = others @ np.linalg.lstsq(others, y, rcond=None)[0]
    residual = y - fitted
    inverse = np.linalg.inv(x.T @ x)
    # Per cluster: what its residuals contribute to the coefficients, and to every cluster's score.
    members = [np.flatnonzero(place == g) for g in range(count)]
    scores = np.column_stack([x[m].T @ residual[m] for m in members])
    row = inverse[column]
    pulls = np.vstack([(x[m] @ row) @ residual[m] for m in members]).ravel()
    crossed = np.stack([(row @ x[m].T) @ x[m] @ inverse for m in members])

    def statistic(signs: Array) -> Array:
        beta = signs @ (row @ scores)
        moved = signs * pulls - signs @ (crossed @ scores).T
        return np.asarray(np.abs(beta) / np.sqrt((moved**2).sum(axis=1)))

    if count <= MOST_CLUSTERS_TO_TRY_ALL:
        signs = np.asarray(1.0 - 2.0 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1), dtype=float)
    else:
        signs = np.random.default_rng(seed).integers(0, 2, size=(DRAWS, count)) * 2.0 - 1
        signs = np.vstack([np.ones(count), signs])
    found = statistic(signs)
    return float((found >= found[0] * (1 - 1e-9)).mean())
