"""Why studies differ: effects regressed on what is known of the studies.

Sources: Raudenbush (2009); Knapp & Hartung (2003); Konstantopoulos (2011).
Checked against metafor 3.8.1 in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from models.statistics.pooling import Between, pool

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
SMALLEST_STEP, MOST_STEPS = 1e-12, 500


@dataclass(frozen=True, slots=True)
class MetaRegression:
    """Effects regressed on moderators.

    Attributes
    ----------
    coefficients, standard_errors : ndarray of float, shape (p,)
        The level first.
    tau_squared : float
        Variance between studies that is left.
    r_squared : float
        Share of the variance between studies that is gone, 0-1.
    moderators_p : float
        Test of all moderators at once: F with Knapp & Hartung's error, chi-squared otherwise.
    """

    coefficients: Array
    standard_errors: Array
    tau_squared: float
    r_squared: float
    moderators_p: float


def meta_regression(
    effects: Array,
    variances: Array,
    moderators: Array,
    *,
    between: Between = "reml",
    interval: Literal["knapp_hartung", "normal"] = "knapp_hartung",
) -> MetaRegression:
    """Regress effects on moderators.

    Parameters
    ----------
    effects, variances : ndarray of float, shape (k,)
    moderators : ndarray of float, shape (k, p - 1)
        Of full rank together with a column of ones; k is larger than p.

    Returns
    -------
    MetaRegression
    """
    x = np.column_stack([np.ones(len(effects)), moderators])
    k, p = x.shape
    tau = _between(effects, variances, x, between)
    weight = 1 / (variances + tau)
    inverse = np.linalg.inv((x * weight[:, None]).T @ x)
    beta = inverse @ ((x * weight[:, None]).T @ effects)
    scale = 1.0
    if interval == "knapp_hartung":
        scale = max(1.0, float((weight * (effects - x @ beta) ** 2).sum() / (k - p)))
    errors = np.sqrt(np.diag(inverse) * scale)
    statistic = float(beta[1:] @ np.linalg.solve(inverse[1:, 1:] * scale, beta[1:]))
    tail = (
        scipy.stats.f.sf(statistic / (p - 1), p - 1, k - p)
        if interval == "knapp_hartung"
        else scipy.stats.chi2.sf(statistic, p - 1)
    )
    plain = pool(effects, variances, between=between).tau_squared
    share = max(0.0, (plain - tau) / plain) if plain > 0 else 0.0
    return MetaRegression(beta, errors, tau, share, float(tail))


def _between(effects: Array, variances: Array, x: Array, between: Between) -> float:
    """Estimate the variance between studies that moderators leave."""
    if between == "common":
        return 0.0
    k, p = x.shape

    def projected(tau: float) -> tuple[Array, Array]:
        weight = 1 / (variances + tau)
        scaled = x * weight[:, None]
        inner = np.diag(weight) - scaled @ np.linalg.solve(x.T @ scaled, scaled.T)
        return np.asarray(inner, dtype=float), np.asarray(inner @ effects, dtype=float)

    inner, residual = projected(0.0)
    start = max(0.0, float((effects @ residual - (k - p)) / np.trace(inner)))
    if between == "dersimonian_laird":
        return start
    tau = start
    for _ in range(MOST_STEPS):
        inner, residual = projected(tau)
        step = (residual @ residual - np.trace(inner)) / float((inner**2).sum())
        moved = max(0.0, float(tau + step))
        if abs(moved - tau) < SMALLEST_STEP:
            return moved
        tau = moved
    return tau


@dataclass(frozen=True, slots=True)
class ThreeLevels:
    """A pooled effect of dependent effects.

    Attributes
    ----------
    estimate, standard_error, low, high : float
        Student's interval with one less than the number of studies.
    prediction_low, prediction_high : float
    between_studies, within_studies : float
        Variances.
    weight : ndarray of float, shape (k,)
        How much each effect moves the pooled one; adds up to 1.
    """

    estimate: float
    standard_error: float
    low: float
    high: float
    prediction_low: float
    prediction_high: float
    between_studies: float
    within_studies: float
    weight: Array


def three_levels(effects: Array, variances: Array, study: Labels, *, confidence_level: float) -> ThreeLevels:
    """Pool effects of which some belong to the same study (REML).

    Parameters
    ----------
    effects, variances : ndarray of float, shape (k,)
    study : ndarray of int, shape (k,)

    Returns
    -------
    ThreeLevels
    """
    members = [np.flatnonzero(study == label) for label in np.unique(study)]

    def pieces(between: float, within: float) -> tuple[float, float, float, float, Array]:
        """Return the log determinant, and sums of the inverse covariance.

        The sums are with ones and effects.
        """
        logdet = ones = crossed = square = 0.0
        pulls = np.zeros(len(effects))
        for m in members:
            diagonal = 1 / (variances[m] + within)
            total = float(diagonal.sum())
            shrink = between / (1 + between * total)
            logdet += float(-np.log(diagonal).sum() + np.log1p(between * total))
            inner = float(diagonal @ effects[m])
            ones += total - shrink * total**2
            crossed += inner - shrink * total * inner
            square += float(diagonal @ effects[m] ** 2) - shrink * inner**2
            pulls[m] = diagonal * (1 - shrink * total)
        return logdet, ones, crossed, square, pulls

    def objective(roots: Array) -> float:
        logdet, ones, crossed, square, _ = pieces(float(roots[0] ** 2), float(roots[1] ** 2))
        return logdet + float(np.log(ones)) + square - crossed**2 / ones

    least = 0.01 * float(variances.mean())
    spread = float(np.sqrt(max(np.var(effects, ddof=1) - variances.mean(), 0.01 * np.var(effects), least) / 2))
    best = None
    for start in ((spread, spread), (spread, 0.1 * spread), (0.1 * spread, spread)):
        found = scipy.optimize.minimize(
            objective, np.array(start), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000}
        )
        if best is None or found.fun < best.fun - 1e-10:
            best = found
    between, within = (float(root**2) for root in best.x) if best is not None else (0.0, 0.0)
    _, ones, crossed, _, pulls = pieces(between, within)
    estimate, error = crossed / ones, float(1 / np.sqrt(ones))
    reach = float(scipy.stats.t.isf((1 - confidence_level) / 2, max(1, len(members) - 1)))
    spread = float(np.sqrt(error**2 + between + within))
    return ThreeLevels(
        estimate,
        error,
        estimate - reach * error,
        estimate + reach * error,
        estimate - reach * spread,
        estimate + reach * spread,
        between,
        within,
        pulls / ones,
    )
