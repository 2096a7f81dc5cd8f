"""Values are typed from end to end: few mappings of anything, and what is stored is read back equal."""

from __future__ import annotations

import ast
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.storage.station_values import KeptCohort, KeptComparison, KeptEffects
from models.doubt.hidden_bias import Benchmark, HiddenBias
from models.doubt.negative_controls import SystematicError
from models.evidence.plan_lock import LockState, PlanChange
from models.people.cohort import IntakeShare, Step
from models.values.adapter import as_data, read_as
from models.values.breakdown import Breakdown, Fifth, Measure, ResultPart, SpecificationEstimate, SubgroupEstimate
from models.values.comparison import BalanceLine, ComparisonDiagnostics, Gate, no_pairs
from models.values.design_findings import DesignFindings, PanelFindings, SynthesisFindings
from models.values.doubt import Doubt, PlaceboEstimate
from models.values.effects import Effects
from models.values.estimates import Estimate, RiskRatio
from tests.homes import unpack
from tests.support.places import ROOT

LEFT = {
    "assets/comparison.py": (3, "Dagster metadata"),
    "assets/contract_checks.py": (1, "keyword arguments of Dagster's asset_check"),
    "assets/dossier.py": (1, "Dagster metadata"),
    "assets/economics.py": (1, "Dagster metadata"),
    "assets/evidence.py": (1, "Dagster metadata"),
    "assets/synthesis.py": (1, "Dagster metadata"),
    "assets/intake/receipts.py": (2, "the receipt's JSON, whose keys differ from the receipt's fields"),
    "assets/storage/station_values.py": (1, "details that only one design knows"),
    "models/values/comparison.py": (1, "details that only one design knows"),
    "models/disclosure/coarsening.py": (2, "mappings of a public record whose keys a file declares"),
    "models/disclosure/parts.py": (1, "YAML of measures.yaml"),
    "models/evidence/bias_answers.py": (1, "YAML of risk_of_bias.yaml"),
    "models/evidence/risk_of_bias.py": (9, "YAML of risk_of_bias.yaml"),
    "models/evidence/claim_lint.py": (6, "a public record or a paper record, as a text is held against it"),
    "models/evidence/plan_lock.py": (8, "the plan as it was promised, which any version may have written"),
    "models/study.py": (3, "settings that an analyst gives by keyword"),
}
"""Mappings of anything that are left, by file: how many, and why."""


def is_mapping_of_anything(node: ast.AST) -> bool:
    return ast.unparse(node) in ("dict[str, Any]", "Mapping[str, Any]", "typing.Mapping[str, Any]")


