"""Matched control group (rung 4): similar people without the project.

Belongs here: the order of work from cohort to effects for this design. Does
not belong here: the steps themselves (score, matching, weights, estimators).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.protocol import ComparisonSettings, Outcome, Protocol
from models.balance import standardized_mean_difference
from models.cohort import Cohort
from models.comparison import BalanceLine, Comparison, ComparisonDiagnostics, Gate, gate_limits
from models.design_matrix import DesignMatrix, build_design_matrix
from models.designs.interface import Effects, PlaceboEstimate
from models.estimates import (
    Estimate,
    augmented_inverse_probability,
    inverse_probability,
    matched_difference,
    regression,
)
from models.facts import DesignFacts
from models.hidden_bias import HiddenBias, hidden_bias
from models.matching import match_nearest
from models.overlap import equipoise_share
from models.propensity import PropensityFit, fit_propensity
from models.weighting import clusters_of, effective_sample_size, odds_weights, pair_weights

Array = NDArray[np.float64]


class MatchedControl:
    """Compared with similar people."""

    name = "matched_control"
    intended_rung = 4
    needs_pool = True

    def compare(self, cohort: Cohort, protocol: Protocol) -> Comparison:
        """Fit the score, match or weight, and measure how alike the groups became."""
        return _compare(cohort.people, protocol, protocol.comparison.score_covariates)

    def estimate(self, comparison: Comparison, y: Array, outcome: Outcome, protocol: Protocol) -> Effects:
        """Estimate the effect on participants, or say why that cannot be done."""
        people = comparison.people
        treated = people["treated"].to_numpy(dtype=bool)
        weight = people["weight"].to_numpy(dtype=float)
        seen = np.isfinite(y)
        compared = weight > 0
        missing_treated = _share(~seen, compared & treated)
        missing_control = _weighted_share(~seen, weight, compared & ~treated)
        gate = comparison.gate
        fewest = gate_limits()["smallest_observed_outcomes"]
        if gate.is_open and min((seen & compared & treated).sum(), (seen & compared & ~treated).sum()) < fewest:
            gate = Gate("outcome_missing")
        settings = protocol.comparison
        analysed = _analysed(people, seen, settings.method == "nearest_neighbour" and not settings.replace)
        n_treated = int((analysed["weight"].gt(0) & analysed["treated"]).sum())
        n_control = int((analysed["weight"].gt(0) & ~analysed["treated"]).sum())
        if gate.is_open and _is_constant(y[seen & compared]):
            gate = Gate("zero_standard_error")
        closed = Effects(
            outcome.name,
            gate,
            n_treated,
            n_control,
            missing_treated_share=missing_treated,
            missing_control_share=missing_control,
        )
        if not gate.is_open:
            return closed
        y_seen = y[seen]
        names = protocol.comparison.score_covariates
        primary, *alternatives = [
            _estimate(name, analysed, y_seen, names, protocol, outcome.type == "binary")
            for name in (protocol.effects.estimator, *protocol.effects.alternatives)
        ]
        if not _is_usable(primary):
            return replace(closed, gate=Gate("zero_standard_error"))
        treated_seen = treated[seen]
        shift, shift_error = _predicted_shift(analysed, y_seen, names, protocol)
        return Effects(
            outcome.name,
            gate,
            n_treated=n_treated,
            n_control=n_control,
            primary=primary,
            alternatives=tuple(alternatives),
            placebo=_placebo(people, protocol),
            raw_difference=float(y_seen[treated_seen].mean() - y_seen[~treated_seen].mean()),
            missing_treated_share=missing_treated,
            missing_control_share=missing_control,
            fewest_unlike_others=fewest_unlike_others(analysed, y_seen),
            outcome_deviation=float(y_seen[~treated_seen].std(ddof=1)),
            predicted_shift=shift,
            predicted_shift_error=shift_error,
            hidden_bias=_hidden_bias(analysed, y_seen, primary, protocol, outcome.type == "binary"),
        )

    def facts(self, cohort_is_dated: bool, comparison: Comparison, outcome: Outcome, protocol: Protocol) -> DesignFacts:
        """Facts of a matched comparison."""
        used = set(comparison.diagnostics.score_columns)
        earlier = {c.name for c in protocol.register_covariates if c.pre_period_of == outcome.name}
        return DesignFacts(
            has_person_level_participants=comparison.diagnostics.n_treated > 0,
            has_person_level_comparison=comparison.diagnostics.n_pool > 0,
            covariates_dated_before_index=cohort_is_dated,
            comparison_made_here=comparison.gate.is_open,
            pre_period_outcome_in_score=bool(used & earlier),
        )


def _compare(people: pd.DataFrame, protocol: Protocol, names: Sequence[str]) -> Comparison:
    treated = people["treated"].to_numpy(dtype=bool)
    n_treated, n_pool = int(treated.sum()), int((~treated).sum())
    limits = gate_limits()
    reason = None
    if n_treated == 0:
        reason = "no_treated"
    elif n_pool == 0:
        reason = "no_comparison"
    elif n_treated < limits["minimum_treated"]:
        reason = "too_few_treated"
    if reason is not None:
        return _closed(people, reason, ComparisonDiagnostics(n_treated, n_pool, 0, 0, 0.0))
    matrix = _matrix(people, names, protocol)
    fit = fit_propensity(matrix, treated)
    if not isinstance(fit, PropensityFit):
        left_out = matrix.dropped
        diagnostics = ComparisonDiagnostics(n_treated, n_pool, 0, 0, 0.0, columns_left_out=left_out)
        return _closed(people, fit, diagnostics)
    weight, cluster = _weights(people, fit, treated, protocol.comparison)
    balance = _balance(matrix, treated, weight) if (weight > 0).any() else ()
    diagnostics = _diagnose(people, matrix, fit, treated, weight, balance, protocol)
    if diagnostics.n_compared_treated < (1 - limits["largest_unmatched_share"]) * n_treated:
        reason = "too_few_matched"
    elif diagnostics.effective_controls < limits["minimum_effective_controls"]:
        reason = "too_few_controls"
    return Comparison(
        people=people.assign(propensity_logit=fit.logit, weight=weight, cluster=cluster),
        balance=balance,
        diagnostics=diagnostics,
        estimand="att" if diagnostics.n_compared_treated == n_treated else "att_restricted",
        gate=Gate(reason),
    )


def _closed(people: pd.DataFrame, reason: str, diagnostics: ComparisonDiagnostics) -> Comparison:
    people = people.assign(propensity_logit=np.nan, weight=0.0, cluster=-1)
    return Comparison(people, (), diagnostics, "att", Gate(reason))


def _matrix(people: pd.DataFrame, names: Sequence[str], protocol: Protocol) -> DesignMatrix:
    return build_design_matrix(people, [protocol.covariate(name) for name in names])


def _weights(
    people: pd.DataFrame, fit: PropensityFit, treated: NDArray[np.bool_], settings: ComparisonSettings
) -> tuple[Array, NDArray[np.int64]]:
    n = len(people)
    if settings.method == "inverse_probability":
        return odds_weights(fit.logit, treated), np.arange(n)
    strata: NDArray[np.int64] = np.zeros(n, dtype=np.int64)
    if settings.exact:
        strata = np.asarray(people.groupby(list(settings.exact), dropna=False, sort=True).ngroup(), dtype=np.int64)
    caliper = None if settings.caliper_sd_logit is None else settings.caliper_sd_logit * float(fit.logit.std(ddof=1))
    pairs = match_nearest(fit.logit, treated, strata, ratio=settings.ratio, replace=settings.replace, caliper=caliper)
    return pair_weights(pairs, n), clusters_of(pairs, n, replace=settings.replace)


def _fewest(values: Array, treated: NDArray[np.bool_], weight: Array) -> int | None:
    """The smallest part of either compared group, for a column of 0 and 1; None for other columns."""
    if not np.isin(values, (0.0, 1.0)).all():
        return None
    parts = []
    for group in (treated & (weight > 0), ~treated & (weight > 0)):
        ones = int(values[group].sum())
        parts += [ones, int(group.sum()) - ones]
    return min(parts)


def fewest_unlike_others(analysed: pd.DataFrame, y: Array) -> int:
    """How many people, in the smaller of two groups, have another value than their group's commonest."""
    used = analysed["weight"].to_numpy(dtype=float) > 0
    treated = analysed["treated"].to_numpy(dtype=bool)
    counts = []
    for group in (used & treated, used & ~treated):
        _, sizes = np.unique(y[group], return_counts=True)
        counts.append(int(group.sum() - sizes.max(initial=0)))
    return min(counts)


