"""Experts and cases: published numbers, known truths, properties, and wrong twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.designs.case_study.settings import Explanation, TracingTest
from models.designs.case_study.process_tracing import posteriors, verdict_of
from models.designs.case_study.qca import Term, minimal_solutions, truth_table
from models.designs.expert_assessment.pool import (
    calibration_of,
    cooke_weights,
    median_of,
    pooled_distribution,
    skill,
)
from models.statistics.agreement import fleiss_kappa, icc_agreement, interval_by_subjects, krippendorff_alpha
from projects.worlds.fleiss_diagnoses import COUNTS
from projects.worlds.lipset_democracies import STATES
from tests.support.design_references import EXACT, R

NAMES = ("DEV", "URB", "LIT", "IND", "STB")


def as_ratings(counts: tuple[tuple[int, ...], ...]) -> np.ndarray:
    return np.array([[c for c, n in enumerate(row, start=1) for _ in range(n)] for row in counts], dtype=float).T


def table_of(values: list[list[float | None]]) -> np.ndarray:
    return np.array([[np.nan if v is None else v for v in row] for row in values], dtype=float)


def test_psychiatrists_agree_as_fleiss_found() -> None:
    """κ = .430, Fleiss 1971."""
    found = fleiss_kappa(as_ratings(COUNTS))
    assert found == pytest.approx(0.430, abs=5e-4)
    assert found == pytest.approx(R["irr"]["kappa"], rel=EXACT)


def test_ratings_of_anxiety_have_the_correlation_of_irr() -> None:
    data = R["irr"]["icc_agreement"]
    found = icc_agreement(np.array([data["data"][f"rater{i}"] for i in (1, 2, 3)], dtype=float))
    assert found is not None
    assert found[0] == pytest.approx(0.198, abs=5e-4)
    assert found == pytest.approx((data["value"], *data["ci"]), rel=EXACT)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_krippendorffs_own_example_has_his_alpha(level: str) -> None:
    data = R["irr"]["krippendorff"]
    found = krippendorff_alpha(table_of(data["data_raters_by_units"]), level)  # type: ignore[arg-type]
    assert found == pytest.approx(data[level], rel=EXACT)


def test_agreement_by_chance_is_none_and_full_agreement_is_one() -> None:
    """The wrong twin is the share of equal answers, which chance alone makes large."""
    rng = np.random.default_rng(31)
    chance = (rng.random((5, 400)) < 0.9).astype(float)
    twin = np.mean([(chance[i] == chance[j]).mean() for i in range(5) for j in range(i)])
    assert twin > 0.75
    assert fleiss_kappa(chance) == pytest.approx(0, abs=0.05)
    assert krippendorff_alpha(chance, "nominal") == pytest.approx(0, abs=0.05)
    noise = rng.normal(size=(5, 400))
    found = icc_agreement(noise)
    assert found is not None
    assert found[0] == pytest.approx(0, abs=0.05)
    same = np.tile(rng.integers(1, 5, 50).astype(float), (4, 1))
    assert fleiss_kappa(same) == pytest.approx(1)
    assert krippendorff_alpha(same, "interval") == pytest.approx(1)
    assert icc_agreement(same) == (1.0, 1.0, 1.0)


def test_intervals_of_agreement_hold_the_truth() -> None:
    rng = np.random.default_rng(32)
    held = 0
    for _ in range(60):
        subject, error = rng.normal(size=40), rng.normal(size=(4, 40))
        found = icc_agreement(subject + error)  # half of the variance lies between subjects
        assert found is not None
        held += found[1] <= 0.5 <= found[2]
    assert held >= 52
    limits = interval_by_subjects(
        subject + error, lambda drawn: krippendorff_alpha(drawn, "interval"), confidence_level=0.95, seed=1
    )
    assert limits is not None
    assert limits[0] < 0.5 < limits[1]


def test_what_cannot_be_measured_is_said() -> None:
    assert fleiss_kappa(np.array([[1.0, 2.0], [1.0, np.nan]])) is None
    assert fleiss_kappa(np.ones((3, 5))) is None
    assert krippendorff_alpha(np.array([[1.0, 2.0, 3.0]]), "nominal") is None
    assert icc_agreement(np.ones((1, 9))) is None
    assert interval_by_subjects(np.ones((2, 3)), fleiss_kappa, confidence_level=0.95, seed=1) is None


@given(st.integers(0, 10_000), st.floats(-5, 5), st.floats(0.1, 5))
@settings(max_examples=20, deadline=None)
def test_scale_level_and_order_change_no_agreement(seed: int, shift: float, scale: float) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(3, 12)) + rng.normal(size=12)
    for measure in (lambda r: krippendorff_alpha(r, "interval"), lambda r: (icc_agreement(r) or (0.0,))[0]):
        base = measure(x)
        assert measure(shift + scale * x) == pytest.approx(base, abs=1e-8)
        assert measure(x[rng.permutation(3)][:, rng.permutation(12)]) == pytest.approx(base, abs=1e-8)


def test_the_panel_says_its_middle_and_a_wild_answer_moves_it_little() -> None:
    found = median_of(np.array([20.0, 25.0, 30.0, 35.0, 40.0]))
    assert (found.middle, found.low, found.high) == (30.0, 25.0, 35.0)
    assert median_of(np.array([20.0, 25.0, 30.0, 35.0, 4000.0])).middle == 30.0


def test_experts_who_are_right_get_the_weight() -> None:
    """Cooke's performance weights; the wrong twin gives everybody the same."""
    rng = np.random.default_rng(33)
    truths = rng.normal(50, 20, 20)
    reach = 1.645 * 5
    good = np.column_stack([truths - reach, truths, truths + reach]) + rng.normal(0, 5, (20, 1))
    sure = np.column_stack([truths - 1, truths, truths + 1]) + rng.normal(15, 15, (20, 1))  # sure and wrong
    assert calibration_of(good, truths) > 0.05 > calibration_of(sure, truths)
    weighed = cooke_weights(np.stack([good, sure]), truths)
    assert weighed is not None
    assert weighed[0][0] > 0.99
    answers = np.array([[10.0, 20.0, 30.0], [78.0, 80.0, 82.0]])
    assert pooled_distribution(answers, weighed[0]).middle == pytest.approx(20, abs=1)
    assert pooled_distribution(answers, np.ones(2)).middle > 25


