"""The evidence of a result: rung, certainty, error sources, crosswalk and what would lift it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_contracts.ladder.ladder import State, crosswalk, design_facts, error_sources, ruleset_version
from data_contracts.phrases import LANGUAGES, bilingual, number_words
from models.detectors.interface import Detection, Findings
from models.evidence.certainty import LEVELS, CertaintyReasoning, CertaintyStep, certainty_of
from models.evidence.claims import BLOCKING_SOURCES
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
) -> dict[str, Any]:
    """Return the fields of a record's `evidence`, without what only a project made here has.

    Parameters
    ----------
    facts : DesignFacts
    findings : Findings
    detections : tuple of Detection
        Of the rung the facts earn.
    claimed_rung : int or None
    estimator : str or None
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
    return {
        "rung": rung_number(detail),
        "rung_detail": detail,
        "claimed_rung": claimed_rung,
        "facts": held(facts),
        "certainty": reasoning.level,
        "certainty_steps": _certainty_rows(reasoning),
        "why": _why(facts, detail, to_rung, claimed_rung),
        "error_sources": [state_fields(d) for d in detections],
        "crosswalk": [{"standard": g.standard, "grade": g.grade, "strength": g.strength} for g in grades],
        "crosswalk_disagreement": _disagreement_words(disagreement(grades)),
        "lifts": [_lift_row(lift) for lift in lifts],
        "next_step": _next_step(lifts),
        "ruleset_version": ruleset_version(),
    }


def risk_ratio_of(findings: Findings) -> float | None:
    """How many times as common a yes-or-no outcome is with the project; None if that is not known."""
    primary = None if findings.effects is None else findings.effects.primary
    if primary is None or findings.conduct.outcome_type != "binary" or not primary.control_value > 0:
        return None
    return primary.treated_value / primary.control_value


def _is_rigorous_null(findings: Findings, detections: tuple[Detection, ...]) -> bool:
    primary = None if findings.effects is None else findings.effects.primary
    states = {d.code: d.state for d in detections}
    is_null = primary is not None and primary.low <= 0 <= primary.high and states.get("underpowered") == State.clear
    return is_null and not any(states.get(code) == State.serious for code in BLOCKING_SOURCES)


def _why(facts: DesignFacts, detail: str, to_rung: tuple[Lift, ...], claimed_rung: int | None) -> list[dict[str, str]]:
    why = [design_facts()[name].holds for name in rule_for(held(facts)).needs]
    if not why:
        why = [bilingual("fact_no_comparison")]
    if to_rung:
        missing = _list_of([design_facts()[name].lift for name in to_rung[0].missing])
        why.append(bilingual("fact_lacking", rung=to_rung[0].reaches, missing=missing))
    if claimed_rung is not None and claimed_rung < rung_number(detail):
        why.append(bilingual("fact_claim_not_shown", claimed=str(claimed_rung)))
    return why


def _list_of(texts: list[dict[str, str]]) -> dict[str, str]:
    """Join texts into one sentence's worth, each beginning with a small letter."""
    return {
        language: "; ".join(text[language][0].lower() + text[language][1:] for text in texts) for language in LANGUAGES
    }


def _certainty_rows(reasoning: CertaintyReasoning) -> list[dict[str, Any]]:
    return [
        {"kind": step.kind, "change": step.change, "codes": list(step.codes), "text": _step_words(step)}
        for step in reasoning.steps
    ]


def _step_words(step: CertaintyStep) -> dict[str, str]:
    if step.kind in ("start", "cap"):
        return bilingual(f"step_certainty_{step.kind}", level=bilingual(f"certainty_{LEVELS[step.change]}"))
    names = [error_sources()[code].name for code in step.codes]
    sources = {language: ", ".join(name[language].lower() for name in names) for language in LANGUAGES}
    change = number_words(step.change, 0)
    signed = {language: ("+" if step.change > 0 else "") + text for language, text in change.items()}
    return bilingual(f"step_certainty_{step.kind}", change=signed, sources=sources)


def _lift_row(lift: Lift) -> dict[str, Any]:
    if lift.kind == "rung":
        texts = [design_facts()[name].lift for name in lift.missing]
        reached = bilingual("lift_reaches_rung", rung=lift.reaches)
    else:
        texts = [error_sources()[code].lift for code in lift.missing]
        reached = bilingual("lift_reaches_certainty", level=bilingual(f"certainty_{lift.reaches}"))
    asked = (
        bilingual("lift_asks_nothing")
        if lift.fields == 0 and lift.minutes == 0
        else bilingual("lift_asks", fields=number_words(lift.fields, 0), minutes=number_words(lift.minutes, 0))
    )
    text = bilingual(
        "lift_words",
        reached=reached,
        missing=_list_of(texts),
        effort=bilingual(f"effort_{lift.effort}"),
        asked=asked,
    )
    return {
        "kind": lift.kind,
        "reaches": lift.reaches,
        "missing": list(lift.missing),
        "effort": lift.effort,
        "fields_per_participant": lift.fields,
        "minutes_per_participant": lift.minutes,
        "text": text,
    }


def _next_step(lifts: list[Lift]) -> dict[str, str]:
    """The first thing to do: what gets one further at the least cost."""
    if not lifts:
        return bilingual("lift_nothing")
    cheapest = min(lifts, key=lambda lift: (lift.effort, lift.minutes, lift.fields, len(lift.missing)))
    known: Mapping[str, Any] = design_facts() if cheapest.kind == "rung" else error_sources()
    return _first_large(_list_of([known[name].lift for name in cheapest.missing]))


def _first_large(text: dict[str, str]) -> dict[str, str]:
    return {language: words[0].upper() + words[1:] for language, words in text.items()}


def _disagreement_words(found: tuple[Grade, Grade] | None) -> dict[str, str] | None:
    if found is None:
        return None
    strictest, mildest = found
    standards = crosswalk()
    return bilingual(
        "standards_disagree",
        strict=standards[strictest.standard]["name"],
        strict_grade=strictest.grade,
        mild=standards[mildest.standard]["name"],
        mild_grade=mildest.grade,
    )


def state_fields(detection: Detection) -> dict[str, Any]:
    """Return a detection as fields of the record."""
    source = error_sources()[detection.code]
    return {
        "code": detection.code,
        "state": detection.state.value,
        "is_critical": detection.is_critical,
        "metric": source.metric,
        "value": detection.value,
        "threshold": detection.threshold,
        "direction": detection.direction,
        "finding": detection.finding,
        "mitigation": source.lift,
    }
