"""The propensity score: probability of participation.

Given what was known before the start.

Source: Rosenbaum & Rubin (1983), "The central role of the propensity score".
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from models.score.design_matrix import ROWS_AT_ONCE, DesignMatrix, centred_products
from models.values.refusal import Refusal

MAXIMUM_ITERATIONS = 100
LARGEST_STANDARDISED_COEFFICIENT = 15.0
"""A coefficient per standard deviation beyond this is separation, not evidence (odds ratio 3 million)."""

THINNED_OTHERS = 20_000
"""Comparison people that a first fit uses, where there are at least twice as many."""
SMALLEST_MOVE = 1e-6
"""Newton's last step, in standard deviations; the error left is its square."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PropensityFit:
    """A fitted propensity score.

    Attributes
    ----------
    score : ndarray of float, shape (n,)
        Probability of being a participant.
    logit : ndarray of float, shape (n,)
        Log odds of `score`.
    names : tuple of str
        `intercept` and the columns used, length p + 1.
    coefficients : ndarray of float, shape (p + 1,)
        On the covariates' own scale.
    log_likelihood : float
    auc : float
        Probability that a random participant has a higher score than a random comparison person.
    """

    score: NDArray[np.float64]
    logit: NDArray[np.float64]
    names: tuple[str, ...]
    coefficients: NDArray[np.float64]
    log_likelihood: float
    auc: float


def fit_propensity(matrix: DesignMatrix, treated: NDArray[np.bool_]) -> PropensityFit | Refusal:
    """Fit a logit of participation on covariates by maximum likelihood.

    Parameters
    ----------
    matrix : DesignMatrix
        Shape (n, p).
    treated : ndarray of bool, shape (n,)

    Returns
    -------
    PropensityFit or Refusal
        The fit, or the reason why there is none: complete separation, no convergence, or no
        covariate that varies. Columns are standardised for fitting only, so that scale does not
        decide convergence.
    """
    if matrix.values.shape[1] == 0:
        return Refusal("no_score_covariates")
    columns = matrix.values.T
    centre = columns.mean(axis=1)
    spread = np.sqrt(np.diag(centred_products(matrix.values, centre)) / len(treated))
    beta = _maximum(columns, centre, spread, treated)
    if isinstance(beta, Refusal):
        return beta
    slopes = beta[1:] / spread
    coefficients = np.concatenate([[beta[0] - float(slopes @ centre)], slopes])
    # A slope that diverged, or groups that a threshold on the score separates.
    if not np.isfinite(beta).all() or np.abs(beta[1:]).max() > LARGEST_STANDARDISED_COEFFICIENT:
        return Refusal("separation")
    logit = linear_predictor(columns, slopes, float(coefficients[0]))
    own, others = logit[treated], np.sort(logit[~treated])
    if own.min() > others[-1]:
        return Refusal("separation")
    return PropensityFit(
        score=np.asarray(scipy.special.expit(logit), dtype=float),
        logit=logit,
        names=("intercept", *matrix.names),
        coefficients=coefficients,
        log_likelihood=float(-np.logaddexp(0.0, np.where(treated, -logit, logit)).sum()),
        auc=_share_below(others, own),
    )


