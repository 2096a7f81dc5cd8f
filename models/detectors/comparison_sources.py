"""Detectors for the comparison: balance, overlap, coverage, transfer."""

from __future__ import annotations

from data_contracts.ladder.ladder import State
from data_contracts.results.statements import (
    Names,
    distance_value,
    says,
    share_value,
)
from models.detectors.interface import Detection, Direction, Findings, found, lacking, threshold


def group_differences(f: Findings) -> Detection:
    """Check balance after matching.

    |SMD| > .25 is serious; a family-wise test of |SMD| > .1 or a visible excess is a warning.

    A hard gate at .1 fails most correctly matched small samples, so too little power to see .25
    is reported as undetermined rather than as fine.
    """
    code = "group_differences"
    d = f.diagnostics
    if d is None or d.max_smd_after is None or not f.balance:
        return lacking(code, "lacked_score")
    warning, serious = threshold(code, "warning"), threshold(code, "serious")
    worst = d.max_smd_after
    text = found(code, value=distance_value(worst))
    alpha = threshold(code, "alpha")
    if d.imbalance_p is not None and d.imbalance_p < alpha and worst > serious:
        return Detection(code, State.serious, text, worst, serious, is_critical=worst > threshold(code, "critical"))
    if d.balance_power is None or d.balance_power < threshold(code, "power"):
        undetermined = lacking(code, "lacked_power", value=distance_value(worst))
        return Detection(code, State.not_measured, undetermined.finding, worst, serious)
    if worst > serious:
        return Detection(code, State.serious, text, worst, serious)
    return Detection(code, State.warning if worst > warning else State.clear, text, worst, warning)


def no_overlap(f: Findings) -> Detection:
    """Check that the groups overlap in their scores.

    Signs of poor overlap are equipoise below .20, more than a tenth of participants without anyone like them, or groups
    that the score tells apart.
    """
    code = "no_overlap"
    d = f.diagnostics
    if d is None or d.overlap_share is None:
        return lacking(code, "lacked_score")
    limit = threshold(code, "equipoise")
    unmatched = 1 - d.n_compared_treated / d.n_treated
    text = found(code, value=share_value(d.overlap_share))
    is_low, is_unmatched = d.overlap_share < limit, unmatched > threshold(code, "unmatched_share")
    is_told_apart = d.propensity_auc is not None and d.propensity_auc > threshold(code, "auc")
    state = State.serious if is_low and is_unmatched else State.warning
    if not (is_low or is_unmatched or is_told_apart):
        state = State.clear
    return Detection(code, state, text, d.overlap_share, limit)


def not_transferable(f: Findings) -> Detection:
    """Measure how far the analysed participants are from all participants."""
    code = "not_transferable"
    shift = None if f.diagnostics is None else f.diagnostics.analysed_shift_smd
    if shift is None:
        return lacking(code, "lacked_score")
    limit = threshold(code, "serious")
    state = State.serious if shift > limit else State.clear
    return Detection(code, state, found(code, value=distance_value(shift)), shift, limit)


def contaminated_controls(f: Findings) -> Detection:
    """Check the share of controls who took part in another programme."""
    code = "contaminated_controls"
    share = None if f.diagnostics is None else f.diagnostics.other_programme_share
    if share is None:
        return lacking(code, "lacked_other_programme")
    limit = threshold(code, "warning")
    state = State.warning if share > limit else State.clear
    return Detection(code, state, found(code, value=share_value(share)), share, limit, "towards_no_effect")


def register_limited_covariates(f: Findings) -> Detection:
    """Find important confounder domains that no covariate represents."""
    code = "register_limited_covariates"
    open_domains = f.conduct.open_domains
    if open_domains is None:
        return lacking(code, "lacked_domains")
    detail = Names(codes=tuple(f"domain.{domain}" for domain in open_domains))
    serious = threshold(code, "serious")
    count = float(len(open_domains))
    if not open_domains:
        return Detection(code, State.clear, found(code, detail=detail), 0.0, threshold(code, "warning"))
    state = State.serious if count >= serious else State.warning
    return Detection(code, state, found(code, detail=detail), count, serious, "towards_effect")


def immortal_time(f: Findings) -> Detection:
    """Check when people are counted and how they were chosen.

    Counting only those who completed builds the result into the group; so does choosing people by their follow-up.

    Critical where both are done. It is a warning if comparison people have no first day.
    """
    code = "immortal_time"
    conduct = f.conduct
    if conduct.counted_from is None:
        return lacking(code, "lacked_counting")
    by_completion = conduct.counted_from == "completion"
    by_follow_up = conduct.inclusion_depends_on_follow_up is True
    parts = [says("immortal_completion" if by_completion else "immortal_start")]
    if by_follow_up:
        parts.append(says("immortal_follow_up"))
    if conduct.controls_have_index_date is False:
        parts.append(says("immortal_no_index_date"))
    state = State.serious if by_completion or by_follow_up else State.clear
    if state == State.clear and conduct.controls_have_index_date is False:
        state = State.warning
    direction: Direction = "towards_effect" if state == State.serious else "unknown"
    text = found(code, *parts)
    return Detection(code, state, text, direction=direction, is_critical=by_completion and by_follow_up)
