"""Each design through its protocol and files: what it gives, what it refuses, and in which words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from assets.storage.home import Home
from assets.ui.effect_tables import effects_markdown
from dashboards.pages.parts import measures_markdown
from dashboards.words.explanation import explanation
from dashboards.words.summary import result_markdown
from data_contracts.phrases import LANGUAGES
from data_contracts.protocol.reading import read_protocol
from data_contracts.reading.faults import InputRefused
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.results.result_record import ResultRecord
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from models.evidence.plan_lock import LockState, PlanChange
from models.people.derived_outcomes import with_derived
from pipelines.running.rehearsal import rehearse
from tests.support.design_studies import DAY, QUARTER, STUDIES, Study, cases, judged, panel, rate, studies, trial

pytestmark = pytest.mark.slow


def numbers(record: ResultRecord) -> dict[str, float | None]:
    return {m.code: m.value for m in record.measures}


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_gives_the_same_to_the_last_bit_whatever_the_order_of_its_rows(name: str, tmp_path: Path) -> None:
    study = STUDIES[name]()
    rng = np.random.default_rng(1)
    mixed = {file: rows.iloc[rng.permutation(len(rows))] for file, rows in reversed(study.files.items())}
    first = study.run(tmp_path / "a").model_dump_json()
    assert Study(study.protocol, mixed).run(tmp_path / "b").model_dump_json() == first


@pytest.mark.parametrize("name", STUDIES)
def test_every_page_of_a_study_can_be_written_in_both_languages(name: str, tmp_path: Path) -> None:
    record = STUDIES[name]().run(tmp_path)
    for one in (record, publish(record, default_policy())):
        row = one.model_dump(mode="json")
        for language in LANGUAGES:
            assert result_markdown(row, language)
            assert explanation(row, language)
            assert measures_markdown(row, language) or one.status == "suppressed"


def test_the_truth_lies_in_the_intervals(tmp_path: Path) -> None:
    found = panel().run(tmp_path / "panel")
    assert found.interval_low < 2.0 < found.interval_high
    assert found.evidence.rung_detail == "3a"
    found = rate().run(tmp_path / "rate")
    assert found.interval_low < 0.15 < found.interval_high
    assert found.evidence.rung_detail == "5"
    found = trial(seed=2).run(tmp_path / "trial")
    assert found.interval_low < 4.0 < found.interval_high
    assert numbers(found)["complier_effect"] == pytest.approx(5, abs=3)


# trials


def drawn(study: Study, tmp_path: Path, lock: LockState | None = None) -> ResultRecord:
    """Run a trial whose list's fingerprint stands in the protocol."""
    listed = study.files["draw.csv"].to_csv(index=False).encode()
    promised = study.saying("trial: {", f"trial: {{assignment_list_sha256: {hashlib.sha256(listed).hexdigest()}, ")
    return promised.run(tmp_path) if lock is None else promised.run(tmp_path, lock)


def test_a_draw_earns_its_rung_by_the_list_that_was_stored(tmp_path: Path) -> None:
    record = drawn(trial(), tmp_path / "stored")
    assert (record.evidence.rung_detail, record.estimand, record.compared_with.en) == (
        "2",
        "assigned",
        "people chosen by lot",
    )
    assert [a.estimator for a in record.alternatives] == ["assigned_adjusted"]
    assert {"draw_balance_p", "randomisation_p", "took_place_share"} <= set(numbers(record))
    assert [step.step for step in record.flow][:2] == ["drawn", "came"]
    without = trial().run(tmp_path / "without")
    assert without.evidence.rung_detail == "4b"  # nobody can know that the draw stood firm
    assert without.estimate == record.estimate
    late = LockState(is_locked=False, is_unchanged=True)
    assert drawn(trial(), tmp_path / "late", late).evidence.rung_detail == "4b"
    change = PlanChange("trial.assignment_list_sha256", "changed", "a", "b")
    moved = LockState(is_locked=True, is_unchanged=False, changes=(change,))
    assert drawn(trial(), tmp_path / "moved", moved).evidence.rung_detail == "4b"


