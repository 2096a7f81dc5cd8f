"""The rules run backwards, the lock that tells what changed, looks, histories, and risk of bias from metadata."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.ladder.ladder import State, design_facts, error_sources, rung_rules, rungs
from data_contracts.protocol.protocol import Protocol
from data_contracts.results.result_record import ResultRecord
from models.detectors.interface import Conduct, Detection, Findings
from models.doubt.attrition import lee_bounds, manski_bounds
from models.doubt.negative_controls import expected_absolute_error
from models.estimating.confidence_sequence import always_valid, reach_of, tuned_rho_squared
from models.evidence.bias_answers import SignedAnswers, risk_of_bias_of
from models.evidence.certainty import LEVELS, certainty_of
from models.evidence.crosswalk import conditions_of, disagreement, graded
from models.evidence.lifting import lift_to_certainty, lifts_to_rung
from models.evidence.plan_lock import calculation_ids, has_other_primary_outcome, plan_changes
from models.evidence.rung import DesignFacts, earned_rung, held
from models.evidence.tag_history import tag_changes
from models.values.estimates import Estimate
from tests.support.example_record import example_fields

ORDER = [rule.detail for rule in rung_rules()]
WHOLE = {"pooled_studies_count": 2, "waves_count": 2, "raters_count": 2, "assignment_list_sha256": "0" * 64}


def with_facts(*names: str) -> DesignFacts:
    return DesignFacts(**{name: WHOLE.get(name, True) for name in names})


# What would lift it ---------------------------------------------------------------------------------------------------


@given(st.sets(st.sampled_from(list(design_facts()))))
def test_the_facts_that_are_named_do_lift_it_and_fewer_do_not(known: set[str]) -> None:
    facts = with_facts(*known)
    for lift in lifts_to_rung(facts):
        assert earned_rung(with_facts(*known, *lift.missing)) == lift.reaches
        for fewer in combinations(lift.missing, len(lift.missing) - 1):
            assert ORDER.index(earned_rung(with_facts(*known, *fewer))) > ORDER.index(lift.reaches)


def test_the_cheapest_lift_of_a_match_is_a_fact_that_exists() -> None:
    matched = ("has_participant_outcomes", "has_person_level_participants", "has_person_level_comparison")
    matched += ("covariates_dated_before_index", "comparison_documented")
    best = lifts_to_rung(with_facts(*matched))[0]
    assert (best.reaches, best.missing, best.effort) == ("4a", ("pre_period_outcome_in_score",), 1)
    assert lifts_to_rung(with_facts(*design_facts())) == ()


def test_a_single_group_before_and_after_is_never_recommended() -> None:
    for lift in lifts_to_rung(DesignFacts()):
        assert lift.reaches != "3b"


STATES = (State.clear, State.warning, State.not_measured, State.serious)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(STATES), min_size=14, max_size=14), st.sampled_from(["2", "4a", "4b", "5"]))
def test_settling_what_is_named_raises_certainty_and_nothing_cheaper_does(states: list[State], detail: str) -> None:
    codes = rungs()[4].error_sources
    detections = [Detection(code, state, {}) for code, state in zip(codes, states, strict=True)]
    now = LEVELS.index(certainty_of(detail, detections, 3.0).level)
    lift = lift_to_certainty(detail, detections, 3.0)

    def settled(names: tuple[str, ...]) -> int:
        better = [replace(d, state=State.clear) if d.code in names else d for d in detections]
        return LEVELS.index(certainty_of(detail, better, 3.0).level)

    # What a placebo test has shown stays shown: no work makes that source clear.
    is_shown = {d.code for d in detections if d.code == "unmeasured_confounding" and d.state == State.serious}
    has_price = {d.code for d in detections if error_sources()[d.code].burden is not None}
    can_be_mended = [d.code for d in detections if d.state in STATES[1:] and d.code in has_price - is_shown]
    if lift is None:
        assert all(settled((code,)) <= now for code in can_be_mended)
        return
    assert settled(lift.missing) > now
    assert LEVELS[settled(lift.missing)] == lift.reaches
    for code in can_be_mended:
        burden = error_sources()[code].burden
        if (burden.effort, burden.minutes, burden.fields) < (lift.effort, lift.minutes, lift.fields):
            assert settled((code,)) <= now, code


# Repeated looks -------------------------------------------------------------------------------------------------------


def test_the_sequence_is_tightest_where_it_is_tuned() -> None:
    alpha = 0.05
    for planned in (60, 120, 1000):
        rho = tuned_rho_squared(planned, alpha)
        here = reach_of(planned, rho, alpha)
        for other in (0.5, 0.9, 1.1, 2.0):
            assert here < reach_of(planned, rho * other, alpha)
    assert reach_of(120, tuned_rho_squared(120, 0.05), 0.05) == pytest.approx(3.035, abs=0.01)


def test_it_is_never_inside_the_interval_of_one_look() -> None:
    wide = Estimate("m", 0.1, 0.01, -0.2, 0.4, "exact", 0.3, 0.2, np.empty(0))
    found = always_valid(wide, 20, planned_n=120, confidence_level=0.95)
    assert (found.low, found.high) == (-0.2, 0.4)


def error_over_looks(draws: int, looks: int, first: int, *, naive: bool) -> float:
    """Share of null studies that ever show an effect, looked at after every `first` more participants."""
    rng = np.random.default_rng(2026)
    alpha = 0.05
    rho = tuned_rho_squared(120, alpha)
    wrong = 0
    for _ in range(draws):
        own = rng.random(first * looks) < 0.12
        others = rng.random((first * looks, 3)) < 0.12
        values = own - others.mean(axis=1)
        for look in range(1, looks + 1):
            n = look * first
            seen = values[:n]
            error = seen.std(ddof=1) / np.sqrt(n)
            reach = 1.96 if naive else reach_of(n, rho, alpha)
            if error > 0 and abs(seen.mean()) > reach * error:
                wrong += 1
                break
    return wrong / draws


@pytest.mark.slow
def test_twenty_looks_at_nothing() -> None:
    """Looked at every quarter for five years, an ordinary interval calls nothing something far more often than it says."""
    ours = error_over_looks(4000, 20, 30, naive=False)
    naive = error_over_looks(2000, 20, 30, naive=True)
    assert ours <= 0.05
    assert naive > 0.15


# Attrition, EASE ------------------------------------------------------------------------------------------------------


def test_bounds_hold_the_truth_whatever_the_lost_did() -> None:
    rng = np.random.default_rng(3)
    for _ in range(40):
        y1, y0 = rng.random(500) < 0.5, rng.random(500) < 0.3
        seen1 = rng.random(500) < np.where(y1, 0.95, 0.70)
        seen0 = rng.random(500) < np.where(y0, 0.80, 0.90)
        low, high = manski_bounds(
            y1[seen1].mean(), y0[seen0].mean(), 1 - seen1.mean(), 1 - seen0.mean(), lowest=0, highest=1
        )
        assert low <= y1.mean() - y0.mean() <= high


def test_lee_trims_the_group_with_less_loss_and_nothing_where_loss_is_the_same() -> None:
    y1, y0 = np.arange(10.0), np.arange(8.0)
    ones = np.ones(10), np.ones(8)
    low, high = lee_bounds(y1, ones[0], y0, ones[1], lost_treated_share=0.0, lost_control_share=0.2)
    assert (low, high) == (y1[:8].mean() - y0.mean(), y1[2:].mean() - y0.mean())
    same = lee_bounds(y1, ones[0], y0, ones[1], lost_treated_share=0.2, lost_control_share=0.2)
    assert same == (y1.mean() - y0.mean(),) * 2
    turned = lee_bounds(y0, ones[1], y1, ones[0], lost_treated_share=0.2, lost_control_share=0.0)
    assert turned == (-high, -low)
    assert lee_bounds(y1, ones[0], y0, ones[1], lost_treated_share=1.0, lost_control_share=0.0) is None


def test_ease_at_its_limits() -> None:
    """Without spread it is the mean's size, without a mean the half-normal mean; signs do not matter."""
    assert expected_absolute_error(0.3, 0.0) == pytest.approx(0.3)
    assert expected_absolute_error(0.0, 0.2) == pytest.approx(0.2 * np.sqrt(2 / np.pi))
    assert expected_absolute_error(-0.3, 0.1) == pytest.approx(expected_absolute_error(0.3, 0.1))
    assert expected_absolute_error(5.0, 0.1) == pytest.approx(5.0)
    draws = np.abs(np.random.default_rng(1).normal(0.15, 0.2, 400_000)).mean()
    assert expected_absolute_error(0.15, 0.2) == pytest.approx(draws, abs=0.001)


