"""Power and false discoveries.

The smallest effect that could be found, and q-values.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy


def minimal_detectable_effect(standard_error: float, *, alpha: float, power: float) -> float:
    """Return the smallest true effect found with the given power.

    For a two-sided test.
    """
    return float(scipy.stats.norm.isf(alpha / 2) + scipy.stats.norm.ppf(power)) * standard_error


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return false-discovery q-values in the order given.

    Source: Benjamini & Hochberg (1995).
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    smoothed = np.minimum.accumulate(scaled[::-1])[::-1].clip(max=1.0)
    q = np.empty(len(p))
    q[order] = smoothed
    return [float(value) for value in q]


def two_sided_p(estimate: float, standard_error: float) -> float:
    """Return a two-sided normal p-value.

    Used for multiplicity only, never shown beside an estimate.
    """
    if standard_error == 0:
        return 1.0 if estimate == 0 else 0.0
    return float(2 * scipy.stats.norm.sf(abs(estimate) / standard_error))
