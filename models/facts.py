"""Design facts: what was really done, as far as the stations saw it.

Belongs here: the facts that decide a rung and the rule that decides it. Does
not belong here: labels that people type, effect sizes, p-values.

The rung is decided by facts that a station verified. A fact that is missing
counts as false, so removing one can never raise a rung.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RungDetail = Literal["4a", "4b", "5", "7"]


@dataclass(frozen=True, slots=True)
class DesignFacts:
    """Verified facts about one result.

    Attributes
    ----------
    has_person_level_participants : bool
        Participants' outcomes are known person by person.
    has_person_level_comparison : bool
        So are those of people without the project.
    covariates_dated_before_index : bool
        Every covariate used was dated no later than the index date.
    comparison_made_here : bool
        The score was fitted and its gate passed in this pipeline.
    pre_period_outcome_in_score : bool
        An earlier value of the outcome is in the score.
    reference_rate_declared : bool
        A rate with a source is there to compare with.
    """

    has_person_level_participants: bool = False
    has_person_level_comparison: bool = False
    covariates_dated_before_index: bool = False
    comparison_made_here: bool = False
    pre_period_outcome_in_score: bool = False
    reference_rate_declared: bool = False


def earned_rung(facts: DesignFacts) -> RungDetail:
    """Return the highest rung that the facts support.

    Total: every combination of facts has an answer. 4a and 4b are matched control groups with
    and without an earlier value of the outcome; 5 is a comparison with a rate; 7 is what is left.
    """
    matched = (
        facts.has_person_level_participants
        and facts.has_person_level_comparison
        and facts.covariates_dated_before_index
        and facts.comparison_made_here
    )
    if matched:
        return "4a" if facts.pre_period_outcome_in_score else "4b"
    if facts.has_person_level_participants and facts.reference_rate_declared:
        return "5"
    return "7"


def rung_number(detail: str) -> int:
    """Return 4 for `4a`."""
    return int(detail[0])
