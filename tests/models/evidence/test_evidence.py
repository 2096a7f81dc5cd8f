"""The ladder as a machine: a rung is earned by facts, and nothing looked for disappears."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from data_contracts.ladder.ladder import (
    State,
    crosswalk,
    design_facts,
    economics_sources,
    error_sources,
    gate_reasons,
    rung_rules,
    rungs,
)
from data_contracts.phrases import phrases
from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.results.result_record import ResultRecord
from data_contracts.results.wording import in_words
from models.detectors.comparison_sources import group_differences, no_overlap, register_limited_covariates
from models.detectors.effect_sources import attrition, underpowered
from models.detectors.interface import Conduct, CovariateFacts, Detection, Findings
from models.detectors.placebo_sources import unmeasured_confounding
from models.detectors.plan_sources import protocol_changed
from models.detectors.registry import DETECTORS, detect
from models.evidence.certainty import certainty_of
from models.evidence.claims import build_claims, verdict_of
from models.evidence.crosswalk import graded
from models.evidence.rung import DesignFacts, earned_rung, held, rung_number
from models.values.comparison import BalanceLine, ComparisonDiagnostics, Gate
from models.values.doubt import Doubt, PlaceboEstimate
from models.values.effects import Effects
from models.values.estimates import Estimate
from tests.support.example_record import example_fields

LEVELS = ("very_low", "low", "moderate", "high")


COUNTS = {"pooled_studies_count", "waves_count", "raters_count"}
HASHES = {"assignment_list_sha256"}


def steps_of(name: str) -> tuple:
    """Values of a fact, from nothing known to more than is asked for."""
    if name in COUNTS:
        return (0, 1, 2)
    return (None, "0" * 64) if name in HASHES else (False, True)


def test_every_combination_of_facts_has_a_rung_and_removing_one_never_raises_it() -> None:
    """All 262,144 combinations: the place on the ladder, as an array with one axis per fact, rises nowhere.

    The rules read only whether a fact holds, so each axis is the fact's holding or not; that a count
    holds from its number on is tested below.
    """
    names = list(design_facts())
    assert names == [f.name for f in fields(DesignFacts)]
    order = [rule.detail for rule in rung_rules()]
    place = np.full((2,) * len(names), len(order) - 1, dtype=np.int8)
    for i, rule in reversed(list(enumerate(rung_rules()))):
        place[tuple(slice(1, 2) if name in rule.needs else slice(None) for name in names)] = i
    for axis in range(len(names)):
        assert (np.diff(place, axis=axis) <= 0).all()
    assert set(np.unique(place)) == set(range(len(order)))
    rng = np.random.default_rng(1)
    for flat in rng.choice(place.size, 20_000, replace=False):
        holds = np.unravel_index(flat, place.shape)
        facts = DesignFacts(**{n: steps_of(n)[-1] if h else steps_of(n)[0] for n, h in zip(names, holds, strict=True)})
        assert earned_rung(facts) == order[place[holds]]


def test_a_count_holds_from_its_number_on() -> None:
    for name in COUNTS:
        assert [held(DesignFacts(**{name: value}))[name] for value in (0, 1, 2, 9)] == [False, False, True, True]
    assert not held(DesignFacts(assignment_list_sha256=""))["assignment_list_sha256"]


def test_a_rate_alone_is_rung_five_and_nothing_is_seven() -> None:
    assert earned_rung(DesignFacts(has_participant_outcomes=True, reference_rate_declared=True)) == "5"
    assert earned_rung(DesignFacts()) == "7"
    assert rung_number("4b") == 4


@pytest.fixture
def findings(i_gang: Protocol) -> Findings:
    estimate = Estimate("matched_difference", 0.20, 0.02, 0.16, 0.24, "normal", 0.32, 0.12, np.empty(0))
    diagnostics = ComparisonDiagnostics(
        n_treated=600,
        n_pool=6000,
        n_compared_treated=590,
        n_compared_control=1700,
        effective_controls=1600.0,
        max_smd_before=0.5,
        max_smd_after=0.03,
        analysed_shift_smd=0.02,
        overlap_share=0.6,
        propensity_auc=0.7,
        other_programme_share=0.05,
        imbalance_p=0.9,
        balance_power=0.99,
        score_columns=i_gang.comparison.score_covariates,
    )
    effects = Effects(
        "in_work_or_education",
        Gate(),
        n_treated=570,
        n_control=1600,
        primary=estimate,
        doubt=Doubt(
            placebo=(PlaceboEstimate("active_2q_before", replace(estimate, value=0.0, low=-0.04, high=0.04)),),
            missing_treated_share=0.04,
            missing_control_share=0.03,
            outcome_deviation=0.33,
            predicted_shift=0.02,
            predicted_shift_error=0.04,
        ),
    )
    balance = (BalanceLine("age_years", "age_years", 0.5, 0.03),)
    conduct = Conduct(
        outcome_type="binary",
        outcome_direction="higher_is_better",
        smallest_worthwhile_effect=0.07,
        outcome_source="register",
        intervention_facts_missing=0,
        dose_missing_share=0.05,
        counted_from="start",
        controls_have_index_date=True,
        inclusion_depends_on_follow_up=False,
        open_domains=("violence", "motivation"),
        outcomes_count=2,
        calculations_reported=8,
        calculations_run=8,
        looks_count=1,
        is_locked=True,
        covariates={
            "active_2q_before": CovariateFacts({"da": "I arbejde før", "en": "In work before"}, True, True),
        },
    )
    return Findings(conduct, diagnostics, balance, effects, None, 0.001)


def doubting(effects: Effects | None, **changes: object) -> Effects:
    assert effects is not None
    return replace(effects, doubt=replace(effects.doubt, **changes))


def with_conduct(findings: Findings, **changes: object) -> Findings:
    return replace(findings, conduct=replace(findings.conduct, **changes))


@pytest.mark.parametrize("rung", range(1, 8))
def test_every_source_of_a_rung_is_always_answered(findings: Findings, rung: int) -> None:
    found = detect(rung, findings)
    assert [d.code for d in found] == list(rungs()[rung].error_sources)
    nothing = replace(doubting(findings.effects, placebo=()), primary=None, gate=Gate("outcome_missing"))
    empty = ComparisonDiagnostics(0, 0, 0, 0, 0.0)
    blind = replace(findings, effects=nothing, diagnostics=empty, balance=())
    nobody_knows = Findings(Conduct("binary", "higher_is_better"))
    assert [d.code for d in detect(rung, nobody_knows)] == list(rungs()[rung].error_sources)
    assert {d.state for d in detect(rung, nobody_knows)} == {State.not_measured}
    assert [d.code for d in detect(rung, blind)] == list(rungs()[rung].error_sources)


def test_every_detector_has_a_source_and_every_source_its_texts() -> None:
    for code, source in error_sources().items():
        for texts in filter(None, (source.name, source.finding, source.finding_unnumbered, source.cannot, source.lift)):
            assert set(texts) == {"da", "en"}, code
        assert source.link.startswith("https://"), code
    listed = {code for rung in rungs().values() for code in rung.error_sources}
    assert listed | set(economics_sources()) == set(error_sources()) == set(DETECTORS)


def test_balance_that_is_too_small_a_sample_to_judge_is_not_called_fine(findings: Findings) -> None:
    few = replace(findings.diagnostics, balance_power=0.4, max_smd_after=0.2)
    line = (BalanceLine("age_years", "age_years", 0.5, 0.2),)
    assert group_differences(replace(findings, diagnostics=few, balance=line)).state is State.not_measured
    many = replace(findings.diagnostics, max_smd_after=0.4, imbalance_p=0.001)
    far = (BalanceLine("age_years", "age_years", 0.5, 0.4),)
    assert group_differences(replace(findings, diagnostics=many, balance=far)).state is State.serious
    assert group_differences(findings).state is State.clear


def test_overlap(findings: Findings) -> None:
    assert no_overlap(findings).state is State.clear
    thin = replace(findings.diagnostics, overlap_share=0.05)
    assert no_overlap(replace(findings, diagnostics=thin)).state is State.warning
    worse = replace(thin, n_compared_treated=400)
    assert no_overlap(replace(findings, diagnostics=worse)).state is State.serious


def test_domains_without_a_measure_stay_on_the_result(findings: Findings) -> None:
    found = register_limited_covariates(findings)
    assert found.state is State.warning
    assert "violence" in in_words(*found.finding).en
    assert "motivation" in in_words(*found.finding).en


def _with_placebo(findings: Findings, value: float) -> Detection:
    base = findings.effects.primary
    assert base is not None
    estimate = replace(base, value=value, low=value - 0.03, high=value + 0.03, standard_error=0.015)
    effects = doubting(findings.effects, placebo=(PlaceboEstimate("active_2q_before", estimate),))
    return unmeasured_confounding(replace(findings, effects=effects))


def test_the_sign_of_a_failing_placebo_matters(findings: Findings) -> None:
    assert _with_placebo(findings, 0.01).state is State.clear
    assert _with_placebo(findings, 0.05).state is State.serious
    assert _with_placebo(findings, 0.05).direction == "towards_effect"
    assert _with_placebo(findings, -0.05).state is State.warning
    assert _with_placebo(findings, -0.05).direction == "towards_no_effect"
    assert _with_placebo(findings, -0.12).state is State.serious


def test_a_bound_is_printed_even_when_all_is_well(findings: Findings) -> None:
    assert "E-value" in in_words(*unmeasured_confounding(findings).finding).en
    other = replace(findings.effects.doubt.placebo[0].estimate, estimator="regression")
    elsewhere = doubting(findings.effects, placebo=(PlaceboEstimate("active_2q_before", other),))
    assert unmeasured_confounding(replace(findings, effects=elsewhere)).state is State.warning
    without = doubting(findings.effects, placebo=())
    assert unmeasured_confounding(replace(findings, effects=without)).state is State.warning


def test_loss_power_and_plan(findings: Findings) -> None:
    assert attrition(findings).state is State.clear
    lost = doubting(findings.effects, missing_treated_share=0.4, missing_control_share=0.05)
    assert attrition(replace(findings, effects=lost)).state is State.serious
    wide = replace(findings.effects.primary, standard_error=0.1)
    assert underpowered(replace(findings, effects=replace(findings.effects, primary=wide))).state is State.warning
    assert protocol_changed(with_conduct(findings, changed_keys=("seed",))).state is State.serious
    assert protocol_changed(with_conduct(findings, is_locked=False)).state is State.not_measured


WORSE = (State.clear, State.warning, State.not_measured, State.serious)


def test_a_worse_state_never_raises_certainty() -> None:
    codes = rungs()[4].error_sources
    for detail in ("2", "4a", "4b", "5"):
        for states in product(WORSE, repeat=4):
            base = [Detection(code, state, ()) for code, state in zip(codes, states, strict=False)]
            level = LEVELS.index(certainty_of(detail, base, 3.0).level)
            for i, detection in enumerate(base):
                for worse in WORSE[WORSE.index(detection.state) + 1 :]:
                    changed = [*base[:i], replace(detection, state=worse), *base[i + 1 :]]
                    assert LEVELS.index(certainty_of(detail, changed, 3.0).level) <= level
                if detection.state == State.serious:
                    critical = [*base[:i], replace(detection, is_critical=True), *base[i + 1 :]]
                    assert LEVELS.index(certainty_of(detail, critical, 3.0).level) <= level


def test_the_steps_of_certainty_add_up_and_no_design_passes_its_cap() -> None:
    """A trial starts high; a matched group cannot become more than moderate, however large and clean its effect."""
    clean = [Detection(code, State.clear, ()) for code in rungs()[4].error_sources]
    assert certainty_of("4a", clean).level == "low"
    assert certainty_of("4a", clean, 3.0).level == "moderate"
    assert certainty_of("4b", clean, 3.0).level == "low"
    assert certainty_of("2", clean).level == "high"
    assert certainty_of("1a", clean, people_per_arm=200).level == "moderate"
    assert certainty_of("1a", clean, people_per_arm=30).level == "low"
    assert certainty_of("1b", clean, people_per_arm=4000).level == "low"
    bad = [replace(clean[0], state=State.serious, is_critical=True), *clean[1:]]
    reasoning = certainty_of("2", bad)
    assert (reasoning.level, [s.kind for s in reasoning.steps]) == ("low", ["start", "critical"])


DETAILS = {2: "2", 3: "3a", 4: "4a", 5: "5", 7: "7"}


def record(
    rung: int = 4,
    low: float = 0.1,
    high: float = 0.3,
    states: dict[str, str] | None = None,
    certainty: str = "low",
    smallest: float = 0.05,
    **changes: Any,
) -> ResultRecord:
    states = {"underpowered": "clear"} | (states or {})
    sources = [
        {
            "code": code,
            "state": states.get(code, "clear"),
            "metric": error_sources()[code].metric,
            "threshold": smallest,
            "finding_says": [],
        }
        for code in rungs()[rung].error_sources
    ]
    fields = example_fields(
        estimate=(low + high) / 2, interval_low=low, interval_high=high, treated_value=0.32, control_value=0.12
    )
    fields["evidence"] |= {
        "rung": rung,
        "rung_detail": DETAILS[rung],
        "certainty": certainty,
        "error_sources": sources,
    }
    return ResultRecord.model_validate(fields | changes)


VERDICTS = [
    ("a clear difference on rung 4", record(), "promising"),
    ("a clear difference the wrong way", record(low=-0.3, high=-0.1), "wrong_way"),
    (
        "fewer is better, and there are fewer",
        record(low=-0.3, high=-0.1, outcome_direction="lower_is_better"),
        "promising",
    ),
    ("a placebo that fails", record(states={"unmeasured_confounding": "serious"}), "unresolved"),
    ("only a rate to compare with", record(rung=5), "unresolved"),
    ("too small to tell", record(low=-0.1, high=0.2, states={"underpowered": "warning"}), "cannot_tell"),
    ("large enough, and nothing there", record(low=-0.02, high=0.02), "no_certain_effect"),
    ("a case study", record(rung=7), "story_only"),
    ("no number", record(status="not_estimable"), "cannot_tell"),
    (
        "a trial one can trust",
        record(rung=2, certainty="high"),
        "works_in_trial",
    ),
]


@pytest.mark.parametrize(
    ("kind", "smallest", "said"),
    [("binary", 0.004, "0,4 procentpoint"), ("binary", 0.05, "5 procentpoint"), ("numeric", 0.25, "0,25 point")],
)
def test_the_smallest_difference_that_matters_is_told_as_it_was_declared(kind: str, smallest: float, said: str) -> None:
    """A page rounded to 5 points must not say that a study is too small to see a difference of 0."""
    unit = {"unit": {"da": "point", "en": "points"}} if kind == "numeric" else {}
    states = {"underpowered": "warning"}
    small = record(4, -0.1, 0.2, states, smallest=smallest, outcome_type=kind, rounded_to=0.05, **unit)
    can = build_claims(small).can
    assert any(text.da.endswith(f"se en forskel på {said}.") for text in can), can


@pytest.mark.parametrize(("story", "judged", "verdict"), VERDICTS, ids=[v[0] for v in VERDICTS])
def test_verdicts(story: str, judged: ResultRecord, verdict: str) -> None:
    assert verdict_of(judged) == verdict


CAUSAL_WORDS = {
    "da": ("førte til", "virker", "skyldes", "takket være"),
    "en": ("led to", "caused", "works", "thanks to"),
}


@pytest.mark.parametrize("rung", [3, 4, 5])
@pytest.mark.parametrize(("low", "high"), [(0.1, 0.3), (-0.1, 0.2), (-0.3, -0.1)])
def test_nothing_below_a_trial_is_said_to_cause_anything(rung: int, low: float, high: float) -> None:
    for state in ("clear", "warning"):
        claims = build_claims(record(rung, low, high, {"underpowered": state}))
        for language, words in CAUSAL_WORDS.items():
            for sentence in claims.can:
                text = getattr(sentence, language).lower()
                assert not any(word in text for word in words), text


def test_every_open_source_is_among_what_cannot_be_said() -> None:
    everything = dict.fromkeys(rungs()[4].error_sources, "warning")
    cannot = build_claims(record(low=-0.1, states=everything)).cannot
    assert len(cannot) == len(everything) + 1


def test_phrases_are_paired() -> None:
    danish, english = phrases("da"), phrases("en")
    assert list(danish) == list(english)
    blanks = {key: sorted(part.split("}")[0] for part in text.split("{")[1:]) for key, text in danish.items()}
    for key, text in english.items():
        assert sorted(part.split("}")[0] for part in text.split("{")[1:]) == blanks[key], key


def test_crosswalk_and_gates_are_complete() -> None:
    for detail in (rule.detail for rule in rung_rules()):
        for conditions in (frozenset(), frozenset(read_knowledge("crosswalk")["conditions"])):
            assert len(graded(detail, conditions)) == len(crosswalk())
    for standard in crosswalk().values():
        assert standard["source"]
        assert standard["link"].startswith("https://")
    for texts in gate_reasons().values():
        assert set(texts) == {"da", "en"}
