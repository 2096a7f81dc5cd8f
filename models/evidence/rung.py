"""Design facts: what was really done, as far as the stations saw it.

A fact that is missing counts as false, so removing one can never raise a rung.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache

from data_contracts.ladder.ladder import DesignFact, RungRule, design_facts, rung_rules


@dataclass(frozen=True, slots=True)
class DesignFacts:
    """Verified facts about one result; each is explained in `design_facts.yaml`.

    Attributes
    ----------
    pooled_studies_count : int
        Independent studies, each with a tag, that were pooled.
    pooled_mainly_trials : bool
        Randomised trials carry more than half of the weight.
    search_rule_recorded : bool
    assignment_list_sha256 : str or None
        Hash of the stored list of who drew what.
    assignment_precedes_outcomes, analysed_as_assigned : bool
    has_participant_outcomes : bool
        Participants' outcomes are known, as persons or as a figure.
    has_person_level_participants, has_person_level_comparison : bool
        Known person by person, with and without the project.
    has_comparison_units : bool
        Somebody without the project is measured at the same times.
    covariates_dated_before_index : bool
        Every covariate used was dated no later than the index date.
    comparison_documented : bool
        The comparison was made without the outcome and its gate passed in this pipeline; of studies on paper,
        that the source documents as much.
    pre_period_outcome_in_score : bool
        An earlier value of the outcome is in the score.
    waves_count : int
        Measurements of the same units.
    has_wave_before_start, within_unit_estimand : bool
    reference_rate_declared : bool
        A rate with a source is there to compare with.
    raters_count : int
    judgement_structured : bool
    """

    pooled_studies_count: int = 0
    pooled_mainly_trials: bool = False
    search_rule_recorded: bool = False
    assignment_list_sha256: str | None = None
    assignment_precedes_outcomes: bool = False
    analysed_as_assigned: bool = False
    has_participant_outcomes: bool = False
    has_person_level_participants: bool = False
    has_person_level_comparison: bool = False
    has_comparison_units: bool = False
    covariates_dated_before_index: bool = False
    comparison_documented: bool = False
    pre_period_outcome_in_score: bool = False
    waves_count: int = 0
    has_wave_before_start: bool = False
    within_unit_estimand: bool = False
    reference_rate_declared: bool = False
    raters_count: int = 0
    judgement_structured: bool = False


def held(facts: DesignFacts) -> dict[str, bool]:
    """Return for every fact whether it holds; a count holds from the number that the rules ask for."""
    return {name: _holds(value, design_facts()[name]) for name, value in asdict(facts).items()}


def _holds(value: bool | int | str | None, fact: DesignFact) -> bool:
    if fact.at_least is not None:
        return isinstance(value, int) and value >= fact.at_least
    return bool(value)


def earned_rung(facts: DesignFacts) -> str:
    """Return the detail (e.g. `4a`) of the first rule whose needs are all met.

    Total: every combination of facts has an answer, for the last rule needs nothing.
    """
    return rule_for(held(facts)).detail


def rule_for(holds: dict[str, bool]) -> RungRule:
    """Return the first rule whose needs are all met."""
    return next(rule for rule in rung_rules() if all(holds[name] for name in rule.needs))


@cache
def rule_of(detail: str) -> RungRule:
    """Return the rule of a detail such as `4a`."""
    return next(rule for rule in rung_rules() if rule.detail == detail)


def rung_number(detail: str) -> int:
    """Return 4 for `4a`."""
    return int(detail[0])
