"""Signs that small studies are missing.

Sources: Egger et al. (1997); Duval & Tweedie (2000); Stanley & Doucouliagos
(2014). Checked against metafor 3.8.1 in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from models.statistics.pooling import Between, pool

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """A weighted regression of effects on their error or variance.

    Attributes
    ----------
    intercept, intercept_error : float
        The effect a study without error would show.
    slope, slope_t, slope_p : float
    degrees_of_freedom : int
    """

    intercept: float
    intercept_error: float
    slope: float
    slope_t: float
    slope_p: float
    degrees_of_freedom: int

    def interval(self, confidence_level: float) -> tuple[float, float]:
        """Return the interval of the intercept."""
        reach = float(scipy.stats.t.isf((1 - confidence_level) / 2, self.degrees_of_freedom)) * self.intercept_error
        return self.intercept - reach, self.intercept + reach


def _line(effects: Array, variances: Array, moderator: Array) -> Line:
    weight = 1 / variances
    z = np.column_stack([np.ones(len(effects)), moderator])
    inverse = np.linalg.inv((z * weight[:, None]).T @ z)
    beta = inverse @ ((z * weight[:, None]).T @ effects)
    freedom = len(effects) - 2
    scale = float((weight * (effects - z @ beta) ** 2).sum() / freedom)
    errors = np.sqrt(np.diag(inverse) * scale)
    ratio = float(beta[1] / errors[1])
    return Line(
        float(beta[0]),
        float(errors[0]),
        float(beta[1]),
        ratio,
        float(2 * scipy.stats.t.sf(abs(ratio), freedom)),
        freedom,
    )


def egger(effects: Array, variances: Array) -> Line:
    """Regress effects on their standard errors.

    The slope's p-value is Egger's test, the intercept is PET's estimate.
    """
    return _line(effects, variances, np.sqrt(variances))


def peese(effects: Array, variances: Array) -> Line:
    """Regress effects on their variances.

    The intercept is PEESE's estimate.
    """
    return _line(effects, variances, variances)


def pet_peese(effects: Array, variances: Array, *, alpha: float) -> Line:
    """Return PET's line, or PEESE's where PET finds an effect.

    PET is tested at the two-sided level `alpha` (0.05 one-sided).
    """
    pet = egger(effects, variances)
    p = float(2 * scipy.stats.t.sf(abs(pet.intercept / pet.intercept_error), pet.degrees_of_freedom))
    return peese(effects, variances) if p < alpha else pet


@dataclass(frozen=True, slots=True)
class Filled:
    """Trim-and-fill's answer.

    Attributes
    ----------
    missing_count : int
        Studies that seem to be missing (estimator L0).
    estimate, standard_error : float
        Pooled with their mirror images.
    """

    missing_count: int
    estimate: float
    standard_error: float


def trim_and_fill(effects: Array, variances: Array, *, between: Between = "reml") -> Filled:
    """Fill in mirror images of studies that have no counterpart.

    These are the studies that stand alone on one side.

    Parameters
    ----------
    effects, variances : ndarray of float, shape (k,)
    between : str
        As for `pool`.

    Returns
    -------
    Filled
        The side with too few studies is that of Egger's slope.
    """
    sign = -1.0 if egger(effects, variances).slope < 0 else 1.0
    order = np.argsort(sign * effects, kind="stable")
    y, v = (sign * effects)[order], variances[order]
    k, missing, before = len(y), 0, -1
    centre = 0.0
    while missing != before:
        before = missing
        centre = pool(y[: k - missing], v[: k - missing], between=between).estimate
        distance = y - centre
        ranks = np.sign(distance) * scipy.stats.rankdata(np.abs(distance), method="ordinal")
        alone = max(0, round(float((4 * ranks[ranks > 0].sum() - k * (k + 1)) / (2 * k - 1))))
        missing = min(alone, k - 2)  # what is left must still be two studies
    mirrored = 2 * centre - y[k - missing :]
    found = pool(np.concatenate([y, mirrored]), np.concatenate([v, v[k - missing :]]), between=between)
    return Filled(missing, sign * found.estimate, found.standard_error)
