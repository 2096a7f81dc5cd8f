"""Detectors for pooled studies and for trials."""

from __future__ import annotations

from data_contracts.ladder.ladder import State
from data_contracts.results.statements import (
    Statement,
    count_value,
    says,
    share_value,
)
from models.detectors.interface import Detection, Findings, found, lacking, leaves_out_zero, threshold
from models.values.design_findings import SynthesisFindings


def publication_bias(f: Findings) -> Detection:
    """Look for signs that studies are missing.

    No sign is clear, one is a warning, two are serious.

    With fewer than five studies the tests say little, so “clear” is not given.
    """
    code = "publication_bias"
    s = f.synthesis
    if s is None:
        return lacking(code, "lacked_studies")
    signs = _signs(s, code)
    if not signs:
        return lacking(code, "lacked_studies")
    raised = [key for key, is_raised in signs.items() if is_raised]
    parts = [says(f"sign.{key}") for key in raised] or [says("sign.none")]
    state = State.serious if len(raised) >= 2 else State.warning if raised else State.clear
    if state == State.clear and s.studies_count < threshold(code, "fewest_studies"):
        state = State.warning
        parts = [says("sign.few_studies", count=count_value(s.studies_count))]
    text = found(code, *parts)
    return Detection(code, state, text, float(len(raised)), 1.0, "towards_effect" if raised else "unknown")


def _signs(s: SynthesisFindings, code: str) -> dict[str, bool]:
    """Return the tests that could be made, and what each shows.

    Each is given with whether it is a sign of missing studies.
    """
    signs: dict[str, bool] = {}
    if s.egger_p is not None:
        signs["egger"] = s.egger_p <= threshold(code, "egger_alpha")
    if s.filled_shift is not None:
        signs["filled"] = abs(s.filled_shift) > threshold(code, "shift_share")
    if None not in (s.corrected_low, s.corrected_high, s.low, s.high):
        was_certain = leaves_out_zero(s.low or 0.0, s.high or 0.0)
        signs["corrected"] = was_certain and not leaves_out_zero(s.corrected_low or 0.0, s.corrected_high or 0.0)
    if s.published_contrast_p is not None:
        signs["contrast"] = s.published_contrast_p < threshold(code, "contrast_alpha")
    if s.planned_count and s.never_reported_count is not None:
        signs["registry"] = s.never_reported_count / s.planned_count > threshold(code, "never_reported_share")
    return signs


def included_study_quality(f: Findings) -> Detection:
    """Measure how much weight rests on studies at low risk of bias.

    It also looks at whether the result stands without the weak ones.
    """
    code = "included_study_quality"
    s = f.synthesis
    if s is None or s.low_risk_weight_share is None:
        return lacking(code, "lacked_quality")
    share = s.low_risk_weight_share
    state = State.clear
    if share < threshold(code, "warning"):
        state = State.serious if share < threshold(code, "serious") else State.warning
    carried: list[Statement] = []
    if None not in (s.low, s.high, s.strong_low, s.strong_high):
        falls = leaves_out_zero(s.low or 0.0, s.high or 0.0) and not leaves_out_zero(
            s.strong_low or 0.0, s.strong_high or 0.0
        )
        carried = [says("weak_carry" if falls else "weak_do_not_carry")]
        state = State.serious if falls else state
    text = found(code, *carried, value=share_value(share))
    return Detection(code, state, text, share, threshold(code, "warning"))


def heterogeneity(f: Findings) -> Detection:
    """Measure how different the studies are beyond chance.

    Half is serious if a new study might show nothing, or a tenth of the studies point the other way.
    Several effects of one study taken as several studies are never clear.
    """
    code = "heterogeneity"
    s = f.synthesis
    if s is None or s.i_squared is None:
        return lacking(code, "lacked_studies")
    state = State.clear
    parts = []
    might_be_nothing = None not in (s.low, s.high, s.prediction_low, s.prediction_high) and (
        leaves_out_zero(s.low or 0.0, s.high or 0.0)
        and not leaves_out_zero(s.prediction_low or 0.0, s.prediction_high or 0.0)
    )
    if might_be_nothing:
        parts.append(says("new_study_may_show_nothing"))
    is_opposed = s.opposing_share is not None and s.opposing_share >= threshold(code, "opposing_share")
    if s.i_squared >= threshold(code, "warning"):
        is_half = s.i_squared >= threshold(code, "serious")
        state = State.serious if is_half and (might_be_nothing or is_opposed) else State.warning
    elif might_be_nothing:
        state = State.warning
    if s.has_dependent_effects:
        parts.append(says("dependent_effects"))
        state = State.warning if state == State.clear else state
    text = found(code, *parts, value=share_value(s.i_squared))
    return Detection(code, state, text, s.i_squared, threshold(code, "warning"))


def hawthorne_placebo(f: Findings) -> Detection:
    """Judge what is declared of attention and blinding.

    A register outcome makes the judgement milder, a self-report makes it stricter.

    Never “clear” without controls who got attention too, or who did not know what they got.
    """
    code = "hawthorne_placebo"
    t = f.trial
    is_held_off = t is not None and (t.is_blinded is True or t.controls_get_attention is True)
    if is_held_off:
        return Detection(code, State.clear, found(code, says("attention_alike")))
    if f.conduct.outcome_source is None:
        return lacking(code, "lacked_outcome_source")
    if f.conduct.outcome_source == "self_report":
        text = found(code, says("attention_self_report"))
        return Detection(code, State.warning, text, direction="towards_effect")
    return Detection(code, State.not_measurable, found(code, says("attention_register")))
