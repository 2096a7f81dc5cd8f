"""Systematic review (rung 1): other studies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data_contracts.designs.systematic_review.settings import ReviewSettings
from data_contracts.protocol.protocol import Outcome, Protocol
from data_contracts.reading.limits import limit
from models.designs.interface import Tables
from models.designs.systematic_review.review import Review, Studies, review
from models.designs.systematic_review.study_effects import people_per_arm, study_effects
from models.designs.without_people import WithoutPeople, comparison_of
from models.evidence.plan_lock import LockState
from models.evidence.rung import DesignFacts
from models.people.cohort import Cohort
from models.values.breakdown import Breakdown
from models.values.comparison import Comparison, Gate
from models.values.design_findings import DesignFindings
from models.values.effects import Counted, Effects


class SystematicReview(WithoutPeople):
    """The design that pools other studies."""

    name = "systematic_review"
    intended_rung = 1

    def compare(self, cohort: Cohort, protocol: Protocol, tables: Tables) -> Comparison:
        """List the included studies."""
        rows = tables["studies"].sort_values(["study", "outcome", "effect_number"], kind="stable")
        rows = rows.assign(study_key=[study_key(name) for name in rows["study"]])
        count = rows["study_key"].nunique()
        return comparison_of(rows, count, "pooled", None if count else "no_studies")

    def estimate(self, comparison: Comparison, y: None, outcome: Outcome, protocol: Protocol) -> Effects:
        """Pool the studies of one outcome."""
        rows = comparison.people[comparison.people["outcome"] == outcome.name]
        effects, variances = study_effects(rows, protocol.settings(ReviewSettings).measure)
        known = np.isfinite(effects) & np.isfinite(variances)
        count = rows["study_key"].nunique()
        closed = Effects(outcome.name, comparison.gate, count, 0)
        if not comparison.gate.is_open:
            return closed
        if not known.all():
            return Effects(outcome.name, Gate("study_without_effect"), count, 0)
        found = review(
            _studies(rows, effects, variances, protocol),
            protocol.settings(ReviewSettings),
            confidence_level=protocol.effects.confidence_level,
        )
        if not isinstance(found, Review):
            return Effects(outcome.name, Gate(found.reason), count, 0)
        return Effects(
            outcome.name,
            Gate(),
            count,
            0,
            primary=found.primary,
            breakdown=Breakdown(measures=found.measures, parts=found.parts),
            design=DesignFindings(synthesis=found.findings),
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
        """Return facts of a review.

        They are how many studies there are, and whether it is written down how they were found.
        """
        rows = comparison.people
        own = rows[rows["outcome"] == outcome.name] if "outcome" in rows else rows
        return DesignFacts(
            pooled_studies_count=int(own["study_key"].nunique()) if len(own) else 0,
            pooled_mainly_trials=effects is not None and rests_on_trials(effects),
            search_rule_recorded=protocol.settings(ReviewSettings).search is not None,
        )

    def estimator(self, protocol: Protocol) -> str:
        """Return the declared model."""
        return f"pooled_{protocol.settings(ReviewSettings).model}"

    def counted(self, protocol: Protocol) -> Counted:
        """Return studies."""
        return "studies"


DESIGN = SystematicReview()


def study_key(name: str) -> str:
    """Return a study's name without capitals, spaces and signs.

    However it is spelt, it is one study.
    """
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def rests_on_trials(effects: Effects) -> bool:
    """Return whether randomised trials carry more than half of the weight."""
    return any(m.code == "trials_weight_share" and m.value > limit("main_share") for m in effects.breakdown.measures)


def _studies(rows: pd.DataFrame, effects: np.ndarray, variances: np.ndarray, protocol: Protocol) -> Studies:
    several = rows["study_key"].duplicated(keep=False)
    numbers = rows["effect_number"].astype(int).astype(str)
    names = rows["study"].where(~several, rows["study"] + " (" + numbers + ")")
    moderators = [
        rows[name].to_numpy(dtype=float, na_value=np.nan) for name in protocol.settings(ReviewSettings).moderators
    ]
    return Studies(
        tuple({"da": name, "en": name} for name in names),
        np.asarray(pd.factorize(rows["study_key"], sort=True)[0], dtype=np.int64),
        effects,
        variances,
        rows["rung"].to_numpy(dtype=np.int64),
        rows["is_published"].to_numpy(dtype=float) == 1,
        rows["is_low_risk"].to_numpy(dtype=float, na_value=np.nan),
        np.column_stack(moderators) if moderators else np.empty((len(rows), 0)),
        people_per_arm(rows),
    )