def _balance(matrix: DesignMatrix, treated: NDArray[np.bool_], weight: Array) -> tuple[BalanceLine, ...]:
    ones = np.ones(len(treated))
    lines = []
    for j, (column, covariate) in enumerate(zip(matrix.names, matrix.covariates, strict=True)):
        values = matrix.values[:, j]
        before = standardized_mean_difference(values, treated, ones)
        after = standardized_mean_difference(values, treated, weight)
        lines.append(BalanceLine(covariate, column, before, after, _fewest(values, treated, weight)))
    return tuple(lines)


def _diagnose(
    people: pd.DataFrame,
    matrix: DesignMatrix,
    fit: PropensityFit,
    treated: NDArray[np.bool_],
    weight: Array,
    balance: tuple[BalanceLine, ...],
    protocol: Protocol,
) -> ComparisonDiagnostics:
    compared = weight > 0
    other = None
    if protocol.comparison.other_programme is not None:
        values = people[protocol.comparison.other_programme].to_numpy(dtype=float, na_value=np.nan)
        known = compared & ~treated & np.isfinite(values)
        if known.any():
            other = float((values[known] * weight[known]).sum() / weight[known].sum())
    shift = None
    if (compared & treated).any():
        own = matrix.values[treated]
        deviation = own.std(axis=0, ddof=1)
        moved = np.abs(matrix.values[compared & treated].mean(axis=0) - own.mean(axis=0))
        shift = float(np.max(moved / np.where(deviation > 0, deviation, 1.0), initial=0.0))
    return ComparisonDiagnostics(
        n_treated=int(treated.sum()),
        n_pool=int((~treated).sum()),
        n_compared_treated=int((compared & treated).sum()),
        n_compared_control=int((compared & ~treated).sum()),
        effective_controls=effective_sample_size(weight[~treated]),
        max_smd_before=_largest(line.smd_before for line in balance),
        max_smd_after=_largest(line.smd_after for line in balance),
        analysed_shift_smd=shift,
        overlap_share=equipoise_share(fit.logit, treated),
        propensity_auc=fit.auc,
        other_programme_share=other,
        score_columns=tuple(dict.fromkeys(matrix.covariates)),
        columns_left_out=matrix.dropped,
    )


