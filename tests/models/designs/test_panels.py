"""Panels: published numbers, worlds with known truth, properties, and a wrong twin."""

from __future__ import annotations

import numpy as np
import pytest
from causaldata import castle
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from models.designs.panel.checks import Panel
from models.designs.panel.estimators import few_units_interval, mean_change, two_way_fixed_effects
from models.designs.panel.group_time import (
    band_reach,
    dynamic_summary,
    event_times,
    group_time_effects,
    no_effect_before,
    simple_summary,
)
from models.statistics.wild_bootstrap import wild_cluster_p
from models.values.estimates import Estimate
from models.values.refusal import Refusal
from tests.support.design_references import EXACT, R, mpdta_like

LEVEL = 0.95


def of(reference: dict[str, float]) -> tuple[float, float]:
    return reference["estimate"], reference["se"]


@pytest.mark.parametrize(("controls", "key"), [("never_treated", None), ("not_yet_treated", "not_yet")])
def test_minimum_wages_and_teenagers_are_those_of_callaway_and_santanna(controls: str, key: str | None) -> None:
    """mpdta: −0.0400 over all groups and times, −0.0772 by time since the start. Errors are analytic; the published
    .0119 is one draw of a bootstrap around .0120."""
    panel = mpdta_like()
    one = np.ones(len(panel.y))
    found = group_time_effects(panel, one, controls)  # type: ignore[arg-type]
    reference = R["mpdta"] if key is None else R["mpdta"][key]
    simple, events = simple_summary(found, one, None), event_times(found, one, None)
    assert (simple.value, simple.standard_error) == pytest.approx(of(reference["simple"]), rel=EXACT)
    dynamic = dynamic_summary(events, None)
    assert (dynamic.value, dynamic.standard_error) == pytest.approx(of(reference["dynamic"]), rel=EXACT)
    if key is None:
        expected = dict(zip(R["mpdta"]["event_times"]["egt"], R["mpdta"]["event_times"]["att_egt"], strict=True))
        errors = dict(zip(R["mpdta"]["event_times"]["egt"], R["mpdta"]["event_times"]["se_egt"], strict=True))
        for e, summary in events.items():
            assert (summary.value, summary.standard_error) == pytest.approx((expected[e], errors[e]), rel=EXACT)
        test = no_effect_before(found, None)
        assert test is not None
        assert chi2.sf(test[0], 5) == pytest.approx(R["mpdta"]["pre_test_p"], abs=5e-6)
        assert test[1] == pytest.approx(R["mpdta"]["pre_test_p"], abs=0.02)
        # R's own three runs of 20,000 draws gave 2.534 to 2.548; its errors inside the bootstrap are quartiles.
        assert band_reach(events, None, confidence_level=LEVEL, seed=1) == pytest.approx(
            R["mpdta"]["uniform"], abs=0.08
        )


def test_the_castle_laws_are_those_of_the_paper() -> None:
    """Cheng & Hoekstra 2013, weighted by population: +.0755 (.0348)."""
    rows = castle.load_pandas().data
    y = rows.pivot(index="sid", columns="year", values="l_homicide")
    first = rows[rows["post"] == 1].groupby("sid")["year"].min().reindex(y.index)
    start = np.where(first.isna(), y.shape[1], first.fillna(0) - y.columns[0]).astype(np.int64)
    weight = rows.groupby("sid")["popwt"].first().reindex(y.index).to_numpy(dtype=float)
    found = two_way_fixed_effects(Panel(y.to_numpy(), start), weight, None, confidence_level=LEVEL)
    assert isinstance(found, Estimate)
    assert (found.value, found.standard_error) == pytest.approx((0.0755, 0.0348), abs=5e-5)


def test_few_clusters_are_tested_as_fwildclusterboot_does() -> None:
    data = {name: np.array(values, dtype=float) for name, values in R["wild"]["data"].items()}
    ones, cluster = np.ones(len(data["y"])), data["cluster"].astype(np.int64)
    plain = np.column_stack([ones, data["treat"]])
    with_x = np.column_stack([ones, data["treat"], data["x"]])
    assert wild_cluster_p(plain, data["y"], 1, cluster, seed=1) == R["wild"]["p"]
    assert wild_cluster_p(with_x, data["y"], 1, cluster, seed=1) == R["wild"]["p_with_x"]
    assert wild_cluster_p(plain, data["y"], 1, np.minimum(cluster, 2), seed=1) is None


