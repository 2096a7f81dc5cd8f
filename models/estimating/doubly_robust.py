"""Doubly robust estimates.

They are right if either the score or the outcome model is.

Sources: Robins, Rotnitzky & Zhao (1994); Mercatanti & Li (2014) for the effect
on participants; Chernozhukov et al. (2018) for cross-fitting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data_contracts.protocol.comparison_settings import Estimand
from models.estimating.analysed import Analysed
from models.score.boosted_score import FEWEST_PER_FOLD, FOLDS, SMALLEST_SCORE, boosted_classifier, threads_for
from models.score.design_matrix import DesignMatrix, centred_products, independent_columns
from models.score.propensity import PropensityFit, fit_propensity
from models.statistics.folds import stratified_folds
from models.values.estimates import Array, Estimate, Means, Sizes, estimate_from, widened, with_intercept
from models.values.refusal import Refusal

Learner = Literal["linear", "boosted_trees"]
Matrices = Callable[[NDArray[np.bool_]], DesignMatrix]


@dataclass(frozen=True, slots=True)
class Predictions:
    """Model predictions for everybody.

    Attributes
    ----------
    odds : ndarray of float, shape (n,)
        Odds of taking part.
    with_project, without : ndarray of float, shape (n,)
        Predicted outcome either way; `with_project` is used for the effect on everybody only.
    fitted_on_themselves : int
        Parameters of a model that was fitted on the people it predicts; 0 if none was.
    """

    odds: Array
    with_project: Array
    without: Array
    fitted_on_themselves: int = 0


def augmented_inverse_probability(
    y: Array,
    treated: NDArray[np.bool_],
    logit: Array,
    x: Array,
    *,
    confidence_level: float,
    is_binary: bool,
    estimand: Estimand = "att",
) -> Estimate:
    """Return a doubly robust estimate with linear outcome models.

    All models are fitted on everybody.

    Parameters
    ----------
    y : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    logit : ndarray of float, shape (n,)
    x : ndarray of float, shape (n, p)
    estimand : str
        `att` or `ate`. Weights are not normalised.
    """
    z = with_intercept(x)
    predictions = Predictions(np.exp(logit), _linear(z, y, treated), _linear(z, y, ~treated), z.shape[1])
    return _augmented("augmented_inverse_probability", y, treated, predictions, estimand, confidence_level, is_binary)


def cross_fitted(
    y: Array,
    treated: NDArray[np.bool_],
    matrix_for: Matrices,
    *,
    learner: Learner,
    seed: int,
    confidence_level: float,
    is_binary: bool,
    estimand: Estimand = "att",
) -> Estimate | Refusal:
    """Return a cross-fitted doubly robust estimate.

    No person is predicted by a model that was fitted on them.

    Parameters
    ----------
    y : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    matrix_for : callable
        Given a mask of the people to fit on, returns everybody's design matrix, missing values filled from them.
    learner : str
        `linear`: logit and least squares. `boosted_trees`: gradient boosting for both.
    seed : int
        Decides the folds.

    Returns
    -------
    Estimate or Refusal
        The reason when a fold cannot be fitted.
    """
    if min(int(treated.sum()), int((~treated).sum())) < FOLDS * FEWEST_PER_FOLD:
        return Refusal("too_few_to_cross_fit")
    folds = stratified_folds(treated.astype(np.int64), FOLDS, seed)

    def one(fold: int) -> Predictions | Refusal:
        inside = folds == fold
        matrix = matrix_for(~inside)
        if learner == "linear":
            return _linear_fold(y, treated, matrix, inside)
        with threads_for(len(y)):
            return _boosted_fold(y, treated, matrix, inside, seed, is_binary)

    parts = [one(fold) for fold in range(FOLDS)]
    joined = Predictions(np.empty(len(y)), np.empty(len(y)), np.empty(len(y)))
    for fold, part in enumerate(parts):
        if isinstance(part, Refusal):
            return part
        inside = folds == fold
        joined.odds[inside] = part.odds
        joined.with_project[inside] = part.with_project
        joined.without[inside] = part.without
    return _augmented("cross_fitted", y, treated, joined, estimand, confidence_level, is_binary)


def _linear_fold(
    y: Array, treated: NDArray[np.bool_], matrix: DesignMatrix, inside: NDArray[np.bool_]
) -> Predictions | Refusal:
    outside = ~inside
    learnt = _rows(matrix.values, outside)
    # A level that none of these people has, or two that always go together, has no slope here.
    kept, _ = independent_columns(learnt, matrix.names)
    if len(kept) < learnt.shape[1]:
        learnt = learnt[:, kept]
    names = tuple(matrix.names[i] for i in kept)
    fit = fit_propensity(DesignMatrix(learnt, names, names, ()), treated[outside])
    if not isinstance(fit, PropensityFit):
        return fit
    predicted = _rows(matrix.values, inside)[:, kept]
    with_project, without = (
        _line(_rows(learnt, group[outside]), y[group & outside], predicted) for group in (treated, ~treated)
    )
    return Predictions(np.exp(fit.coefficients[0] + predicted @ fit.coefficients[1:]), with_project, without)


def _rows(values: Array, which: NDArray[np.bool_]) -> Array:
    """Return some people's rows; each column stays contiguous."""
    return values.T[:, np.flatnonzero(which)].T


