"""Estimators against published numbers, known truths and wrong twins."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from causaldata import cps_mixtape, nsw_mixtape
from scipy.special import expit

from models.comparing.nearest import match_nearest
from models.comparing.weighting import clusters_of, pair_weights
from models.doubt.attrition import attrition_boundary
from models.doubt.e_values import e_value
from models.estimating.doubly_robust import augmented_inverse_probability
from models.estimating.matched import matched_difference
from models.estimating.weighted import inverse_probability, regression
from models.score.design_matrix import DesignMatrix
from models.score.propensity import PropensityFit, fit_propensity
from models.statistics.intervals import newcombe_interval, wilson_interval
from models.statistics.power_and_q import benjamini_hochberg, minimal_detectable_effect
from tests.support.places import REFERENCE

TO_THE_CENT = 0.005


class Nsw:
    """NSW men against CPS men; published numbers in the tests below."""

    def __init__(self, left_out: tuple[str, ...] = ()) -> None:
        experiment, survey = nsw_mixtape.load_pandas().data, cps_mixtape.load_pandas().data
        rows = pd.concat([experiment[experiment.treat == 1], survey], ignore_index=True)
        rows["u74"] = (rows.re74 == 0).astype(float)
        rows["u75"] = (rows.re75 == 0).astype(float)
        names = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75", "u74", "u75"]
        names = [n for n in names if n not in left_out]
        self.x = rows[names].to_numpy(dtype=float)
        self.treated = (rows.treat == 1).to_numpy()
        self.rows = rows
        fit = fit_propensity(DesignMatrix(self.x, tuple(names), tuple(names), ()), self.treated)
        assert isinstance(fit, PropensityFit)
        self.logit = fit.logit


def test_nsw_men_against_a_survey() -> None:
    nsw = Nsw()
    y = nsw.rows.re78.to_numpy(dtype=float)
    raw = y[nsw.treated].mean() - y[~nsw.treated].mean()
    assert raw == pytest.approx(-8497.52, abs=TO_THE_CENT)
    ipw = inverse_probability(y, nsw.treated, nsw.logit, nsw.x, confidence_level=0.95, is_binary=False)
    assert ipw.value == pytest.approx(1377.12, abs=TO_THE_CENT)
    ols = regression(y, nsw.treated, nsw.x, confidence_level=0.95, is_binary=False)
    assert (ols.value, ols.standard_error) == pytest.approx((1066.38, 626.85), abs=TO_THE_CENT)
    aipw = augmented_inverse_probability(y, nsw.treated, nsw.logit, nsw.x, confidence_level=0.95, is_binary=False)
    assert (aipw.value, aipw.standard_error) == pytest.approx((1494.90, 677.90), abs=TO_THE_CENT)


def test_nsw_placebo_finds_an_effect_before_the_start() -> None:
    nsw = Nsw(left_out=("re75", "u75"))
    y = nsw.rows.re75.to_numpy(dtype=float)
    ipw = inverse_probability(y, nsw.treated, nsw.logit, nsw.x, confidence_level=0.95, is_binary=False)
    assert ipw.value == pytest.approx(-1154.68, abs=TO_THE_CENT)
    ols = regression(y, nsw.treated, nsw.x, confidence_level=0.95, is_binary=False)
    assert (ols.value, ols.standard_error) == pytest.approx((-1134.82, 272.44), abs=TO_THE_CENT)
    assert ols.high < 0


def test_influence_values_sum_to_nothing_and_square_to_the_error() -> None:
    nsw = Nsw()
    y = nsw.rows.re78.to_numpy(dtype=float)
    for estimate in (
        inverse_probability(y, nsw.treated, nsw.logit, nsw.x, confidence_level=0.95, is_binary=False),
        augmented_inverse_probability(y, nsw.treated, nsw.logit, nsw.x, confidence_level=0.95, is_binary=False),
    ):
        assert abs(estimate.influence.sum()) < 1e-3
        assert np.sqrt((estimate.influence**2).sum()) == pytest.approx(estimate.standard_error)


def _draw(rng: np.random.Generator, n: int, effect: float, binary: bool):
    x = rng.normal(size=(n, 3))
    treated = rng.random(n) < expit(-1.2 + x @ [0.6, 0.4, -0.3])
    level = x @ [0.8, -0.5, 0.3]
    if binary:
        y = (rng.random(n) < 0.25 + 0.1 * np.tanh(level) + effect * treated).astype(float)
    else:
        y = level + rng.normal(size=n) + effect * treated
    return x, treated, y


@pytest.mark.slow
def test_an_estimator_that_forgets_to_weigh_is_found_out() -> None:
    """A wrong twin: the raw difference in the same worlds misses the truth nearly always."""
    rng = np.random.default_rng(12)
    hits = []
    for _ in range(200):
        _, treated, y = _draw(rng, 600, 0.5, False)
        difference = y[treated].mean() - y[~treated].mean()
        error = np.sqrt(y[treated].var() / treated.sum() + y[~treated].var() / (~treated).sum())
        hits.append(abs(difference - 0.5) < 1.96 * error)
    assert np.mean(hits) < 0.91


@pytest.mark.slow
@pytest.mark.parametrize(("pool", "ratio"), [(100, 10), (100, 5), (300, 5)])
def test_controls_used_again_and_again_do_not_make_certainty(pool: int, ratio: int) -> None:
    """200 null worlds of 60 against few: type-I error stays near 5 %, and a twin that merges sets does not."""
    rng = np.random.default_rng(21)
    wrong, twin = [], []
    for _ in range(200):
        n = 60 + pool
        treated = np.arange(n) < 60
        x = rng.normal(size=n) + 0.5 * treated
        y = (rng.random(n) < 0.15 + 0.05 * np.tanh(x)).astype(float)
        fit = fit_propensity(DesignMatrix(x[:, None], ("x",), ("x",), ()), treated)
        assert isinstance(fit, PropensityFit)
        caliper = 0.2 * float(fit.logit.std(ddof=1))
        strata = np.zeros(n, dtype=np.int64)
        pairs = match_nearest(fit.logit, treated, strata, ratio=ratio, replace=True, caliper=caliper)
        weights = pair_weights(pairs, n)
        used = weights > 0
        for replace, results in ((True, wrong), (False, twin)):
            cluster = clusters_of(pairs, n, replace=replace)[used]
            if len(np.unique(cluster)) < 2:
                continue
            e = matched_difference(
                y[used], treated[used], weights[used], cluster, confidence_level=0.95, is_binary=False
            )
            results.append(not e.low <= 0 <= e.high)
    assert np.mean(wrong) <= 0.10
    if pool == 100:
        assert np.mean(twin) > 0.10


def test_twice_as_many_identical_sets_halve_the_squared_error() -> None:
    rng = np.random.default_rng(3)
    _, treated, y = _draw(rng, 200, 0.3, False)
    k = min(treated.sum(), (~treated).sum())
    order = np.concatenate([np.flatnonzero(treated)[:k], np.flatnonzero(~treated)[:k]])
    y, treated = y[order], treated[order]
    cluster = np.tile(np.arange(k), 2)
    once = matched_difference(y, treated, np.ones(2 * k), cluster, confidence_level=0.95, is_binary=False)
    twice = matched_difference(
        np.tile(y, 2),
        np.tile(treated, 2),
        np.ones(4 * k),
        np.concatenate([cluster, cluster + k]),
        confidence_level=0.95,
        is_binary=False,
    )
    assert twice.value == pytest.approx(once.value)
    assert (once.standard_error / twice.standard_error) ** 2 == pytest.approx(2, rel=0.05)


def test_nobody_of_twenty_is_not_nobody_at_all() -> None:
    low, high = wilson_interval(0.0, 20, 0.95)
    assert low == 0.0
    assert high == pytest.approx(0.161, abs=0.001)


def test_newcombe_reproduces_his_own_example() -> None:
    """Newcombe (1998), table II, 56/70 against 48/80, method 10."""
    low, high = newcombe_interval(56 / 70, 70, 48 / 80, 80, 0.95)
    assert (low, high) == pytest.approx((0.0524, 0.3339), abs=0.0001)


def test_small_cells_get_a_wide_interval_and_not_a_certain_one() -> None:
    y = np.array([1.0] * 12 + [0.0] * 12)
    treated = np.arange(24) < 12
    estimate = matched_difference(
        y, treated, np.ones(24), np.tile(np.arange(12), 2), confidence_level=0.95, is_binary=True
    )
    assert estimate.standard_error == 0
    assert estimate.interval_method.startswith("Newcombe")
    assert estimate.high - estimate.low > 0.2


def test_e_value_of_the_published_headline() -> None:
    assert e_value(0.32 / 0.12) == pytest.approx(4.774851773446)


def test_detectable_effect_is_what_the_power_formula_says() -> None:
    """(1.960 + 0.842) standard errors; 60 against 300 at 12 % see about 13 percentage points."""
    error = np.sqrt(0.12 * 0.88 * (1 / 60 + 1 / 300))
    assert minimal_detectable_effect(error, alpha=0.05, power=0.8) == pytest.approx(2.8016 * error, rel=1e-4)
    assert minimal_detectable_effect(error, alpha=0.05, power=0.8) == pytest.approx(0.129, abs=0.001)


def test_q_values_are_those_of_the_textbook() -> None:
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.0533, 0.0533, 0.5], abs=1e-4)


@pytest.mark.parametrize(
    ("assumptions", "rho_treated", "rho_control", "impossible"),
    [("cautious", 0.45, 0.39, 3), ("optimistic", 0.274, 0.225, 6)],
)
def test_attrition_boundary_is_that_of_the_clearinghouse(
    assumptions: str, rho_treated: float, rho_control: float, impossible: int
) -> None:
    """All 116 published differences, to 0.12 points: the printed tenths and the formula's own error.

    At the lowest overall losses the table prints differences that no two groups can have, for one of them
    would have lost fewer than nobody; there every possible difference is within the boundary, here as there.
    """
    table = json.loads((REFERENCE / "wwc_attrition.json").read_text())[assumptions]
    assert len(table) == 58
    cannot_be = 0
    for overall, published in table:
        found = 100 * attrition_boundary(overall / 100, rho_treated=rho_treated, rho_control=rho_control, limit=0.055)
        if published > 2 * overall:
            cannot_be += 1
            assert found == pytest.approx(2 * overall)
        else:
            assert found == pytest.approx(published, abs=0.12), overall
    assert cannot_be == impossible
