"""Claims: what may and may not be said of a result.

The same function reads a restricted and a published record, so a published sentence holds published numbers only.
"""

from __future__ import annotations

from typing import Any

from data_contracts.ladder.ladder import error_sources, rungs
from data_contracts.phrases import decimals_for
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.limits import limit
from data_contracts.results.public_evidence import Claims, ErrorSourceState, Evidence
from data_contracts.results.public_record import Judged
from data_contracts.results.statements import (
    Quantity,
    Statement,
    Value,
    as_written,
    count_value,
    effect_value,
    number_value,
    says,
    words_value,
)

MOST_DECIMALS = 6
OPEN_STATES = ("warning", "serious", "not_measured", "not_measurable")
NO_CLAIMS = Claims(can_says=(), cannot_says=(), verdict="cannot_tell")
"""What a record holds until its claims are built."""


def _rungs(key: str) -> list[Any]:
    """Return the rungs of a key of `ladder.yaml`, section `claims`."""
    found: list[Any] = read_knowledge("ladder")["claims"][key]
    return found


def is_blocking(code: str) -> bool:
    """Return whether a serious state of a source leaves a result unresolved."""
    return error_sources()[code].is_blocking


def is_blocked_by(evidence: Evidence) -> bool:
    """Return whether the evidence forbids a verdict in either direction.

    It may be forbidden by what was found, or by what was never looked at. A rate, or a single group before and
    after, says nothing of the cause, whatever else is fine.
    """
    if evidence.rung_detail in _rungs("without_verdict"):
        return True
    return any(
        source.is_critical
        or (source.state == "serious" and is_blocking(source.code))
        or (source.state == "not_measured" and evidence.rung in error_sources()[source.code].needed_at)
        for source in evidence.error_sources
    )


def verdict_of(record: Judged) -> str:
    """Return the verdict's code: one of a fixed list, total over every record.

    Parameters
    ----------
    record : Judged
        Its claims are not read.
    """
    evidence = record.evidence
    if record.status in ("assessed", "told"):
        return "story_only"
    low, high = record.interval_low, record.interval_high
    if record.status != "estimated" or low is None or high is None:
        return "cannot_tell"
    if evidence.rung >= limit("claims.first_rung_without_effects"):
        return "story_only"
    states = {source.code: source.state for source in evidence.error_sources}
    is_blocked = is_blocked_by(evidence)
    if low <= 0 <= high:
        if states.get("underpowered") != "clear":
            return "cannot_tell"
        # What could make an effect out of nothing could also hide one.
        return "unresolved" if is_blocked else "no_certain_effect"
    if states.get("repeated_looks") == "warning":
        return "unresolved"  # certain this quarter only
    is_good = (low > 0) == (record.outcome_direction == "higher_is_better")
    if is_blocked:
        return "unresolved"
    if not is_good:
        return "wrong_way"
    if evidence.rung_detail in _rungs("trial_details") and evidence.certainty in ("high", "moderate"):
        return "works_in_trial"
    return "promising"


def build_claims(record: Judged) -> Claims:
    """Return what can and cannot be said, and the verdict.

    Parameters
    ----------
    record : Judged
        Its claims are not read.
    """
    verdict = verdict_of(record)
    return Claims(can_says=tuple(_can(record, verdict)), cannot_says=tuple(_cannot(record)), verdict=verdict)


def _can(record: Judged, verdict: str) -> list[Statement]:
    if record.status == "suppressed":
        return [says("claim.suppressed")]
    if record.status in ("pooled_only", "not_estimable"):
        reason = record.status_says or says("cannot_nothing_estimated")
        return [says(f"claim.{record.status}", reason=reason)]
    if record.status == "told":
        return [says("claim.told"), *(as_written(text.model_dump()) for text in record.texts)]
    if record.status == "assessed":
        return [_assessed(record)]
    claims = [_interval(record)]
    evidence = record.evidence
    # In a panel the other value is an expected one that no group really had.
    if record.treated_value is not None and record.control_value is not None and evidence.rung != 3:
        claims.insert(0, _values(record, record.treated_value, record.control_value))
    if record.always_valid_low is not None:
        claims.append(_looks(record))
    claims += _verdict_claims(record, verdict)
    bounds = record.diagnostics
    if evidence.rung in _rungs("bounds_told_at") and bounds.e_value is not None:
        point, limit = number_value(bounds.e_value, 1), number_value(bounds.e_value_limit, 1)
        claims.append(says("claim.e_value", point=point, limit=limit))
    return claims


