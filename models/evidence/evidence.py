"""The evidence of a result.

It has the rung, certainty, error sources, crosswalk and what would lift it.
"""

from __future__ import annotations

from collections.abc import Sequence

from data_contracts.ladder.ladder import State, crosswalk, error_sources, ruleset_version
from data_contracts.results.public_evidence import (
    CertaintyStepRow,
    CrosswalkRow,
    ErrorSourceState,
    Evidence,
    LiftRow,
    PlanChangeRow,
    RiskOfBias,
)
from data_contracts.results.statements import Bilingual, Names, Statement, count_value, number_value, says, words_value
from models.detectors.interface import Detection, Findings
from models.evidence.certainty import LEVELS, CertaintyReasoning, CertaintyStep, certainty_of
from models.evidence.claims import is_blocking
from models.evidence.crosswalk import Grade, conditions_of, disagreement, graded
from models.evidence.lifting import Lift, lift_to_certainty, lifts_to_rung
from models.evidence.rung import DesignFacts, earned_rung, held, rule_for, rung_number


def evidence_of(
    facts: DesignFacts,
    findings: Findings,
    detections: tuple[Detection, ...],
    *,
    claimed_rung: int | None,
    estimator: str | None,
    risk_of_bias: RiskOfBias | None,
    protocol_changes: tuple[PlanChangeRow, ...] = (),
) -> Evidence:
    """Return the tag of a result.

    Parameters
    ----------
    detections : tuple of Detection
        Of the rung the facts earn.
    """
    detail = earned_rung(facts)
    ratio = risk_ratio_of(findings)
    per_arm = None if findings.synthesis is None else findings.synthesis.people_per_arm
    reasoning = certainty_of(detail, detections, ratio, per_arm)
    conditions = conditions_of(detections, estimator=estimator, is_null=_is_rigorous_null(findings, detections))
    grades = graded(detail, conditions)
    to_rung = lifts_to_rung(facts)
    to_certainty = lift_to_certainty(detail, detections, ratio, per_arm)
    lifts = [*to_rung[:1], *([to_certainty] if to_certainty is not None else [])]
    return Evidence(
        rung=rung_number(detail),
        rung_detail=detail,
        claimed_rung=claimed_rung,
        facts=held(facts),
        certainty=reasoning.level,
        certainty_steps=_certainty_rows(reasoning),
        why_says=_why(facts, detail, to_rung, claimed_rung),
        error_sources=tuple(state_of(d) for d in detections),
        crosswalk=tuple(
            CrosswalkRow(standard=g.standard, grade=Bilingual(da=g.grade["da"], en=g.grade["en"]), strength=g.strength)
            for g in grades
        ),
        disagreement_says=_disagreement(disagreement(grades)),
        risk_of_bias=risk_of_bias,
        protocol_changes=protocol_changes,
        lifts=tuple(_lift_row(lift) for lift in lifts),
        next_step_says=_next_step(lifts),
        ruleset_version=ruleset_version(),
    )


def risk_ratio_of(findings: Findings) -> float | None:
    """Return how many times as common an outcome is with the project.

    The outcome is a yes-or-no one. None if that is not known.
    """
    primary = None if findings.effects is None else findings.effects.primary
    if primary is None or findings.conduct.outcome_type != "binary" or not primary.control_value > 0:
        return None
    return primary.treated_value / primary.control_value


def _is_rigorous_null(findings: Findings, detections: tuple[Detection, ...]) -> bool:
    primary = None if findings.effects is None else findings.effects.primary
    states = {d.code: d.state for d in detections}
    is_null = primary is not None and primary.low <= 0 <= primary.high and states.get("underpowered") == State.clear
    return is_null and not any(state == State.serious and is_blocking(code) for code, state in states.items())


def _why(facts: DesignFacts, detail: str, to_rung: tuple[Lift, ...], claimed_rung: int | None) -> tuple[Statement, ...]:
    why = [says(f"fact:{name}") for name in rule_for(held(facts)).needs]
    if not why:
        why = [says("fact_no_comparison")]
    if to_rung:
        missing = Names(codes=tuple(f"fact_lift:{name}" for name in to_rung[0].missing), style="steps")
        why.append(says("fact_lacking", rung=to_rung[0].reaches, missing=missing))
    if claimed_rung is not None and claimed_rung < rung_number(detail):
        why.append(says("fact_claim_not_shown", claimed=count_value(claimed_rung)))
    return tuple(why)


def _certainty_rows(reasoning: CertaintyReasoning) -> tuple[CertaintyStepRow, ...]:
    return tuple(
        CertaintyStepRow(kind=step.kind, change=step.change, codes=step.codes, text_says=_step(step))
        for step in reasoning.steps
    )


def _step(step: CertaintyStep) -> Statement:
    if step.kind in ("start", "cap"):
        return says(f"step.certainty_{step.kind}", level=says(f"certainty.{LEVELS[step.change]}"))
    sources = Names(codes=tuple(f"source_name:{code}" for code in step.codes), style="lower")
    change = number_value(step.change, 0, is_signed=True)
    return says(f"step.certainty_{step.kind}", change=change, sources=sources)


def _lift_row(lift: Lift) -> LiftRow:
    if lift.kind == "rung":
        reached = says("lift_reaches_rung", rung=lift.reaches)
    else:
        reached = says("lift_reaches_certainty", level=says(f"certainty.{lift.reaches}"))
    asked = (
        says("lift_asks_nothing")
        if lift.fields == 0 and lift.minutes == 0
        else says("lift_asks", fields=number_value(lift.fields, 0), minutes=number_value(lift.minutes, 0))
    )
    return LiftRow(
        kind=lift.kind,
        reaches=lift.reaches,
        missing=lift.missing,
        effort=lift.effort,
        fields_per_participant=lift.fields,
        minutes_per_participant=lift.minutes,
        text_says=says(
            "lift_words",
            reached=reached,
            missing=Names(codes=_what_to_do(lift), style="steps"),
            effort=says(f"effort.{lift.effort}"),
            asked=asked,
        ),
    )


def _what_to_do(lift: Lift) -> tuple[str, ...]:
    kind = "fact_lift" if lift.kind == "rung" else "lift"
    return tuple(f"{kind}:{name}" for name in lift.missing)


def _next_step(lifts: Sequence[Lift]) -> Statement:
    """Return the first thing to do: what gets one further at the least cost."""
    if not lifts:
        return says("lift_nothing")
    cheapest = min(lifts, key=lambda lift: (lift.effort, lift.minutes, lift.fields, len(lift.missing)))
    return says("as_written", text=Names(codes=_what_to_do(cheapest), style="first"))


def _disagreement(found: tuple[Grade, Grade] | None) -> Statement | None:
    if found is None:
        return None
    strictest, mildest = found
    standards = crosswalk()
    return says(
        "standards_disagree",
        strict=standards[strictest.standard]["name"],
        strict_grade=words_value(strictest.grade),
        mild=standards[mildest.standard]["name"],
        mild_grade=words_value(mildest.grade),
    )


def state_of(detection: Detection) -> ErrorSourceState:
    """Return a detection as a part of the record."""
    return ErrorSourceState(
        code=detection.code,
        state=detection.state.value,
        is_critical=detection.is_critical,
        metric=error_sources()[detection.code].metric,
        value=detection.value,
        threshold=detection.threshold,
        direction=detection.direction,
        finding_says=detection.finding,
    )
