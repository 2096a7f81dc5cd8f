"""How long matching takes, as ratios within one run.

Belongs here: timings that are printed. Does not belong here: assertions;
machines differ, so only the growth from one size to the next is worth reading.
Run with `make bench`.
"""

from __future__ import annotations

import time

import numpy as np

from models.matching import match_nearest

SIZES = ((1_000, 50_000), (2_000, 100_000), (4_000, 200_000), (20_000, 1_000_000))


def main() -> None:
    """Print seconds per size and the ratio to the smallest."""
    rng = np.random.default_rng(1)
    first = None
    print("treated    pool       seconds   ratio of work   ratio of time")
    for treated_count, pool in SIZES:
        n = treated_count + pool
        treated = np.arange(n) < treated_count
        logit = rng.normal(size=n) + 0.8 * treated
        strata = np.zeros(n, dtype=np.int64)
        start = time.perf_counter()
        pairs = match_nearest(logit, treated, strata, ratio=1, replace=False, caliper=0.2)
        seconds = time.perf_counter() - start
        first = first or (n, seconds)
        print(
            f"{treated_count:>7} {pool:>9} {seconds:>11.3f} {n / first[0]:>12.1f} {seconds / first[1]:>15.1f}   {len(pairs.treated)} pairs"
        )


if __name__ == "__main__":
    main()
