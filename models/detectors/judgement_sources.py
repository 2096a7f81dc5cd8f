"""Detectors for judgements, cases and accounts in money."""

from __future__ import annotations

from collections import Counter

from data_contracts.ladder.ladder import State
from data_contracts.results.statements import (
    count_value,
    number_value,
    says,
)
from models.detectors.interface import Detection, Findings, found, lacking, threshold


def expert_interest(f: Findings) -> Detection:
    """Check raters' interests, agreement and skill.

    Agreement is measured beyond chance, and skill where the truth came to light.

    An author or rater who delivers or pays for the project is serious. Without a declaration
    nothing is known, whatever the agreement.
    """
    code = "expert_interest"
    j = f.judgement
    if j is None or j.raters_have_interests is None:
        return lacking(code, "lacked_interests")
    parts = [says("interests_declared" if j.raters_have_interests else "interests_none")]
    state = State.serious if j.raters_have_interests else State.clear
    if j.agreement is None:
        parts.append(says("agreement_unknown"))
        state = State.warning if state == State.clear else state
    else:
        parts.append(says("agreement_words", value=number_value(j.agreement, 2)))
        if j.agreement < threshold(code, "serious"):
            state = State.serious
        elif j.agreement < threshold(code, "warning") and state == State.clear:
            state = State.warning
    if j.skill is not None:
        parts.append(says("skill_words", value=number_value(j.skill, 2)))
        if j.skill <= threshold(code, "skill"):
            state = State.serious
    return Detection(code, state, found(code, *parts), j.agreement, threshold(code, "warning"))


def many_readings(f: Findings) -> Detection:
    """Check whether rival explanations were put to a test.

    It also looks at how many explanations the cases still allow.
    """
    code = "many_readings"
    j = f.judgement
    if j is None or j.rivals_recorded_count is None or j.rivals_tested_count is None:
        return lacking(code, "lacked_rivals")
    parts = [
        says("rivals_words", tested=count_value(j.rivals_tested_count), recorded=count_value(j.rivals_recorded_count))
    ]
    state = State.clear
    if j.rivals_tested_count < max(1, j.rivals_recorded_count):
        state = State.serious if j.rivals_tested_count == 0 else State.warning
    if j.minimal_solutions_count is not None and j.minimal_solutions_count > 1:
        parts.append(says("solutions_words", count=count_value(j.minimal_solutions_count)))
        state = State.warning if state == State.clear else state
    if j.contradictory_rows_count:
        parts.append(says("contradictions_words", count=count_value(j.contradictory_rows_count)))
        state = State.warning if state == State.clear else state
    if j.agreement is not None and j.agreement < threshold(code, "agreement"):
        parts.append(says("agreement_words", value=number_value(j.agreement, 2)))
        state = State.warning if state == State.clear else state
    return Detection(code, state, found(code, *parts), float(j.rivals_tested_count), 1.0)


def double_counting(f: Findings) -> Detection:
    """Find savings and deadweight that are counted twice.

    One saving may be booked to two payers, or deadweight taken off an effect that is net of it.
    """
    code = "double_counting"
    a = f.account
    if a is None:
        return lacking(code, "lacked_account")
    parts = []
    payers = Counter(saving for saving, _ in set(a.bookings))
    twice = sum(count > 1 for count in payers.values())
    if twice:
        parts.append(says("booked_twice", count=count_value(twice)))
    if a.effect_is_net and a.deadweight_share > 0:
        parts.append(says("deadweight_twice"))
    state = State.serious if parts else State.warning if a.look_alikes else State.clear
    if a.look_alikes:
        parts.append(says("booked_alike", count=count_value(a.look_alikes)))
    text = found(code, *(parts or [says("counted.once")]))
    return Detection(code, state, text, float(len(parts)), 0.0, "towards_effect" if twice else "unknown")


def stale_prices(f: Findings) -> Detection:
    """Measure how far the oldest price is from the report's price year."""
    code = "stale_prices"
    a = f.account
    if a is None or not a.price_years:
        return lacking(code, "lacked_account")
    years = max(abs(a.report_price_year - year) for year in a.price_years)
    state = State.clear
    if years >= threshold(code, "warning"):
        state = State.serious if years >= threshold(code, "serious") else State.warning
    return Detection(code, state, found(code, value=count_value(years)), float(years), threshold(code, "warning"))
