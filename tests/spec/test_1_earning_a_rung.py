"""How a result earns its rung

A rung is determined by facts that the stations observed, never by what a project says about itself, the size of the effect, or a p-value.
"""

from __future__ import annotations

from dataclasses import replace

from models.evidence.evidence import evidence_of
from models.evidence.rung import DesignFacts, earned_rung
from tests.spec.words import evidence, findings

MATCHED = DesignFacts(
    has_participant_outcomes=True,
    has_person_level_participants=True,
    has_person_level_comparison=True,
    covariates_dated_before_index=True,
    comparison_documented=True,
    pre_period_outcome_in_score=True,
)


def test_a_story_is_rung_seven() -> None:
    """If only a story is known, the rung is 7."""
    assert earned_rung(DesignFacts()) == "7"


def test_two_raters_with_a_form_are_rung_six() -> None:
    """Two people who judge the same cases by a form fixed in advance give rung 6; one person does not."""
    assert earned_rung(DesignFacts(raters_count=2, judgement_structured=True)) == "6"
    assert earned_rung(DesignFacts(raters_count=1, judgement_structured=True)) == "7"


def test_a_rate_is_rung_five() -> None:
    """Participants compared with a figure for a larger group give rung 5."""
    assert earned_rung(DesignFacts(has_participant_outcomes=True, reference_rate_declared=True)) == "5"


def test_a_matched_group_is_rung_four() -> None:
    """Similar people without the project, known person by person and measured before the start, give rung 4; with an earlier value of the outcome it is 4a, without it 4b."""
    assert earned_rung(MATCHED) == "4a"
    assert earned_rung(replace(MATCHED, pre_period_outcome_in_score=False)) == "4b"


def test_a_match_that_fails_its_gate_loses_its_rung() -> None:
    """Groups that did not become similar do not give rung 4, whatever the difference between them; if there is a rate, the rung is 5."""
    failed = replace(MATCHED, comparison_documented=False)
    assert earned_rung(failed) == "7"
    assert earned_rung(replace(failed, reference_rate_declared=True)) == "5"


def test_before_and_after_is_rung_three_with_and_without_others() -> None:
    """The same people before and after are rung 3a if others were followed too, and 3b if not; 3b never has more than very low certainty."""
    facts = DesignFacts(
        has_participant_outcomes=True, waves_count=2, has_wave_before_start=True, within_unit_estimand=True
    )
    assert earned_rung(facts) == "3b"
    assert earned_rung(replace(facts, has_comparison_units=True)) == "3a"
    assert evidence(facts)["certainty"] == "very_low"


def test_a_lottery_needs_its_list() -> None:
    """A trial is rung 2 only if the list of the draw was stored before outcomes were read and everybody counts in the group they drew; “we drew lots” is not enough."""
    facts = DesignFacts(
        has_participant_outcomes=True,
        assignment_list_sha256="0" * 64,
        assignment_precedes_outcomes=True,
        analysed_as_assigned=True,
    )
    assert earned_rung(facts) == "2"
    for lost in ("assignment_list_sha256", "assignment_precedes_outcomes", "analysed_as_assigned"):
        assert earned_rung(replace(facts, **{lost: None})) == "7"


def test_a_review_needs_a_rule_for_its_search() -> None:
    """Two independent graded studies and a written rule for the search give rung 1; without the rule it is a narrative review, rung 6."""
    assert earned_rung(DesignFacts(pooled_studies_count=2, search_rule_recorded=True)) == "1b"
    trials = DesignFacts(pooled_studies_count=2, search_rule_recorded=True, pooled_mainly_trials=True)
    assert earned_rung(trials) == "1a"
    assert earned_rung(DesignFacts(pooled_studies_count=2)) == "6"


def test_what_a_project_says_of_itself_stands_beside_what_it_earned() -> None:
    """The rung that a project claims is stored with the earned one and does not affect it."""
    facts = replace(MATCHED, comparison_documented=False, reference_rate_declared=True)
    found = evidence_of(facts, findings(), (), claimed_rung=2, estimator=None, risk_of_bias=None)
    assert (found.rung, found.claimed_rung) == (5, 2)
    assert any("says rung 2" in text.en for text in found.why)


def test_the_cheapest_next_step_is_named() -> None:
    """Every result says which facts would raise it, what they cost the project in effort, and what each participant would be asked."""
    lift = evidence(replace(MATCHED, pre_period_outcome_in_score=False))["lifts"][0]
    assert lift["reaches"] == "4a"
    assert (lift["effort"], lift["fields_per_participant"], lift["minutes_per_participant"]) == (1, 0, 0)
