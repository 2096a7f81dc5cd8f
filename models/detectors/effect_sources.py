"""Detectors that look at the effect: confounding, loss, selection, power."""

from __future__ import annotations

from data_contracts.ladder.ladder import State
from data_contracts.results.statements import (
    Quantity,
    distance_value,
    effect_value,
    number_value,
    says,
    share_value,
    shift_value,
    words_value,
)
from models.detectors.bounds import bound_statements, bounds_of, e_values
from models.detectors.interface import (
    DIGITS,
    Detection,
    Direction,
    Findings,
    declared_size,
    difference_of,
    found,
    lacking,
    leaves_out_zero,
    size_of,
    threshold,
)
from models.doubt.attrition import attrition_boundary, expected_attrition_bias
from models.statistics.power_and_q import minimal_detectable_effect, two_sided_p
from models.values.estimates import Estimate


def placebo_fails(estimate: Estimate) -> bool:
    """Whether a placebo's interval leaves out zero."""
    return leaves_out_zero(estimate.low, estimate.high)


def unmeasured_confounding(f: Findings) -> Detection:
    """Placebo tests with their sign, and how strong something unknown would have to be.

    A placebo that fails in the effect's own direction is serious: part of the difference was
    there before the start; critical if it is half as large as the effect. In the opposite direction it
    is a warning, unless it is half as large as the effect, for then the design cannot reproduce a known
    zero. The E-value is always printed.
    """
    code = "unmeasured_confounding"
    primary = None if f.effects is None else f.effects.primary
    values = e_values(f)
    if f.effects is None or primary is None or values is None:
        return lacking(code, "lacked_outcome")
    limit = threshold(code, "e_value_limit")
    bounds = bound_statements(bounds_of(f), outcome_type=f.conduct.outcome_type, unit=f.conduct.unit)
    state = State.warning if values[1] < limit else State.clear
    direction: Direction = "unknown"
    is_critical = False
    # Only the estimator that gave the result decides; the others are shown beside it.
    own = [p for p in f.effects.doubt.placebo if p.estimate.estimator == primary.estimator]
    sentence = says("placebo_clear" if own else "placebo_none")
    failing = sorted(
        (p for p in own if placebo_fails(p.estimate)),
        key=lambda p: two_sided_p(p.estimate.value, p.estimate.standard_error),
    )
    if failing:
        worst = failing[0]
        is_same = (worst.estimate.value > 0) == (primary.value > 0)
        is_large = _is_large(f, worst.covariate, worst.estimate, primary)
        state = State.serious if is_same or is_large else State.warning
        is_critical = is_same and is_large
        direction = "towards_effect" if is_same else "towards_no_effect"
        key = "placebo_fails_same" if is_same else "placebo_fails_opposite"
        value = _placebo_value(f, worst.covariate, worst.estimate)
        sentence = says(key, value=value, covariate=words_value(f.conduct.covariates[worst.covariate].label))
    elif not own and f.panel is not None and f.panel.placebo_period_p is not None:
        fails = f.panel.placebo_period_p < threshold(code, "placebo_period_alpha")
        sentence = says("placebo_period_only_fails" if fails else "placebo_period_only_clear")
        state = State.serious if fails else state
    elif not own and state == State.clear:
        state = State.warning  # nothing was tried, so nothing is known beyond the bound
    systematic = f.effects.doubt.systematic_error
    if systematic is not None and systematic.ease >= threshold(code, "ease"):
        state = State.serious  # where nothing can be found, this design finds something
    return Detection(code, state, found(code, sentence, *bounds), values[1], limit, direction, is_critical)


def _is_large(f: Findings, covariate: str, placebo: Estimate, primary: Estimate) -> bool:
    """Whether a placebo, if it is measured on the outcome's own scale, is half as large as the effect."""
    if not f.conduct.covariates[covariate].is_earlier_outcome:
        return False
    return abs(placebo.value) >= threshold("unmeasured_confounding", "large_placebo_share") * abs(primary.value)


def _placebo_value(f: Findings, covariate: str, estimate: Estimate) -> Quantity:
    facts = f.conduct.covariates[covariate]
    if facts.is_earlier_outcome:
        return difference_of(f.conduct, estimate.value)
    if facts.is_binary:
        return effect_value(estimate.value, "binary")
    return effect_value(estimate.value, "numeric", digits=DIGITS)


def attrition(f: Findings) -> Detection:
    """Expected bias from people without an outcome, by the WWC model with cautious assumptions; and worst-case bounds."""
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
    """Whether participants were expected to do better, or worse, before they began."""
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
    """Whether a worthwhile effect could have been seen."""
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