def test_another_list_than_the_one_that_was_stored_is_refused(tmp_path: Path) -> None:
    study = trial().saying("trial: {", f"trial: {{assignment_list_sha256: {'0' * 64}, ")
    with pytest.raises(InputRefused, match=r"draw\.csv"):
        study.run(tmp_path)
    receipts = [path.read_text(encoding="utf-8") for path in (tmp_path / "quarantine" / "small").glob("*.en.md")]
    assert any("not the list whose fingerprint stands in the protocol" in text for text in receipts)


def test_a_person_in_both_arms_makes_the_whole_list_unusable(tmp_path: Path) -> None:
    study = trial()
    draw = study.files["draw.csv"]
    twice = pd.concat([draw, draw.iloc[[0]].assign(place=1 - draw["place"].iloc[0])])
    with pytest.raises(InputRefused):
        study.with_file("draw.csv", twice).run(tmp_path)


SPOILT_TRIALS: dict[str, tuple[Callable[[Study], Study], str]] = {
    "everybody drew a place": (
        lambda s: s.with_file("draw.csv", s.files["draw.csv"].assign(place=1)),
        "nobody to compare with",
    ),
    "nobody drew a place": (
        lambda s: s.with_file("draw.csv", s.files["draw.csv"].assign(place=0)),
        "No participants are left",
    ),
    "outcomes before the draw": (
        lambda s: s.with_file("after.csv", s.files["after.csv"].assign(day="2024-09-01")),
        "measured for fewer than 5",
    ),
    "one arm without outcomes": (
        lambda s: s.with_file("after.csv", s.files["after.csv"][s.files["draw.csv"]["place"].to_numpy() == 1]),
        "measured for fewer than 5",
    ),
    "the outcome never varies": (
        lambda s: s.with_file("after.csv", s.files["after.csv"].assign(score=7)),
        "does not vary",
    ),
    "the oldest were given the places": (
        lambda s: s.with_file(
            "draw.csv",
            s.files["draw.csv"].assign(
                place=(s.files["known.csv"]["age"] > s.files["known.csv"]["age"].median()).astype(int)
            ),
        ),
        "more unlike than a draw makes them",
    ),
}


@pytest.mark.parametrize("fault", SPOILT_TRIALS)
def test_a_trial_that_cannot_carry_a_number_says_why(fault: str, tmp_path: Path) -> None:
    spoil, words = SPOILT_TRIALS[fault]
    record = drawn(spoil(trial()), tmp_path)
    assert record.status == "not_estimable"
    assert record.estimate is None
    assert record.status_reason is not None
    assert words in record.status_reason.en


def test_a_tiny_trial_counts_among_others_only(tmp_path: Path) -> None:
    record = drawn(trial(n=16), tmp_path)
    assert record.status == "pooled_only"
    assert publish(record, default_policy()).estimate is None


def test_a_covariate_that_is_constant_or_missing_or_late_is_dropped_and_named(tmp_path: Path) -> None:
    study = trial(seed=2)
    known = study.files["known.csv"]
    for name, frame in (
        ("constant", known.assign(age=30)),
        ("missing", known.assign(age="")),
        ("late", known.assign(day="2025-06-01")),
    ):
        record = study.with_file("known.csv", frame).run(tmp_path / name)
        assert record.status == "estimated"
        assert [(a.estimator, a.estimate) for a in record.alternatives] == [("assigned_adjusted", None)]


def test_people_who_never_came_are_counted_where_they_drew(tmp_path: Path) -> None:
    study = trial(seed=2)
    nobody = study.with_file("came.csv", study.files["came.csv"].iloc[:1]).run(tmp_path / "nobody")
    assert nobody.estimate == study.run(tmp_path / "all").estimate
    assert nobody.n_treated == 60


# panels


