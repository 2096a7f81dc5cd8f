"""Detectors that look at the comparison: balance, overlap, coverage, transfer.

Belongs here: one pure function per error source that needs no effect. Does
not belong here: those that do (`effect_sources.py`) and thresholds (YAML).
"""

from __future__ import annotations

import numpy as np

from data_contracts.ladder import State
from data_contracts.phrases import LANGUAGES, bilingual, phrase, share_words
from models.balance import imbalance_p_value, power_to_see
from models.detectors.interface import Detection, Direction, Findings, found, lacking, smd_words, threshold


def group_differences(f: Findings) -> Detection:
    """Balance after matching: |SMD| > .25 is serious, a family-wise test of |SMD| > .1 or a visible excess is a warning.

    A hard gate at .1 fails most correctly matched small samples, so too little power to see .25
    is reported as undetermined rather than as fine.
    """
    code = "group_differences"
    d = f.diagnostics
    if d.max_smd_after is None or not f.balance:
        return lacking(code, "lacked_score")
    warning, serious = threshold(code, "warning"), threshold(code, "serious")
    worst = d.max_smd_after
    text = found(code, value=smd_words(worst))
    smds = np.array([line.smd_after for line in f.balance if line.kind == "covariate"])
    p = imbalance_p_value(smds, d.n_compared_treated, d.effective_controls, warning)
    alpha = threshold(code, "alpha")
    if p < alpha and worst > serious:
        return Detection(code, State.serious, text, worst, serious)
    if power_to_see(serious, d.n_compared_treated, d.effective_controls, alpha) < threshold(code, "power"):
        undetermined = lacking(code, "lacked_power", value=smd_words(worst))
        return Detection(code, State.not_measured, undetermined.finding, worst, serious)
    if worst > serious:
        return Detection(code, State.serious, text, worst, serious)
    return Detection(code, State.warning if worst > warning else State.clear, text, worst, warning)


def no_overlap(f: Findings) -> Detection:
    """Equipoise below .20, or more than a tenth of participants without anyone like them."""
    code = "no_overlap"
    d = f.diagnostics
    if d.overlap_share is None:
        return lacking(code, "lacked_score")
    limit = threshold(code, "equipoise")
    unmatched = 1 - d.n_compared_treated / d.n_treated
    text = found(code, value=share_words(d.overlap_share))
    is_low, is_unmatched = d.overlap_share < limit, unmatched > threshold(code, "unmatched_share")
    state = State.serious if is_low and is_unmatched else State.warning if is_low or is_unmatched else State.clear
    return Detection(code, state, text, d.overlap_share, limit)


def register_limited_covariates(f: Findings) -> Detection:
    """Confounder domains that matter and that no covariate in the score stands for."""
    code = "register_limited_covariates"
    covered = {f.protocol.covariate(name).domain for name in f.diagnostics.score_columns}
    open_domains = [domain for domain in f.protocol.confounder_domains if domain not in covered]
    detail = {
        language: ", ".join(phrase(language, f"domain_{domain}") for domain in open_domains) for language in LANGUAGES
    }
    serious = threshold(code, "serious")
    count = float(len(open_domains))
    if not open_domains:
        none = dict.fromkeys(LANGUAGES, "–")
        return Detection(code, State.clear, found(code, detail=none), 0.0, threshold(code, "warning"))
    state = State.serious if count >= serious else State.warning
    return Detection(code, state, found(code, detail=detail), count, serious, "towards_effect")


def not_transferable(f: Findings) -> Detection:
    """How far the analysed participants are from all participants."""
    code = "not_transferable"
    shift = f.diagnostics.analysed_shift_smd
    if shift is None:
        return lacking(code, "lacked_score")
    limit = threshold(code, "serious")
    state = State.serious if shift > limit else State.clear
    return Detection(code, state, found(code, value=smd_words(shift)), shift, limit)


def contaminated_controls(f: Findings) -> Detection:
    """Share of controls who took part in another programme."""
    code = "contaminated_controls"
    share = f.diagnostics.other_programme_share
    if share is None:
        return lacking(code, "lacked_other_programme")
    limit = threshold(code, "warning")
    state = State.warning if share > limit else State.clear
    return Detection(code, state, found(code, value=share_words(share)), share, limit, "towards_no_effect")


def immortal_time(f: Findings) -> Detection:
    """Counting only those who completed builds the result into the group."""
    code = "immortal_time"
    by_completion = f.protocol.treated_defined_by == "completion"
    detail = bilingual("immortal_completion" if by_completion else "immortal_start")
    state = State.serious if by_completion else State.clear
    direction: Direction = "towards_effect" if by_completion else "unknown"
    return Detection(code, state, found(code, detail=detail), direction=direction)


def imprecise_intervention(f: Findings) -> Detection:
    """How many of six facts about the intervention are missing."""
    code = "imprecise_intervention"
    fields = f.protocol.intervention
    missing = sum(
        value is None
        for value in (fields.why, fields.what, fields.who_delivers, fields.how, fields.where, fields.how_much)
    )
    limit = threshold(code, "warning")
    state = State.warning if missing >= limit else State.clear
    return Detection(code, state, found(code, value=str(missing)), float(missing), limit)
