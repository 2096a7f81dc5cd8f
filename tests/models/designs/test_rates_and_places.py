"""Benchmarks: published numbers, known truths, properties, and wrong twins."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from models.designs.benchmarking.rates import (
    chosen_rates,
    observed_over_expected,
    spread_of_places,
    standardised_rate,
    structural_rate,
)
from models.designs.benchmarking.synthetic_control import mixture, synthetic_control
from models.statistics.multilevel import Moments, moments_of, random_intercepts
from models.values.refusal import Refusal
from tests.support.design_references import R


def exam_moments() -> Moments:
    m = {name: np.array(values, dtype=float) for name, values in R["exam"]["moments"].items()}
    xx = np.stack([np.stack([m["count"], m["x"]], axis=1), np.stack([m["x"], m["xx"]], axis=1)], axis=1)
    return Moments(
        m["count"], xx, np.stack([m["y"], m["xy"]], axis=1), m["yy"], np.stack([m["count"], m["x"]], axis=1), m["y"]
    )


def test_pupils_in_schools_are_those_of_goldstein_and_lme4() -> None:
    """4,059 pupils in 65 schools: slope .5634, variance between schools .0921 of .6579, a share of .140."""
    found, reference = random_intercepts(exam_moments()), R["exam"]["ml"]
    assert found.coefficients[1] == pytest.approx(0.5634, abs=5e-5)
    assert found.variance_share == pytest.approx(0.140, abs=5e-4)
    assert (found.between, found.within) == pytest.approx((reference["var_school"], reference["var_resid"]), rel=1e-6)
    assert found.level == pytest.approx(reference["ranef"], rel=1e-5)
    assert found.level_error**2 == pytest.approx(reference["condVar"], rel=1e-5)


def test_schools_with_able_pupils_look_good_whatever_they_do() -> None:
    """Creaming: mean intake and mean result of schools go together, r = .69; what is left after intake does so less."""
    m = {name: np.array(values, dtype=float) for name, values in R["exam"]["moments"].items()}
    intake, result = m["x"] / m["count"], m["y"] / m["count"]
    assert np.corrcoef(intake, result)[0, 1] == pytest.approx(0.69, abs=0.005)
    assert np.corrcoef(intake, result)[0, 1] == pytest.approx(R["exam"]["creaming_r"], abs=1e-8)
    left = random_intercepts(exam_moments()).level
    assert np.corrcoef(intake, left)[0, 1] < 0.4


def test_small_places_are_drawn_towards_the_middle_and_so_come_nearer_the_truth() -> None:
    """The wrong twin takes each place at its word."""
    rng = np.random.default_rng(41)
    truth = rng.normal(0, 0.3, 60)
    place = np.repeat(np.arange(60), rng.integers(3, 30, 60))
    y = 2 + truth[place] + rng.normal(size=len(place))
    found = random_intercepts(moments_of(np.ones((len(y), 1)), y, place))
    raw = np.bincount(place, weights=y) / np.bincount(place) - found.coefficients[0]
    assert ((found.level - truth) ** 2).mean() < 0.7 * ((raw - truth) ** 2).mean()
    assert (np.abs(found.level) <= np.abs(raw) + 1e-9).all()


def test_places_that_do_not_differ_are_all_the_same() -> None:
    rng = np.random.default_rng(42)
    shares = []
    for _ in range(40):
        place = np.repeat(np.arange(20), 15)
        found = random_intercepts(moments_of(np.ones((300, 1)), rng.normal(size=300), place))
        shares.append(found.variance_share)
    assert np.mean(np.array(shares) < 1e-6) > 0.3
    assert np.mean(shares) < 0.02


def rates(rows: list[tuple[str, str, float, int, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["place", "stratum", "value", "people_count", "unemployment"])
    return frame.assign(period_date=pd.Timestamp("2025-12-31"), outcome="o")


def test_standardising_is_worked_out_by_hand() -> None:
    rows = rates(
        [("a", "young", 0.4, 100, 0), ("b", "young", 0.5, 300, 0), ("a", "old", 0.8, 200, 0), ("b", "old", 0.6, 200, 0)]
    )
    strata = pd.Series(["young"] * 3 + ["old"])
    found = standardised_rate(rows, strata, 4, is_binary=True)
    assert not isinstance(found, Refusal)
    young, old = (0.4 * 100 + 0.5 * 300) / 400, 0.7
    assert found.value == pytest.approx((3 * young + old) / 4)
    assert found.overall == pytest.approx((0.4 * 100 + 0.5 * 300 + 0.8 * 200 + 0.6 * 200) / 800)
    variance_young = (100 / 400) ** 2 * 0.4 * 0.6 / 100 + (300 / 400) ** 2 * 0.5 * 0.5 / 300
    variance_old = 0.25 * 0.8 * 0.2 / 200 + 0.25 * 0.6 * 0.4 / 200
    assert found.variance == pytest.approx(0.75**2 * variance_young + 0.25**2 * variance_old)
    assert standardised_rate(rows, pd.Series(["child"]), 1, is_binary=True) == Refusal("stratum_without_rate")
    assert standardised_rate(rows.iloc[:0], None, 1, is_binary=True) == Refusal("no_rates")


@pytest.mark.slow
def test_a_young_group_is_not_worse_for_being_young() -> None:
    """Known truth: nothing was done. The wrong twin compares with everybody."""
    rng = np.random.default_rng(43)
    wrong = {"standardised": 0, "wrong twin": 0}
    rows = rates([("x", "young", 0.3, 5000, 0), ("x", "old", 0.7, 5000, 0)])
    for _ in range(200):
        strata = pd.Series(np.where(rng.random(60) < 0.8, "young", "old"))
        y = rng.random(60) < np.where(strata == "young", 0.3, 0.7)
        for name, own in (("standardised", strata), ("wrong twin", None)):
            expected = standardised_rate(
                rows if own is not None else rates([("x", "all", 0.5, 10_000, 0)]), own, 60, is_binary=True
            )
            assert not isinstance(expected, Refusal)
            _, low, high = observed_over_expected(float(y.sum()), float(expected.per_person.sum()), 0.95)
            wrong[name] += not low <= 1 <= high
    assert wrong["standardised"] / 200 < 0.05
    assert wrong["wrong twin"] / 200 > 0.15


def test_places_with_high_unemployment_are_held_against_others_like_them() -> None:
    rng = np.random.default_rng(44)
    unemployment = rng.uniform(0.02, 0.10, 60)
    value = 0.6 - 3 * (unemployment - 0.06) + rng.normal(0, 0.01, 60)
    rows = [
        (f"m{i:02d}", "all", float(v), 2000, float(u)) for i, (v, u) in enumerate(zip(value, unemployment, strict=True))
    ]
    rows.append(("own", "all", 0.6 - 3 * 0.03, 2000, 0.09))
    found = structural_rate(rates(rows), ("own",), ("unemployment",), 20)
    assert not isinstance(found, Refusal)
    assert found.expected.value == pytest.approx(0.51, abs=0.01)
    assert found.r_squared > 0.9
    assert structural_rate(rates(rows), ("nowhere",), ("unemployment",), 20) == Refusal("own_place_without_rate")
    assert structural_rate(rates([*rows[:6], rows[-1]]), ("own",), ("unemployment",), 20) == Refusal("too_few_places")
    same = [(p, s, v, n, 0.05) for p, s, v, n, _ in rows]
    assert structural_rate(rates(same), ("own",), ("unemployment",), 20) == Refusal("structure_unknown")


def test_one_in_twenty_places_stands_out_by_chance_and_more_only_if_they_differ() -> None:
    rng = np.random.default_rng(45)
    alike = rates([(f"m{i}", "all", float(rng.binomial(800, 0.4) / 800), 800, 0) for i in range(98)])
    differ = rates([(f"m{i}", "all", float(np.clip(rng.normal(0.4, 0.1), 0, 1)), 800, 0) for i in range(98)])
    one, other = spread_of_places(alike), spread_of_places(differ)
    assert one is not None
    assert other is not None
    assert one.limits.overdispersion < 1.4 < other.limits.overdispersion
    assert one.variance_share < 0.01 < other.variance_share
    assert spread_of_places(alike.iloc[:2]) is None


def test_old_rates_and_ones_own_place_are_left_out() -> None:
    rows = rates([("a", "all", 0.4, 100, 0), ("own", "all", 0.9, 100, 0)])
    older = rows.assign(period_date=pd.Timestamp("2020-12-31"))
    both = pd.concat([rows, older])
    assert list(chosen_rates(both, ("own",), None)["place"]) == ["a"]
    assert len(chosen_rates(both, ("own",), 10)) == 2


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_the_mixture_is_the_best_there_is(seed: int) -> None:
    """Held against another solver: no mixture of others comes nearer."""
    rng = np.random.default_rng(seed)
    others = rng.normal(size=(8, 5)).cumsum(axis=0)
    own = others @ rng.dirichlet(np.ones(5)) + rng.normal(scale=0.2, size=8)
    found = mixture(own, others)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1, abs=1e-7)
    best = minimize(
        lambda w: ((own - others @ w) ** 2).sum(),
        np.full(5, 0.2),
        bounds=[(0, 1)] * 5,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-12},
    )
    assert ((own - others @ found) ** 2).sum() <= best.fun + 1e-6


def test_a_synthetic_place_shows_a_true_change_and_none_where_there_is_none() -> None:
    rng = np.random.default_rng(46)
    factors = rng.normal(size=(16, 2)).cumsum(axis=0)
    before = np.arange(16) < 10
    held = wrong = 0
    for _ in range(60):
        loads = rng.dirichlet(np.ones(2), size=41)
        series = factors @ loads.T + rng.normal(scale=0.1, size=(16, 41))
        nothing = synthetic_control(series[:, 0], series[:, 1:], before)
        limits = nothing.interval(0.95)
        assert limits is not None
        wrong += not limits[0] <= 0 <= limits[1]
        changed = series[:, 0] + np.where(before, 0, 0.5)
        limits = synthetic_control(changed, series[:, 1:], before).interval(0.95)
        assert limits is not None
        held += limits[0] <= 0.5 <= limits[1] and limits[0] > 0
    assert wrong / 60 <= 0.15
    assert held / 60 > 0.8


def test_with_few_places_nobody_can_tell_what_is_unusual() -> None:
    rng = np.random.default_rng(47)
    series = rng.normal(size=(9, 8))
    assert synthetic_control(series[:, 0], series[:, 1:], np.arange(9) < 5).interval(0.95) is None