def _largest(values: Iterable[float]) -> float | None:
    sizes = [abs(v) for v in values if np.isfinite(v)]
    return max(sizes) if sizes else None


def _analysed(people: pd.DataFrame, seen: NDArray[np.bool_], is_matched: bool) -> pd.DataFrame:
    """People with an outcome; a matched set that lost its participant or all its controls leaves, shares are redone.

    With replacement there are no separate sets: those without an outcome leave, the others keep their weight.
    """
    frame = people.loc[seen].copy()
    if not is_matched:
        return frame
    own = frame["weight"].where(frame["treated"], 0.0).groupby(frame["cluster"]).transform("sum")
    others = frame["weight"].where(~frame["treated"], 0.0).groupby(frame["cluster"]).transform("sum")
    broken = (own == 0) | (others == 0) | (frame["cluster"] < 0)
    scale = np.where(frame["treated"], 1.0, own / others.where(others > 0, 1.0))
    frame["weight"] = np.where(broken, 0.0, frame["weight"] * scale)
    return frame


def _estimate(
    name: str, people: pd.DataFrame, y: Array, names: Sequence[str], protocol: Protocol, is_binary: bool
) -> Estimate:
    treated = people["treated"].to_numpy(dtype=bool)
    level = protocol.effects.confidence_level
    if name == "matched_difference":
        used = people["weight"].to_numpy(dtype=float) > 0
        weight = people["weight"].to_numpy(dtype=float)[used]
        cluster = people["cluster"].to_numpy(dtype=np.int64)[used]
        return matched_difference(y[used], treated[used], weight, cluster, confidence_level=level, is_binary=is_binary)
    x = _matrix(people, names, protocol).values
    if name == "regression":
        return regression(y, treated, x, confidence_level=level)
    logit = people["propensity_logit"].to_numpy(dtype=float)
    if name == "inverse_probability":
        return inverse_probability(y, treated, logit, x, confidence_level=level)
    return augmented_inverse_probability(y, treated, logit, x, confidence_level=level)