# The lock -------------------------------------------------------------------------------------------------------------


def test_a_plan_that_differs_says_where(i_gang: Protocol) -> None:
    later = i_gang.model_copy(
        update={
            "seed": 7,
            "outcomes": (i_gang.outcomes[0].model_copy(update={"before_months": 18}), *i_gang.outcomes[1:]),
            "comparison": i_gang.comparison.model_copy(update={"caliper_sd_logit": None}),
        }
    )
    changes = {
        change.key: (change.kind, change.before, change.after) for change in plan_changes(i_gang.plan, later.plan)
    }
    assert changes == {
        "seed": ("added", None, "7"),
        "outcomes.in_work_or_education.before_months": ("changed", "15", "18"),
        "comparison.caliper_sd_logit": ("removed", "0.2", None),
    }
    assert has_other_primary_outcome(i_gang.plan, later.plan)
    assert plan_changes(i_gang.plan, i_gang.plan) == ()


def test_a_new_label_is_no_other_primary_outcome_and_an_outcome_less_is_told_by_name(i_gang: Protocol) -> None:
    renamed = i_gang.outcomes[0].model_copy(update={"smallest_worthwhile_effect": 0.1})
    fewer = i_gang.model_copy(update={"outcomes": (renamed,)})
    assert not has_other_primary_outcome(i_gang.plan, fewer.plan)
    keys = {change.key for change in plan_changes(i_gang.plan, fewer.plan)}
    assert {"outcomes (names)", "outcomes.in_work_or_education.smallest_worthwhile_effect"} <= keys
    assert any(key.startswith("outcomes.off_cash_benefit") for key in keys)
    assert len(calculation_ids(i_gang)) == 2 * (1 + 5 + 2 + 2)
    assert set(calculation_ids(fewer)) < set(calculation_ids(i_gang))


