"""The cluster bootstrap: intervals from resampled matched sets.

A draw costs a sum, not a new estimate, so a million people are drawn 999 times
in a second or two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.values.estimates import Estimate

DRAWS = 999
MOST_BLOCKS = 5_000
"""More clusters than this are dealt to blocks; the sums of many are as good as normal by then."""


def bootstrap_interval(
    estimate: Estimate, cluster: NDArray[np.int64] | None, *, seed: int, confidence_level: float
) -> tuple[float, float]:
    """Return a bootstrap-t interval.

    Parameters
    ----------
    estimate : Estimate
        With influence values of shape (n,).
    cluster : ndarray of int, shape (n,), or None
        People drawn together; None draws each person separately.

    Returns
    -------
    low, high : float
        Each draw is divided by its standard error, so that few or unlike clusters widen the interval
        (Efron 1982; Cameron, Gelbach & Miller 2008). Not finite when draws do not vary.
    """
    sums = estimate.influence
    if cluster is not None:
        _, labels = np.unique(cluster, return_inverse=True)
        sums = np.asarray(np.bincount(labels, weights=sums), dtype=float)
    rng = np.random.default_rng(seed)
    if len(sums) > MOST_BLOCKS:
        blocks = rng.permutation(len(sums)) % MOST_BLOCKS
        sums = np.asarray(np.bincount(blocks, weights=sums), dtype=float)
    count = len(sums)
    own = float(np.sqrt((sums**2).sum()))
    times = np.empty(DRAWS)
    for draw in range(DRAWS):
        drawn = sums[rng.integers(0, count, count)]
        centre = float(drawn.sum())
        error = float(np.sqrt(((drawn - centre / count) ** 2).sum()))
        times[draw] = centre / error if error > 0 else 0.0
    if own == 0 or not np.any(times):
        return float("nan"), float("nan")
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(times, [tail, 1 - tail])
    return estimate.value - float(high) * estimate.standard_error, estimate.value - float(low) * estimate.standard_error