def _placebo(people: pd.DataFrame, protocol: Protocol) -> tuple[PlaceboEstimate, ...]:
    """Redo everything with something measured before the start in the outcome's place."""
    found = []
    cohort = people.drop(columns=["propensity_logit", "weight", "cluster"])
    for placebo in protocol.placebo_outcomes:
        names = [n for n in protocol.comparison.score_covariates if n not in placebo.leave_out]
        y = cohort[placebo.covariate].to_numpy(dtype=float, na_value=np.nan)
        known = np.isfinite(y)
        comparison = _compare(cohort[known].reset_index(drop=True), protocol, names)
        y = y[known]
        if not comparison.gate.is_open or _is_constant(y):
            continue
        is_binary = protocol.covariate(placebo.covariate).type == "binary"
        for name in (protocol.effects.estimator, *protocol.effects.alternatives):
            estimate = _estimate(name, comparison.people, y, names, protocol, is_binary)
            if _is_usable(estimate):
                found.append(PlaceboEstimate(placebo.covariate, estimate))
    return tuple(found)


def _predicted_shift(
    people: pd.DataFrame, y: Array, names: Sequence[str], protocol: Protocol
) -> tuple[float | None, float | None]:
    """Standardised difference in what the past predicts, participants against the pool."""
    treated = people["treated"].to_numpy(dtype=bool)
    x = _matrix(people, names, protocol).values
    z = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)])
    beta, *_ = np.linalg.lstsq(z[~treated], y[~treated], rcond=None)
    predicted = z @ beta
    deviation = float(predicted[~treated].std(ddof=1))
    if not deviation > 0:
        return None, None
    shift = float(predicted[treated].mean() - predicted[~treated].mean()) / deviation
    own = float(predicted[treated].std(ddof=1)) / deviation
    return shift, float(np.sqrt(own**2 / treated.sum() + 1 / (~treated).sum()))


def _hidden_bias(
    people: pd.DataFrame, y: Array, primary: Estimate, protocol: Protocol, is_binary: bool
) -> HiddenBias | None:
    """How much hidden bias the result bears; matched sets only where each person is in one."""
    settings = protocol.comparison
    sets = None
    if settings.method == "nearest_neighbour" and not settings.replace:
        used = people["weight"].to_numpy(dtype=float) > 0
        sets = np.where(used, people["cluster"].to_numpy(dtype=np.int64), -1)
    return hidden_bias(
        y,
        people["treated"].to_numpy(dtype=bool),
        _matrix(people, settings.score_covariates, protocol).values,
        sets,
        sign=primary.value,
        alpha=1 - protocol.effects.confidence_level,
        is_binary=is_binary,
    )


def _is_usable(estimate: Estimate) -> bool:
    """Whether an estimate is a number with an interval that has a width."""
    numbers = (estimate.value, estimate.standard_error, estimate.low, estimate.high)
    return bool(np.isfinite(numbers).all()) and estimate.high > estimate.low


def _is_constant(values: Array) -> bool:
    return len(values) == 0 or bool(values.max() == values.min())


def _share(flag: NDArray[np.bool_], among: NDArray[np.bool_]) -> float | None:
    return float(flag[among].mean()) if among.any() else None


def _weighted_share(flag: NDArray[np.bool_], weight: Array, among: NDArray[np.bool_]) -> float | None:
    return float((flag * weight)[among].sum() / weight[among].sum()) if among.any() else None