SPOILT_PANELS: dict[str, tuple[Callable[[Study], Study], str]] = {
    "one wave only": (
        lambda s: s.with_file("waves.csv", s.files["waves.csv"][s.files["waves.csv"]["day"] == "2025-12-31"]),
        "a before-and-after without a before",
    ),
    "all waves after the start": (
        lambda s: s.with_file("waves.csv", s.files["waves.csv"][s.files["waves.csv"]["day"] > "2023-01-01"]),
        "a before-and-after without a before",
    ),
    "nothing varies": (lambda s: s.with_file("waves.csv", s.files["waves.csv"].assign(score=3)), "does not vary"),
    "no outcomes of those who started": (
        lambda s: s.with_file("waves.csv", s.files["waves.csv"][s.files["waves.csv"]["place"] >= "place20"]),
        "measured for fewer than 5",
    ),
    "weights of zero": (
        lambda s: s.with_file("places.csv", s.files["places.csv"].assign(people=0)),
        "weight is missing or zero",
    ),
    "weights missing": (
        lambda s: s.with_file("places.csv", s.files["places.csv"].assign(people="")),
        "weight is missing or zero",
    ),
    "everybody starts": (
        lambda s: s.with_file(
            "starts.csv", pd.DataFrame({"place": [f"place{i:02d}" for i in range(40)], "start": "2023-01-01"})
        ),
        "no comparison people",
    ),
    "one cluster starts": (
        lambda s: Study(
            s.protocol.replace("weight: people", "cluster: region").replace(
                "covariates:\n",
                "covariates:\n  - {name: region, label: R, type: numeric, domain: place, source: register}\n",
            ),
            s.files | {"places.csv": s.files["places.csv"].assign(region=[0] * 20 + [1 + i % 8 for i in range(20)])},
        ),
        "Only one unit",
    ),
    "one place starts, few do not": (
        lambda s: s.with_file("starts.csv", s.files["starts.csv"].iloc[:1]).with_file(
            "places.csv", s.files["places.csv"].iloc[:12]
        ),
        "Only one unit",
    ),
}


@pytest.mark.parametrize("fault", SPOILT_PANELS)
def test_a_panel_that_cannot_carry_a_number_says_why(fault: str, tmp_path: Path) -> None:
    spoil, words = SPOILT_PANELS[fault]
    record = spoil(panel()).run(tmp_path)
    assert record.status == "not_estimable"
    assert record.status_reason is not None
    assert words in record.status_reason.en


def test_one_place_among_many_gets_its_doubt_from_them(tmp_path: Path) -> None:
    study = panel(units=50)
    record = study.with_file("starts.csv", study.files["starts.csv"].iloc[:1]).run(tmp_path)
    assert record.status == "estimated"
    assert record.interval_method == "changes of units without the project"
    assert "placebo_units_p" in numbers(record)
    source = next(s for s in record.evidence.error_sources if s.code == "outside_factors")
    assert source.state == "serious"
    assert record.claims.verdict in ("unresolved", "cannot_tell")


def test_a_group_alone_stays_on_its_rung_and_claims_nothing(tmp_path: Path) -> None:
    study = panel().saying("weight: people, alternatives: [two_way_fixed_effects]", "estimator: before_after")
    alone = Study(study.protocol.replace(PANEL_POOL, ""), {k: v for k, v in study.files.items() if k != "places.csv"})
    record = alone.run(tmp_path)
    assert record.evidence.rung_detail == "3b"
    assert record.evidence.certainty == "very_low"
    assert record.claims.verdict in ("unresolved", "cannot_tell")
    assert not any("led to" in text.en for text in record.claims.can)


PANEL_POOL = (
    "  - {table: comparison_pool, files: places.csv, format: csv, columns: {person_id: place, covariate_date: day}}\n"
)


def test_one_weight_of_a_million_shows_in_the_result(tmp_path: Path) -> None:
    study = panel()
    places = study.files["places.csv"].assign(people=1)
    places.loc[0, "people"] = 1_000_000
    record = study.with_file("places.csv", places).run(tmp_path)
    assert record.status == "estimated"
    weighed = next(s for s in record.evidence.error_sources if s.code == "outside_factors")
    assert weighed.state in ("warning", "serious")


def test_units_that_left_are_counted_as_lost(tmp_path: Path) -> None:
    study = panel()
    waves = study.files["waves.csv"]
    gone = waves[~((waves["place"] < "place10") & (waves["day"] == "2025-12-31"))]
    record = study.with_file("waves.csv", gone).run(tmp_path)
    assert (record.n_treated, record.n_control) == (10, 20)
    assert record.diagnostics.outcome_missing_treated_share == 0.5
    assert next(s for s in record.evidence.error_sources if s.code == "attrition").state == "serious"


