"""Cross-fitting folds: who is fitted on and who is predicted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def stratified_folds(groups: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """Assign the people of each group to folds in turn.

    Parameters
    ----------
    groups : ndarray of int, shape (n,)
        People of the same group are spread evenly, e.g. participants and others.
    count : int
        Number of folds.
    seed : int
        Determines the assignment; rows must come in a canonical order.

    Returns
    -------
    ndarray of int, shape (n,)
        Fold of each person, 0 to `count` - 1.
    """
    rng = np.random.default_rng(seed)
    folds = np.empty(len(groups), dtype=np.int64)
    dealt = 0
    for group in np.unique(groups):
        members = rng.permutation(np.flatnonzero(groups == group))
        # The next group goes on where this one stopped, so that folds are equally large together.
        folds[members] = (np.arange(len(members)) + dealt) % count
        dealt += len(members)
    return folds