def test_a_subgroup_more_or_a_word_corrected_hides_no_calculation(i_gang: Protocol) -> None:
    """What is still asked keeps its mark; another caliper makes every matched calculation another one."""
    before = set(calculation_ids(i_gang))
    third = i_gang.effects.subgroups[0].model_copy(update={"name": "under_21", "at_most": 20.9})
    effects = i_gang.effects.model_copy(update={"subgroups": (*i_gang.effects.subgroups, third)})
    assert before < set(calculation_ids(i_gang.model_copy(update={"effects": effects})))
    first = i_gang.covariates[0]
    renamed = first.model_copy(update={"label": first.label.model_copy(update={"en": "Years"})})
    worded = i_gang.model_copy(update={"covariates": (renamed, *i_gang.covariates[1:])})
    assert set(calculation_ids(worded)) == before
    assert [c.key for c in plan_changes(i_gang.plan, worded.plan)] == ["covariates.age_years.label.en"]
    wider = i_gang.model_copy(update={"comparison": i_gang.comparison.model_copy(update={"caliper_sd_logit": 0.4})})
    assert len(before & set(calculation_ids(wider))) == 2 * 2  # the declared specifications, which name their own


# History --------------------------------------------------------------------------------------------------------------


def test_a_rung_that_rose_says_which_fact_did_it() -> None:
    before, after = example_fields(), example_fields()
    old, new = (
        with_facts("has_participant_outcomes"),
        with_facts("has_participant_outcomes", "pre_period_outcome_in_score"),
    )
    before["evidence"] |= {"rung_detail": "4b", "facts": held(old), "certainty": "very_low"}
    after["evidence"] |= {"facts": held(new)}
    after["evidence"]["error_sources"] = [dict(s) for s in after["evidence"]["error_sources"]]
    after["evidence"]["error_sources"][0]["state"] = "serious"
    now = ResultRecord.model_validate(after)
    found = tag_changes(ResultRecord.model_validate(before), now)
    assert [(c.what, c.before, c.after) for c in found] == [
        ("rung", "4b", "4a"),
        ("fact", "false", "true"),
        ("certainty", "very_low", "low"),
        ("error_source", "clear", "serious"),
    ]
    assert "4b → 4a. New: An earlier value of the outcome is part of the comparison (4a)." in found[0].text.en
    assert tag_changes(now, now) == ()


# Standards and risk of bias -------------------------------------------------------------------------------------------


