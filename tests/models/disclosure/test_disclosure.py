"""What leaves: nobody recognisable, and numbers that still add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.ladder.ladder import error_sources
from data_contracts.protocol.reading import read_protocol
from data_contracts.results.public_record import PublicRecord
from data_contracts.results.result_record import ResultRecord
from data_contracts.results.statements import says
from data_contracts.results.wording import in_words
from models.detectors.bounds import bound_statements
from models.disclosure.policy import default_policy, safe_count
from models.disclosure.populations import dominance
from models.disclosure.record import publish
from models.disclosure.small_groups import is_small
from models.values.comparison import Comparison, ComparisonDiagnostics, Gate, no_pairs
from tests.support.example_record import example_fields, example_record
from tests.support.small_study import PROTOCOL

POLICY = default_policy()


@given(st.integers(0, 10_000))
def test_counts_up_to_seven_vanish_and_others_are_rounded(count: int) -> None:
    safe = safe_count(count, POLICY)
    if 1 <= count <= 7:
        assert safe is None
    else:
        assert safe is not None
        assert safe % 5 == 0
        assert abs(safe - count) <= 2


@settings(deadline=None)
@given(st.integers(1, 400), st.integers(1, 2000), st.floats(0, 1), st.floats(-0.5, 0.5), st.floats(0.01, 0.3))
def test_whatever_the_numbers_nothing_exact_leaves(
    n_treated: int, n_control: int, share: float, effect: float, half: float
) -> None:
    events = round(share * n_treated)
    treated_value = events / n_treated
    record = example_record(
        n_treated=n_treated,
        n_control=n_control,
        treated_value=treated_value,
        control_value=min(1.0, max(0.0, treated_value - effect)),
        estimate=effect,
        interval_low=effect - half,
        interval_high=effect + half,
    )
    public = publish(record, POLICY)
    assert "standard_error" not in public.model_dump_json(exclude={"known_answers"})
    if is_small(record, POLICY):
        assert public.status == "suppressed"
        assert public.estimate is None
        assert public.n_treated is None
        assert public.balance == ()
        return
    step = public.rounded_to
    assert step is not None
    assert step * min(n_treated, n_control) >= 2.5 - 1e-9
    for value in (public.estimate, public.interval_low, public.interval_high, public.treated_value):
        assert value is not None
        assert value / step == pytest.approx(round(value / step), abs=1e-6)
    assert public.treated_value == pytest.approx(treated_value, abs=step / 2 + 1e-9)
    assert public.estimate == pytest.approx(effect, abs=step / 2 + 1e-9)
    assert public.n_treated is not None
    assert public.n_treated % 5 == 0


def test_the_three_numbers_a_reader_sees_add_up() -> None:
    public = publish(example_record(), POLICY)
    assert public.treated_value is not None
    assert public.control_value is not None
    assert public.estimate == pytest.approx(public.treated_value - public.control_value)


@pytest.mark.parametrize(
    "changes",
    [
        {"n_treated": 7},
        {"n_control": 5},
        {"n_treated": 60, "treated_value": 6 / 60},
        {"n_treated": 60, "treated_value": 55 / 60},
        {"n_treated": 60, "treated_value": 0.0},
        {"n_treated": 60, "treated_value": 1.0},
    ],
)
def test_small_groups_and_small_parts_of_groups_are_hidden(changes: dict[str, Any]) -> None:
    public = publish(example_record(**changes), POLICY)
    assert public.status == "suppressed"
    numbers = [v for v in public.model_dump()["diagnostics"].values() if v is not None]
    assert numbers == []
    for source in public.evidence.error_sources:
        if source.code in ("group_differences", "attrition", "unmeasured_confounding"):
            assert not any(ch.isdigit() for ch in source.finding.en)


def test_a_reader_of_a_small_study_is_not_misled_by_rounding() -> None:
    """18 of 32 against 12 of 32: counts rounded to 20 of 30 would print 67 of 100."""
    record = example_record(n_treated=32, n_control=32, treated_value=18 / 32, control_value=12 / 32, estimate=6 / 32)
    public = publish(record, POLICY)
    assert public.rounded_to == 0.1
    assert (public.treated_value, public.control_value, public.estimate) == pytest.approx((0.6, 0.4, 0.2))


def test_a_wrong_twin_that_only_rounds_would_show_small_groups() -> None:
    from dataclasses import replace

    careless = replace(POLICY, redact_at_or_below=0)
    assert publish(example_record(n_treated=7, treated_value=3 / 7), careless).status == "estimated"


def test_published_claims_hold_published_numbers_only() -> None:
    record = example_record(
        n_treated=700, n_control=2000, estimate=0.20349, interval_low=0.15149, interval_high=0.25549
    )
    public = publish(record, POLICY)
    text = " ".join(c.en for c in (*public.claims.can, *public.claims.cannot))
    assert "20.3" not in text
    assert "+20 percentage points" in text


def test_a_number_that_could_not_be_estimated_keeps_its_reason() -> None:
    record = example_record(
        status="not_estimable",
        status_says=says("gate:nobody_matched"),
        estimate=None,
        interval_low=None,
        interval_high=None,
        standard_error=None,
    )
    public = publish(record, POLICY)
    assert public.status == "not_estimable"
    assert "No participant has anyone like them." in public.claims.can[0].en


def test_the_public_record_has_its_own_fields_and_no_other() -> None:
    public = publish(example_record(), POLICY)
    assert type(public) is PublicRecord
    left = set(ResultRecord.model_fields) - set(PublicRecord.model_fields)
    assert left == {"standard_error", "risk_ratio", "subgroups", "sites"}


def test_numeric_outcomes_are_rounded_to_a_tenth_of_their_doubt() -> None:
    record = example_record(
        outcome_type="numeric",
        unit={"da": "kr.", "en": "DKK"},
        estimate=1494.8972,
        interval_low=166.2446,
        interval_high=2823.5498,
        treated_value=6349.14,
        control_value=4854.25,
        raw_difference=-8497.516,
    )
    public = publish(record, POLICY)
    assert (public.estimate, public.interval_low, public.interval_high) == (1500, 200, 2800)
    assert public.rounded_to == 100


def test_the_published_e_value_is_made_of_published_numbers() -> None:
    """From exact numbers it would undo the rounding: two records that round alike must read alike."""
    one, two = (
        publish(
            example_record(
                n_treated=700,
                n_control=2000,
                estimate=e,
                interval_low=e - 0.05,
                interval_high=e + 0.05,
                treated_value=t,
            ),
            POLICY,
        )
        for e, t in ((0.2034, 0.3217), (0.1984, 0.3189))
    )
    assert one.estimate == two.estimate
    assert one.diagnostics.e_value == two.diagnostics.e_value
    assert [c.en for c in one.claims.can] == [c.en for c in two.claims.can]


def test_bounds_are_published_as_coarsely_as_everything_else() -> None:
    exact = {
        "e_value": 4.8812,
        "e_value_limit": 3.7123,
        "rosenbaum_gamma": 1.8374,
        "robustness_value": 0.1237,
        "robustness_limit": 0.0712,
        "benchmark_label": {"da": "Alder", "en": "Age"},
        "benchmark_adjusted": 0.1874,
        "ease": 0.1234,
        "negative_controls": 6,
        "detectable_smd": 0.23,
        "imbalance_p": 0.4,
    }
    record = example_record(diagnostics=exact, n_treated=1000, n_control=3000)
    public = publish(record, POLICY)
    d = public.diagnostics
    assert (d.rosenbaum_gamma, d.ease) == (1.8, 0.12)
    assert not {"detectable_smd", "imbalance_p"} & set(d.model_dump())
    step = public.rounded_to or 1
    for value in (d.robustness_value, d.robustness_limit, d.benchmark_adjusted):
        assert value is not None
        assert value / step == pytest.approx(round(value / step))
    (before, after) = (
        next(s.finding for s in r.evidence.error_sources if s.code == "unmeasured_confounding")
        for r in (record, public)
    )
    unit = {"da": record.unit.da, "en": record.unit.en}
    # The sentence is the one made of published numbers, whole; and that is another one than the exact one.
    assert after == in_words(says("placebo_clear"), *bound_statements(d, outcome_type="binary", unit=unit))
    assert before != after


def test_what_counts_only_among_others_is_not_shown_as_another_specification_either() -> None:
    text = {"da": "Lille", "en": "Small"}
    number = {"estimate": 0.2, "standard_error": 0.03, "interval_low": 0.14, "interval_high": 0.26}
    rows = [
        {"name": name, "label": text, "estimator": "matched_difference", "reason_says": reason, **number}
        for name, reason in (("shown", None), ("kept", says("gate:low_power")))
    ]
    shown, kept = publish(example_record(specifications=rows), POLICY).specifications
    assert shown.estimate is not None
    assert (kept.estimate, kept.interval_low, kept.interval_high) == (None, None, None)


def test_the_strongest_covariate_is_not_named_where_few_have_it() -> None:
    label = {"da": "Sjælden", "en": "Rare"}
    balance = [{"covariate": "rare", "label": label, "smd_before": 0.3, "smd_after": 0.1, "fewest": 1}]
    bounds = {"e_value": 4.9, "e_value_limit": 3.7, "benchmark_label": label, "benchmark_adjusted": 0.18}
    people = {"n_treated": 1000, "n_control": 3000}
    public = publish(example_record(balance=balance, diagnostics=bounds, **people), POLICY)
    assert (public.diagnostics.benchmark_label, public.diagnostics.benchmark_adjusted) == (None, None)
    (finding,) = [s.finding for s in public.evidence.error_sources if s.code == "unmeasured_confounding"]
    assert "Rare" not in finding.en
    assert "Sjælden" not in finding.da


def test_a_covariate_that_few_have_is_hidden() -> None:
    balance = [
        {"covariate": name, "label": {"da": name, "en": name}, "smd_before": 0.3, "smd_after": 0.1, "fewest": fewest}
        for name, fewest in (("rare", 1), ("common", 60), ("number", None))
    ]
    public = {row.covariate: row for row in publish(example_record(balance=balance), POLICY).balance}
    assert public["rare"].smd_after is None
    assert public["common"].smd_after == 0.1
    assert all("fewest" not in row.model_dump() for row in public.values())


def test_a_share_that_stands_for_a_few_lost_people_is_hidden() -> None:
    """1 % of 265 people is three of them: beside the count it would tell a number that is hidden elsewhere."""
    fields = example_fields()
    fields |= {"n_treated": 262, "n_control": 786}
    fields["diagnostics"] |= {"outcome_missing_treated_share": 3 / 265, "outcome_missing_control_share": 0.0312}
    public = publish(ResultRecord.model_validate(fields), default_policy())
    assert public.diagnostics.outcome_missing_treated_share is None
    assert public.diagnostics.outcome_missing_control_share is not None
    attrition = next(s for s in public.evidence.error_sources if s.code == "attrition")
    assert attrition.value is None
    assert not any(letter.isdigit() for letter in attrition.finding.en)


def test_a_mean_that_is_one_persons_is_hidden() -> None:
    """Sixty people, of whom one earns more than all others: the mean is hers, however many stand beside her."""
    numeric = {
        "outcome_type": "numeric",
        "unit": {"da": "kr.", "en": "kroner"},
        "estimate": 900.0,
        "standard_error": 300.0,
    }
    numeric |= {"interval_low": 300.0, "interval_high": 1500.0, "treated_value": 2000.0, "control_value": 1100.0}
    plain = example_record(**numeric)
    assert publish(plain, default_policy()).status == "estimated"
    for shares in (
        {"largest_share": 0.6, "two_largest_share": 0.62},
        {"largest_share": 0.45, "two_largest_share": 0.9},
    ):
        dominated = plain.model_copy(update={"diagnostics": plain.diagnostics.model_copy(update=shares)})
        assert publish(dominated, default_policy()).status == "suppressed"
    spread = {"largest_share": 0.05, "two_largest_share": 0.09}
    open_one = publish(
        plain.model_copy(update={"diagnostics": plain.diagnostics.model_copy(update=spread)}), default_policy()
    )
    assert open_one.status == "estimated"
    assert not {"largest_share", "two_largest_share"} & set(open_one.diagnostics.model_dump())


def test_how_much_is_one_persons_is_measured_where_it_is_most() -> None:
    people = pd.DataFrame({"person_id": list("abcdef"), "treated": [True] * 3 + [False] * 3, "weight": 1.0})
    diagnostics = ComparisonDiagnostics(3, 3, 3, 3, 3.0)
    made = Comparison(people, no_pairs(), (), diagnostics, "att", Gate())
    outcome = read_protocol(PROTOCOL).primary_outcome
    y = np.array([1.0, 1.0, 2.0, -8.0, 1.0, 1.0])
    assert dominance(made, y, outcome) == pytest.approx((0.8, 0.9))
    assert dominance(made, np.where(y == -8.0, np.nan, y), outcome) == pytest.approx((0.5, 1.0))
    assert dominance(made, np.zeros(6), outcome) is None
    binary = outcome.model_copy(update={"type": "binary"})
    assert dominance(made, y, binary) is None


def test_what_is_withheld_shows_nothing_and_says_why() -> None:
    public = publish(example_record(), POLICY, is_withheld=True)
    assert (public.status, public.estimate, public.n_treated, public.flow, public.parts) == (
        "not_estimable",
        None,
        None,
        (),
        (),
    )
    assert public.status_reason is not None
    assert "vises ikke i denne frigivelse" in public.status_reason.da
    of_people = [row for row in public.evidence.error_sources if not error_sources()[row.code].is_people_free]
    assert of_people
    assert all(row.value is None for row in of_people)
