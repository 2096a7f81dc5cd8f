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
from scipy.stats import rankdata
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

Failure = Literal["separation", "score_not_converged", "no_score_covariates"]


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
    standardised = (matrix.values - centre) / spread
    exog = np.column_stack([np.ones(len(treated)), standardised])
    with warnings.catch_warnings():
        warnings.simplefilter("error", PerfectSeparationWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)  # read from the fit below
        warnings.simplefilter("ignore", RuntimeWarning)  # overflow on the way to a separation we name below
        try:
            fit = Logit(treated.astype(float), exog).fit(method="newton", maxiter=MAXIMUM_ITERATIONS, disp=False)
        except (PerfectSeparationError, PerfectSeparationWarning, np.linalg.LinAlgError):
            return "separation"
    beta = np.asarray(fit.params, dtype=float)
    logit = exog @ beta
    # A slope that ran away, or groups that a threshold on the score tells apart.
    if not np.isfinite(beta).all() or np.abs(beta[1:]).max() > LARGEST_STANDARDISED_COEFFICIENT:
        return "separation"
    if logit[treated].min() > logit[~treated].max():
        return "separation"
    if not fit.mle_retvals["converged"]:
        return "score_not_converged"
    slopes = beta[1:] / spread
    coefficients = np.concatenate([[beta[0] - float(slopes @ centre)], slopes])
    return PropensityFit(
        score=np.asarray(expit(logit), dtype=float),
        logit=logit,
        names=("intercept", *matrix.names),
        coefficients=coefficients,
        log_likelihood=float(fit.llf),
        auc=area_under_curve(logit, treated),
    )


def area_under_curve(values: NDArray[np.float64], treated: NDArray[np.bool_]) -> float:
    """Return the Mann-Whitney probability, ties counted half."""
    n_treated = int(treated.sum())
    n_other = len(treated) - n_treated
    ranks = rankdata(values)
    top = float(ranks[treated].sum()) - n_treated * (n_treated + 1) / 2
    return top / (n_treated * n_other)
