"""The propensity score: the chance of being a participant, given what was known before.

Belongs here: fitting the logit and naming why it cannot be fitted. Does not
belong here: what the score is used for (matching, weighting).

Source: Rosenbaum & Rubin (1983), "The central role of the propensity score".
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from statsmodels.discrete.discrete_model import Logit
from statsmodels.tools.sm_exceptions import (
    ConvergenceWarning,
    PerfectSeparationError,
    PerfectSeparationWarning,
)

from models.design_matrix import DesignMatrix

MAXIMUM_ITERATIONS = 100
LARGEST_STANDARDISED_COEFFICIENT = 15.0
"""A coefficient per standard deviation beyond this is separation, not evidence (odds ratio 3 million)."""

THINNED_OTHERS = 20_000
"""Comparison people that a first fit uses, where there are at least twice as many."""
ROWS_AT_ONCE = 32_768
SMALLEST_MOVE = 1e-8
"""Newton's last step, in standard deviations; the error left is its square."""

Array = NDArray[np.float64]
Failure = Literal["separation", "score_not_converged", "no_score_covariates", "too_few_to_cross_fit"]


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


def fit_propensity(matrix: DesignMatrix, treated: NDArray[np.bool_]) -> PropensityFit | Failure:
    """Fit a logit of participation on covariates by maximum likelihood.

    Parameters
    ----------
    matrix : DesignMatrix
        Shape (n, p).
    treated : ndarray of bool, shape (n,)

    Returns
    -------
    PropensityFit or str
        The fit, or the reason why there is none: complete separation, no convergence, or no
        covariate that varies. Columns are standardised for fitting only, so that scale does not
        decide convergence.
    """
    if matrix.values.shape[1] == 0:
        return "no_score_covariates"
    centre = matrix.values.mean(axis=0)
    spread = matrix.values.std(axis=0)
    fitted = _maximum(matrix.values, centre, spread, treated)
    if isinstance(fitted, str):
        return fitted
    beta, logit = fitted
    # A slope that ran away, or groups that a threshold on the score tells apart.
    if not np.isfinite(beta).all() or np.abs(beta[1:]).max() > LARGEST_STANDARDISED_COEFFICIENT:
        return "separation"
    if logit[treated].min() > logit[~treated].max():
        return "separation"
    slopes = beta[1:] / spread
    coefficients = np.concatenate([[beta[0] - float(slopes @ centre)], slopes])
    return PropensityFit(
        score=np.asarray(expit(logit), dtype=float),
        logit=logit,
        names=("intercept", *matrix.names),
        coefficients=coefficients,
        log_likelihood=float(-np.logaddexp(0.0, np.where(treated, -logit, logit)).sum()),
        auc=area_under_curve(logit, treated),
    )


def _maximum(values: Array, centre: Array, spread: Array, treated: NDArray[np.bool_]) -> tuple[Array, Array] | Failure:
    """Return standardised coefficients at the maximum of the likelihood, and everybody's logit."""
    others = np.flatnonzero(~treated)
    step = len(others) // THINNED_OTHERS
    if step < 2:
        exog = np.column_stack([np.ones(len(treated)), (values - centre) / spread])
        fitted = _fit(exog, treated)
        return fitted if isinstance(fitted, str) else (fitted, exog @ fitted)
    # Leaving out others by a rule that ignores covariates moves the intercept only (Prentice & Pyke 1979); moved
    # back, it is a good place to search from. Where the search begins does not move the maximum.
    kept = np.sort(np.concatenate([np.flatnonzero(treated), others[::step]]))
    exog = np.column_stack([np.ones(len(kept)), (values[kept] - centre) / spread])
    fitted = _fit(exog, treated[kept])
    if isinstance(fitted, str):
        return fitted
    fitted[0] -= np.log(len(others) / len(others[::step]))
    return _polished(values, centre, spread, treated, fitted)


def _fit(exog: Array, treated: NDArray[np.bool_]) -> Array | Failure:
    with warnings.catch_warnings():
        warnings.simplefilter("error", PerfectSeparationWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)  # read from the fit below
        warnings.simplefilter("ignore", RuntimeWarning)  # overflow on the way to a separation we name below
        try:
            # The columns are independent by now, so their rank is not worked out again.
            fit = Logit(treated.astype(float), exog, check_rank=False).fit(
                method="newton", maxiter=MAXIMUM_ITERATIONS, disp=False, skip_hessian=True
            )
        except (PerfectSeparationError, PerfectSeparationWarning, np.linalg.LinAlgError):
            return "separation"
    beta = np.asarray(fit.params, dtype=float)
    is_finite = bool(np.isfinite(beta).all())
    if is_finite and np.abs(beta[1:]).max() > LARGEST_STANDARDISED_COEFFICIENT:
        return "separation"
    if not is_finite or not fit.mle_retvals["converged"]:
        return "score_not_converged"
    return beta


def _polished(
    values: Array, centre: Array, spread: Array, treated: NDArray[np.bool_], start: Array
) -> tuple[Array, Array] | Failure:
    """Take Newton's steps over all rows, block by block, from a start that is nearly there."""
    n, p = values.shape
    beta = start.copy()
    for _ in range(MAXIMUM_ITERATIONS):
        information = np.zeros((p + 1, p + 1))
        gradient = np.zeros(p + 1)
        for first in range(0, n, ROWS_AT_ONCE):
            rows = slice(first, first + ROWS_AT_ONCE)
            block = np.empty((len(values[rows]), p + 1))
            block[:, 0] = 1.0
            block[:, 1:] = (values[rows] - centre) / spread
            score = expit(block @ beta)
            gradient += (treated[rows] - score) @ block
            information += (block * (score * (1 - score))[:, None]).T @ block
        try:
            move = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            return "separation"
        beta += move
        if not np.isfinite(beta).all():
            return "separation"
        if np.abs(move).max() < SMALLEST_MOVE:
            slopes = beta[1:] / spread
            return beta, values @ slopes + (beta[0] - float(slopes @ centre))
    return "score_not_converged"


def area_under_curve(values: NDArray[np.float64], treated: NDArray[np.bool_]) -> float:
    """Return the Mann-Whitney probability, ties counted half."""
    others = np.sort(values[~treated])
    own = values[treated]
    below = np.searchsorted(others, own, side="left")
    upto = np.searchsorted(others, own, side="right")
    return float((below + upto).sum() / 2 / (len(own) * len(others)))
