"""Negative controls: estimates where the true effect is zero.

Sources: Schuemie et al. (2018), "Empirical confidence interval calibration",
PNAS 115; EASE, the expected absolute systematic error (OHDSI CohortMethod).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from models.doubt.e_values import LOG_RATIO_PER_DEVIATION


@dataclass(frozen=True, slots=True)
class SystematicError:
    """Errors that do not shrink with more people.

    In units of standardised differences.

    Attributes
    ----------
    mean, deviation : float
        Of the systematic error's normal distribution.
    ease : float
        Expected absolute systematic error, as a log risk ratio; below 0.25 is accepted by OHDSI.
    controls : int
        Number of negative controls it was estimated from.
    """

    mean: float
    deviation: float
    ease: float
    controls: int

    def calibrated(self, value: float, error: float, reach: float) -> tuple[float, float]:
        """Return an interval that includes the systematic error.

        Parameters
        ----------
        value, error : float
            Standardised difference and its standard error.
        reach : float
            Standard errors between estimate and limit.
        """
        centre = value - self.mean
        wide = reach * math.sqrt(error**2 + self.deviation**2)
        return centre - wide, centre + wide


def expected_absolute_error(mean: float, deviation: float) -> float:
    """Return the expected absolute value of a normal variable."""
    if deviation == 0:
        return abs(mean)
    ratio = mean / deviation
    return deviation * math.sqrt(2 / math.pi) * math.exp(-(ratio**2) / 2) + mean * (
        1 - 2 * float(scipy.stats.norm.cdf(-ratio))
    )


def systematic_error(values: Sequence[float], errors: Sequence[float], *, fewest: int) -> SystematicError | None:
    """Estimate the systematic error from negative controls.

    Parameters
    ----------
    values : sequence of float
        Standardised differences of things the project cannot have changed.
    errors : sequence of float
        Their standard errors.
    fewest : int
        Minimum number of controls; fewer are too few to estimate a spread.

    Returns
    -------
    SystematicError or None
        By maximum likelihood; None with fewer controls.
    """
    if len(values) < fewest:
        return None
    x, s = np.asarray(values, dtype=float), np.asarray(errors, dtype=float)

    def cost(parameters: np.ndarray) -> float:
        mean, deviation = parameters
        return float(-scipy.stats.norm.logpdf(x, mean, np.sqrt(s**2 + deviation**2)).sum())

    start = np.array([float(np.average(x, weights=1 / s**2)), float(x.std())])
    # Two starts: the likelihood can be flat towards a spread of zero.
    fits = [
        scipy.optimize.minimize(cost, first, method="L-BFGS-B", bounds=[(None, None), (0.0, None)])
        for first in (start, np.array([start[0], 0.0]))
    ]
    best = min(fits, key=lambda fit: float(fit.fun))
    mean, deviation = (float(v) for v in best.x)
    ease = expected_absolute_error(mean * LOG_RATIO_PER_DEVIATION, deviation * LOG_RATIO_PER_DEVIATION)
    return SystematicError(mean, deviation, ease, len(x))
