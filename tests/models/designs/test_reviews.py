"""Reviews and the living review: metafor's numbers, worlds with known truth, properties, and wrong twins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as t_distribution

from data_contracts.calendar.quarters import Quarter
from data_contracts.designs.systematic_review.settings import ReviewSettings
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.reading import read_protocol
from data_contracts.results.result_record import ResultRecord
from models.designs.systematic_review.living_review import Promise, living_review, poolable
from models.designs.systematic_review.meta_regression import meta_regression, three_levels
from models.designs.systematic_review.review import Review, Studies, review
from models.designs.systematic_review.small_studies import egger
from models.designs.systematic_review.study_effects import study_effects
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from models.evidence.record import Provenance
from models.statistics.pooling import pool
from models.values.refusal import Refusal
from projects.portfolio import protocol_folder
from projects.worlds.bcg_trials import TRIALS
from tests.support.design_references import EXACT, R
from tests.support.example_record import example_fields

M = R["metafor"]
Y, V = np.array(M["yi"]), np.array(M["vi"])
LEVEL = 0.95


def studies(effects: np.ndarray, variances: np.ndarray, **changes: Any) -> Studies:
    k = len(effects)
    made = Studies(
        labels=tuple({"da": f"s{i}", "en": f"s{i}"} for i in range(k)),
        study=np.arange(k),
        effects=effects,
        variances=variances,
        rung=np.full(k, 2),
        is_published=np.ones(k, dtype=bool),
        is_low_risk=np.ones(k),
        moderators=np.empty((k, 0)),
    )
    return replace(made, **changes)


def reviewed(s: Studies, **chosen: Any) -> Review:
    found = review(s, ReviewSettings(**chosen), confidence_level=LEVEL)
    assert isinstance(found, Review), found
    return found


@pytest.mark.parametrize(("name", "between"), [("REML_knha", "reml"), ("DL_knha", "dersimonian_laird")])
def test_knapp_hartung_intervals_are_those_of_metafor(name: str, between: str) -> None:
    found = pool(Y, V, between=between, interval="knapp_hartung")  # type: ignore[arg-type]
    expected = M["knapp_hartung"][name]
    assert (found.estimate, found.standard_error) == pytest.approx((expected["estimate"], expected["se"]), rel=EXACT)
    assert (found.low, found.high) == pytest.approx(expected["ci"], rel=EXACT)
    assert (found.prediction_low, found.prediction_high) == pytest.approx(expected["pi"], rel=EXACT)


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("ablat_REML_z", {"interval": "normal"}),
        ("ablat_REML_knha", {}),
        ("ablat_DL_z", {"interval": "normal", "between": "dersimonian_laird"}),
    ],
)
def test_distance_from_the_equator_explains_what_it_does_in_metafor(name: str, chosen: dict[str, Any]) -> None:
    found = meta_regression(Y, V, np.array(M["ablat"], dtype=float)[:, None], **chosen)
    expected = M["latitude"][name]
    assert found.coefficients == pytest.approx(expected["coef"], rel=EXACT)
    assert found.standard_errors == pytest.approx(expected["se"], rel=EXACT)
    assert found.tau_squared == pytest.approx(expected["tau2"], rel=1e-6)
    assert found.r_squared == pytest.approx(expected["R2"] / 100, rel=1e-6)
    assert found.moderators_p == pytest.approx(expected["QMp"], rel=1e-5)


def test_subgroups_differ_as_they_do_in_metafor() -> None:
    kinds = np.array(M["alloc"])
    dummies = np.column_stack([kinds == "random", kinds == "systematic"]).astype(float)
    found = meta_regression(Y, V, dummies, interval="normal")
    assert found.moderators_p == pytest.approx(M["allocation_p"], rel=1e-6)


def test_dependent_effects_are_pooled_on_three_levels_as_konstantopoulos_did() -> None:
    k = M["konstantopoulos"]
    found = three_levels(np.array(k["yi"]), np.array(k["vi"]), np.array(k["district"]), confidence_level=0.95)
    assert (found.estimate, found.standard_error) == pytest.approx((k["estimate"], k["se"]), rel=1e-6)
    assert (found.between_studies, found.within_studies) == pytest.approx(k["sigma2"], rel=1e-5)


def test_the_bcg_trials_give_what_is_published() -> None:
    """Risk ratio .489 (.344 to .696), τ² .313, I² 92 per cent."""
    rows = pd.DataFrame(
        [(t[2], t[3], t[4], t[5]) for t in TRIALS],
        columns=["events_treated", "people_treated", "events_control", "people_control"],
    )
    effects, variances = study_effects(rows, "risk_ratio")
    assert (effects, variances) == (pytest.approx(Y, rel=EXACT), pytest.approx(V, rel=EXACT))
    found = reviewed(studies(effects, variances), interval="normal")
    e = found.primary
    assert [round(float(np.exp(v)), 3) for v in (e.value, e.low, e.high)] == [0.489, 0.344, 0.696]
    numbers = {m.code: m.value for m in found.measures}
    assert numbers["tau_squared"] == pytest.approx(0.313, abs=5e-4)
    assert numbers["i_squared"] == pytest.approx(0.922, abs=5e-4)
    left = [p.value for p in reviewed(studies(effects, variances)).parts if p.kind == "left_out"]
    assert left == pytest.approx(M["leave_one_out"]["estimate"], rel=1e-6)


def test_odds_differences_and_empty_cells() -> None:
    columns = ["events_treated", "people_treated", "events_control", "people_control"]
    rows = pd.DataFrame([[0, 20, 5, 20], [3, 10, 3, 10], [12, 10, 1, 10]], columns=columns)
    odds, _ = study_effects(rows, "odds_ratio")
    assert odds[0] == pytest.approx(np.log((0.5 / 20.5) / (5.5 / 15.5)))
    assert odds[1] == 0
    difference, variance = study_effects(rows, "risk_difference")
    assert (difference[0], variance[0]) == pytest.approx((-0.25, 0.25 * 0.75 / 20))
    assert np.isnan(difference[2])  # more events than people
    assert np.isnan(variance[2])


@pytest.mark.slow
def test_intervals_hold_the_truth_with_few_studies_where_normal_ones_do_not() -> None:
    """The wrong twin takes the normal distribution with five studies that differ."""
    rng = np.random.default_rng(21)
    held = {"knapp_hartung": 0, "normal": 0}
    wrong = 0
    for _ in range(500):
        variances = rng.uniform(0.01, 0.05, 5)
        effects = rng.normal(0.3, np.sqrt(0.05 + variances))
        for kind in held:
            e = pool(effects, variances, interval=kind)  # type: ignore[arg-type]
            held[kind] += e.low <= 0.3 <= e.high
        none = pool(effects - 0.3, variances, interval="knapp_hartung")
        wrong += not none.low <= 0 <= none.high
    assert held["knapp_hartung"] / 500 == pytest.approx(0.95, abs=0.025)
    assert held["normal"] / 500 < 0.91
    assert wrong / 500 < 0.08


def test_teachers_expectations_are_those_of_raudenbush_and_small_studies_say_more() -> None:
    """19 trials of what teachers expect of pupils: .0837 (.0516), and Egger's z of 2.53 as metafor reckons it."""
    k = M["raudenbush"]
    y, v = np.array(k["yi"]), np.array(k["vi"])
    found = pool(y, v, between="reml", interval="normal")
    assert (found.estimate, found.standard_error) == pytest.approx((0.0837, 0.0516), abs=5e-5)
    assert (found.estimate, found.standard_error, found.tau_squared) == pytest.approx(
        (k["estimate"], k["se"], k["tau2"]), rel=1e-6
    )
    adjusted = pool(y, v, between="reml", interval="knapp_hartung")
    assert adjusted.standard_error == pytest.approx(k["knapp_hartung_se"], rel=1e-6)
    line = meta_regression(y, v, np.sqrt(v)[:, None], interval="normal")
    assert line.coefficients[0] == pytest.approx(k["egger_limit"], rel=1e-5)
    assert line.coefficients[1] / line.standard_errors[1] == pytest.approx(k["egger_z"], rel=1e-5)
    assert k["egger_z"] == pytest.approx(2.53, abs=5e-3)
    # What a review reports is Egger's own regression, with one spread for all studies.
    plain = egger(y, v)
    assert plain.slope_p == pytest.approx(2 * t_distribution.sf(k["egger_t"], 17), rel=1e-6)


