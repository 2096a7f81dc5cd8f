"""The step from a protocol and its stations to detectors' findings."""

from __future__ import annotations

import math
from dataclasses import dataclass

from data_contracts.calendar.quarters import Quarter
from data_contracts.phrases import LANGUAGES, bilingual
from data_contracts.protocol.protocol import Outcome, Protocol
from data_contracts.reading.knowledge import read_knowledge
from models.detectors.interface import Conduct, CovariateFacts, Findings
from models.estimating.confidence_sequence import always_valid
from models.evidence.plan_lock import LockState, calculation_ids, is_only_words
from models.people.cohort import Step
from models.values.comparison import Comparison
from models.values.effects import Effects


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Facts that stations know beside the comparison and the effects.

    Attributes
    ----------
    quarter : Quarter
    lock : LockState
    has_other_primary_outcome : bool
        Against the locked plan.
    steps : tuple of Step
        Of the cohort.
    dose_missing_share : float or None
        Participants whose dose is not recorded; None if the protocol names no dose.
    """

    quarter: Quarter
    lock: LockState
    has_other_primary_outcome: bool = False
    steps: tuple[Step, ...] = ()
    dose_missing_share: float | None = None


def findings_of(
    protocol: Protocol,
    outcome: Outcome,
    comparison: Comparison,
    effects: Effects,
    q_value: float | None,
    around: Circumstances,
) -> Findings:
    """Gather what is known of one result.

    Returns
    -------
    Findings
    """
    conduct = _conduct(protocol, outcome, comparison, around)
    primary, looks = effects.primary, conduct.looks_count or 1
    sequence = None
    if primary is not None and looks > 1:
        sequence = always_valid(
            primary,
            effects.n_treated,
            planned_n=protocol.evaluation.planned_participants,
            confidence_level=protocol.effects.confidence_level,
        )
    own = effects.design
    return Findings(
        conduct,
        comparison.diagnostics,
        comparison.balance,
        effects,
        sequence,
        q_value,
        own.synthesis,
        own.trial,
        own.panel,
        own.rate,
        own.judgement,
    )


def _conduct(protocol: Protocol, outcome: Outcome, comparison: Comparison, around: Circumstances) -> Conduct:
    fields = protocol.intervention
    described = (fields.why, fields.what, fields.who_delivers, fields.how, fields.where, fields.how_much)
    lock = around.lock
    # A lock without its promise (made by an earlier version) still tells that something is different.
    unknown = () if lock.is_unchanged or lock.changes else ("project.yaml",)
    changed = tuple(change.key for change in lock.changes if not is_only_words(change.key)) or unknown
    return Conduct(
        outcome_type=outcome.type,
        outcome_direction=outcome.direction,
        unit=_unit(outcome),
        smallest_worthwhile_effect=_smallest(outcome),
        outcome_source=outcome.source,
        confidence_level=protocol.effects.confidence_level,
        intervention_facts_missing=sum(value is None for value in described),
        dose_missing_share=around.dose_missing_share,
        counted_from=protocol.treated_defined_by,
        controls_have_index_date=comparison.diagnostics.n_pool > 0 or None,
        # The calendar alone defines the cohort, no matter who is still there.
        inclusion_depends_on_follow_up=False,
        open_domains=_open_domains(protocol, comparison),
        covariates_missing_share=_covariates_missing(protocol, comparison, around.steps),
        outcomes_count=len(protocol.outcomes),
        calculations_reported=len(calculation_ids(protocol)),
        calculations_run=lock.calculations_run,
        looks_count=around.quarter.minus(Quarter.parse(protocol.evaluation.first_quarter)) + 1,
        is_locked=lock.is_locked,
        changed_keys=changed,
        primary_outcome_changed=around.has_other_primary_outcome,
        covariates={
            c.name: CovariateFacts(
                {"da": c.label.da, "en": c.label.en}, c.type == "binary", c.pre_period_of == outcome.name
            )
            for c in protocol.covariates
        },
    )


def _unit(outcome: Outcome) -> dict[str, str]:
    if outcome.unit is not None:
        return {"da": outcome.unit.da, "en": outcome.unit.en}
    return bilingual("times_word") if outcome.type == "ratio" else dict.fromkeys(LANGUAGES, "")


def _smallest(outcome: Outcome) -> float | None:
    """Return the smallest worthwhile effect.

    For a ratio it is the logarithm, as effects are kept.
    """
    smallest = outcome.smallest_worthwhile_effect
    return abs(math.log(smallest)) if smallest is not None and outcome.type == "ratio" else smallest


def _covariates_missing(protocol: Protocol, comparison: Comparison, steps: tuple[Step, ...]) -> float | None:
    """Return the share of people who lacked something in the score.

    They were left out for it, or kept with a gap.
    """
    used = list(comparison.diagnostics.score_columns)
    if not used or not len(comparison.people) or not set(used) <= set(comparison.people):
        return None
    if protocol.comparison.missing_covariates != "refuse":
        return float(comparison.people[used].isna().any(axis=1).mean())
    counts = {step.step: step.treated + (step.pool or 0) for step in steps}
    before, after = counts.get("in_target_group"), counts.get("covariates_known")
    return None if not before or after is None else 1 - after / before


def _open_domains(protocol: Protocol, comparison: Comparison) -> tuple[str, ...]:
    covered = {protocol.covariate(name).domain for name in comparison.diagnostics.score_columns}
    phases = read_knowledge("life_phases")["phases"]
    asked = [str(domain) for domain in protocol.confounder_domains]
    asked += [domain for phase in protocol.profile.life_phases for domain in phases[phase]["domains"]]
    return tuple(domain for domain in dict.fromkeys(asked) if domain not in covered)
