"""A cross-fitted propensity score from gradient-boosted trees.

Each person is scored by trees that were not fitted on them, so that no score
reflects overfitting to the person. Source: Chernozhukov et al. (2018), "Double/debiased machine
learning for treatment and structural parameters".
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import scipy
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from models.score.design_matrix import DesignMatrix
from models.score.propensity import PropensityFit, area_under_curve
from models.statistics.folds import stratified_folds
from models.values.refusal import Refusal

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

Array = NDArray[np.float64]
FOLDS = 5
ROWS_FOR_THREADS = 50_000
FEWEST_PER_FOLD = 2
SMALLEST_SCORE = 1e-4
"""Scores are kept this far from 0 and 1, where a logit has no value."""


@contextmanager
def threads_for(rows: int) -> Iterator[None]:
    """Limit trees to one thread where people are few.

    With few people, synchronising threads costs more than they save.
    """
    importlib.import_module("sklearn.ensemble")  # only a loaded library can be limited
    with threadpool_limits(1 if rows < ROWS_FOR_THREADS else None, user_api="openmp"):
        yield


def boosted_classifier(seed: int) -> HistGradientBoostingClassifier:
    """Return the classifier: shallow trees, few and slow.

    Small learning rates and shallow trees keep small studies from being overfitted.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier  # heavy: only where it is used

    return HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=100, max_leaf_nodes=8, min_samples_leaf=20, early_stopping=False, random_state=seed
    )


def fit_boosted_score(
    treated: NDArray[np.bool_], matrix_for: Callable[[NDArray[np.bool_]], DesignMatrix], *, seed: int
) -> PropensityFit | Refusal:
    """Fit a cross-fitted score.

    Parameters
    ----------
    treated : ndarray of bool, shape (n,)
    matrix_for : callable
        Given a mask of the people to fit on, returns the design matrix of everybody, missing values filled from
        those people.

    Returns
    -------
    PropensityFit or Refusal
        Without coefficients; the likelihood is that of people the trees had not seen.
    """
    everybody = matrix_for(np.ones(len(treated), dtype=bool))
    if everybody.values.shape[1] == 0:
        return Refusal("no_score_covariates")
    if min(int(treated.sum()), int((~treated).sum())) < FOLDS * FEWEST_PER_FOLD:
        return Refusal("too_few_to_cross_fit")
    folds = stratified_folds(treated.astype(np.int64), FOLDS, seed)
    score = np.empty(len(treated))
    for fold in range(FOLDS):
        inside = folds == fold
        values = matrix_for(~inside).values
        with threads_for(len(values)):
            trees = boosted_classifier(seed).fit(values[~inside], treated[~inside])
            score[inside] = trees.predict_proba(values[inside])[:, 1]
    score = np.clip(score, SMALLEST_SCORE, 1 - SMALLEST_SCORE)
    logit = np.asarray(scipy.special.logit(score), dtype=float)
    return PropensityFit(
        score=score,
        logit=logit,
        names=everybody.names,
        coefficients=np.empty(0),
        log_likelihood=float(-np.logaddexp(0.0, np.where(treated, -logit, logit)).sum()),
        auc=area_under_curve(logit, treated),
    )