def test_one_experts_distribution_comes_back_as_it_was_given() -> None:
    found = pooled_distribution(np.array([[10.0, 20.0, 40.0]]), np.ones(1))
    assert found.middle == pytest.approx(20, abs=0.05)
    assert found.low == pytest.approx(10 + 10 * 20 / 45, abs=0.05)


def test_skill_is_one_for_the_truth_none_for_the_naive_and_below_for_worse() -> None:
    assert skill(0.3, 0.3, 0.2) == 1
    assert skill(0.2, 0.3, 0.2) == 0
    assert (skill(0.1, 0.3, 0.2) or 0) < 0
    assert skill(0.1, 0.2, 0.2) is None


def test_lipsets_democracies_have_the_paths_that_qca_finds() -> None:
    """DEV*STB with assumptions, two longer paths without, four terms that compete: the R package QCA."""
    rows = np.array([row[1:] for row in STATES], dtype=np.int8)
    table = truth_table(rows[:, :5], rows[:, 5], consistency=1.0)
    assert (len(table.rows), table.unseen_count, table.contradictory_count) == (9, R["qca"]["remainders"], 0)

    def written(term: Term) -> str:
        return "*".join(("" if v else "~") + name for v, name in zip(term, NAMES, strict=True) if v >= 0)

    def as_sets(solutions: tuple[tuple[Term, ...], ...]) -> set[frozenset[str]]:
        return {frozenset(written(term) for term in solution) for solution in solutions}

    seen, assumed = minimal_solutions(table, with_unseen=False), minimal_solutions(table, with_unseen=True)
    assert as_sets(seen.solutions) == {frozenset(s) for s in R["qca"]["conservative"]}
    assert as_sets(assumed.solutions) == {frozenset({"DEV*STB"})}
    assert assumed.prime_implicants_count == len(R["qca"]["prime_implicants"]) == 4
    other = truth_table(rows[:, :5], 1 - rows[:, 5], consistency=1.0)
    assert as_sets(minimal_solutions(other, with_unseen=False).solutions) == {
        frozenset(s) for s in R["qca"]["not_conservative"]
    }
    assert as_sets(minimal_solutions(other, with_unseen=True).solutions) == {frozenset({"~DEV", "~STB"})}