@pytest.mark.long
def test_several_effects_of_one_study_are_not_several_studies() -> None:
    rng = np.random.default_rng(22)
    held = {"three levels": 0, "wrong twin": 0}
    for _ in range(80):
        own = rng.normal(0.2, 0.3, 8)
        effects = np.repeat(own, 4) + rng.normal(scale=0.1, size=32)
        variances = np.full(32, 0.01)
        dependent = studies(effects, variances, study=np.repeat(np.arange(8), 4))
        e = reviewed(dependent).primary
        assert e.estimator == "pooled_three_level"
        held["three levels"] += e.low <= 0.2 <= e.high
        twin = reviewed(studies(effects, variances)).primary
        held["wrong twin"] += twin.low <= 0.2 <= twin.high
    assert held["three levels"] / 80 > 0.89
    assert held["wrong twin"] / 80 < 0.8


def test_a_study_alone_is_no_review() -> None:
    one = studies(Y[:1], V[:1])
    assert review(one, ReviewSettings(), confidence_level=LEVEL) == Refusal("one_study")
    twice = studies(Y[:2], V[:2], study=np.array([0, 0]))
    assert review(twice, ReviewSettings(), confidence_level=LEVEL) == Refusal("one_study")


def test_weak_studies_stay_in_the_result_and_leave_only_a_declared_sensitivity_analysis() -> None:
    rung = np.array([2, 2, 2, 5, 5, 5])
    s = studies(np.array([0.0, 0.05, -0.05, 0.9, 1.0, 1.1]), np.full(6, 0.01), rung=rung)
    found = reviewed(s, minimum_rung=4)
    numbers = {m.code: m.value for m in found.measures}
    assert found.primary.value == pytest.approx(0.5, abs=0.01)
    assert numbers["without_weak"] == pytest.approx(0.0, abs=0.01)
    assert numbers["weighted_by_rung"] == pytest.approx(0.0, abs=0.01)
    assert numbers["rungs_p"] < 0.001
    assert found.findings.low_risk_weight_share == pytest.approx(1)
    assert {p.label["en"] for p in found.parts if p.kind == "rung"} == {"2 Randomised trials (3)", "5 Benchmarking (3)"}


