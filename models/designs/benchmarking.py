"""Benchmarking (rung 5): participants held against a rate of a larger group.

Belongs here: the difference between participants and a declared rate. Does
not belong here: comparison people; when there are some, it is another design.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from data_contracts.comparison_settings import ReferenceRate
from data_contracts.protocol import Outcome, Protocol
from models.cohort import Cohort
from models.comparison import Comparison, ComparisonDiagnostics, Gate, gate_limits, no_pairs
from models.designs.interface import Effects, Tables
from models.designs.of_people import OfPeople
from models.estimates import Estimate
from models.facts import DesignFacts
from models.intervals import newcombe_interval, wilson_interval
from models.plan_lock import LockState


class Benchmarking(OfPeople):
    """Compared with a rate."""

    name = "benchmarking"
    intended_rung = 5

    def compare(self, cohort: Cohort, protocol: Protocol, tables: Tables) -> Comparison:
        """Give every participant a weight of one; there is nobody else."""
        n = len(cohort.people)
        people = cohort.people.assign(propensity_logit=np.nan, weight=1.0, cluster=np.arange(n), left_out="")
        diagnostics = ComparisonDiagnostics(n, 0, n, 0, 0.0)
        gate = Gate("no_treated" if n == 0 else None)
        return Comparison(people, no_pairs(), (), diagnostics, "difference_to_rate", gate)

    def estimate(self, comparison: Comparison, y: NDArray[np.float64], outcome: Outcome, protocol: Protocol) -> Effects:
        """Difference between the participants' mean and the rate.

        Binary outcomes get Wilson's interval (Newcombe's when the rate's own size is known), so
        that few participants give a wide interval and not a refusal.
        """
        seen = y[np.isfinite(y)]
        missing = 1 - len(seen) / len(y) if len(y) else None
        gate = comparison.gate
        if gate.is_open and len(seen) < gate_limits()["smallest_observed_outcomes"]:
            gate = Gate("outcome_missing")
        if gate.is_open and outcome.type == "numeric" and float(seen.std(ddof=1)) == 0:
            gate = Gate("zero_standard_error")
        if not gate.is_open:
            return Effects(outcome.name, gate, len(seen), 0, missing_treated_share=missing)
        rate = self._rate(outcome, protocol)
        primary = _difference_to_rate(seen, outcome, rate, protocol.effects.confidence_level)
        _, sizes = np.unique(seen, return_counts=True)
        return Effects(
            outcome.name,
            gate,
            n_treated=len(seen),
            n_control=0,
            primary=primary,
            fewest_unlike_others=int(len(seen) - sizes.max()),
            raw_difference=primary.value,
            missing_treated_share=missing,
        )

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
        """Facts of a comparison with a rate."""
        return DesignFacts(
            has_participant_outcomes=comparison.diagnostics.n_treated > 0,
            has_person_level_participants=comparison.diagnostics.n_treated > 0,
            reference_rate_declared=any(r.outcome == outcome.name for r in protocol.comparison.reference_rates),
        )

    @staticmethod
    def _rate(outcome: Outcome, protocol: Protocol) -> ReferenceRate:
        return next(r for r in protocol.comparison.reference_rates if r.outcome == outcome.name)


def _difference_to_rate(
    seen: NDArray[np.float64], outcome: Outcome, rate: ReferenceRate, confidence_level: float
) -> Estimate:
    n = len(seen)
    mean = float(seen.mean())
    value = mean - rate.value
    influence = (seen - mean) / n
    if outcome.type == "binary":
        error = float(np.sqrt(mean * (1 - mean) / n))
        if rate.people_count is None:
            low, high = (limit - rate.value for limit in wilson_interval(mean, n, confidence_level))
            method = "Wilson, the rate taken as exact"
        else:
            low, high = newcombe_interval(mean, n, rate.value, rate.people_count, confidence_level)
            error = float(np.sqrt(error**2 + rate.value * (1 - rate.value) / rate.people_count))
            method = "Newcombe"
    else:
        error = float(seen.std(ddof=1) / np.sqrt(n))
        reach = float(norm.isf((1 - confidence_level) / 2)) * error
        low, high, method = value - reach, value + reach, "normal, the rate taken as exact"
    return Estimate("difference_to_rate", value, error, low, high, method, mean, rate.value, influence)
