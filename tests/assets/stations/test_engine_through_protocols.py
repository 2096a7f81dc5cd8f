"""Every way to compare, chosen by a protocol and carried to a tagged, published record.

No files and no Dagster here: cohort, comparison, effects, tag and disclosure as the assets call them.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.comparison import balance_markdown
from assets.storage.effect_records import effects_from, effects_record
from assets.storage.station_values import KeptComparison
from assets.ui.effect_tables import effects_markdown
from data_contracts.calendar.quarters import Quarter
from data_contracts.phrases import LANGUAGES, phrase
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.reading import read_protocol
from data_contracts.results.result_record import ResultRecord
from models.designs.matched_control.design import MatchedControl
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from models.evaluate import estimate_effects, make_comparison, select_cohort, tag_effects
from models.evidence.findings import Circumstances
from models.evidence.plan_lock import LockState
from models.evidence.record import Provenance
from models.values.adapter import as_data, read_as
from models.values.comparison import Comparison
from models.values.effects import Effects
from tests.support.small_study import PROTOCOL, TRUE_EFFECT, small_rows

pytestmark = pytest.mark.slow

OLD_COMPARISON = PROTOCOL[PROTOCOL.index("comparison:") : PROTOCOL.index("placebo_outcomes:")]
SCORE = "score_covariates: [age, earlier, group]"


def protocol_with(comparison: str, effects: str) -> Protocol:
    new = f"comparison: {{{SCORE}, {comparison}}}\neffects: {{{effects}}}\n"
    return read_protocol(PROTOCOL.replace(OLD_COMPARISON, new))


def evaluated(protocol: Protocol, rows: pd.DataFrame) -> tuple[Comparison, Effects, ResultRecord]:
    """Run one quarter on rows, through the same functions and the same records as the assets."""
    start = pd.to_datetime(rows["start"]).astype("datetime64[s]")
    register = pd.DataFrame({"person_id": rows["id"], "covariate_date": start, "municipality_code": rows["place"]})
    register = register.join(rows[["age", "earlier", "group"]])
    own = rows["club"] == 1
    participants = register[own].rename(columns={"covariate_date": "index_date"})[
        ["person_id", "index_date", "municipality_code"]
    ]
    measured = pd.DataFrame(
        {
            "person_id": rows["id"],
            "outcome": "score",
            "measured_date": pd.to_datetime(rows["test_day"]).astype("datetime64[s]"),
            "value": rows["score"],
        }
    ).dropna()
    tables = {"participants": participants.reset_index(drop=True), "comparison_pool": register}
    cohort = select_cohort(protocol, tables, date(2026, 9, 30), ())
    made = make_comparison(protocol, cohort, {})
    made = read_as(KeptComparison, as_data(KeptComparison.of(made, {}))).of_people(made.people, made.pairs)
    effects = tuple(effects_from(effects_record(e)) for e in estimate_effects(protocol, made, measured).effects)
    (record,) = tag_effects(
        protocol,
        made,
        effects,
        cohort_is_dated=cohort.covariates_dated_before_index,
        around=Circumstances(Quarter.parse("2026Q3"), LockState(is_locked=True, is_unchanged=True), steps=cohort.steps),
        provenance=Provenance("0", {}, "0" * 64, "0" * 64, 1),
    )
    (found,), (outcome,) = effects, protocol.outcomes
    for language in LANGUAGES:
        assert effects_markdown(found, outcome, protocol, language)
        assert balance_markdown(made, protocol, language)
    return made, found, record


WAYS = [
    ("method: nearest_neighbour, caliper_sd_logit: 0.5, ratio: 2", "estimator: matched_difference, alternatives: [matched_regression, cross_fitted, inverse_probability, entropy_balanced]"),
    ("method: nearest_neighbour, caliper_sd_logit: 0.5, replace: true, ratio: 3", "estimator: matched_difference"),
    ("method: nearest_neighbour, caliper_sd_logit: 0.5, order: random, exact: [group]", "estimator: matched_regression"),
    ("method: nearest_neighbour, caliper_sd_logit: 1.0, mahalanobis: [age, earlier], calipers: {age: 5}", "estimator: matched_difference"),
    ("method: nearest_neighbour, caliper_sd_logit: 0.5, score_model: boosted_trees", "estimator: matched_regression"),
    ("method: optimal_pairs, ratio: 2", "estimator: matched_difference"),
    ("method: full_matching, caliper_sd_logit: 0.5", "estimator: matched_difference, interval: cluster_bootstrap"),
    ("method: full_matching, estimand: ate", "estimator: matched_regression"),
    ("method: subclassification, subclasses: 5", "estimator: matched_regression, alternatives: [matched_difference]"),
    ("method: subclassification, subclasses: 4, estimand: ate", "estimator: matched_difference"),
    ("method: coarsened_exact, cuts: {earlier: [40, 46, 52, 58], group: []}", "estimator: matched_regression"),
    ("method: inverse_probability, trimming: common_support", "estimator: inverse_probability"),
    ("method: inverse_probability, estimand: ate", "estimator: augmented_inverse_probability, alternatives: [cross_fitted, regression]"),
    ("method: inverse_probability, score_model: boosted_trees", "estimator: cross_fitted, learner: boosted_trees"),
    ("method: overlap_weights, estimand: ato, score_terms: [{covariate: earlier, shape: spline, knots: 3}]", "estimator: overlap_weighted"),
    ("method: entropy_balancing, score_terms: [{covariate: earlier, shape: square}]", "estimator: entropy_balanced"),
]  # fmt: skip


@pytest.mark.parametrize(("comparison", "effects"), WAYS, ids=[c for c, _ in WAYS])
def test_every_way_finds_the_known_effect_and_is_published(comparison: str, effects: str) -> None:
    rows = small_rows(120, 600, seed=11)
    protocol = protocol_with(comparison, effects)
    made, found, record = evaluated(protocol, rows)
    assert made.gate.is_open, made.gate.reason
    assert found.primary is not None
    assert found.primary.low <= TRUE_EFFECT <= found.primary.high
    assert record.status == "estimated"
    assert record.evidence.rung_detail == "4a"
    assert len(found.alternatives) == len(protocol.effects.alternatives)
    assert {p.estimate.estimator for p in found.doubt.placebo} == {
        protocol.effects.estimator,
        *protocol.effects.alternatives,
    }
    assert record.diagnostics.robustness_value is not None
    assert record.diagnostics.benchmark_adjusted is not None
    public = publish(record, default_policy())
    assert public.status == "estimated"
    for language in LANGUAGES:  # whose effect it is can be said in both languages
        assert phrase(language, f"estimand_{record.estimand}")
        assert phrase(language, f"estimator_{record.estimator}")
    again = evaluated(protocol, rows.sample(frac=1, random_state=3))[2]
    assert again == record


MORE = """estimator: matched_difference,
  specifications: [
    {name: full, label: Full matching, estimator: matched_difference, comparison: {method: full_matching, caliper_sd_logit: 0.5, score_covariates: [age, earlier, group]}},
    {name: nobody, label: A caliper nobody meets, estimator: matched_difference, comparison: {method: nearest_neighbour, caliper_sd_logit: 0.0000001, score_covariates: [age, earlier, group]}}],
  subgroups: [
    {name: young, label: Under 30, covariate: age, at_most: 29.9},
    {name: old, label: 30 or more, covariate: age, at_least: 30},
    {name: oldest, label: Over 90, covariate: age, at_least: 90}]"""


def test_all_that_was_declared_is_shown_and_nothing_is_chosen_afterwards() -> None:
    protocol = protocol_with("method: nearest_neighbour, caliper_sd_logit: 0.5, ratio: 2", MORE)
    record = evaluated(protocol, small_rows(160, 800, seed=5))[2]
    assert [row.name for row in record.specifications] == ["full", "nobody"]
    full, nobody = record.specifications
    assert full.estimate == pytest.approx(TRUE_EFFECT, abs=1.5)
    assert nobody.estimate is None
    assert nobody.reason is not None
    assert [row.name for row in record.subgroups] == ["young", "old", "oldest"]
    young, old, oldest = record.subgroups
    assert young.n_treated + old.n_treated <= 160
    assert young.q_value is not None
    assert old.q_value is not None
    assert (oldest.estimate, oldest.q_value) == (None, None)
    assert oldest.reason is not None
    p = sorted([young.q_value, old.q_value])
    assert p[0] <= p[1] <= 1
    public = publish(record, default_policy())
    assert "subgroups" not in public.model_dump()
    assert [row.name for row in public.specifications] == ["full", "nobody"]
    assert all("standard_error" not in row.model_dump() for row in public.specifications)


def test_too_small_for_a_number_of_its_own_is_kept_for_others_and_never_shown() -> None:
    protocol = protocol_with("method: nearest_neighbour, caliper_sd_logit: 1.0", "estimator: matched_difference")
    made, found, record = evaluated(protocol, small_rows(20, 300, seed=2))
    assert (made.gate.reason, made.gate.is_pooled_only) == ("low_power", True)
    assert found.primary is not None
    assert record.status == "pooled_only"
    assert record.estimate is not None
    assert record.claims.verdict == "cannot_tell"
    public = publish(record, default_policy())
    assert public.status in ("pooled_only", "suppressed")
    assert (public.estimate, public.interval_low, public.raw_difference) == (None, None, None)
    assert public.alternatives == ()


def test_groups_that_stay_unlike_give_no_number_at_all() -> None:
    rows = small_rows(200, 210, seed=4)
    rows.loc[rows["club"] == 1, "earlier"] += 14.0
    protocol = protocol_with("method: optimal_pairs", "estimator: matched_difference")
    made, found, record = evaluated(protocol, rows)
    assert made.gate.reason == "imbalanced"
    assert found.primary is None
    assert record.status == "not_estimable"


def test_five_negative_controls_calibrate_and_four_do_not() -> None:
    rng = np.random.default_rng(3)
    rows = small_rows(200, 800, seed=6)
    names = [f"before_{i}" for i in range(5)]
    for name in names:
        rows[name] = np.round(rng.normal(size=len(rows)), 3)
    for count in (4, 5):
        covariates = "".join(
            f"  - {{name: {n}, label: {n}, type: numeric, domain: health, source: register}}\n" for n in names[:count]
        )
        placebos = "".join(f"  - {{covariate: {n}, leave_out: [{n}]}}\n" for n in names[:count])
        text = PROTOCOL.replace("confounder_domains", covariates.join(["", "confounder_domains"]), 1)
        text = text.replace("  - {covariate: earlier, leave_out: [earlier]}\n", placebos)
        protocol = read_protocol(text)
        found = _with_placebos(protocol, rows, names[:count])
        if count == 4:
            assert found.doubt.systematic_error is None
        else:
            assert found.doubt.systematic_error is not None
            assert found.doubt.systematic_error.controls == 5
            assert found.doubt.systematic_error.ease < 0.25


def _with_placebos(protocol: Protocol, rows: pd.DataFrame, names: list[str]) -> Effects:
    people = pd.DataFrame({"person_id": rows["id"], "treated": rows["club"] == 1}).join(
        rows[["age", "earlier", "group", *names]]
    )
    from models.people.cohort import Cohort

    design = MatchedControl()
    made = design.compare(Cohort(people, (), True), protocol, {})
    y: Any = rows["score"].to_numpy(dtype=float)
    return design.estimate(made, y, protocol.primary_outcome, protocol)