@pytest.mark.slow
@given(st.integers(0, 10_000), st.floats(-3, 3))
@settings(max_examples=20, deadline=None)
def test_order_changes_nothing_and_a_shift_moves_the_result_by_itself(seed: int, shift: float) -> None:
    rng = np.random.default_rng(seed)
    variances = rng.uniform(0.01, 0.2, 9)
    effects = rng.normal(0.2, np.sqrt(variances + 0.05))
    base = reviewed(studies(effects, variances)).primary
    order = rng.permutation(9)
    turned = reviewed(studies(effects[order], variances[order])).primary
    assert (turned.value, turned.low) == pytest.approx((base.value, base.low), rel=1e-9)
    moved = reviewed(studies(effects + shift, variances)).primary
    assert moved.value - base.value == pytest.approx(shift, abs=1e-7)


def demo_protocol(project: str) -> Protocol:
    return read_protocol((protocol_folder(project) / "project.yaml").read_text(encoding="utf-8"))


def record(project: str, estimate: float, error: float, rung: int = 4, **changes: Any) -> ResultRecord:
    fields = example_fields(
        project=project, result_id=f"{project}.2026Q3.in_work_or_education", project_name={"da": project, "en": project}
    )
    fields |= {"estimate": estimate, "standard_error": error, "outcome": "in_work_or_education", "counted": "people"}
    fields["evidence"] = fields["evidence"] | {"rung": rung, "rung_detail": "4a" if rung == 4 else str(rung)}
    return ResultRecord.model_validate(fields | changes)