def test_a_dip_before_the_start_is_seen(tmp_path: Path) -> None:
    study = panel()
    waves = study.files["waves.csv"].copy()
    dipped = (waves["place"] < "place20") & (waves["day"] == "2022-12-31")
    waves.loc[dipped, "score"] -= 6
    record = study.with_file("waves.csv", waves).run(tmp_path)
    states = {s.code: s.state for s in record.evidence.error_sources}
    assert states["regression_to_mean"] == "serious"
    assert states["reverse_causality"] == "serious"
    assert record.claims.verdict == "unresolved"


# benchmarks


SPOILT_RATES: dict[str, tuple[Callable[[Study], Study], str]] = {
    "a stratum without a rate": (
        lambda s: s.with_file("rates.csv", s.files["rates.csv"][s.files["rates.csv"]["stratum"] == "old"]),
        "a group that the rates do not have",
    ),
    "a person without a stratum": (
        lambda s: s.with_file(
            "came.csv", s.files["came.csv"].assign(age_group=[None, *s.files["came.csv"]["age_group"][1:]])
        ),
        "lacks the group",
    ),
    "only one's own rates": (
        lambda s: s.with_file("rates.csv", s.files["rates.csv"].query("place == 'Town0'").assign(place="Home")),
        "no rate of the outcome",
    ),
    "nobody measured": (
        lambda s: s.with_file("came.csv", s.files["came.csv"].assign(day="2024-01-01")),
        "measured for fewer than 5",
    ),
}


@pytest.mark.parametrize("fault", SPOILT_RATES)
def test_a_benchmark_that_cannot_carry_a_number_says_why(fault: str, tmp_path: Path) -> None:
    spoil, words = SPOILT_RATES[fault]
    record = spoil(rate()).run(tmp_path)
    assert record.status == "not_estimable"
    assert record.status_reason is not None
    assert words in record.status_reason.en


@pytest.mark.parametrize("n", [6, 8, 12])
def test_projects_of_six_to_twelve_people_get_an_answer_of_their_own(n: int, tmp_path: Path) -> None:
    record = rate(n=n).run(tmp_path)
    assert record.status == "estimated"
    assert record.interval_high - record.interval_low > 0.3  # and how little it says
    assert publish(record, default_policy()).status == "suppressed"  # nobody may be recognised


def test_rates_that_rest_on_few_people_are_refused_row_by_row(tmp_path: Path) -> None:
    study = rate()
    rates = study.files["rates.csv"].copy()
    rates.loc[0, "people"] = 5
    record = study.with_file("rates.csv", rates).run(tmp_path)
    assert record.status == "estimated"
    with pytest.raises(InputRefused):
        study.with_file("rates.csv", rates.assign(people=5)).run(tmp_path / "all")


# reviews


SPOILT_STUDIES: dict[str, tuple[Callable[[Study], Study], str]] = {
    "one study": (lambda s: s.with_file("studies.csv", s.files["studies.csv"].iloc[:1]), "only one study"),
    "one study twice": (
        lambda s: s.with_file(
            "studies.csv", s.files["studies.csv"].iloc[:2].assign(study="Author 1990", effect_number=[1, 2])
        ),
        "only one study",
    ),
    "a study without an error": (
        lambda s: s.with_file(
            "studies.csv",
            s.files["studies.csv"].assign(standard_error=["", *s.files["studies.csv"]["standard_error"][1:]]),
        ),
        "lacks the numbers",
    ),
    "an error of zero": (
        lambda s: s.with_file("studies.csv", s.files["studies.csv"].assign(standard_error=0)),
        "lacks the numbers",
    ),
}


@pytest.mark.parametrize("fault", SPOILT_STUDIES)
def test_a_review_that_cannot_carry_a_number_says_why(fault: str, tmp_path: Path) -> None:
    spoil, words = SPOILT_STUDIES[fault]
    record = spoil(studies()).run(tmp_path)
    assert record.status == "not_estimable"
    assert record.status_reason is not None
    assert words in record.status_reason.en


