"""Detectors that look at the effect: confounding, loss, selection, power."""

from __future__ import annotations

from data_contracts.ladder.ladder import State
from data_contracts.results.statements import (
    distance_value,
    number_value,
    says,
    share_value,
    shift_value,
)
from models.detectors.interface import (
    Detection,
    Direction,
    Findings,
    declared_size,
    difference_of,
    found,
    lacking,
    size_of,
    threshold,
)
from models.doubt.attrition import attrition_boundary, expected_attrition_bias
from models.statistics.power_and_q import minimal_detectable_effect, two_sided_p


def attrition(f: Findings) -> Detection:
    """Estimate the expected bias from people without an outcome.

    The WWC model is used with cautious assumptions; worst-case bounds are given too.
    """
    code = "attrition"
    lost_treated = None if f.effects is None else f.effects.doubt.missing_treated_share
    lost_control = None if f.effects is None else f.effects.doubt.missing_control_share
    if f.effects is None or lost_treated is None or lost_control is None:
        return lacking(code, "lacked_outcome")
    rho = {name: threshold(code, name) for name in ("rho_treated", "rho_control")}
    bias = expected_attrition_bias(lost_treated, lost_control, **rho)
    if bias == float("inf"):
        return lacking(code, "lacked_outcome")
    limit = threshold(code, "serious")
    parts = [
        says(
            "attrition_words",
            treated=share_value(lost_treated),
            control=share_value(lost_control),
            value=distance_value(bias),
        )
    ]
    if bias > 0:
        boundary = attrition_boundary((lost_treated + lost_control) / 2, **rho, limit=limit)
        parts.append(says("attrition_boundary_words", value=number_value(boundary * 100, 0)))
    for key, bounds in (("lee_words", f.effects.doubt.lee_bounds), ("manski_words", f.effects.doubt.manski_bounds)):
        if bounds is not None:
            words = {
                "low": difference_of(f.conduct, bounds[0]),
                "high": difference_of(f.conduct, bounds[1]),
            }
            parts.append(says(key, **words))
    text = found(code, *parts)
    state = State.serious if bias > limit else State.clear
    return Detection(code, state, text, bias, limit, is_critical=bias > threshold(code, "critical"))


def creaming(f: Findings) -> Detection:
    """Check whether participants were expected to do better or worse.

    What is expected is judged from before they began.
    """
    code = "creaming"
    shift = None if f.effects is None else f.effects.doubt.predicted_shift
    error = None if f.effects is None else f.effects.doubt.predicted_shift_error
    if f.effects is None or shift is None or error is None:
        is_blank = f.effects is None or f.effects.primary is None
        return lacking(code, "lacked_outcome" if is_blank else "lacked_target_group")
    limit = threshold(code, "warning")
    is_shifted = abs(shift) > limit and two_sided_p(shift, error) < threshold(code, "alpha")
    good = shift > 0 if f.conduct.outcome_direction == "higher_is_better" else shift < 0
    direction: Direction = "towards_effect" if good else "towards_no_effect"
    text = found(code, value=shift_value(shift))
    return Detection(
        code, State.warning if is_shifted else State.clear, text, shift, limit, direction if is_shifted else "unknown"
    )


def underpowered(f: Findings) -> Detection:
    """Check whether a worthwhile effect could have been seen."""
    code = "underpowered"
    primary = None if f.effects is None else f.effects.primary
    if primary is None:
        return lacking(code, "lacked_outcome")
    worthwhile = f.conduct.smallest_worthwhile_effect
    if worthwhile is None:
        return lacking(code, "lacked_worthwhile")
    detectable = minimal_detectable_effect(
        primary.standard_error, alpha=1 - f.conduct.confidence_level, power=threshold(code, "power")
    )
    text = found(code, value=size_of(f.conduct, detectable), threshold=declared_size(f.conduct, worthwhile))
    state = State.warning if detectable > worthwhile else State.clear
    return Detection(
        code, state, text, detectable, worthwhile, "towards_no_effect" if state == State.warning else "unknown"
    )