def linear_predictor(columns: Array, slopes: Array, constant: float) -> Array:
    """Return the linear predictor, added up column by column.

    People with equal covariates get the same number to the last digit, whatever their row.

    Parameters
    ----------
    columns : ndarray of float, shape (p, n)
    slopes : ndarray of float, shape (p,)
    """
    total = np.full(columns.shape[1], constant)
    for first in range(0, len(total), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        for column, slope in zip(columns, slopes, strict=True):
            total[rows] += column[rows] * slope
    return total


def _maximum(columns: Array, centre: Array, spread: Array, treated: NDArray[np.bool_]) -> Array | Refusal:
    """Return standardised coefficients at the maximum of the likelihood."""

    def standardised(rows: NDArray[np.int64]) -> Array:
        return np.column_stack([np.ones(len(rows)), ((columns[:, rows] - centre[:, None]) / spread[:, None]).T])

    others = np.flatnonzero(~treated)
    step = len(others) // THINNED_OTHERS
    if step < 2:
        return _fit(standardised(np.arange(len(treated))), treated)
    # Leaving out others by a rule that ignores covariates moves the intercept only (Prentice & Pyke 1979); moved
    # back, it is a good place to search from. Where the search begins does not move the maximum.
    kept = np.sort(np.concatenate([np.flatnonzero(treated), others[::step]]))
    fitted = _fit(standardised(kept), treated[kept])
    if isinstance(fitted, Refusal):
        return fitted
    fitted[0] -= np.log(len(others) / len(others[::step]))
    return _polished(columns, centre, spread, treated, fitted)


def _fit(exog: Array, treated: NDArray[np.bool_]) -> Array | Refusal:
    # Heavy to load, so only where a score is fitted: every process that reads definitions imports this module.
    from statsmodels.discrete.discrete_model import Logit
    from statsmodels.tools.sm_exceptions import (
        ConvergenceWarning,
        PerfectSeparationError,
        PerfectSeparationWarning,
    )

    with warnings.catch_warnings():
        warnings.simplefilter("error", PerfectSeparationWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)  # read from the fit below
        warnings.simplefilter("ignore", RuntimeWarning)  # overflow before a separation that is reported below
        try:
            # The columns are already independent, so their rank is not computed again.
            fit = Logit(treated.astype(float), exog, check_rank=False).fit(
                method="newton", maxiter=MAXIMUM_ITERATIONS, disp=False, skip_hessian=True
            )
        except (PerfectSeparationError, PerfectSeparationWarning, np.linalg.LinAlgError):
            return Refusal("separation")
    beta = np.asarray(fit.params, dtype=float)
    is_finite = bool(np.isfinite(beta).all())
    if is_finite and np.abs(beta[1:]).max() > LARGEST_STANDARDISED_COEFFICIENT:
        return Refusal("separation")
    if not is_finite or not fit.mle_retvals["converged"]:
        return Refusal("score_not_converged")
    return beta


def _polished(
    columns: Array, centre: Array, spread: Array, treated: NDArray[np.bool_], start: Array
) -> Array | Refusal:
    """Refine coefficients by Newton steps over all rows.

    Block by block, from a start that is near the maximum.
    """
    p, n = columns.shape
    beta = start.copy()
    scale = np.concatenate([[1.0], spread])
    for _ in range(MAXIMUM_ITERATIONS):
        slopes = beta[1:] / spread
        information = np.zeros((p + 1, p + 1))
        gradient = np.zeros(p + 1)
        for first in range(0, n, ROWS_AT_ONCE):
            rows = slice(first, first + ROWS_AT_ONCE)
            block = columns[:, rows] - centre[:, None]
            score = scipy.special.expit(slopes @ block + beta[0])
            rest, weight = treated[rows] - score, score * (1 - score)
            weighted = block * weight
            gradient[0] += rest.sum()
            gradient[1:] += block @ rest
            information[0, 0] += weight.sum()
            information[0, 1:] += weighted.sum(axis=1)
            information[1:, 1:] += weighted @ block.T
        information[1:, 0] = information[0, 1:]
        try:
            move = np.linalg.solve(information / np.outer(scale, scale), gradient / scale)
        except np.linalg.LinAlgError:
            return Refusal("separation")
        beta += move
        if not np.isfinite(beta).all():
            return Refusal("separation")
        if np.abs(move).max() < SMALLEST_MOVE:
            return beta
    return Refusal("score_not_converged")


def area_under_curve(values: NDArray[np.float64], treated: NDArray[np.bool_]) -> float:
    """Return the Mann-Whitney probability, ties counted half."""
    return _share_below(np.sort(values[~treated]), values[treated])


def _share_below(others: Array, own: Array) -> float:
    below = np.searchsorted(others, own, side="left")
    upto = np.searchsorted(others, own, side="right")
    return float((below + upto).sum() / 2 / (len(own) * len(others)))