def test_the_same_row_of_a_study_twice_counts_once_and_another_number_is_refused(tmp_path: Path) -> None:
    study = studies()
    rows = study.files["studies.csv"]
    once = study.run(tmp_path / "once")
    twice = study.with_file("studies.csv", pd.concat([rows, rows.iloc[:1]])).run(tmp_path / "twice")
    assert twice.estimate == once.estimate
    with pytest.raises(InputRefused):
        study.with_file("studies.csv", pd.concat([rows, rows.iloc[:1].assign(effect=9)])).run(tmp_path / "other")


def test_a_review_that_does_not_say_how_it_searched_is_a_narrative(tmp_path: Path) -> None:
    study = studies()
    head, _, rest = study.protocol.partition("  search:")
    silent = Study(head + "  model: random\n" + rest.partition("\n")[2], study.files)
    assert silent.run(tmp_path / "silent").evidence.rung == 6
    assert study.run(tmp_path / "said").evidence.rung == 1


# judgements and cases


def test_one_expert_is_an_opinion(tmp_path: Path) -> None:
    study = judged()
    rows = study.files["answers.csv"]
    record = study.with_file("answers.csv", rows[rows["expert"] == "e0"]).run(tmp_path)
    assert record.status == "not_estimable"
    assert record.status_reason is not None
    assert "Only one person has judged" in record.status_reason.en


def test_experts_give_a_judgement_and_never_a_difference(tmp_path: Path) -> None:
    record = judged().run(tmp_path / "fixed")
    assert (record.status, record.evidence.rung, record.claims.verdict) == ("assessed", 6, "story_only")
    assert "judge" in record.claims.can[0].en
    assert numbers(record)["spread_last_round"] < numbers(record)["spread_first_round"]
    late = judged().saying('form_fixed_on: "2026-01-01"', 'form_fixed_on: "2026-03-01"').run(tmp_path / "late")
    assert late.evidence.rung == 7  # the form was fixed after the answers
    interested = (
        judged().saying("raters_have_interests: false", "raters_have_interests: true").run(tmp_path / "interest")
    )
    assert next(s for s in interested.evidence.error_sources if s.code == "expert_interest").state == "serious"


@pytest.mark.parametrize(
    ("aggregate", "words"), [("linear_pool", "how sure the answer is"), ("cooke", "how sure the answer is")]
)
def test_distributions_that_were_not_asked_for_are_not_made_up(aggregate: str, words: str, tmp_path: Path) -> None:
    more = f"assessment: {{aggregate: {aggregate}, seeds: {{seed_one: 5}}, "
    record = judged().saying("assessment: {", more).run(tmp_path)
    assert record.status == "not_estimable"
    assert record.status_reason is not None
    assert words in record.status_reason.en


def test_skill_is_known_when_the_truth_is(tmp_path: Path) -> None:
    known = judged().saying("assessment: {", "assessment: {truth: 25, naive_forecast: 40, ")
    assert (numbers(known.run(tmp_path))["skill"] or 0) > 0.9


def test_cases_are_told_and_no_case_is_named(tmp_path: Path) -> None:
    record = cases().run(tmp_path)
    assert (record.status, record.evidence.rung, record.estimate) == ("told", 7, None)
    told = " ".join(text.en for text in record.texts)
    assert "a mentor" in told
    assert "speaks decisively against: the upswing" in told
    public = publish(record, default_policy()).model_dump_json()
    assert "s0" not in public.replace("rows0", "")
    assert publish(record, default_policy()).n_treated in (None, 10)


def test_coders_who_disagree_leave_their_cases_unsettled(tmp_path: Path) -> None:
    study = cases()
    rows = study.files["cases.csv"].copy()
    rows.loc[rows["coder"] == "c2", "value"] = 1 - rows.loc[rows["coder"] == "c2", "value"]
    record = study.with_file("cases.csv", rows).run(tmp_path)
    assert record.status == "not_estimable"
    assert record.status_reason is not None
    assert "in agreement" in record.status_reason.en


def test_an_item_that_was_never_declared_is_refused(tmp_path: Path) -> None:
    study = cases()
    rows = study.files["cases.csv"]
    with pytest.raises(InputRefused):
        study.with_file("cases.csv", rows.assign(item="something_else")).run(tmp_path)