def _verdict_claims(record: Judged, verdict: str) -> list[Statement]:
    """Return the sentence that the verdict allows, in the grammar of the rung."""
    rung = record.evidence.rung
    smallest = next(s.threshold for s in record.evidence.error_sources if s.code == "underpowered")
    compared = words_value(rungs()[rung].compared_with)
    if verdict == "cannot_tell":
        if smallest is None:
            return [says("claim.cannot_tell_plain")]
        return [says("claim.cannot_tell", smallest=_as_declared(record, smallest))]
    if verdict == "no_certain_effect" and smallest is not None:
        return [says("claim.no_certain", smallest=_as_declared(record, smallest))]
    if rung == 5:
        return [says("claim.lies_above" if (record.estimate or 0.0) > 0 else "claim.lies_below")]
    if verdict == "works_in_trial":
        return [says("claim.led_to")]
    if verdict == "wrong_way":
        return [says("claim.associated_worse", compared_with=compared)]
    return [says("claim.associated", compared_with=compared)] if verdict == "promising" else []


def _values(record: Judged, treated: float, control: float) -> Statement:
    compared = words_value(rungs()[record.evidence.rung].compared_with)
    label = words_value(record.outcome_label.model_dump())
    if record.outcome_type == "binary":
        key = "in_compared" if record.evidence.rung == 5 else "among_compared"
        return says(
            "claim.frequency",
            treated=number_value(treated * 100, 0),
            control=number_value(control * 100, 0),
            compared_with=says(key, compared_with=compared),
            outcome=label,
        )
    return says(
        "claim.means",
        outcome=label,
        treated=_plain(record, treated),
        control=_plain(record, control),
        unit=words_value(record.unit.model_dump()),
        compared_with=says("in_brackets", compared_with=compared),
    )


def _plain(record: Judged, value: float) -> Quantity:
    decimals = decimals_for(record.rounded_to, record.outcome_type)
    return number_value(value, (0 if abs(value) >= 10 else 2) if decimals is None else decimals)


def _interval(record: Judged) -> Statement:
    return says(
        "claim.interval_ratio" if record.outcome_type == "ratio" else "claim.interval",
        estimate=_difference(record, record.estimate),
        low=_difference(record, record.interval_low),
        high=_difference(record, record.interval_high),
        level=number_value(record.confidence_level * 100, 0),
    )


def _assessed(record: Judged) -> Statement:
    return says(
        "claim.assessed",
        count=count_value(record.n_treated),
        estimate=_difference(record, record.estimate, is_signed=False),
        low=_difference(record, record.interval_low, is_signed=False),
        high=_difference(record, record.interval_high, is_signed=False),
    )


def _looks(record: Judged) -> Statement:
    return says(
        "claim.looks",
        count=count_value(record.looks_count),
        low=_difference(record, record.always_valid_low),
        high=_difference(record, record.always_valid_high),
    )


def _as_declared(record: Judged, smallest: float) -> Quantity:
    """Return the smallest worthwhile effect with its declared decimals.

    It rests on nobody's data.
    """
    if record.outcome_type == "ratio":
        return effect_value(smallest, "ratio", record.unit.model_dump(), is_signed=False)
    shown = smallest * 100 if record.outcome_type == "binary" else smallest
    decimals = next((d for d in range(MOST_DECIMALS) if abs(round(shown, d) - shown) < 1e-9), MOST_DECIMALS)
    unit = record.unit.model_dump()
    return effect_value(smallest, record.outcome_type, unit, decimals=decimals, is_signed=False)


def _difference(record: Judged, value: float | None, *, is_signed: bool = True) -> Quantity:
    decimals = decimals_for(record.rounded_to, record.outcome_type)
    return effect_value(value, record.outcome_type, record.unit.model_dump(), decimals=decimals, is_signed=is_signed)


def _cannot(record: Judged) -> list[Statement]:
    status, rung = record.status, record.evidence.rung
    if status not in ("estimated", "assessed", "told"):
        return [says("cannot_nothing_estimated")]
    claims = (
        [says("cannot_cause_rung", rung=count_value(rung))] if rung >= limit("claims.first_rung_without_cause") else []
    )
    if status != "estimated":
        claims.append(says("cannot_number_told" if status == "told" else "cannot_measured_assessed"))
    order = {"serious": 0, "not_measured": 1, "warning": 2, "not_measurable": 3}
    opened = [s for s in record.evidence.error_sources if s.state in OPEN_STATES]
    if status == "told":  # without a number nothing can be a lucky or a missed one
        opened = [s for s in opened if s.code not in ("multiplicity", "underpowered")]
    low, high = record.interval_low, record.interval_high
    if status != "estimated" or low is None or high is None or not low <= 0 <= high:
        # Nobody reads an interval that leaves out zero as “there is no effect”.
        opened = [s for s in opened if s.code != "underpowered"]
    return claims + [
        says(f"cannot:{source.code}", detail=_detail_of(source))
        for source in sorted(opened, key=lambda s: order[s.state])
    ]


def _detail_of(source: ErrorSourceState) -> Value:
    """Return what a finding lists, such as domains that were not measured.

    Other findings list nothing.
    """
    found = [said.values["detail"] for said in source.finding_says if "detail" in said.values]
    return found[0] if found else says("detail_unknown")