def _line(values: Array, y: Array, elsewhere: Array) -> Array:
    """Fit least squares and predict other people.

    By the cross products of standardised columns.
    """
    centre = values.mean(axis=0)
    products = centred_products(values, centre)
    spread = np.sqrt(np.diag(products))
    spread = np.where(spread > 0, spread, 1.0)
    towards = (y - y.mean()) @ values / spread
    slopes = np.linalg.pinv(products / np.outer(spread, spread), hermitian=True) @ towards / spread
    return np.asarray(elsewhere @ slopes + (y.mean() - float(slopes @ centre)), dtype=float)


def _boosted_fold(
    y: Array,
    treated: NDArray[np.bool_],
    matrix: DesignMatrix,
    inside: NDArray[np.bool_],
    seed: int,
    is_binary: bool,
) -> Predictions | Refusal:
    from sklearn.ensemble import HistGradientBoostingRegressor  # heavy: only where it is used

    values, outside = matrix.values, ~inside
    score = boosted_classifier(seed).fit(values[outside], treated[outside]).predict_proba(values[inside])[:, 1]
    score = np.clip(score, SMALLEST_SCORE, 1 - SMALLEST_SCORE)
    predicted = []
    for group in (treated & outside, ~treated & outside):
        if is_binary and y[group].min() == y[group].max():
            predicted.append(np.full(int(inside.sum()), y[group][0]))
        elif is_binary:
            predicted.append(boosted_classifier(seed).fit(values[group], y[group]).predict_proba(values[inside])[:, 1])
        else:
            trees = HistGradientBoostingRegressor(
                learning_rate=0.05, max_iter=100, max_leaf_nodes=8, early_stopping=False, random_state=seed
            )
            predicted.append(trees.fit(values[group], y[group]).predict(values[inside]))
    return Predictions(score / (1 - score), predicted[0], predicted[1])


def _augmented(
    name: str,
    y: Array,
    treated: NDArray[np.bool_],
    predictions: Predictions,
    estimand: Estimand,
    confidence_level: float,
    is_binary: bool,
) -> Estimate:
    t = treated.astype(float)
    n = len(y)
    if estimand == "ate":
        rest = y - np.where(treated, predictions.with_project, predictions.without)
        chance = predictions.odds / (1 + predictions.odds)
        top_terms = predictions.with_project + t * rest / chance
        bottom_terms = predictions.without + (1 - t) * rest / (1 - chance)
        top, bottom = float(top_terms.mean()), float(bottom_terms.mean())
        means = Means(top, bottom, (top_terms - top) / n, (bottom_terms - bottom) / n)
    else:
        share = float(t.mean())
        top = float(y[treated].mean())
        terms = (t * predictions.without + (1 - t) * predictions.odds * (y - predictions.without)) / share
        bottom = float(terms.mean())
        means = Means(top, bottom, t * (y - top) / share / n, (terms - t / share * bottom) / n)
    influence = means.top_influence - means.bottom_influence
    fitted = predictions.fitted_on_themselves
    return estimate_from(
        name,
        means,
        Sizes(float(t.sum()), float((1 - t).sum()), parameters=0),
        confidence_level=confidence_level,
        is_binary=is_binary,
        error_name="influence values",
        for_error=widened(influence, treated, fitted) if estimand == "ate" and fitted else None,
    )


def _linear(z: Array, y: Array, group: NDArray[np.bool_]) -> Array:
    return np.asarray(z @ _coefficients(z[group], y[group]), dtype=float)


def _coefficients(z: Array, y: Array) -> Array:
    """Fit least squares by the cross products.

    One pass over a million rows; collinear columns share a slope.
    """
    return np.asarray(np.linalg.pinv(z.T @ z, hermitian=True) @ (z.T @ y), dtype=float)


def _weighted_and_modelled(d: Analysed) -> Estimate | Refusal:
    k = d.kept
    return augmented_inverse_probability(
        d.y[k],
        d.treated[k],
        d.logit[k],
        d.plan.matrix(d.people[k]).values,
        confidence_level=d.plan.effects.confidence_level,
        is_binary=d.is_binary,
        estimand=d.plan.comparison.estimand,
    )


def _cross_fitted(d: Analysed) -> Estimate | Refusal:
    k = d.kept
    people = d.people[k].reset_index(drop=True)

    def matrix_for(learnt_from: NDArray[np.bool_]) -> DesignMatrix:
        return d.plan.matrix(people, learnt_from)

    return cross_fitted(
        d.y[k],
        d.treated[k],
        matrix_for,
        learner=d.plan.effects.learner,
        seed=d.plan.seed,
        confidence_level=d.plan.effects.confidence_level,
        is_binary=d.is_binary,
        estimand=d.plan.comparison.estimand,
    )


ESTIMATORS = {
    "augmented_inverse_probability": _weighted_and_modelled,
    "cross_fitted": _cross_fitted,
}
"""Found by listing, by the names in `comparison_methods.yaml`."""