# protocols


WRONG_USE: dict[str, tuple[str, str, str]] = {
    "trial without the list": (
        "trial",
        "  - {table: assignment, files: draw.csv, format: csv, columns: {person_id: id, assigned: place, assigned_date: drawn_on}}\n",
        "No delivery feeds the table “assignment”",
    ),
    "adjusting for nothing": ("trial", "adjust_for: [age]", "assigned_adjusted needs covariates"),
    "two-way effects of one group": ("panel", PANEL_POOL, "needs units without the project"),
    "standardised without rates": (
        "rate",
        "  - {table: rates, files: rates.csv, format: csv, columns: {period_date: day, people_count: people, value: rate}, constants: {outcome: score}}\n",
        "needs the table “rates”",
    ),
    "no smallest worthwhile effect": ("studies", ", smallest_worthwhile_effect: 0.1", "This key is missing"),
    "a rival without a name": (
        "cases",
        "    - {name: boom, label: the upswing, prior: 0.5}\n",
        "at least two explanations",
    ),
}


@pytest.mark.parametrize("fault", WRONG_USE)
def test_wrong_use_is_refused_in_words_with_the_place(fault: str) -> None:
    name, gone, words = WRONG_USE[fault]
    text = STUDIES[name]().protocol
    assert gone in text
    with pytest.raises(InputRefused) as refused:
        read_protocol(text.replace(gone, ""), "projects/small/project.yaml")
    assert words in str(refused.value)
    assert all("line" in str(f) or "deliveries" in str(f) or "small" in str(f) for f in refused.value.faults)


def test_waiting_lists_explanations_and_seeds_have_rules_of_their_own() -> None:
    def refused(study: Study, old: str, new: str) -> str:
        with pytest.raises(InputRefused) as found:
            read_protocol(study.saying(old, new).protocol)
        return str(found.value)

    assert "when those on the waiting list" in refused(trial(), "drawn: simple", "drawn: waiting_list")
    late = refused(trial(), "drawn: simple", "drawn: waiting_list, others_start_after_months: 9")
    assert "window closes after those on the waiting list" in late
    assert "sum to 0.7" in refused(cases(), "is_project: true, prior: 0.5", "is_project: true, prior: 0.2")
    assert "There is no explanation “bom”" in refused(cases(), "explains: boom", "explains: bom")
    assert "need seed questions" in refused(judged(), "assessment: {", "assessment: {aggregate: cooke, ")
    assert "Only a systematic review can pool ratios" in refused(
        panel(), "type: numeric, unit: points", "type: ratio, unit: points"
    )
    assert "no covariate “peple”" in refused(panel(), "weight: people", "weight: peple")


def test_another_rung_is_one_word_and_other_tables(tmp_path: Path) -> None:
    """A protocol with sections for several designs: `design:` and the deliveries decide, nothing else."""
    base = trial(seed=2)
    more = base.protocol.replace(
        "design: randomised_trial\n",
        "design: DESIGN\nconfounder_domains: [demography]\npanel: {estimator: before_after}\n"
        "comparison: {method: nearest_neighbour, score_covariates: [age], caliper_sd_logit: 0.5, reference_rates: [{outcome: score, value: 60, source: A}]}\n"
        "effects: {estimator: matched_difference}\n",
    )
    earlier = base.files["after.csv"].assign(day="2024-12-31", score=lambda f: f["score"] - 1)
    both = base.with_file("after.csv", pd.concat([base.files["after.csv"], earlier]))
    rungs = {}
    for design in ("randomised_trial", "matched_control", "panel"):
        study = replace(both, protocol=more.replace("DESIGN", design))
        rungs[design] = study.run(tmp_path / design).evidence.rung_detail
    assert rungs == {"randomised_trial": "4b", "matched_control": "4b", "panel": "3b"}


# outcomes and vocabulary


