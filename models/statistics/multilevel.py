"""Random intercepts: one level per place, shrunk towards the mean.

Source: Goldstein (2011), chapter 2. Checked against lme4 1.1.31 in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]
LARGEST_RATIO = 50.0


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over the people of each place; all that the model needs.

    Attributes
    ----------
    count : ndarray of float, shape (places,)
    xx : ndarray of float, shape (places, k, k)
        Of the columns, the column of ones among them.
    xy : ndarray of float, shape (places, k)
    yy : ndarray of float, shape (places,)
    x, y : ndarray of float
        Sums of columns, shape (places, k), and outcomes, shape (places,).
    """

    count: Array
    xx: Array
    xy: Array
    yy: Array
    x: Array
    y: Array


def moments_of(columns: Array, y: Array, place: NDArray[np.int64]) -> Moments:
    """Sum the people of each place.

    `columns` has shape (n, k) and includes a column of ones.
    """
    places = int(place.max()) + 1
    k = columns.shape[1]
    xx, xy = np.zeros((places, k, k)), np.zeros((places, k))
    np.add.at(xx, place, columns[:, :, None] * columns[:, None, :])
    np.add.at(xy, place, columns * y[:, None])
    sums = np.zeros((places, k))
    np.add.at(sums, place, columns)
    count = np.bincount(place, minlength=places).astype(float)
    square, level = (np.bincount(place, weights=v, minlength=places).astype(float) for v in (y**2, y))
    return Moments(count, xx, xy, square, sums, level)


@dataclass(frozen=True, slots=True)
class Multilevel:
    """The fitted model.

    Attributes
    ----------
    coefficients : ndarray of float, shape (k,)
    between, within : float
        Variances between places and between people of one place.
    level, level_error : ndarray of float, shape (places,)
        Level of each place, shrunk towards the mean, and its standard error.
    """

    coefficients: Array
    between: float
    within: float
    level: Array
    level_error: Array

    @property
    def variance_share(self) -> float:
        """Share of the variance left by the columns that lies between places."""
        return self.between / (self.between + self.within)


def random_intercepts(m: Moments) -> Multilevel:
    """Fit the random-intercept model by maximum likelihood.

    Parameters
    ----------
    m : Moments
        At least three places.
    """
    n = float(m.count.sum())

    def solved(ratio: float) -> tuple[Array, Array, float, float]:
        shrink = ratio / (1 + m.count * ratio)
        left = (m.xx - shrink[:, None, None] * m.x[:, :, None] * m.x[:, None, :]).sum(axis=0)
        right = (m.xy - (shrink * m.y)[:, None] * m.x).sum(axis=0)
        beta = np.linalg.solve(left, right)
        square = float((m.yy - shrink * m.y**2).sum() - beta @ right)
        return beta, shrink, square / n, float(np.log1p(m.count * ratio).sum())

    def deviance(root: float) -> float:
        _, _, within, logdet = solved(root**2)
        return n * float(np.log(within)) + logdet

    best = scipy.optimize.minimize_scalar(
        deviance, bounds=(0.0, np.sqrt(LARGEST_RATIO)), method="bounded", options={"xatol": 1e-10}
    )
    ratio = float(best.x**2) if best.fun < deviance(0.0) else 0.0
    beta, shrink, within, _ = solved(ratio)
    between = ratio * within
    level = shrink * (m.y - m.x @ beta)
    error = np.sqrt(np.maximum(0.0, between * (1 - m.count * shrink)))
    return Multilevel(beta, between, within, np.asarray(level), np.asarray(error))
