"""Negative controls, the bootstrap, and what an interval must not do."""

from __future__ import annotations

import numpy as np
import pytest

from models.doubt.negative_controls import expected_absolute_error, systematic_error
from models.estimating.bootstrap import bootstrap_interval
from models.values.estimates import Estimate, Means, Sizes, estimate_from, interval_reach


def test_the_expected_absolute_error_is_that_of_a_normal_variable() -> None:
    draws = np.abs(np.random.default_rng(1).normal(0.2, 0.3, 2_000_000))
    assert expected_absolute_error(0.2, 0.3) == pytest.approx(draws.mean(), abs=0.001)
    assert expected_absolute_error(-0.2, 0.3) == pytest.approx(expected_absolute_error(0.2, 0.3))
    assert expected_absolute_error(-0.4, 0.0) == 0.4


def test_systematic_error_is_learnt_and_chance_is_not_taken_for_it() -> None:
    rng = np.random.default_rng(5)
    errors = np.full(400, 0.1)
    found = systematic_error(rng.normal(0.15, np.hypot(0.2, 0.1), 400), errors, fewest=5)
    assert found is not None
    assert (found.mean, found.deviation) == pytest.approx((0.15, 0.2), abs=0.03)
    pure = systematic_error(rng.normal(0, 0.1, 400), errors, fewest=5)
    assert pure is not None
    assert pure.ease < 0.03
    low, high = found.calibrated(0.5, 0.1, 1.96)
    assert (low + high) / 2 == pytest.approx(0.5 - found.mean)
    assert (high - low) / 2 == pytest.approx(1.96 * np.hypot(0.1, found.deviation))


def test_four_controls_tell_too_little() -> None:
    assert systematic_error([0.1] * 4, [0.1] * 4, fewest=5) is None
    assert systematic_error([0.1, 0.0, 0.2, -0.1, 0.05], [0.1] * 5, fewest=5) is not None


def estimate(influence: np.ndarray) -> Estimate:
    error = float(np.sqrt((influence**2).sum()))
    return Estimate("x", 1.0, error, 0.0, 2.0, "", 0.0, 0.0, influence)


def test_the_bootstrap_of_many_alike_is_the_normal_interval_and_draws_whole_sets() -> None:
    rng = np.random.default_rng(3)
    influence = rng.normal(size=4000) / 4000
    influence -= influence.mean()
    low, high = bootstrap_interval(estimate(influence), None, seed=1, confidence_level=0.95)
    error = float(np.sqrt((influence**2).sum()))
    assert (high - low) / 2 / error == pytest.approx(1.96, rel=0.08)
    assert bootstrap_interval(estimate(influence), None, seed=1, confidence_level=0.95) == (low, high)
    # Pairs that cancel leave nothing to draw: people on their own would have made an interval of chance.
    twins = np.concatenate([influence[:2000], -influence[:2000]])
    sets = np.tile(np.arange(2000), 2)
    assert np.isnan(bootstrap_interval(estimate(twins), sets, seed=1, confidence_level=0.95)).all()


def test_few_people_with_much_weight_make_the_interval_wider() -> None:
    even, uneven = np.ones(100), np.ones(100)
    even[::2] *= -1.001
    uneven[:3] = 30.0
    assert interval_reach(even, 0.95) == pytest.approx(1.96, abs=0.02)
    assert interval_reach(uneven, 0.95) > 2.3


def test_ratios_need_some_of_both_groups() -> None:
    n = 200
    y = np.tile([1.0, 0.0, 0.0, 0.0], 50)
    top = np.where(np.arange(n) < 100, (y - 0.25) / 100, 0.0)
    bottom = np.where(np.arange(n) >= 100, (y - 0.25) / 100, 0.0)
    options = {"confidence_level": 0.95, "is_binary": True, "error_name": "test"}
    both = estimate_from("x", Means(0.25, 0.25, top, bottom), Sizes(100, 100), **options)
    assert both.risk_ratio is not None
    assert both.risk_ratio.value == 1
    # The textbook interval of log RR: 1.96 sqrt(1/25 - 1/100 + 1/25 - 1/100).
    assert np.log(both.risk_ratio.high) == pytest.approx(1.96 * np.sqrt(0.06), rel=0.03)
    none = estimate_from("x", Means(0.25, 0.0, top, 0 * bottom), Sizes(100, 100), **options)
    assert none.risk_ratio is None
    assert none.interval_method.startswith("Newcombe")
