"""Detectors that look at the effect: confounding, loss, power, plan.

Belongs here: one pure function per error source that needs the estimate or
the plan around it. Does not belong here: thresholds (YAML).
"""

from __future__ import annotations

from data_contracts.ladder import State
from data_contracts.phrases import LANGUAGES, bilingual, difference_text, number_words, share_words
from models.attrition import expected_attrition_bias
from models.detectors.bounds import bound_words, bounds_of, e_values
from models.detectors.interface import (
    Detection,
    Direction,
    Findings,
    difference_words,
    found,
    lacking,
    smd_words,
    threshold,
    two_digits,
)
from models.estimates import Estimate
from models.sensitivity import minimal_detectable_effect, two_sided_p


def placebo_fails(estimate: Estimate) -> bool:
    """Whether a placebo's interval leaves out zero."""
    return estimate.low > 0 or estimate.high < 0


def unmeasured_confounding(f: Findings) -> Detection:
    """Placebo tests with their sign, and how strong something unknown would have to be.

    A placebo that fails in the effect's own direction is serious: part of the difference was
    there before the start. In the opposite direction it is a warning, unless it is half as large
    as the effect, for then the design cannot reproduce a known zero. The E-value is always printed.
    """
    code = "unmeasured_confounding"
    primary = f.effects.primary
    values = e_values(f)
    if primary is None or values is None:
        return lacking(code, "lacked_outcome")
    limit = threshold(code, "e_value_limit")
    unit = {"da": f.outcome.unit.da, "en": f.outcome.unit.en} if f.outcome.unit else {"da": "", "en": ""}
    bound = bound_words(bounds_of(f), outcome_type=f.outcome.type, unit=unit)
    state = State.warning if values[1] < limit else State.clear
    direction: Direction = "unknown"
    sentence = bilingual("placebo_clear" if f.effects.placebo else "placebo_none")
    # Only the estimator that gave the result decides; the others are shown beside it.
    own = [p for p in f.effects.placebo if p.estimate.estimator == primary.estimator]
    failing = sorted(
        (p for p in own if placebo_fails(p.estimate)),
        key=lambda p: two_sided_p(p.estimate.value, p.estimate.standard_error),
    )
    if failing:
        worst = failing[0]
        is_same = (worst.estimate.value > 0) == (primary.value > 0)
        is_large = _placebo_size(f, worst.covariate, worst.estimate) >= abs(primary.value) / 2
        state = State.serious if is_same or is_large else State.warning
        direction = "towards_effect" if is_same else "towards_no_effect"
        label = f.protocol.covariate(worst.covariate).label
        key = "placebo_fails_same" if is_same else "placebo_fails_opposite"
        value = _placebo_words(f, worst.covariate, worst.estimate)
        sentence = bilingual(key, value=value, covariate={"da": label.da, "en": label.en})
    elif not f.effects.placebo and state == State.clear:
        state = State.warning  # nothing was tried, so nothing is known beyond the bound
    systematic = f.effects.systematic_error
    if systematic is not None and systematic.ease >= threshold(code, "ease"):
        state = State.serious  # where nothing can be found, this design finds something
    detail = {language: f"{sentence[language]} {bound[language]}" for language in sentence}
    return Detection(code, state, found(code, detail=detail), values[1], limit, direction)


def _placebo_size(f: Findings, covariate: str, estimate: Estimate) -> float:
    """Size of a placebo estimate on the outcome's own scale; 0 if it is measured on another."""
    same_scale = f.protocol.covariate(covariate).pre_period_of == f.outcome.name
    return abs(estimate.value) if same_scale else 0.0


def _placebo_words(f: Findings, covariate: str, estimate: Estimate) -> dict[str, str]:
    declared = f.protocol.covariate(covariate)
    if declared.pre_period_of == f.outcome.name:
        return difference_words(f.outcome, estimate.value)
    if declared.type == "binary":
        return {language: difference_text(language, estimate.value, "binary", "") for language in LANGUAGES}
    return {language: difference_text(language, two_digits(estimate.value), "numeric", "") for language in LANGUAGES}


