"""Hidden bias: how strong a confounder must be to overturn a result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]
LARGEST_GAMMA = 1000.0


def mcnemar_bound(treated_only: int, control_only: int, gamma: float) -> float:
    """Return the largest p-value of McNemar's test under hidden bias.

    One-sided, when hidden bias is at most `gamma`.

    Parameters
    ----------
    treated_only, control_only : int
        Pairs in which only the participant, or only the control, has the outcome.
    gamma : float
        Largest ratio between the odds of taking part of two matched people.

    Returns
    -------
    float
        Upper bound (Rosenbaum 2002, "Observational Studies", section 4.3).
    """
    share = gamma / (1 + gamma)
    return float(scipy.stats.binom.sf(treated_only - 1, treated_only + control_only, share))


def signed_rank_bound(differences: Array, gamma: float) -> float:
    """Return the largest p-value of the signed-rank test.

    Wilcoxon's test, one-sided, when hidden bias is at most `gamma`.

    Parameters
    ----------
    differences : ndarray of float, shape (pairs,)
        Participant minus control; pairs without a difference carry no information and are left out.

    Returns
    -------
    float
        Normal approximation (Rosenbaum 2002, section 4.3.3); 1 without informative pairs.
    """
    informative = differences[differences != 0]
    if len(informative) == 0:
        return 1.0
    ranks = scipy.stats.rankdata(np.abs(informative))
    statistic = float(ranks[informative > 0].sum())
    share = gamma / (1 + gamma)
    mean = share * float(ranks.sum())
    deviation = math.sqrt(share * (1 - share) * float((ranks**2).sum()))
    return float(scipy.stats.norm.sf((statistic - mean) / deviation))


def smallest_gamma(differences: Array, *, alpha: float, is_binary: bool) -> float:
    """Return the smallest gamma at which a result is no longer certain.

    Gamma is the hidden bias of a matched comparison.

    Parameters
    ----------
    differences : ndarray of float, shape (pairs,)
        Participant minus control, turned so that the effect is positive.
    alpha : float
        One-sided level.
    is_binary : bool
        McNemar's bound for 0-1 outcomes, Wilcoxon's otherwise.

    Returns
    -------
    float
        1 if the result is not certain even without hidden bias; at most `LARGEST_GAMMA`.
    """

    def excess(log_gamma: float) -> float:
        gamma = math.exp(log_gamma)
        if is_binary:
            return mcnemar_bound(int((differences > 0).sum()), int((differences < 0).sum()), gamma) - alpha
        return signed_rank_bound(differences, gamma) - alpha

    if excess(0.0) > 0:
        return 1.0
    if excess(math.log(LARGEST_GAMMA)) <= 0:
        return LARGEST_GAMMA
    return math.exp(float(scipy.optimize.brentq(excess, 0.0, math.log(LARGEST_GAMMA), xtol=1e-12)))


@dataclass(frozen=True, slots=True)
class Robustness:
    """Share of residual variance that an unmeasured factor must explain.

    Attributes
    ----------
    partial_r2 : float
        Share of the outcome's residual variance that taking part explains.
    point : float
        Share of both residual variances that brings the estimate to zero.
    limit : float
        Share that brings the interval to zero; 0 if it includes zero already.
    """

    partial_r2: float
    point: float
    limit: float


def robustness_value(t_value: float, degrees_of_freedom: float, *, alpha: float) -> Robustness:
    """Return the robustness value of a regression coefficient.

    Parameters
    ----------
    degrees_of_freedom : float
        Residual degrees of freedom of the regression.
    alpha : float
        Two-sided level for `limit`.

    Notes
    -----
    Cinelli & Hazlett (2020), "Making sense of sensitivity", JRSS B 82: RV = (sqrt(f^4 + 4 f^2) - f^2) / 2 with
    f = |t| / sqrt(df); for the limit f is reduced by the critical value of a regression with one more column.
    """
    f = abs(t_value) / math.sqrt(degrees_of_freedom)
    critical = float(scipy.stats.t.isf(alpha / 2, degrees_of_freedom - 1)) / math.sqrt(degrees_of_freedom - 1)
    reduced = max(0.0, f - critical)
    return Robustness(
        partial_r2=f**2 / (1 + f**2),
        point=_robustness(f),
        limit=_limit(f, critical, reduced),
    )


def _robustness(f: float) -> float:
    return 0.5 * (math.sqrt(f**4 + 4 * f**2) - f**2)


def _limit(f: float, critical: float, reduced: float) -> float:
    if reduced == 0.0:
        return 0.0
    # A factor that explains only the outcome may suffice when the critical value is large (their corollary).
    if f > 1 / critical:
        return (f**2 - critical**2) / (1 + f**2)
    return _robustness(reduced)


@dataclass(frozen=True, slots=True)
class HiddenBias:
    """Sensitivity of a result to hidden bias.

    Attributes
    ----------
    gamma : float or None
        Rosenbaum's Γ at which the result is no longer certain; None without matched sets.
    robustness, robustness_limit : float
        Robustness value of the regression, and of its interval.
    """

    gamma: float | None
    robustness: float
    robustness_limit: float


def hidden_bias(
    y: Array,
    treated: NDArray[np.bool_],
    x: Array,
    sets: NDArray[np.int64] | None,
    *,
    sign: float,
    alpha: float,
    is_binary: bool,
) -> HiddenBias | None:
    """Return how much hidden bias a result withstands.

    Parameters
    ----------
    y : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    x : ndarray of float, shape (n, p)
        Covariates of the regression.
    sets : ndarray of int, shape (n,) or None
        Matched set of each person, -1 outside; None if people were not matched into separate sets.
    sign : float
        Direction of the result.
    alpha : float
        Two-sided level.

    Returns
    -------
    HiddenBias or None
        None if the regression has nothing left to explain.
    """
    z = np.column_stack([np.ones(len(y)), x])
    t_rest, y_rest = _residual(treated.astype(float), z), _residual(y, z)
    degrees = len(y) - z.shape[1] - 1
    spread = float(t_rest @ t_rest)
    if degrees < 2 or not spread > 0 or y.max() == y.min():
        return None
    value = float(t_rest @ y_rest) / spread
    final = y_rest - value * t_rest
    noise = float(final @ final) / degrees
    if not noise > 0:
        return None
    robust = robustness_value(value / math.sqrt(noise / spread), degrees, alpha=alpha)
    gamma = None
    if sets is not None:
        differences, is_paired = set_differences(y, treated, sets)
        gamma = smallest_gamma(np.sign(sign) * differences, alpha=alpha / 2, is_binary=is_binary and is_paired)
    return HiddenBias(gamma, robust.point, robust.limit)


def set_differences(y: Array, treated: NDArray[np.bool_], sets: NDArray[np.int64]) -> tuple[Array, bool]:
    """Return differences within matched sets, and whether all are pairs.

    The difference of a set is its participant minus the mean of the controls.

    Sets without a participant or without a control are ignored.
    """
    inside = sets >= 0
    _, index = np.unique(sets[inside], return_inverse=True)
    own, outcome = treated[inside], y[inside]
    count = int(index.max()) + 1 if len(index) else 0
    n_own = np.bincount(index, weights=own, minlength=count)
    n_others = np.bincount(index, weights=~own, minlength=count)
    both = (n_own > 0) & (n_others > 0)
    top = np.bincount(index, weights=own * outcome, minlength=count)[both] / n_own[both]
    bottom = np.bincount(index, weights=~own * outcome, minlength=count)[both] / n_others[both]
    return np.asarray(top - bottom, dtype=float), bool((n_own[both] + n_others[both] == 2).all())


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A factor as strong as a measured covariate, and what it would do.

    Attributes
    ----------
    covariate : str
    with_treatment, with_outcome : float
        Partial R² of the covariate with taking part, and with the outcome given taking part.
    estimate, adjusted : float
        The regression's estimate, and what it would be had such a factor been left out.
    """

    covariate: str
    with_treatment: float
    with_outcome: float
    estimate: float
    adjusted: float


