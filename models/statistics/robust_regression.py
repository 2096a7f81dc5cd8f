"""Least squares with errors that hold for few people and few clusters.

Sources: MacKinnon & White (1985) for HC2; Bell & McCaffrey (2002) and
Pustejovsky & Tipton (2018) for CR2 and its degrees of freedom. Checked against
estimatr 1.0.0 and clubSandwich 0.5.8 in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
SMALLEST_EIGENVALUE = 1e-10
"""Parts of a cluster's residuals that the regression takes up wholly have no variance to be corrected."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One coefficient.

    Attributes
    ----------
    value, standard_error, degrees_of_freedom : float
    influence : ndarray of float, shape (n,)
        How much each person moves it; their sum is zero.
    """

    value: float
    standard_error: float
    degrees_of_freedom: float
    influence: Array

    def interval(self, confidence_level: float) -> tuple[float, float]:
        """Return Student's interval."""
        reach = float(scipy.stats.t.isf((1 - confidence_level) / 2, self.degrees_of_freedom)) * self.standard_error
        return self.value - reach, self.value + reach


def coefficient_of(x: Array, y: Array, column: int, cluster: Labels | None = None) -> Coefficient:
    """Regress `y` on the columns of `x` and return one coefficient.

    Parameters
    ----------
    x : ndarray of float, shape (n, k)
        Includes a column of ones; of full rank.
    y : ndarray of float, shape (n,)
    column : int
        Which coefficient.
    cluster : ndarray of int, shape (n,), optional
        Cluster of each person; one cluster per person if not given.

    Returns
    -------
    Coefficient
        Degrees of freedom are Satterthwaite's for the error as it was estimated.
    """
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ (x.T @ y)
    residual = y - x @ beta
    row = inverse[column]
    groups = [np.array([i]) for i in range(len(y))] if cluster is None else _members(cluster)
    if cluster is None:
        leverage = np.einsum("ij,jk,ik->i", x, inverse, x)
        pulled = np.asarray((x @ row) / np.sqrt(np.maximum(1 - leverage, SMALLEST_EIGENVALUE)), dtype=float)
        scores = pulled * residual
        freedom = _freedom_alone(x, np.asarray(inverse, dtype=float), pulled)
        return Coefficient(
            float(beta[column]), float(np.sqrt((scores**2).sum())), freedom, np.asarray((x @ row) * residual)
        )
    total = 0.0
    weights = np.zeros((len(groups), len(y)))
    for g, members in enumerate(groups):
        own = x[members]
        hat = np.eye(len(members)) - own @ inverse @ own.T
        adjusted = _inverse_root(hat) @ (own @ row)
        total += float(adjusted @ residual[members]) ** 2
        # (I - H) restricted to the cluster's rows, times its adjusted pull.
        spread = -(x @ (inverse @ (own.T @ adjusted)))
        spread[members] += adjusted
        weights[g] = spread
    products = weights @ weights.T
    trace, square = float(np.trace(products)), float((products**2).sum())
    return Coefficient(float(beta[column]), float(np.sqrt(total)), trace**2 / square, np.asarray((x @ row) * residual))


def _members(cluster: Labels) -> list[NDArray[np.intp]]:
    return [np.flatnonzero(cluster == label) for label in np.unique(cluster)]


def _inverse_root(hat: Array) -> Array:
    values, vectors = np.linalg.eigh(hat)
    roots = np.where(values > SMALLEST_EIGENVALUE, 1 / np.sqrt(np.maximum(values, SMALLEST_EIGENVALUE)), 0.0)
    return np.asarray((vectors * roots) @ vectors.T)


def _freedom_alone(x: Array, inverse: Array, pulled: Array) -> float:
    """Return Satterthwaite's degrees of freedom of HC2.

    tr(M)^2 / tr(M M) with M = D (I - H) D, where D is the diagonal matrix of the pulls.
    """
    # tr(MM) without the n-by-n matrix: sum_ij d_i^2 d_j^2 (delta_ij - h_ij)^2
    squares = pulled**2
    leverage = np.einsum("ij,jk,ik->i", x, inverse, x)
    trace = float((squares * (1 - leverage)).sum())
    inner = (x * squares[:, None]).T @ x
    off = float(np.trace(inverse @ inner @ inverse @ inner))
    square = float((squares**2 * (1 - 2 * leverage)).sum()) + off
    return trace**2 / square if square > 0 else 1.0