@given(st.integers(1, 2**16 - 2))
@settings(max_examples=60, deadline=None)
def test_solutions_say_exactly_what_was_seen_and_no_more(code: int) -> None:
    """Property: with all combinations seen, each solution holds where the outcome does and nowhere else."""
    rows = np.array([[(i >> b) & 1 for b in range(4)] for i in range(16)], dtype=np.int8)
    outcome = np.array([(code >> i) & 1 for i in range(16)], dtype=np.int8)
    table = truth_table(rows, outcome, consistency=1.0)
    for with_unseen in (False, True):
        found = minimal_solutions(table, with_unseen=with_unseen)
        assert found.solutions
        for solution in found.solutions:
            said = np.zeros(16, dtype=bool)
            for term in solution:
                said |= np.all([(v < 0) | (rows[:, i] == v) for i, v in enumerate(term)], axis=0)
            assert (said == (outcome == 1)).all()


def test_every_equally_short_solution_is_shown_not_one() -> None:
    """The wrong twin shows the first: this core has two covers of three terms."""
    on = {0, 1, 2, 5, 6, 7}
    rows = np.array([[(i >> b) & 1 for b in range(3)] for i in range(8)], dtype=np.int8)
    table = truth_table(rows, np.array([int(i in on) for i in range(8)], dtype=np.int8), consistency=1.0)
    found = minimal_solutions(table, with_unseen=False)
    assert len(found.solutions) == 2
    assert {len(s) for s in found.solutions} == {3}


def test_cases_that_contradict_each_other_are_counted_and_lead_nowhere() -> None:
    rows = np.array([[1, 1], [1, 1], [0, 1], [0, 0]], dtype=np.int8)
    table = truth_table(rows, np.array([1, 0, 1, 0], dtype=np.int8), consistency=1.0)
    assert (table.contradictory_count, table.unseen_count) == (1, 1)
    assert minimal_solutions(table, with_unseen=False).solutions == (((0, 1),),)
    nothing = truth_table(rows, np.zeros(4, dtype=np.int8), consistency=1.0)
    assert minimal_solutions(nothing, with_unseen=True).solutions == ()


EXPLANATIONS = (
    Explanation(name="project", label="P", is_project=True, prior=0.5),  # type: ignore[arg-type]
    Explanation(name="boom", label="B", prior=0.5),  # type: ignore[arg-type]
)


def trace(name: str, explains: str, if_true: float, if_false: float) -> TracingTest:
    return TracingTest(name=name, label=name, explains=explains, found_if_true=if_true, found_if_false=if_false)  # type: ignore[arg-type]


def test_the_four_tests_are_van_everas() -> None:
    kinds = {
        (0.6, 0.4): "straw_in_the_wind",
        (0.95, 0.5): "hoop",
        (0.4, 0.05): "smoking_gun",
        (0.95, 0.05): "doubly_decisive",
    }
    for (if_true, if_false), kind in kinds.items():
        test = trace("t", "project", if_true, if_false)
        assert test.kind == kind
    assert verdict_of(trace("t", "project", 0.95, 0.5), False) == "rules_out"
    assert verdict_of(trace("t", "project", 0.95, 0.5), True) == "strengthens"
    assert verdict_of(trace("t", "project", 0.4, 0.05), True) == "confirms"
    assert verdict_of(trace("t", "project", 0.4, 0.05), False) == "weakens"


def test_traces_move_beliefs_by_bayes_and_uncoded_ones_do_not() -> None:
    gun, hoop = trace("gun", "project", 0.4, 0.05), trace("hoop", "boom", 0.95, 0.5)
    after = posteriors(EXPLANATIONS, (gun, hoop), {"gun": True})
    assert after["project"] == pytest.approx(0.4 / 0.45)
    both = posteriors(EXPLANATIONS, (gun, hoop), {"gun": True, "hoop": False})
    assert both["project"] == pytest.approx(0.4 * 0.5 / (0.4 * 0.5 + 0.05 * 0.05))
    assert posteriors(EXPLANATIONS, (gun, hoop), {}) == {"project": 0.5, "boom": 0.5}


@given(st.lists(st.tuples(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.booleans()), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_beliefs_add_up_and_the_order_of_traces_does_not_matter(found: list[tuple[float, float, bool]]) -> None:
    tests = tuple(trace(f"t{i}", ("project", "boom")[i % 2], a, b) for i, (a, b, _) in enumerate(found))
    seen = {f"t{i}": was for i, (_, _, was) in enumerate(found)}
    after = posteriors(EXPLANATIONS, tests, seen)
    assert sum(after.values()) == pytest.approx(1)
    assert posteriors(EXPLANATIONS, tests[::-1], seen)["project"] == pytest.approx(after["project"])
