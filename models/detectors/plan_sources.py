"""Detectors for the plan: description, calculations, looks, changes."""

from __future__ import annotations

from data_contracts.ladder.ladder import State
from data_contracts.results.statements import (
    Value,
    Words,
    count_value,
    number_value,
    says,
)
from models.detectors.interface import (
    Detection,
    Findings,
    found,
    lacking,
    leaves_out_zero,
    threshold,
)


def imprecise_intervention(f: Findings) -> Detection:
    """Count the missing facts about the intervention.

    There are six facts. Whether each participant's dose is recorded counts too.
    """
    code = "imprecise_intervention"
    missing, dose = f.conduct.intervention_facts_missing, f.conduct.dose_missing_share
    if missing is None:
        return lacking(code, "lacked_description")
    limit = threshold(code, "warning")
    is_dose_unknown = dose is None or dose > threshold(code, "dose_missing_share")
    state = State.warning if missing >= limit or is_dose_unknown else State.clear
    dosed = says("dose_never" if dose is None else "dose_missing" if is_dose_unknown else "dose_known")
    return Detection(code, state, found(code, dosed, value=count_value(missing)), float(missing), limit)


def multiplicity(f: Findings) -> Detection:
    """Check whether the outcome survives the number of calculations.

    All outcomes and calculations that were run count, including those not shown.
    """
    code = "multiplicity"
    conduct = f.conduct
    outcomes, shown = conduct.outcomes_count, conduct.calculations_reported
    if outcomes is None or shown is None:
        return lacking(code, "lacked_plan")
    if f.effects is None or f.effects.primary is None:
        return lacking(code, "lacked_models")
    run = shown if conduct.calculations_run is None else max(conduct.calculations_run, shown)
    parts = []
    state = State.clear
    limit = threshold(code, "q")
    if outcomes == 1:
        parts.append(says("multiplicity_single", models=count_value(shown)))
    elif f.q_value is None:
        return lacking(code, "lacked_outcome")
    else:
        value = number_value(f.q_value, 2)
        parts.append(says("multiplicity_words", outcomes=count_value(outcomes), models=count_value(shown), value=value))
        if leaves_out_zero(f.effects.primary.low, f.effects.primary.high) and f.q_value > limit:
            state = State.warning
    if run > shown:
        parts.append(says("multiplicity_hidden", hidden=count_value(run - shown)))
        state = State.serious
    return Detection(code, state, found(code, *parts), f.q_value, limit)


def repeated_looks(f: Findings) -> Detection:
    """Compare this quarter's interval with one that holds at every look.

    It checks whether both say the same.

    Every quarter since the first counts, run or not. Without such an interval the result is interim.
    """
    code = "repeated_looks"
    looks = f.conduct.looks_count
    if looks is None:
        return lacking(code, "lacked_looks")
    limit = threshold(code, "warning")
    primary = None if f.effects is None else f.effects.primary
    if looks < limit:
        return Detection(code, State.clear, found(code, value=count_value(looks)), float(looks), limit)
    if primary is None or f.always_valid is None:
        text = found(code, says("looks_interim"), value=count_value(looks))
        return Detection(code, State.warning, text, float(looks), limit)
    low, high = f.always_valid.low, f.always_valid.high
    is_lost = leaves_out_zero(primary.low, primary.high) and not leaves_out_zero(low, high)
    key = "looks_lost" if is_lost else "looks_hold"
    state = State.warning if is_lost else State.clear
    text = found(code, says(key), value=count_value(looks))
    return Detection(code, state, text, float(looks), limit, "towards_effect" if is_lost else "unknown")


MOST_KEYS_SHOWN = 6


def protocol_changed(f: Findings) -> Detection:
    """Check that the plan was locked before outcomes were read.

    The plan must be the locked one; another primary outcome is critical.
    """
    code = "protocol_changed"
    conduct = f.conduct
    if not conduct.is_locked:
        return lacking(code, "lacked_lock")
    if not conduct.changed_keys:
        return Detection(code, State.clear, found(code, says("protocol_same")), 0.0)
    shown = ", ".join(conduct.changed_keys[:MOST_KEYS_SHOWN])
    rest = len(conduct.changed_keys) - MOST_KEYS_SHOWN
    keys: Value = Words(da=shown, en=shown)
    if rest > 0:
        keys = says("keys_and_more", keys=shown, count=count_value(rest))
    return Detection(
        code,
        State.serious,
        found(code, says("protocol_differs", keys=keys)),
        float(len(conduct.changed_keys)),
        is_critical=conduct.primary_outcome_changed,
    )