def test_three_of_five_factors_is_social_exclusion_and_what_is_missing_is_not_filled_in() -> None:
    protocol = read_protocol(trial().protocol.replace("- {name: score, label: Score, type: numeric, unit: points,", "- {name: excluded, label: E, type: binary, derived: social_exclusion,").replace("outcome_columns: {score: score}", "outcome_columns: {poverty: p, few_relations: r, little_work_or_politics: w, little_leisure: l, poor_health: h}"))  # fmt: skip
    factors = ["poverty", "few_relations", "little_work_or_politics", "little_leisure", "poor_health"]
    people = {
        "three": [1, 1, 1, 0, 0],
        "two": [1, 1, 0, 0, 0],
        "all": [1, 1, 1, 1, 1],
        "enough known": [1, 1, 1, None, None],
        "not without": [0, 0, 0, None, None],
        "uncertain": [1, 1, 0, 0, None],
    }
    rows = pd.DataFrame(
        [
            {"person_id": name, "outcome": factor, "measured_date": pd.Timestamp("2025-09-01"), "value": value}
            for name, values in people.items()
            for factor, value in zip(factors, values, strict=True)
        ]
    )
    rows["value"] = rows["value"].astype(float)
    found = with_derived(rows, protocol)
    own = found[found["outcome"] == "excluded"].set_index("person_id")["value"].to_dict()
    assert own == {"three": 1.0, "two": 0.0, "all": 1.0, "enough known": 1.0, "not without": 0.0}
    assert set(protocol.delivered_outcomes) == set(factors)


def test_social_exclusion_runs_through_a_whole_study(tmp_path: Path) -> None:
    study = trial(n=160, seed=4)
    after = study.files["after.csv"]
    rng = np.random.default_rng(9)
    better = study.files["draw.csv"]["place"].to_numpy() == 1
    for letter in "prwlh":
        after = after.assign(**{letter: (rng.random(len(after)) < np.where(better, 0.35, 0.6)).astype(int)})
    text = study.protocol.replace(
        "- {name: score, label: Score, type: numeric, unit: points,",
        "- {name: excluded, label: Excluded, type: binary, derived: social_exclusion,",
    )
    text = text.replace("higher_is_better", "lower_is_better").replace(
        "smallest_worthwhile_effect: 3", "smallest_worthwhile_effect: 0.1"
    )
    text = text.replace(
        "outcome_columns: {score: score}",
        "outcome_columns: {poverty: p, few_relations: r, little_work_or_politics: w, little_leisure: l, poor_health: h}",
    )
    record = Study(text, study.files | {"after.csv": after}).run(tmp_path)
    assert (record.outcome, record.status, record.outcome_type) == ("excluded", "estimated", "binary")
    assert record.estimate < -0.2
    assert record.outcome_chosen_by == "funder"


def test_a_phase_of_life_asks_for_its_own_risk_factors(tmp_path: Path) -> None:
    study = trial(seed=2)
    matched = study.saying("design: randomised_trial\n", "design: matched_control\nconfounder_domains: [demography]\ncomparison: {method: inverse_probability, score_covariates: [age]}\neffects: {estimator: inverse_probability}\n")  # fmt: skip
    plain = matched.run(tmp_path / "plain")
    asked = matched.saying("prevention_level: early", "prevention_level: early, life_phases: [youth]").run(
        tmp_path / "youth"
    )
    states = [
        next(s for s in r.evidence.error_sources if s.code == "register_limited_covariates") for r in (plain, asked)
    ]
    assert states[0].state == "clear"
    assert states[1].state == "serious"
    assert "substance use" in states[1].finding.en


@pytest.mark.parametrize("name", STUDIES)
def test_an_analyst_sees_what_was_found_also_where_it_is_no_number(name: str, tmp_path: Path) -> None:
    """The asset page of the estimates: a number, or a story and its measures; “not estimable” has a reason."""
    study = STUDIES[name]()
    study.run(tmp_path)
    protocol = read_protocol(study.protocol)
    ((_, effects, _),) = rehearse(Home(tmp_path), "small", QUARTER, day=DAY)
    for language in LANGUAGES:
        told = effects_markdown(effects, protocol.primary_outcome, protocol, language)
        assert len(told) > 40
        assert "beregnes" not in told
        assert "not estimable" not in told
        for measure in effects.breakdown.measures:
            assert read_knowledge("measures")["measures"][measure.code]["name"][language] in told