def attrition(f: Findings) -> Detection:
    """Expected bias from people without an outcome, by the WWC model with cautious assumptions."""
    code = "attrition"
    lost_treated, lost_control = f.effects.missing_treated_share, f.effects.missing_control_share
    if lost_treated is None or lost_control is None:
        return lacking(code, "lacked_outcome")
    bias = expected_attrition_bias(
        lost_treated,
        lost_control,
        rho_treated=threshold(code, "rho_treated"),
        rho_control=threshold(code, "rho_control"),
    )
    if bias == float("inf"):
        return lacking(code, "lacked_outcome")
    limit = threshold(code, "serious")
    detail = bilingual(
        "attrition_words",
        treated=share_words(lost_treated),
        control=share_words(lost_control),
        value=smd_words(bias),
    )
    state = State.serious if bias > limit else State.clear
    return Detection(code, state, found(code, detail=detail), bias, limit)


def creaming(f: Findings) -> Detection:
    """Whether participants were expected to do better, or worse, before they began."""
    code = "creaming"
    shift, error = f.effects.predicted_shift, f.effects.predicted_shift_error
    if shift is None or error is None:
        return lacking(code, "lacked_outcome" if f.effects.primary is None else "lacked_target_group")
    limit = threshold(code, "warning")
    is_shifted = abs(shift) > limit and two_sided_p(shift, error) < threshold(code, "alpha")
    good = shift > 0 if f.outcome.direction == "higher_is_better" else shift < 0
    direction: Direction = "towards_effect" if good else "towards_no_effect"
    text = found(code, value=_signed_smd(shift))
    return Detection(
        code, State.warning if is_shifted else State.clear, text, shift, limit, direction if is_shifted else "unknown"
    )


def _signed_smd(value: float) -> dict[str, str]:
    return {language: ("+" if value > 0 else "") + text for language, text in number_words(value, 2).items()}


def underpowered(f: Findings) -> Detection:
    """Whether a worthwhile effect could have been seen."""
    code = "underpowered"
    primary = f.effects.primary
    if primary is None:
        return lacking(code, "lacked_outcome")
    detectable = minimal_detectable_effect(
        primary.standard_error, alpha=1 - f.protocol.effects.confidence_level, power=threshold(code, "power")
    )
    worthwhile = f.outcome.smallest_worthwhile_effect
    text = found(code, value=_size_words(f, detectable), threshold=_size_words(f, worthwhile))
    state = State.warning if detectable > worthwhile else State.clear
    return Detection(
        code, state, text, detectable, worthwhile, "towards_no_effect" if state == State.warning else "unknown"
    )


def _size_words(f: Findings, value: float) -> dict[str, str]:
    return {language: text.removeprefix("+") for language, text in difference_words(f.outcome, value).items()}


def multiplicity(f: Findings) -> Detection:
    """All outcomes and calculations that were run, and whether this one survives their number."""
    code = "multiplicity"
    outcomes = len(f.protocol.outcomes)
    declared = f.protocol.effects
    models = outcomes * (1 + len(declared.alternatives) + len(declared.specifications) + len(declared.subgroups))
    if f.effects.primary is None:
        return lacking(code, "lacked_models")
    if outcomes == 1:
        return Detection(
            code, State.clear, found(code, detail=bilingual("multiplicity_single", models=str(models))), 1.0
        )
    if f.q_value is None:
        return lacking(code, "lacked_outcome")
    limit = threshold(code, "q")
    detail = bilingual(
        "multiplicity_words", outcomes=str(outcomes), models=str(models), value=number_words(f.q_value, 2)
    )
    primary = f.effects.primary
    claims_something = primary is not None and placebo_fails(primary)
    state = State.warning if claims_something and f.q_value > limit else State.clear
    return Detection(code, state, found(code, detail=detail), f.q_value, limit)


def repeated_looks(f: Findings) -> Detection:
    """How many scheduled looks there have been; every quarter since the first counts, run or not."""
    code = "repeated_looks"
    limit = threshold(code, "warning")
    state = State.warning if f.looks_count >= limit else State.clear
    return Detection(code, state, found(code, value=str(f.looks_count)), float(f.looks_count), limit)


def protocol_changed(f: Findings) -> Detection:
    """Whether the plan is the one that was locked before outcomes were read."""
    code = "protocol_changed"
    if not f.protocol_is_locked:
        return lacking(code, "lacked_lock")
    detail = bilingual("protocol_same" if f.protocol_is_unchanged else "protocol_differs")
    return Detection(code, State.clear if f.protocol_is_unchanged else State.serious, found(code, detail=detail))
