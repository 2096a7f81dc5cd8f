"""Other ways to compare: strata, weights, re-used controls, and how much hidden bias a result bears.

Reference values and the R calls that made them: `reference/nhefs_other_methods.json`.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from models.comparing.balance import standardized_mean_difference, weighted_mean
from models.comparing.entropy_balancing import EntropyBalance, entropy_balance
from models.comparing.strata import coarsened, subclasses
from models.comparing.weighting import score_weights
from models.doubt.hidden_bias import (
    benchmarks,
    hidden_bias,
    mcnemar_bound,
    robustness_value,
    set_differences,
    signed_rank_bound,
    smallest_gamma,
    tipping_point,
)
from models.estimating.abadie_imbens import match_with_ties, matching_estimate
from models.values.refusal import Refusal
from tests.models.comparing.test_matching_against_matchit import Study
from tests.support.places import REFERENCE as STORED

REFERENCE = json.loads((STORED / "nhefs_other_methods.json").read_text())
SAME = 1e-8


@pytest.fixture(scope="module")
def study() -> Study:
    return Study()


def difference(y: np.ndarray, treated: np.ndarray, weights: np.ndarray) -> float:
    used = weights > 0
    top = weighted_mean(y[treated & used], weights[treated & used])
    return top - weighted_mean(y[~treated & used], weights[~treated & used])


def test_matching_with_replacement_and_ties_is_that_of_matching(study: Study) -> None:
    found = matching_estimate(study.outcome, match_with_ties(study.fit.logit, study.treated))
    expected = REFERENCE["abadie_imbens"]
    assert found.value == pytest.approx(expected["estimate"], abs=SAME)
    assert found.standard_error == pytest.approx(expected["standard_error"], abs=SAME)
    assert found.naive_error == pytest.approx(expected["naive_error"], abs=SAME)


def test_subclasses_are_those_of_matchit(study: Study) -> None:
    strata = subclasses(study.fit.logit, study.treated, 6)
    estimate = difference(study.outcome, study.treated, strata.weights)
    assert estimate == pytest.approx(REFERENCE["subclass"]["estimate"], abs=SAME)
    assert len(np.unique(strata.labels)) == 6
    # Cutting the score or its logit at quantiles of a monotone scale gives the same classes here.
    assert np.array_equal(subclasses(study.fit.score, study.treated, 6).weights, strata.weights)


def test_coarsened_exact_matching_is_that_of_matchit(study: Study) -> None:
    cuts = {"sex": None, "race": None, "age": [30, 40, 50, 60], "smokeyrs": [10, 20, 30, 40]}
    strata = coarsened(study.rows, study.treated, cuts)
    expected = REFERENCE["coarsened"]
    used = strata.weights > 0
    assert ((used & study.treated).sum(), (used & ~study.treated).sum()) == (
        expected["n_treated"],
        expected["n_control"],
    )
    assert difference(study.outcome, study.treated, strata.weights) == pytest.approx(expected["estimate"], abs=SAME)
    for label in np.unique(strata.labels[used]):
        inside = study.rows[strata.labels == label]
        assert inside["sex"].nunique() == inside["race"].nunique() == 1


def test_weights_for_everybody_and_for_the_overlap_are_those_of_r(study: Study) -> None:
    for name, estimand in (("population", "ate"), ("overlap", "ato")):
        w, _ = score_weights(study.fit.logit, study.treated, estimand)
        assert difference(study.outcome, study.treated, w) == pytest.approx(REFERENCE["weights"][name], abs=SAME)


def test_overlap_weights_balance_the_scores_columns_exactly(study: Study) -> None:
    w, _ = score_weights(study.fit.logit, study.treated, "ato")
    assert w.max() <= 1
    for column in study.matrix.values.T:
        assert abs(standardized_mean_difference(column, study.treated, w)) < 1e-6


def test_entropy_balance_is_exact_and_keeps_people(study: Study) -> None:
    found = entropy_balance(study.matrix.values, study.treated)
    assert isinstance(found, EntropyBalance)
    assert found.weights.min() >= 0
    assert found.weights[~study.treated].sum() == pytest.approx(study.treated.sum())
    for column in study.matrix.values.T:
        assert abs(standardized_mean_difference(column, study.treated, found.weights)) < 1e-6
    # The dual's solution is exponential in the columns: log weights are linear in them.
    z = np.column_stack([np.ones((~study.treated).sum()), study.matrix.values[~study.treated]])
    logs = np.log(found.weights[~study.treated])
    beta, *_ = np.linalg.lstsq(z, logs, rcond=None)
    assert np.abs(logs - z @ beta).max() < 1e-6


def test_means_out_of_reach_are_said_and_not_approximated() -> None:
    rng = np.random.default_rng(1)
    treated = np.arange(100) < 20
    x = rng.normal(size=(100, 2)) + 30 * treated[:, None]
    assert entropy_balance(x, treated) == Refusal("no_entropy_balance")


def test_rosenbaums_bounds_and_the_robustness_value_are_those_of_r() -> None:
    expected = REFERENCE["hidden_bias"]
    for gamma, p in zip(expected["gamma"], expected["p_upper"], strict=True):
        assert mcnemar_bound(40, 15, gamma) == pytest.approx(p, rel=1e-9)
    found = robustness_value(expected["t"], expected["degrees_of_freedom"], alpha=0.05)
    assert found.partial_r2 == pytest.approx(expected["partial_r2"], rel=1e-9)
    assert found.point == pytest.approx(expected["robustness_value"], rel=1e-9)
    assert 0 < found.limit < found.point
    assert robustness_value(1.5, 604, alpha=0.05).limit == 0


def test_gamma_is_where_the_bound_meets_the_level() -> None:
    pairs = np.r_[np.ones(40), -np.ones(15), np.zeros(100)]
    gamma = smallest_gamma(pairs, alpha=0.05, is_binary=True)
    assert mcnemar_bound(40, 15, gamma) == pytest.approx(0.05, abs=1e-9)
    assert smallest_gamma(-pairs, alpha=0.05, is_binary=True) == 1.0
    rng = np.random.default_rng(2)
    shifts = rng.normal(0.5, 1, 200)
    gamma = smallest_gamma(shifts, alpha=0.05, is_binary=False)
    assert signed_rank_bound(shifts, gamma) == pytest.approx(0.05, abs=1e-9)
    assert signed_rank_bound(np.zeros(5), 1.0) == 1.0


def test_a_hidden_factor_as_strong_as_a_measured_one_does_what_the_bound_says() -> None:
    """Leave out a real confounder: its own strength, put into the bound, gives back the estimate with it."""
    rng = np.random.default_rng(4)
    n = 5000
    hidden, seen = rng.normal(size=(2, n))
    treated = rng.random(n) < expit(0.5 * hidden + 0.5 * seen)
    y = 1.0 * treated + 0.8 * hidden + 0.8 * seen + rng.normal(size=n)
    without = benchmarks(y, treated, seen[:, None], ["seen"])
    z = np.column_stack([np.ones(n), treated, seen, hidden])
    full = float(np.linalg.lstsq(z, y, rcond=None)[0][1])
    # The hidden factor is as strong as the seen one, so the bound lies where the full regression does.
    assert without[0].adjusted == pytest.approx(full, abs=0.12)
    assert benchmarks(y, treated, seen[:, None], ["seen"], times=2)[0].adjusted < without[0].adjusted


def test_the_tipping_curve_crosses_zero_where_the_limit_is() -> None:
    shifts = np.array([0.0, 0.1, 0.2])
    assert tipping_point(0.3, 0.05, shifts, reach=2).tolist() == pytest.approx([0.2, 0.1, 0.0])
    assert tipping_point(-0.3, 0.05, shifts, reach=2).tolist() == pytest.approx([-0.2, -0.1, 0.0])


@given(st.integers(0, 2**31), st.permutations(range(40)))
def test_order_of_rows_changes_nobodys_match(seed: int, order: list[int]) -> None:
    """With ties shared no tie is broken, so rows may come in any order."""
    rng = np.random.default_rng(seed)
    logit = np.round(rng.normal(size=40), 1)
    treated = np.arange(40) < 12
    y = rng.normal(size=40)
    one = matching_estimate(y, match_with_ties(logit, treated))
    other = matching_estimate(y[order], match_with_ties(logit[order], treated[order]))
    assert one.value == pytest.approx(other.value)
    assert one.standard_error == pytest.approx(other.standard_error)


def draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = rng.normal(size=n)
    treated = rng.random(n) < expit(-1.0 + 0.7 * x)
    return x, treated, 0.5 * x + rng.normal(size=n)


@pytest.mark.slow
@pytest.mark.parametrize("n", [120, 400])
def test_the_error_knows_how_often_a_control_was_used_and_the_naive_twin_does_not(n: int) -> None:
    """Null worlds: the Abadie-Imbens interval holds zero about 95 times in 100; independent pairs do so far too seldom."""
    rng = np.random.default_rng(n)
    holds = {"ai": 0, "naive": 0}
    draws = 500
    for _ in range(draws):
        x, treated, y = draw(rng, n)
        found = matching_estimate(y, match_with_ties(x, treated))
        holds["ai"] += abs(found.value) < 1.96 * found.standard_error
        holds["naive"] += abs(found.value) < 1.96 * found.naive_error
    assert 0.93 <= holds["ai"] / draws <= 0.97
    assert holds["naive"] / draws < 0.93


def test_the_most_used_control_is_told() -> None:
    logit = np.array([0.0, 0.1, 0.2, 0.1, 9.0])
    treated = np.array([True, True, True, False, False])
    assert matching_estimate(np.arange(5.0), match_with_ties(logit, treated)).most_uses == 3
    with pytest.raises(ValueError, match="Both groups"):
        match_with_ties(logit, np.zeros(5, dtype=bool))


def test_strata_without_both_groups_are_left_out() -> None:
    frame = pd.DataFrame({"a": [1, 1, 2, 3]})
    strata = coarsened(frame, np.array([True, False, True, False]), {"a": None})
    assert strata.weights.tolist() == [1, 1, 0, 0]
    assert strata.labels.tolist()[2:] == [-1, -1]


def test_sets_are_compared_as_sets_and_broken_ones_say_nothing() -> None:
    y = np.array([5.0, 1.0, 3.0, 9.0, 2.0, 7.0])
    treated = np.array([True, False, False, True, False, True])
    sets = np.array([0, 0, 0, 1, -1, 2])
    differences, is_paired = set_differences(y, treated, sets)
    assert differences.tolist() == [3.0]
    assert not is_paired
    assert set_differences(y[[0, 1]], treated[[0, 1]], sets[[0, 1]])[1]


def test_hidden_bias_of_a_result_is_on_it(study: Study) -> None:
    found = hidden_bias(study.outcome, study.treated, study.matrix.values, None, sign=1, alpha=0.05, is_binary=False)
    assert found is not None
    assert found.gamma is None
    assert 0 < found.robustness_limit < found.robustness < 0.3
    constant = hidden_bias(
        np.ones(len(study.outcome)), study.treated, study.matrix.values, None, sign=1, alpha=0.05, is_binary=False
    )
    assert constant is None