def benchmarks(
    y: Array, treated: NDArray[np.bool_], x: Array, names: Sequence[str], *, times: float = 1.0
) -> tuple[Benchmark, ...]:
    """Compare an unmeasured factor with each measured covariate.

    For a factor `times` as strong as the covariate, give its effect on the regression estimate.

    Parameters
    ----------
    y : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    x : ndarray of float, shape (n, p)
    names : sequence of str
        One per column.

    Returns
    -------
    tuple of Benchmark
        Cinelli & Hazlett (2020), section 4.4; bounds are cut at 1 - 1e-9 where a covariate is so strong that no
        factor could be stronger.
    """
    t = treated.astype(float)
    n, p = x.shape
    z = np.column_stack([np.ones(n), x])
    t_rest, y_rest = _residual(t, z), _residual(y, z)
    value = float(t_rest @ y_rest) / float(t_rest @ t_rest)
    degrees = n - p - 2
    final = y_rest - value * t_rest
    error = math.sqrt(float(final @ final) / degrees / float(t_rest @ t_rest))
    found = []
    for j, name in enumerate(names):
        others = np.delete(z, j + 1, axis=1)
        r2_t = _partial_r2(x[:, j], t, others)
        r2_y = _partial_r2(x[:, j], y, np.column_stack([others, t]))
        r2_dz = min(times * r2_t / (1 - r2_t), 1 - 1e-9)
        r2_zxj = min(times * r2_t**2 / ((1 - times * r2_t) * (1 - r2_t)), 1 - 1e-9) if times * r2_t < 1 else 1 - 1e-9
        factor = (math.sqrt(times) + math.sqrt(r2_zxj)) / math.sqrt(1 - r2_zxj)
        r2_yz = min(factor**2 * r2_y / (1 - r2_y), 1 - 1e-9)
        bias = error * math.sqrt(degrees) * math.sqrt(r2_yz * r2_dz / (1 - r2_dz))
        found.append(Benchmark(name, r2_dz, r2_yz, value, value - math.copysign(bias, value)))
    return tuple(found)


def _residual(values: Array, z: Array) -> Array:
    beta, *_ = np.linalg.lstsq(z, values, rcond=None)
    return np.asarray(values - z @ beta, dtype=float)


def _partial_r2(column: Array, target: Array, given: Array) -> float:
    """Return a column's share of the target variance left by `given`."""
    a, b = _residual(column, given), _residual(target, given)
    size = float(a @ a) * float(b @ b)
    return float(a @ b) ** 2 / size if size > 0 else 0.0


def tipping_point(estimate: float, standard_error: float, shifts: Array, *, reach: float) -> Array:
    """Return the interval limit nearest zero for a range of biases.

    The resulting curve shows where the limit crosses zero.

    Parameters
    ----------
    shifts : ndarray of float, shape (k,)
        Biases towards an effect, in the outcome's unit.
    reach : float
        Standard errors between estimate and limit, e.g. 1.96.

    Returns
    -------
    ndarray of float, shape (k,)
    """
    sign = 1.0 if estimate >= 0 else -1.0
    return np.asarray(estimate - sign * (shifts + reach * standard_error), dtype=float)