def lived(
    rows: list[ResultRecord], promises: list[Promise] | None = None, hidden: tuple[str, ...] = ()
) -> list[ResultRecord]:
    declared = demo_protocol("i-gang").primary_outcome
    return living_review(
        rows,
        {(row.project, row.outcome): declared for row in rows},
        {},
        promises or [],
        Quarter(2026, 3),
        Provenance("0", {}, "0" * 64, "0" * 64, 0),
        frozenset(hidden),
    )


def test_projects_are_pooled_and_those_who_never_reported_are_counted() -> None:
    rows = [record("a", 0.10, 0.04), record("b", 0.20, 0.05), record("c", 0.15, 0.30, status="pooled_only")]
    promises = [Promise(name, "in_work_or_education", "2026Q1") for name in ("a", "b", "c", "silent")]
    promises.append(Promise("later", "in_work_or_education", "2027Q1"))
    (found,) = lived(rows, promises)
    assert (found.evidence.rung_detail, found.n_treated, found.counted) == ("1b", 3, "studies")
    source = next(s for s in found.evidence.error_sources if s.code == "publication_bias")
    assert source.state in ("warning", "serious")  # one of four never came
    assert {m.code: m.value for m in found.measures}["never_reported"] == 1
    assert found.evidence.certainty in ("low", "very_low")  # no surer than what it is made of
    assert found.claims.verdict != "works_in_trial"


def test_what_is_pooled_has_the_same_outcome_unit_and_kind_of_data_and_no_people_in_common() -> None:
    a, b = record("a", 0.1, 0.04), record("b", 0.2, 0.05)
    assert len(poolable([a, b], {})) == 1
    assert poolable([a, record("b", 0.2, 0.05, outcome="other")], {}) == {}
    assert poolable([a, record("b", 0.2, 0.05, data_note="confidential")], {}) == {}
    assert poolable([a, record("b", 0.2, 0.05, unit={"da": "kr.", "en": "kroner"})], {}) == {}
    assert poolable([a, record("b", 0.2, 0.05, status="not_estimable")], {}) == {}
    assert poolable([a, record("b", 0.2, 0.05, rung=6)], {}) == {}
    assert poolable([a, record("b", 0.2, 0.05, outcome_direction="lower_is_better")], {}) == {}
    assert poolable([a, b], {"b": "a"}) == {}


def test_a_small_project_is_pooled_and_not_shown() -> None:
    rows = [record("a", 0.10, 0.04), record("b", 0.20, 0.04), record("c", 0.15, 0.2, status="pooled_only")]
    (found,) = lived(rows, hidden=("c.2026Q3.in_work_or_education",))
    public = publish(found, default_policy())
    assert public.status == "estimated"
    parts = {p.label.en: p for p in public.parts if p.kind == "project"}
    assert (parts["c"].is_hidden, parts["c"].estimate, parts["c"].weight_share) == (True, None, None)
    assert parts["a"].estimate is not None
    assert parts["a"].weight_share is None  # weights would tell the hidden one's size
    assert [m.code for m in public.measures] == ["never_reported"]  # each other way to pool is one more equation
    assert all(p.estimate is None for p in public.parts if p.kind == "rung")


def test_a_pooled_result_that_would_tell_of_one_small_project_is_not_published() -> None:
    rows = [record("a", 0.10, 0.04), record("c", 0.15, 0.04, status="pooled_only")]
    (found,) = lived(rows, hidden=("c.2026Q3.in_work_or_education",))
    public = publish(found, default_policy())
    assert public.status == "suppressed"
    assert public.estimate is None
    assert public.parts == ()
