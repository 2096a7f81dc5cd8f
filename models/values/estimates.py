"""An estimate and its uncertainty.

Value, standard error, interval, risk ratio and influence values.

Every estimator keeps one influence value per person: standard errors are
sums over them, by person or by cluster.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy
from numpy.typing import NDArray

from models.statistics.intervals import newcombe_interval
from models.values.adapter import Known, LeftOut

Array = NDArray[np.float64]
SMALL_CELL = 5.0


@dataclass(frozen=True, slots=True)
class RiskRatio:
    """Risk ratio of a binary outcome, with its interval on the log scale."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimated effect.

    Attributes
    ----------
    estimator : str
    value : float
        In the outcome's unit; a share for binary outcomes.
    standard_error : float
    low, high : float
        Limits of the confidence interval.
    interval_method : str
    treated_value, control_value : float
        Means that the effect is the difference of; the control value is what participants would have had. NaN where
        there are none, as of pooled studies.
    influence : ndarray of float, shape (n,)
        Influence values; their sum is zero and the root of their (clustered) square sum the standard error, but for
        the small-sample factor. Not stored: empty in an estimate that was read back.
    risk_ratio : RiskRatio or None
        For binary outcomes that occur in both groups.
    """

    estimator: str
    value: float
    standard_error: float
    low: float
    high: float
    interval_method: str
    treated_value: Known
    control_value: Known
    influence: LeftOut[Array] = field(default_factory=lambda: np.empty(0))
    risk_ratio: RiskRatio | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """Two means and how much each person moves them.

    Attributes
    ----------
    top, bottom : float
        With the project, and what would have been without.
    top_influence, bottom_influence : ndarray of float, shape (n,)
        Influence values of each mean, already divided by the number of people.
    """

    top: float
    bottom: float
    top_influence: Array
    bottom_influence: Array


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sample sizes and parameters that an interval needs.

    Attributes
    ----------
    treated, control : float
        Effective numbers of people in the two means; for intervals in tiny cells.
    parameters : int
        Slopes of a regression, for its small-sample factor (HC1); 0 where influence values account for everything estimated.
    """

    treated: float
    control: float
    parameters: int = 2


def estimate_from(
    name: str,
    means: Means,
    sizes: Sizes,
    *,
    confidence_level: float,
    is_binary: bool,
    error_name: str,
    cluster: NDArray[np.int64] | None = None,
    known_error: float | None = None,
    for_error: Array | None = None,
) -> Estimate:
    """Turn two means and their influence values into an estimate.

    Parameters
    ----------
    is_binary : bool
        Cells with fewer than five people get Newcombe's interval instead of the one around the error.
    error_name : str
        How the error was found, for the record.
    cluster : ndarray of int, shape (n,), optional
        Cluster of each person; one cluster per person if not given.
    known_error : float, optional
        A standard error that cannot be derived from the influence values alone; the ratio's interval widens in proportion.
    for_error : ndarray of float, shape (n,), optional
        Influence values widened where separate fits of small groups made residuals too small; the error is
        computed from these.

    Returns
    -------
    Estimate
        The interval is Student's with the degrees of freedom that the influence values themselves have: few people
        with large values make it wider (Satterthwaite; Bell & McCaffrey 2002).
    """
    influence = means.top_influence - means.bottom_influence
    value = means.top - means.bottom
    sums, factor = _clustered(influence if for_error is None else for_error, cluster, sizes.parameters)
    error = known_error if known_error is not None else float(np.sqrt(factor * (sums**2).sum()))
    plain = float((_clustered(influence, cluster, 0)[0] ** 2).sum())
    factor = error**2 / plain if plain > 0 else factor
    reach = interval_reach(sums, confidence_level)
    low, high = value - reach * error, value + reach * error
    method = f"Student, {error_name}"
    ratio = None
    if is_binary:
        ratio = _risk_ratio(means, cluster, factor, confidence_level)
        top, bottom = min(1.0, max(0.0, means.top)), min(1.0, max(0.0, means.bottom))
        cells = (
            top * sizes.treated,
            (1 - top) * sizes.treated,
            bottom * sizes.control,
            (1 - bottom) * sizes.control,
        )
        if min(cells) < SMALL_CELL:
            low, high = newcombe_interval(top, sizes.treated, bottom, sizes.control, confidence_level)
            # The mean that was cut to 0-1 moves the interval's middle back to the estimate.
            shift = value - (top - bottom)
            low, high, method = low + shift, high + shift, "Newcombe, effective sizes"
    return Estimate(name, value, error, low, high, method, means.top, means.bottom, influence, ratio)


def widened(influence: Array, treated: NDArray[np.bool_], fitted: int) -> Array:
    """Widen influence values for the loss of degrees of freedom.

    Where a group was fitted by itself, its residuals are too small by a factor that depends on its size
    (HC1).
    """
    factors = [np.sqrt(n / max(1, n - fitted)) for n in (int(treated.sum()), int((~treated).sum()))]
    return np.asarray(influence * np.where(treated, factors[0], factors[1]), dtype=float)


def _clustered(influence: Array, cluster: NDArray[np.int64] | None, parameters: int) -> tuple[Array, float]:
    """Return influence values summed by cluster, and the HC1 factor.

    HC1 is the small-sample factor.
    """
    n = len(influence)
    rest = max(1, n - parameters)
    if cluster is None:
        return influence, n / rest
    _, labels = np.unique(cluster, return_inverse=True)
    groups = int(labels.max()) + 1
    sums = np.asarray(np.bincount(labels, weights=influence, minlength=groups), dtype=float)
    return sums, groups / max(1, groups - 1) * (n - 1) / rest


def interval_reach(sums: Array, confidence_level: float) -> float:
    """Return the standard errors from the estimate to its limits.

    Parameters
    ----------
    sums : ndarray of float
        Influence values, by person or by cluster.
    """
    tail = (1 - confidence_level) / 2
    squares = sums**2
    total, fourth = float(squares.sum()), float((squares**2).sum())
    spread = fourth - total**2 / len(sums)
    if not spread > total**2 * 1e-12:
        return float(scipy.stats.norm.isf(tail))
    return float(scipy.stats.t.isf(tail, max(1.0, 2 * total**2 / spread)))


def _risk_ratio(
    means: Means, cluster: NDArray[np.int64] | None, factor: float, confidence_level: float
) -> RiskRatio | None:
    if not (0 < means.top < 1 and 0 < means.bottom < 1):
        return None
    sums, _ = _clustered(means.top_influence / means.top - means.bottom_influence / means.bottom, cluster, 0)
    reach = interval_reach(sums, confidence_level) * float(np.sqrt(factor * (sums**2).sum()))
    value = means.top / means.bottom
    return RiskRatio(value, value * float(np.exp(-reach)), value * float(np.exp(reach)))


def with_intercept(x: Array) -> Array:
    """Return standardised columns, preceded by a column of ones.

    Constant columns become zero.
    """
    spread = x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    return np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / spread])


def kish(weights: Array) -> float:
    """Return Kish's effective number of people."""
    total = float(weights.sum())
    return total**2 / float((weights**2).sum()) if total > 0 else 0.0
