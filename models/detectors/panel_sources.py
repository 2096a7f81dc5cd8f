"""Detectors for designs that follow units or compare them with a rate."""

from __future__ import annotations

import scipy

from data_contracts.ladder.ladder import State
from data_contracts.results.statements import (
    count_value,
    number_value,
    says,
    share_value,
    shift_value,
)
from models.detectors.interface import (
    Detection,
    Direction,
    Findings,
    found,
    lacking,
    threshold,
)

RANK = (State.clear, State.warning, State.serious)


def _worst(states: list[State]) -> State:
    return max(states, key=RANK.index)


def outside_factors(f: Findings) -> Detection:
    """Check for other causes of a change over time.

    It looks at trends before the start, the comparison's own development, local unemployment, and too few units for a
    standard error.

    A trend or an effect before the start is serious, and so is a single treated unit: no standard
    error is valid for it. The rest are warnings.
    """
    code = "outside_factors"
    p = f.panel
    if p is None:
        return lacking(code, "lacked_surroundings")
    states: list[State] = []
    parts = []
    alpha = threshold(code, "alpha")
    for value, key in ((p.pre_trend_p, "pre_trend"), (p.placebo_period_p, "placebo_period")):
        if value is not None:
            states.append(State.serious if value < alpha else State.clear)
            parts.append(says(f"{key}.fails" if value < alpha else f"{key}.clear"))
    if p.control_trend_share is not None:
        is_large = abs(p.control_trend_share) > threshold(code, "trend_share")
        states.append(State.warning if is_large else State.clear)
        parts.append(says("control_trend_words", value=share_value(abs(p.control_trend_share))))
    if p.unemployment_change_share is not None:
        is_large = abs(p.unemployment_change_share) > threshold(code, "unemployment_change_share")
        states.append(State.warning if is_large else State.clear)
        points = number_value(p.unemployment_change_share * 100, 1)
        parts.append(says("unemployment_words", value=points))
    if not states:
        return lacking(code, "lacked_surroundings")
    if p.treated_units_count == 1:
        states.append(State.serious)
        parts.append(says("one_treated_unit"))
    elif p.clusters_count is not None and p.clusters_count < threshold(code, "fewest_clusters"):
        states.append(State.warning)
        parts.append(says("few_clusters", count=count_value(p.clusters_count)))
    tests = [value for value in (p.pre_trend_p, p.placebo_period_p) if value is not None]
    return Detection(code, _worst(states), found(code, *parts), min(tests, default=None), alpha)


def reverse_causality(f: Findings) -> Detection:
    """Check whether causes come before their effects.

    Later participation must not “affect” earlier outcomes, and no covariate may be dated after the start.
    """
    code = "reverse_causality"
    p = f.panel
    if p is None or (p.lead_p is None and p.has_covariates_after_start is None):
        return lacking(code, "lacked_lead")
    alpha = threshold(code, "alpha")
    parts = []
    fails = False
    if p.lead_p is not None:
        fails = p.lead_p < alpha
        parts.append(says("lead_fails" if fails else "lead_clear"))
    if p.has_covariates_after_start is not None:
        fails = fails or p.has_covariates_after_start
        parts.append(says("covariates_late" if p.has_covariates_after_start else "covariates_early"))
    return Detection(code, State.serious if fails else State.clear, found(code, *parts), p.lead_p, alpha)


def staggered_timing(f: Findings) -> Detection:
    """Check whether two-way fixed and group-time effects disagree.

    With one starting time they cannot.
    """
    code = "staggered_timing"
    p = f.panel
    if p is None or p.start_times_count is None:
        return lacking(code, "lacked_start_times")
    if p.start_times_count <= 1:
        return Detection(code, State.clear, found(code, says("one_start_time")))
    if p.two_way is None or p.group_time is None or p.group_time == 0:
        return lacking(code, "lacked_group_time")
    share = abs(p.two_way - p.group_time) / abs(p.group_time)
    limit = threshold(code, "warning")
    state = State.warning if share > limit else State.clear
    if p.two_way * p.group_time < 0:
        state = State.serious
    return Detection(code, state, found(code, says("timing_words", value=share_value(share))), share, limit)


def regression_to_mean(f: Findings) -> Detection:
    """Check whether people began at a low point.

    Most people recover from a low point anyway.
    """
    code = "regression_to_mean"
    dip = None if f.panel is None else f.panel.dip_smd
    if dip is None:
        return lacking(code, "lacked_earlier_level")
    is_bad = dip < 0 if f.conduct.outcome_direction == "higher_is_better" else dip > 0
    size = abs(dip)
    state = State.clear
    if size > threshold(code, "warning"):
        state = State.serious if is_bad and size > threshold(code, "serious") else State.warning
    direction: Direction = "towards_effect" if is_bad else "towards_no_effect"
    limit = threshold(code, "serious")
    text = found(code, value=shift_value(dip))
    return Detection(code, state, text, dip, limit, direction if state != State.clear else "unknown")


def all_or_nothing_works(f: Findings) -> Detection:
    """Check whether more units stand out than chance would give."""
    code = "all_or_nothing_works"
    r = f.rate
    fewest = threshold(code, "fewest_units")
    if r is None or r.units_count is None or r.outside_count is None or r.expected_outside is None:
        return lacking(code, "lacked_units")
    if r.units_count < fewest:
        return lacking(code, "lacked_units")
    p = float(scipy.stats.poisson.sf(r.outside_count - 1, r.expected_outside)) if r.outside_count else 1.0
    is_chance = r.outside_count > 0 and p >= threshold(code, "alpha")
    sentence = says(
        "funnel_words",
        outside=count_value(r.outside_count),
        units=count_value(r.units_count),
        expected=number_value(r.expected_outside, 1),
    )
    state = State.warning if is_chance else State.clear
    return Detection(code, state, found(code, sentence), float(r.outside_count), r.expected_outside)