def counted(tree: ast.Module) -> int:
    """Count mappings of anything, every use of a name that stands for one included."""
    aliases = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and is_mapping_of_anything(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    spelt = sum(isinstance(node, ast.Subscript) and is_mapping_of_anything(node) for node in ast.walk(tree))
    uses = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return spelt + sum(node.id in aliases for node in uses)


def test_mappings_of_anything_are_few_and_each_has_its_reason() -> None:
    found: Counter[str] = Counter()
    for room in ("assets", "models"):
        for path in sorted((ROOT / room).rglob("*.py")):
            number = counted(ast.parse(path.read_text(encoding="utf-8")))
            if number:
                found[str(path.relative_to(ROOT))] = number
    assert dict(found) == {name: number for name, (number, _) in LEFT.items()}
    assert found.total() < 60


def test_a_name_for_such_a_mapping_is_counted_where_it_is_used() -> None:
    tree = ast.parse("Row = dict[str, Any]\ndef f(a: Row, b: Mapping[str, Any]) -> list[Row]: ...")
    assert counted(tree) == 4


numbers = st.floats(-1e6, 1e6, allow_nan=False)
counts = st.integers(0, 10_000)
words = st.text("abcæøå_ ", max_size=8)
hashes = st.dictionaries(words, words, max_size=2)
texts = st.fixed_dictionaries({"da": words, "en": words})
gates = st.sampled_from([Gate(), Gate("outcome_missing"), Gate("low_power")])


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def few(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=2).map(tuple)


estimates = st.builds(
    Estimate,
    estimator=words,
    value=numbers,
    standard_error=numbers,
    low=numbers,
    high=numbers,
    interval_method=words,
    treated_value=numbers | st.just(float("nan")),
    control_value=numbers | st.just(float("nan")),
    influence=st.builds(pd.Series.to_numpy, st.just(pd.Series(dtype=float))),
    risk_ratio=some(st.builds(RiskRatio, numbers, numbers, numbers)),
)
bounds = some(st.tuples(numbers, numbers))
doubts = st.builds(
    Doubt,
    placebo=few(st.builds(PlaceboEstimate, words, estimates, numbers)),
    systematic_error=some(st.builds(SystematicError, numbers, numbers, numbers, counts)),
    hidden_bias=some(st.builds(HiddenBias, some(numbers), numbers, numbers)),
    benchmark=some(st.builds(Benchmark, words, numbers, numbers, numbers, numbers)),
    missing_treated_share=some(numbers),
    lee_bounds=bounds,
    manski_bounds=bounds,
    fewest_unlike_others=some(counts),
    dominance=bounds,
)
breakdowns = st.builds(
    Breakdown,
    specifications=few(st.builds(SpecificationEstimate, words, some(estimates), some(words), counts, counts)),
    subgroups=few(st.builds(SubgroupEstimate, words, some(estimates), some(words), counts, counts, some(numbers))),
    places=few(st.tuples(words, counts)),
    fifths=few(st.builds(Fifth, counts, numbers, counts, numbers)),
    measures=few(st.builds(Measure, words, numbers, some(numbers), some(numbers))),
    parts=few(st.builds(ResultPart, words, texts, some(numbers), count=some(counts), is_hidden=st.booleans())),
    texts=few(texts),
)
effects = st.builds(
    Effects,
    outcome=words,
    gate=gates,
    n_treated=counts,
    n_control=counts,
    kind=st.sampled_from(["estimate", "assessed", "told"]),
    primary=some(estimates),
    alternatives=few(estimates),
    not_computed=few(st.tuples(words, words)),
    raw_difference=some(numbers),
    doubt=doubts,
    breakdown=breakdowns,
    design=st.builds(
        DesignFindings,
        synthesis=some(st.builds(SynthesisFindings, counts, some(numbers))),
        panel=some(st.builds(PanelFindings, some(numbers), has_covariates_after_start=some(st.booleans()))),
        own=st.none(),
    ),
)
changes = st.builds(PlanChange, words, st.sampled_from(["added", "removed", "changed"]), some(words), some(words))
locks = st.builds(LockState, st.booleans(), st.booleans(), few(changes), some(counts))
kept_effects = st.builds(KeptEffects, few(effects), words, locks, st.booleans(), hashes)
kept_cohorts = st.builds(
    KeptCohort,
    few(st.builds(Step, words, counts, some(counts))),
    st.booleans(),
    few(st.builds(IntakeShare, words, some(numbers), some(numbers), counts)),
    hashes,
)
kept_comparisons = st.builds(
    KeptComparison,
    balance=few(st.builds(BalanceLine, words, words, numbers, numbers, some(counts), ks_after=some(numbers))),
    diagnostics=st.builds(
        ComparisonDiagnostics,
        *(counts,) * 4,
        numbers,
        max_smd_after=some(numbers),
        score_columns=few(words),
        columns_left_out=few(st.tuples(words, words)),
        left_out=few(st.tuples(words, counts, counts)),
    ),
    estimand=words,
    gate=gates,
    details=st.dictionaries(words, st.booleans() | some(numbers), max_size=2),
    input_sha256=hashes,
)


@given(st.one_of(kept_effects, kept_cohorts, kept_comparisons, locks))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_what_is_kept_is_read_back_equal(value: Any) -> None:
    """NaN is equal to itself here, as in the words that a value is written with."""
    stored = json.loads(json.dumps(as_data(value), allow_nan=False))
    again = read_as(type(value), stored)
    assert repr(again) == repr(value)
    assert as_data(again) == stored


def test_influence_values_are_not_stored() -> None:
    made = Estimate("e", 1.0, 1.0, 0.0, 2.0, "m", 1.0, float("nan"), pd.Series([1.0, -1.0]).to_numpy())
    stored = as_data(made)
    assert "influence" not in stored
    assert stored["control_value"] is None
    assert len(read_as(Estimate, stored).influence) == 0


def test_a_comparison_is_whole_again_with_its_people() -> None:
    people = pd.DataFrame({"treated": [True, False], "weight": [1.0, 1.0]})
    kept = KeptComparison((), ComparisonDiagnostics(1, 1, 1, 1, 1.0), "att", Gate(), {})
    made = kept.of_people(people, no_pairs())
    assert made.people is people
    assert KeptComparison.of(made, {}) == kept


def test_data_of_another_type_are_refused() -> None:
    with pytest.raises(ValueError, match="is_locked"):
        read_as(LockState, {"is_unchanged": True})


@pytest.mark.parametrize("name", ["version_0_1_0", "version_0_1_0_demo"])
def test_what_an_earlier_version_kept_is_read_and_written_the_same(name: str, tmp_path: Path) -> None:
    home = unpack(name, tmp_path)
    kinds = {"cohort/attrition": KeptCohort, "comparison/diagnostics": KeptComparison, "effects/estimates": KeptEffects}
    seen = 0
    for folder, kind in kinds.items():
        for path in (home.restricted / folder).rglob("*.json"):
            stored = json.loads(path.read_text(encoding="utf-8"))
            again = as_data(read_as(kind, stored))
            assert {key: again[key] for key in stored} == stored
            seen += 1
    assert seen >= 3
