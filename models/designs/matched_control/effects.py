"""Results of a matched comparison beyond its main number."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.protocol.protocol import Outcome, Protocol
from data_contracts.reading.limits import limit
from models.comparing.compare import ADDED_COLUMNS, compare_people
from models.comparing.plan import Plan
from models.doubt.attrition import lee_bounds, manski_bounds
from models.doubt.hidden_bias import Benchmark, HiddenBias, benchmarks, hidden_bias
from models.doubt.negative_controls import SystematicError, systematic_error
from models.estimating.analysed import Analysed, analysed
from models.estimating.by_name import estimate_by
from models.estimating.subgroups import Found
from models.values.breakdown import SpecificationEstimate
from models.values.comparison import Comparison, gate_limits
from models.values.doubt import PlaceboEstimate
from models.values.estimates import Array, Estimate
from models.values.refusal import Refusal


def cohort_of(comparison: Comparison) -> pd.DataFrame:
    """Return the people as they were before they were compared."""
    return comparison.people.drop(columns=list(ADDED_COLUMNS))


def has_variation(values: Array) -> bool:
    """Return whether values differ."""
    return len(values) > 0 and bool(values.max() > values.min())


def placebo_estimates(people: pd.DataFrame, protocol: Protocol) -> tuple[PlaceboEstimate, ...]:
    """Redo everything with an earlier measurement as the outcome.

    It was measured before the start.

    Parameters
    ----------
    people : DataFrame
        The cohort.
    """
    found = []
    plan = Plan.of(protocol)
    for placebo in protocol.placebo_outcomes:
        own = plan.without(placebo.leave_out)
        y = people[placebo.covariate].to_numpy(dtype=float, na_value=np.nan)
        known = np.isfinite(y)
        comparison = compare_people(people[known].reset_index(drop=True), own)
        if not comparison.gate.is_open or not has_variation(y[known]):
            continue
        is_binary = protocol.covariate(placebo.covariate).type == "binary"
        data = analysed(comparison, y[known], own, is_binary=is_binary)
        deviation = float(y[known][~data.treated].std(ddof=1))
        for name in (protocol.effects.estimator, *protocol.effects.alternatives):
            estimate = estimate_by(name, data)
            if isinstance(estimate, Estimate):
                found.append(PlaceboEstimate(placebo.covariate, estimate, deviation))
    return tuple(found)


def learnt_error(placebo: tuple[PlaceboEstimate, ...], estimator: str) -> SystematicError | None:
    """Learn the systematic error from the placebo tests of one estimator."""
    own = [p for p in placebo if p.estimate.estimator == estimator and p.deviation > 0]
    return systematic_error(
        [p.estimate.value / p.deviation for p in own],
        [p.estimate.standard_error / p.deviation for p in own],
        fewest=int(limit("unmeasured_confounding.fewest_placebos")),
    )


def specification_estimates(
    people: pd.DataFrame, y: Array, protocol: Protocol, *, is_binary: bool
) -> tuple[SpecificationEstimate, ...]:
    """Estimate by every declared specification.

    Those that give no number say why.
    """
    found = []
    for declared in protocol.effects.specifications:
        plan = Plan.of(protocol).specified(declared)
        everybody = np.ones(len(people), dtype=bool)
        found.append(
            SpecificationEstimate(declared.name, *estimate_again(people, y, everybody, plan, is_binary=is_binary))
        )
    return tuple(found)


def estimate_again(people: pd.DataFrame, y: Array, inside: NDArray[np.bool_], plan: Plan, *, is_binary: bool) -> Found:
    """Match and estimate again among some of the people.

    Parameters
    ----------
    people : DataFrame
        The cohort.
    y : ndarray of float, shape (n,)
    inside : ndarray of bool, shape (n,)

    Returns
    -------
    tuple
        An estimate or the reason why there is none, and how many people it rests on.
    """
    people, y = people[inside].reset_index(drop=True), y[inside]
    comparison = compare_people(people, plan)
    data = analysed(comparison, y, plan, is_binary=is_binary)
    used = data.weight > 0
    sizes = int((used & data.treated).sum()), int((used & ~data.treated).sum())
    if not comparison.gate.is_open:
        return None, comparison.gate.reason, *sizes
    if min(sizes) < gate_limits()["smallest_observed_outcomes"]:
        return None, "outcome_missing", *sizes
    if not has_variation(data.y[used]):
        return None, "zero_standard_error", *sizes
    estimate = estimate_by(plan.effects.estimator, data)
    if isinstance(estimate, Refusal):
        return None, estimate.reason, *sizes
    return estimate, comparison.gate.reason, *sizes


def hidden_bias_of(data: Analysed, primary: Estimate) -> HiddenBias | None:
    """Return how much hidden bias the result bears.

    Γ only where each person is in one matched set.
    """
    return hidden_bias(
        data.y,
        data.treated,
        data.plan.matrix(data.people).values,
        data.sets if data.has_sets and data.plan.comparison.estimand == "att" else None,
        sign=primary.value,
        alpha=1 - data.plan.effects.confidence_level,
        is_binary=data.is_binary,
    )


def strongest_benchmark(data: Analysed) -> Benchmark | None:
    """Return the effect of a hidden factor on the regression's estimate.

    The factor is as strong as the strongest measured covariate.
    """
    matrix = data.plan.matrix(data.people)
    if len(data.y) < matrix.values.shape[1] + 4 or not has_variation(data.y):
        return None
    found = benchmarks(data.y, data.treated, matrix.values, matrix.names)
    return min(found, key=lambda b: (b.adjusted * np.sign(b.estimate), b.covariate), default=None)


def predicted_shift(data: Analysed) -> tuple[float | None, float | None]:
    """Return the standardised difference in what the past predicts.

    Participants are compared with the pool; the second value is the standard error.
    """
    treated, y = data.treated, data.y
    x = data.plan.matrix(data.people).values
    z = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)])
    beta, *_ = np.linalg.lstsq(z[~treated], y[~treated], rcond=None)
    predicted = z @ beta
    deviation = float(predicted[~treated].std(ddof=1))
    if not deviation > 0:
        return None, None
    shift = float(predicted[treated].mean() - predicted[~treated].mean()) / deviation
    own = float(predicted[treated].std(ddof=1)) / deviation
    return shift, float(np.sqrt(own**2 / treated.sum() + 1 / (~treated).sum()))


def fewest_unlike_others(data: Analysed) -> int:
    """Count people whose value is not their group's most common.

    The smaller of the two groups' counts is returned.
    """
    used = data.weight > 0
    counts = []
    for group in (used & data.treated, used & ~data.treated):
        _, sizes = np.unique(data.y[group], return_counts=True)
        counts.append(int(group.sum() - sizes.max(initial=0)))
    return min(counts)


Bounds = tuple[float, float] | None


def loss_bounds(
    comparison: Comparison, y: Array, outcome: Outcome, lost_treated: float, lost_control: float
) -> tuple[Bounds, Bounds]:
    """Return Lee's and Manski's bounds for people without an outcome.

    They bound what compared people without an outcome could hide.

    Manski's need the outcome's limits, which a yes-or-no outcome always has.
    """
    people = comparison.people
    weight = people["weight"].to_numpy(dtype=float)
    own = people["treated"].to_numpy(dtype=bool)
    seen = np.isfinite(y) & (weight > 0)
    groups = [y[seen & own], weight[seen & own], y[seen & ~own], weight[seen & ~own]]
    lee = lee_bounds(*groups, lost_treated_share=lost_treated, lost_control_share=lost_control)
    lowest, highest = (0.0, 1.0) if outcome.type == "binary" else (outcome.minimum, outcome.maximum)
    if lowest is None or highest is None:
        return lee, None
    treated_mean, control_mean = (float(np.average(groups[i], weights=groups[i + 1])) for i in (0, 2))
    return lee, manski_bounds(treated_mean, control_mean, lost_treated, lost_control, lowest=lowest, highest=highest)