def world(
    rng: np.random.Generator, *, grows: float = 0.0, effect: float = 1.0, units: int = 90, trend: float = 0.0
) -> Panel:
    """A third never start, the others at time 3 or 6 of 10; the effect grows by `grows` each time."""
    start = np.repeat([10, 3, 6], units // 3).astype(np.int64)
    time = np.arange(10)
    level = rng.normal(size=(units, 1)) + 0.5 * (start < 10)[:, None]
    since = time - start[:, None]
    on = since >= 0
    change = effect * on + grows * np.where(on, since, 0) + trend * time * (start < 10)[:, None]
    return Panel(level + 0.1 * time + change + rng.normal(scale=0.8, size=(units, 10)), start)


def truth(panel: Panel, effect: float, grows: float) -> float:
    since = np.arange(panel.never) - panel.start[:, None]
    return float((effect + grows * since)[(since >= 0) & panel.treated[:, None]].mean())


def test_intervals_hold_the_truth_where_effects_grow_and_fixed_effects_alone_do_not() -> None:
    """The wrong twin is the regression that uses those already treated as controls (Goodman-Bacon 2021)."""
    rng = np.random.default_rng(8)
    held = {"group time": 0, "wrong twin": 0}
    for _ in range(200):
        panel = world(rng, grows=0.3)
        one = np.ones(len(panel.y))
        true = truth(panel, 1.0, 0.3)
        found = simple_summary(group_time_effects(panel, one, "never_treated"), one, None)
        held["group time"] += abs(found.value - true) < 1.96 * found.standard_error
        twin = two_way_fixed_effects(panel, one, None, confidence_level=LEVEL)
        assert isinstance(twin, Estimate)
        held["wrong twin"] += twin.low <= true <= twin.high
    assert held["group time"] / 200 > 0.90
    assert held["wrong twin"] / 200 < 0.2


@pytest.mark.slow
def test_without_an_effect_one_world_in_twenty_looks_like_one() -> None:
    rng = np.random.default_rng(9)
    wrong = {"group time": 0, "fixed effects": 0, "before the start": 0, "band": 0}
    for i in range(200):
        panel = world(rng, effect=0.0)
        one = np.ones(len(panel.y))
        effects = group_time_effects(panel, one, "never_treated")
        found = simple_summary(effects, one, None)
        wrong["group time"] += abs(found.value) > 1.96 * found.standard_error
        twin = two_way_fixed_effects(panel, one, None, confidence_level=LEVEL)
        assert isinstance(twin, Estimate)
        wrong["fixed effects"] += not twin.low <= 0 <= twin.high
        test = no_effect_before(effects, None)
        assert test is not None
        wrong["before the start"] += test[1] < 0.05
        events = event_times(effects, one, None)
        reach = band_reach(events, None, confidence_level=LEVEL, seed=i)
        wrong["band"] += any(abs(e.value) > reach * e.standard_error for e in events.values())
    rates = {name: count / 200 for name, count in wrong.items()}
    assert all(rate <= 0.10 for rate in rates.values()), rates


def test_a_trend_before_the_start_is_seen() -> None:
    rng = np.random.default_rng(10)
    found = [
        no_effect_before(group_time_effects(world(rng, trend=0.4), np.ones(90), "never_treated"), None)
        for _ in range(30)
    ]
    assert np.mean([test is not None and test[1] < 0.05 for test in found]) > 0.8


def test_a_group_alone_takes_what_happened_to_everybody_for_its_own() -> None:
    rng = np.random.default_rng(11)
    start = np.repeat([6, 3], 40).astype(np.int64)
    panel = Panel(0.5 * np.arange(6) + rng.normal(size=(80, 6)), start)
    one = np.ones(80)
    alone = mean_change(panel, one, None, is_compared=False, confidence_level=LEVEL)
    compared = mean_change(panel, one, None, is_compared=True, confidence_level=LEVEL)
    assert isinstance(alone, Estimate)
    assert isinstance(compared, Estimate)
    assert alone.low > 1.0  # nothing was done, and it looks like much
    assert compared.low <= 0 <= compared.high
    assert alone.estimator == "before_after"


def test_two_times_two_is_the_difference_of_differences() -> None:
    y = np.array([[1.0, 4.0], [2.0, 6.0], [3.0, 7.0], [0.0, 1.0], [1.0, 3.0], [2.0, 2.5]])
    panel = Panel(y, np.array([1, 1, 1, 2, 2, 2]))
    one = np.ones(6)
    change = y[:, 1] - y[:, 0]
    expected = change[:3].mean() - change[3:].mean()
    error = np.sqrt(change[:3].var(ddof=1) / 3 + change[3:].var(ddof=1) / 3)
    found = mean_change(panel, one, None, is_compared=True, confidence_level=LEVEL)
    assert isinstance(found, Estimate)
    assert (found.value, found.standard_error) == pytest.approx((expected, error))
    simple = simple_summary(group_time_effects(panel, one, "never_treated"), one, None)
    twin = two_way_fixed_effects(panel, one, None, confidence_level=LEVEL)
    assert isinstance(twin, Estimate)
    assert simple.value == pytest.approx(expected)
    assert twin.value == pytest.approx(expected)


def test_starts_at_different_times_are_no_two_by_two() -> None:
    panel = world(np.random.default_rng(1))
    assert mean_change(panel, np.ones(90), None, is_compared=True, confidence_level=LEVEL) == Refusal("several_starts")


def did(panel: Panel) -> float:
    found = mean_change(panel, np.ones(len(panel.y)), None, is_compared=True, confidence_level=LEVEL)
    assert isinstance(found, Estimate)
    return found.value


@pytest.mark.slow
@pytest.mark.parametrize("treated", [1, pytest.param(2, marks=pytest.mark.long)])
def test_one_or_two_units_have_no_error_of_their_own_but_that_of_the_others(treated: int) -> None:
    """The wrong twin takes the spread of two units for what units differ by."""
    rng = np.random.default_rng(12)
    inside = twin = 0
    for _ in range(60):
        start = np.concatenate([np.full(treated, 4), np.full(45, 8)]).astype(np.int64)
        panel = Panel(rng.normal(size=(len(start), 8)), start)
        found = few_units_interval(panel, did(panel), did, confidence_level=LEVEL, seed=1)
        assert found is not None
        inside += found[1] <= 0 <= found[2]
        few = Panel(panel.y[:8], start[:8])
        assert few_units_interval(few, did(few), did, confidence_level=LEVEL, seed=1) is None
        if treated == 2:
            change = panel.y[:, 4:].mean(axis=1) - panel.y[:, :4].mean(axis=1)
            error = np.sqrt(change[:2].var(ddof=1) / 2 + change[2:].var(ddof=1) / 45)
            twin += abs(did(panel)) <= 1.96 * error
    assert inside / 60 >= 0.9
    assert treated == 1 or twin / 60 < 0.85


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_levels_common_shocks_and_order_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = world(rng, units=30)
    one = rng.uniform(0.5, 2.0, 30)
    moved = Panel(panel.y + rng.normal(size=(30, 1)) + rng.normal(size=10), panel.start)
    order = rng.permutation(30)
    turned = Panel(panel.y[order], panel.start[order])
    before = simple_summary(group_time_effects(panel, one, "never_treated"), one, None)
    for other, weight in ((moved, one), (turned, one[order])):
        after = simple_summary(group_time_effects(other, weight, "never_treated"), weight, None)
        assert (after.value, after.standard_error) == pytest.approx((before.value, before.standard_error), rel=1e-8)
    twin, shifted = (two_way_fixed_effects(p, one, None, confidence_level=LEVEL) for p in (panel, moved))
    assert isinstance(twin, Estimate)
    assert isinstance(shifted, Estimate)
    assert shifted.value == pytest.approx(twin.value, abs=1e-9)
