"""Pooling of studies: one effect and its heterogeneity.

Sources: DerSimonian & Laird (1986); Viechtbauer (2005) for REML; Higgins &
Thompson (2002) for I squared. Checked against metafor 3.8.1 in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]
Between = Literal["common", "dersimonian_laird", "reml"]
IntervalKind = Literal["normal", "knapp_hartung"]
SMALLEST_STEP, MOST_STEPS = 1e-12, 500


@dataclass(frozen=True, slots=True)
class Pooled:
    """A pooled effect.

    Attributes
    ----------
    estimate, standard_error, low, high : float
    prediction_low, prediction_high : float
        Where the effect of a new study is expected.
    tau_squared : float
        Variance between studies.
    i_squared : float
        Share of the spread that is more than chance, 0-1.
    q, q_p : float
        Cochran's test of heterogeneity.
    weight : ndarray of float, shape (k,)
        Adds up to 1.
    """

    estimate: float
    standard_error: float
    low: float
    high: float
    prediction_low: float
    prediction_high: float
    tau_squared: float
    i_squared: float
    q: float
    q_p: float
    weight: Array


def pool(
    effects: Array,
    variances: Array,
    *,
    between: Between = "reml",
    interval: IntervalKind = "normal",
    confidence_level: float = 0.95,
) -> Pooled:
    """Pool effects of several studies.

    Parameters
    ----------
    effects, variances : ndarray of float, shape (k,)
        k is at least 2.
    between : str
        How the variance between studies is estimated; `common` sets it to 0.
    interval : str
        `knapp_hartung` takes the error from how far studies are from the pooled effect, never less than theirs, and
        Student's interval.
    """
    k = len(effects)
    fixed = 1 / variances
    centre = float(np.average(effects, weights=fixed))
    q = float((fixed * (effects - centre) ** 2).sum())
    typical = (k - 1) * fixed.sum() / (fixed.sum() ** 2 - (fixed**2).sum())
    tau = 0.0
    if between == "dersimonian_laird":
        tau = max(0.0, (q - (k - 1)) / (fixed.sum() - (fixed**2).sum() / fixed.sum()))
    elif between == "reml":
        tau = _reml(effects, variances)
    weight = 1 / (variances + tau)
    estimate = float(np.average(effects, weights=weight))
    error = float(1 / np.sqrt(weight.sum()))
    reach = float(scipy.stats.norm.isf((1 - confidence_level) / 2))
    if interval == "knapp_hartung":
        # Studies that happen to agree better than their errors allow are no reason to be surer than those errors.
        error *= max(1.0, float(np.sqrt((weight * (effects - estimate) ** 2).sum() / (k - 1))))
        reach = float(scipy.stats.t.isf((1 - confidence_level) / 2, k - 1))
    spread = reach * float(np.sqrt(error**2 + tau))
    share = tau / (tau + typical) if between != "common" else max(0.0, (q - (k - 1)) / q) if q > 0 else 0.0
    return Pooled(
        estimate,
        error,
        estimate - reach * error,
        estimate + reach * error,
        estimate - spread,
        estimate + spread,
        tau,
        float(share),
        q,
        float(scipy.stats.chi2.sf(q, k - 1)),
        weight / weight.sum(),
    )


def _reml(effects: Array, variances: Array) -> float:
    """Return the variance between studies by restricted likelihood.

    REML by Fisher scoring.
    """
    tau = max(0.0, float(np.var(effects, ddof=1) - variances.mean()))
    for _ in range(MOST_STEPS):
        weight = 1 / (variances + tau)
        total = weight.sum()
        residual = effects - np.average(effects, weights=weight)
        # trace(P), y'PPy and trace(PP) with P = W - W1(1'W1)^-1 1'W
        trace = total - (weight**2).sum() / total
        square = float(((weight * residual) ** 2).sum())
        trace_of_square = (weight**2).sum() - 2 * (weight**3).sum() / total + ((weight**2).sum() / total) ** 2
        moved = max(0.0, float(tau + (square - trace) / trace_of_square))
        if abs(moved - tau) < SMALLEST_STEP:
            return moved
        tau = moved
    return tau
