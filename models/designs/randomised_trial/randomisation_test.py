"""The draw drawn again: what lots alone would have given.

Sources: Fisher (1935); Chung & Romano (2013) for the studentised difference;
Hansen & Bowers (2008) for one test of balance over all covariates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
PEOPLE_AT_ONCE = 2_000_000


def redraws(
    assigned: NDArray[np.bool_], block: Labels | None, cluster: Labels | None, *, draws: int, seed: int
) -> list[NDArray[np.bool_]]:
    """Draw again as it was drawn.

    Parameters
    ----------
    assigned : ndarray of bool, shape (n,)
    block : ndarray of int, shape (n,), or None
        As many as before draw a place in each.
    cluster : ndarray of int, shape (n,), or None
        Whole clusters draw.

    Returns
    -------
    list of ndarray of bool, shape (some draws, n)
        In pieces, so that memory stays small.
    """
    rng = np.random.default_rng(seed)
    n = len(assigned)
    units, place = (np.arange(n), np.arange(n)) if cluster is None else np.unique(cluster, return_inverse=True)
    first = np.zeros(len(units), dtype=np.int64)
    first[place[::-1]] = np.arange(n)[::-1]
    unit_assigned = assigned[first]
    unit_block = np.zeros(len(units), dtype=np.int64) if block is None else block[first]
    pieces = []
    at_once = max(1, PEOPLE_AT_ONCE // max(1, n))
    for start in range(0, draws, at_once):
        count = min(at_once, draws - start)
        drawn = np.zeros((count, len(units)), dtype=bool)
        for label in np.unique(unit_block):
            members = np.flatnonzero(unit_block == label)
            order = np.argsort(rng.random((count, len(members))), axis=1)
            drawn[:, members] = unit_assigned[members][order]
        pieces.append(drawn[:, place])
    return pieces


def randomisation_p(
    y: Array,
    assigned: NDArray[np.bool_],
    block: Labels | None,
    cluster: Labels | None,
    *,
    draws: int,
    seed: int,
) -> float:
    """Return the share of draws with a difference as large as the seen one.

    Returns
    -------
    float
        (1 + draws at least as large) / (1 + draws), two-sided, of the studentised difference; of the plain one where
        clusters drew. Blocks' levels are taken off first.
    """
    values = y - y.mean()
    if block is not None:
        for label in np.unique(block):
            values[block == label] -= values[block == label].mean()
    seen = _statistic(values, assigned[None, :], is_studentised=cluster is None)[0]
    larger = 0
    for piece in redraws(assigned, block, cluster, draws=draws, seed=seed):
        larger += int((_statistic(values, piece, is_studentised=cluster is None) >= seen * (1 - 1e-9)).sum())
    return (1 + larger) / (1 + draws)


def _statistic(values: Array, drawn: NDArray[np.bool_], *, is_studentised: bool) -> Array:
    own = drawn.sum(axis=1)
    others = drawn.shape[1] - own
    sums, squares = drawn @ values, drawn @ values**2
    mean, rest = sums / own, (values.sum() - sums) / others
    if not is_studentised:
        return np.asarray(np.abs(mean - rest))
    spread = (squares - own * mean**2) / np.maximum(1, own - 1) / own
    spread = spread + ((values**2).sum() - squares - others * rest**2) / np.maximum(1, others - 1) / others
    return np.asarray(np.abs(mean - rest) / np.sqrt(np.maximum(spread, 1e-300)))


def balance_p(
    x: Array, assigned: NDArray[np.bool_], block: Labels | None, cluster: Labels | None, *, draws: int, seed: int
) -> float | None:
    """Return the share of draws with groups as unlike.

    Groups are unlike over all covariates at once.

    Returns
    -------
    float or None
        The distance is Mahalanobis', its spread that of the draws. None without covariates that vary.
    """
    varying = x[:, x.std(axis=0) > 0]
    if varying.shape[1] == 0:
        return None
    centred = varying - varying.mean(axis=0)
    if block is not None:
        for label in np.unique(block):
            centred[block == label] -= centred[block == label].mean(axis=0)
    pieces = redraws(assigned, block, cluster, draws=draws, seed=seed)
    differences = np.concatenate([_mean_differences(centred, piece) for piece in pieces])
    seen = _mean_differences(centred, assigned[None, :])[0]
    inverse = np.linalg.pinv(np.cov(differences, rowvar=False, ddof=1).reshape(varying.shape[1], -1), rcond=1e-9)
    distance = np.einsum("ij,jk,ik->i", differences, inverse, differences)
    return float((1 + (distance >= seen @ inverse @ seen * (1 - 1e-9)).sum()) / (1 + draws))


def _mean_differences(centred: Array, drawn: NDArray[np.bool_]) -> Array:
    own = drawn.sum(axis=1)[:, None]
    sums = drawn.astype(float) @ centred
    return np.asarray(sums / own - (centred.sum(axis=0) - sums) / (drawn.shape[1] - own))
