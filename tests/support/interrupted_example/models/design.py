"""Example of a design (rung 3): participants and the level before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy
from data_contracts.designs.interrupted_example.settings import InterruptionSettings
from models.designs.interrupted_example.findings import InterruptionFindings
from numpy.typing import NDArray

from data_contracts.protocol.protocol import Outcome, Protocol
from models.designs.interface import Tables
from models.designs.of_people import OfPeople
from models.evidence.plan_lock import LockState
from models.evidence.rung import DesignFacts
from models.people.cohort import Cohort
from models.values.breakdown import Breakdown, Measure
from models.values.comparison import Comparison, ComparisonDiagnostics, Gate, no_pairs
from models.values.design_findings import DesignFindings
from models.values.effects import Effects
from models.values.estimates import Estimate


class InterruptedExample(OfPeople):
    """Compared with the level before."""

    name = "interrupted_example"
    intended_rung = 3

    def compare(self, cohort: Cohort, protocol: Protocol, tables: Tables) -> Comparison:
        """Keep the levels to compare participants with."""
        n = len(cohort.people)
        people = cohort.people.assign(propensity_logit=np.nan, weight=1.0, cluster=np.arange(n), left_out="")
        levels = tables["interruptions"].set_index("outcome")["level"].astype(float).to_dict()
        diagnostics = ComparisonDiagnostics(n, 0, n, 0, 0.0)
        gate = Gate(None if n else "no_treated")
        return Comparison(people, no_pairs(), (), diagnostics, "changed", gate, {"levels": levels})

    def estimate(self, comparison: Comparison, y: NDArray[np.float64], outcome: Outcome, protocol: Protocol) -> Effects:
        """Estimate the difference between participants' mean and the level before."""
        seen = y[np.isfinite(y)]
        level = comparison.details["levels"].get(outcome.name)
        reason = comparison.gate.reason or ("no_level_before" if level is None else None)
        own = InterruptionFindings(protocol.settings(InterruptionSettings).other_events)
        blank = Effects(outcome.name, Gate(reason), len(seen), 0, design=DesignFindings(own=own))
        if level is None or not blank.gate.is_open:
            return blank
        mean, error = float(seen.mean()), float(seen.std(ddof=1) / np.sqrt(len(seen)))
        reach = float(scipy.stats.t.isf((1 - protocol.effects.confidence_level) / 2, len(seen) - 1)) * error
        value, influence = mean - level, (seen - mean) / len(seen)
        primary = Estimate(
            self.estimator(protocol), value, error, value - reach, value + reach, "Student", mean, level, influence
        )
        return replace(blank, primary=primary, breakdown=Breakdown(measures=(Measure("level_before", level),)))

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
        """Return the facts of an interrupted series."""
        has_people = comparison.diagnostics.n_treated > 0
        return DesignFacts(
            has_participant_outcomes=has_people, interruption_dated=outcome.name in comparison.details["levels"]
        )

    def estimator(self, protocol: Protocol) -> str:
        """Return the only estimator."""
        return "difference_to_level"


DESIGN = InterruptedExample()