def test_standards_ask_for_more_than_the_rung() -> None:
    fine = [Detection("attrition", State.clear, ()), Detection("group_differences", State.clear, (), 0.12)]
    adjusted = conditions_of(fine, estimator="matched_regression", is_null=False)
    plain = conditions_of(fine, estimator="matched_difference", is_null=False)
    assert (adjusted, plain) == ({"low_attrition", "equivalent"}, {"low_attrition"})
    wwc = {kind: next(g.grade["en"] for g in graded("4a", kind) if g.standard == "wwc") for kind in (adjusted, plain)}
    assert wwc == {adjusted: "meets with reservations", plain: "does not meet"}
    assert [g.grade["en"] for g in graded("2", frozenset()) if g.standard in ("maryland_sms", "wwc")] == [
        "4",
        "does not meet",
    ]
    assert [g.grade["en"] for g in graded("2", adjusted) if g.standard in ("maryland_sms", "wwc")] == [
        "5",
        "meets without reservations",
    ]
    null = conditions_of(fine, estimator=None, is_null=True)
    assert next(g.grade["en"] for g in graded("3a", null) if g.standard == "eif") == "NE (no effect)"
    strictest, mildest = disagreement(graded("4a", plain))
    assert (strictest.strength, mildest.strength) == (0, 3)
    assert disagreement([]) is None


FINE = Conduct(
    "binary",
    "higher_is_better",
    outcome_source="register",
    counted_from="start",
    controls_have_index_date=True,
    inclusion_depends_on_follow_up=False,
    open_domains=(),
    covariates_missing_share=0.0,
    calculations_reported=4,
    calculations_run=4,
    is_locked=True,
)
FACTS = with_facts("has_person_level_participants", "covariates_dated_before_index", "analysed_as_assigned")
CLEAR = tuple(Detection(code, State.clear, ()) for code in rungs()[4].error_sources)


def judged(conduct: Conduct = FINE, signed: SignedAnswers | None = None, detail: str = "4a", **changes: object) -> dict:
    from models.values.comparison import Gate
    from models.values.doubt import Doubt
    from models.values.effects import Effects

    effects = Effects("work", Gate(), 400, 400, doubt=Doubt(missing_treated_share=0.01, missing_control_share=0.02))
    filled = risk_of_bias_of(detail, FACTS, Findings(replace(conduct, **changes), effects=effects), CLEAR, signed)
    assert filled is not None
    return {d.domain: d.judgement for d in filled.domains} | {"overall": filled.overall}


def signed(answer: str = "PY", *, is_current: bool = True) -> SignedAnswers:
    return SignedAnswers("A. Person", {"1.1": (answer, {"da": "Fordi.", "en": "Because."})}, is_current)


def test_an_observational_study_is_at_best_low_except_for_confounding() -> None:
    assert judged(signed=signed())["overall"] == "low_except_confounding"


def test_without_a_signature_confounding_is_serious() -> None:
    for nobody in (None, signed(is_current=False)):
        assert judged(signed=nobody)["confounding"] == "serious"


def test_a_signature_does_not_cover_what_the_pipeline_saw() -> None:
    assert judged(signed=signed("Y"), open_domains=("violence",))["confounding"] == "moderate"
    assert judged(signed=signed("Y"), open_domains=("violence", "debt", "health"))["confounding"] == "serious"


@pytest.mark.parametrize(
    ("domain", "changes", "judgement"),
    [
        ("measurement", {"outcome_source": "self_report"}, "serious"),
        ("measurement", {"outcome_source": None}, "moderate"),
        ("selection", {"counted_from": "completion"}, "serious"),
        ("missing_data", {"covariates_missing_share": 0.2}, "moderate"),
        ("reporting", {"changed_keys": ("seed",)}, "low"),
        ("reporting", {"changed_keys": ("seed",), "calculations_run": 9}, "serious"),
        ("reporting", {"is_locked": False}, "serious"),
    ],
)
def test_each_domain_follows_the_metadata(domain: str, changes: dict, judgement: str) -> None:
    assert judged(signed=signed(), **changes)[domain] == judgement


def test_a_person_who_says_that_it_should_not_count_is_heard() -> None:
    """Also where no tree asks for it, because the pipeline saw no selection."""
    no = SignedAnswers("A. Person", {"3.8": ("Y", {"da": "Fordi.", "en": "Because."})})
    assert judged(signed=no)["selection"] == "critical"


def test_a_trial_is_asked_other_questions_and_a_case_none() -> None:
    assert set(judged(detail="2")) >= {"randomisation", "deviations"}
    assert risk_of_bias_of("7", FACTS, Findings(FINE), (), None) is None
