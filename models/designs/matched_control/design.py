"""Matched control group (rung 4): similar people without the project."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from data_contracts.protocol.protocol import Outcome, Protocol
from models.comparing.compare import compare_people
from models.comparing.plan import Plan
from models.designs.interface import Tables
from models.designs.matched_control.effects import (
    cohort_of,
    estimate_again,
    fewest_unlike_others,
    has_variation,
    hidden_bias_of,
    learnt_error,
    loss_bounds,
    placebo_estimates,
    predicted_shift,
    specification_estimates,
    strongest_benchmark,
)
from models.designs.of_people import OfPeople
from models.estimating.analysed import Analysed, analysed
from models.estimating.by_name import estimate_by
from models.estimating.subgroups import Found, site_estimates, subgroup_estimates
from models.evidence.plan_lock import LockState
from models.evidence.rung import DesignFacts
from models.people.cohort import Cohort
from models.values.breakdown import Breakdown
from models.values.comparison import Comparison, Gate, gate_limits
from models.values.doubt import Doubt
from models.values.effects import Effects
from models.values.estimates import Array, Estimate
from models.values.refusal import Refusal


class MatchedControl(OfPeople):
    """The design that compares participants with similar people."""

    name = "matched_control"
    intended_rung = 4
    reads_pool = True

    def compare(self, cohort: Cohort, protocol: Protocol, tables: Tables) -> Comparison:
        """Fit the score, match or weight, and measure how alike the groups became."""
        return compare_people(cohort.people, Plan.of(protocol))

    def estimate(self, comparison: Comparison, y: Array, outcome: Outcome, protocol: Protocol) -> Effects:
        """Estimate the effect, or say why that cannot be done."""
        is_binary = outcome.type == "binary"
        data = analysed(comparison, y, Plan.of(protocol), is_binary=is_binary)
        used = data.weight > 0
        n_treated, n_control = int((used & data.treated).sum()), int((used & ~data.treated).sum())
        people = comparison.people
        compared = people["weight"].to_numpy(dtype=float) > 0
        own = people["treated"].to_numpy(dtype=bool)
        closed = Effects(
            outcome.name,
            _gate(comparison, y, compared, own),
            n_treated,
            n_control,
            doubt=Doubt(
                missing_treated_share=_weighted_share(~np.isfinite(y), compared & own, np.ones(len(y))),
                missing_control_share=_weighted_share(
                    ~np.isfinite(y), compared & ~own, people["weight"].to_numpy(dtype=float)
                ),
            ),
        )
        if not closed.gate.is_open:
            return closed
        primary = estimate_by(protocol.effects.estimator, data)
        if not isinstance(primary, Estimate):
            return replace(closed, gate=Gate(primary.reason))
        return _everything(closed, comparison, y, data, primary, outcome, protocol)

    def facts(
        self,
        cohort_is_dated: bool,
        comparison: Comparison,
        outcome: Outcome,
        protocol: Protocol,
        *,
        lock: LockState | None = None,
        effects: Effects | None = None,
    ) -> DesignFacts:
        """Return facts of a matched comparison."""
        used = set(comparison.diagnostics.score_columns)
        earlier = {c.name for c in protocol.register_covariates if c.pre_period_of == outcome.name}
        return DesignFacts(
            has_participant_outcomes=comparison.diagnostics.n_treated > 0,
            has_person_level_participants=comparison.diagnostics.n_treated > 0,
            has_person_level_comparison=comparison.diagnostics.n_pool > 0,
            covariates_dated_before_index=cohort_is_dated,
            comparison_documented=comparison.gate.is_open,
            pre_period_outcome_in_score=bool(used & earlier),
            # An earlier value of the outcome is a wave, for participants and comparison people alike.
            has_comparison_units=comparison.diagnostics.n_pool > 0,
            waves_count=1 + bool(earlier),
            has_wave_before_start=bool(earlier) and cohort_is_dated,
        )


DESIGN = MatchedControl()


def _gate(comparison: Comparison, y: Array, compared: NDArray[np.bool_], own: NDArray[np.bool_]) -> Gate:
    """Close the gate where too few outcomes were seen or they do not vary."""
    if not comparison.gate.is_open:
        return comparison.gate
    seen = np.isfinite(y)
    if min((seen & compared & own).sum(), (seen & compared & ~own).sum()) < gate_limits()["smallest_observed_outcomes"]:
        return Gate("outcome_missing")
    return comparison.gate if has_variation(y[seen & compared]) else Gate("zero_standard_error")


def _everything(
    closed: Effects,
    comparison: Comparison,
    y: Array,
    data: Analysed,
    primary: Estimate,
    outcome: Outcome,
    protocol: Protocol,
) -> Effects:
    """Put everything that was declared around the main number."""
    others = [(name, estimate_by(name, data)) for name in protocol.effects.alternatives]
    cohort = cohort_of(comparison)
    placebo = placebo_estimates(cohort, protocol)
    shift, shift_error = predicted_shift(data)
    treated = data.treated

    def within(inside: NDArray[np.bool_]) -> Found:
        return estimate_again(cohort, y, inside, Plan.of(protocol), is_binary=data.is_binary)

    lost = closed.doubt.missing_treated_share or 0.0, closed.doubt.missing_control_share or 0.0
    lee, manski = loss_bounds(comparison, y, outcome, *lost)
    return replace(
        closed,
        primary=primary,
        alternatives=tuple(e for _, e in others if isinstance(e, Estimate)),
        not_computed=tuple((name, e.reason) for name, e in others if isinstance(e, Refusal)),
        raw_difference=float(data.y[treated].mean() - data.y[~treated].mean()),
        doubt=replace(
            closed.doubt,
            placebo=placebo,
            systematic_error=learnt_error(placebo, primary.estimator),
            hidden_bias=hidden_bias_of(data, primary),
            benchmark=strongest_benchmark(data),
            lee_bounds=lee,
            manski_bounds=manski,
            predicted_shift=shift,
            predicted_shift_error=shift_error,
            outcome_deviation=float(data.y[~treated].std(ddof=1)),
            fewest_unlike_others=fewest_unlike_others(data),
        ),
        breakdown=Breakdown(
            specifications=specification_estimates(cohort, y, protocol, is_binary=data.is_binary),
            subgroups=subgroup_estimates(cohort, protocol.effects.subgroups, within),
            sites=site_estimates(cohort, within),
        ),
    )


def _weighted_share(flag: NDArray[np.bool_], among: NDArray[np.bool_], weight: Array) -> float | None:
    return float((flag * weight)[among].sum() / weight[among].sum()) if among.any() else None
