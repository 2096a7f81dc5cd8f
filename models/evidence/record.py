"""The tag: from facts and findings to a full result record."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from data_contracts.ladder.ladder import rungs
from data_contracts.phrases import bilingual
from data_contracts.protocol.protocol import Outcome, Protocol
from data_contracts.reading.parts import Text
from data_contracts.results.result_record import ResultRecord
from models.detectors.bounds import bounds_of
from models.detectors.effect_sources import placebo_fails
from models.detectors.interface import Findings, threshold
from models.detectors.registry import detect
from models.estimating.subgroups import site_name
from models.evidence.bias_answers import SignedAnswers, risk_of_bias_of
from models.evidence.claims import build_claims
from models.evidence.evidence import evidence_of
from models.evidence.findings import Circumstances, findings_of
from models.evidence.rung import DesignFacts, earned_rung, rung_number
from models.people.cohort import Step
from models.statistics.power_and_q import benjamini_hochberg, minimal_detectable_effect, two_sided_p
from models.values.comparison import Comparison, Gate
from models.values.effects import Counted, Effects
from models.values.estimates import Estimate


@dataclass(frozen=True, slots=True)
class Provenance:
    """How to get the same number again."""

    code_version: str
    contract_versions: dict[str, str]
    protocol_sha256: str
    input_sha256: str
    seed: int


@dataclass(frozen=True, slots=True)
class DesignSummary:
    """What a record must know of the design that made it.

    Attributes
    ----------
    intended_rung : int
        What the comparison was meant to be, whatever it turned out as.
    estimator : str
        Whose number is the result.
    counted : str
        What n counts.
    """

    intended_rung: int
    estimator: str
    counted: Counted


def q_values(effects: tuple[Effects, ...]) -> dict[str, float]:
    """Return Benjamini-Hochberg q-values of all estimated outcomes by name."""
    estimated = [(e.outcome, e.primary) for e in effects if e.primary is not None]
    p = [two_sided_p(primary.value, primary.standard_error) for _, primary in estimated]
    return dict(zip((name for name, _ in estimated), benjamini_hochberg(p), strict=True)) if p else {}


def tag_result(
    *,
    protocol: Protocol,
    outcome: Outcome,
    comparison: Comparison,
    effects: Effects,
    q_value: float | None,
    facts: DesignFacts,
    summary: DesignSummary,
    around: Circumstances,
    provenance: Provenance,
    signed: SignedAnswers | None = None,
) -> ResultRecord:
    """Build the record of one outcome.

    A design that failed its gate gives no number; its record says why, which rung the facts that
    remain would support, and what the comparison was meant to be (the summary's `intended_rung`).

    Returns
    -------
    ResultRecord
        In full precision, for the restricted zone.
    """
    rung = rung_number(earned_rung(facts))
    if rung >= FIRST_RUNG_WITHOUT_EFFECTS and effects.kind == "estimate" and effects.primary is not None:
        # What was seen of the design supports a judgement or a story: a number would be dressed as an effect.
        effects = _unsupported(effects)
    findings = findings_of(protocol, outcome, comparison, effects, q_value, around)
    detections = detect(rung, findings)
    quarter = around.quarter
    estimator = summary.estimator
    evidence = evidence_of(facts, findings, detections, claimed_rung=protocol.claimed_rung, estimator=estimator)
    primary = effects.primary
    status = _status(effects)
    record: dict[str, Any] = {
        "result_id": f"{protocol.id}.{quarter}.{outcome.name}",
        "project": protocol.id,
        "project_name": _both(protocol.name),
        "organisation": protocol.organisation,
        "data_note": protocol.data_note,
        "municipalities": protocol.municipalities,
        "quarter": str(quarter),
        "outcome": outcome.name,
        "outcome_label": _both(outcome.label),
        "outcome_type": outcome.type,
        "outcome_direction": outcome.direction,
        "outcome_chosen_by": outcome.chosen_by,
        "unit": _unit(outcome),
        "primary": outcome.primary,
        "status": status,
        "status_reason": effects.gate.text,
        "highest_supported_rung": rung if status == "not_estimable" else None,
        "design": protocol.design,
        "compared_with": rungs()[summary.intended_rung if status == "not_estimable" else rung].compared_with,
        "estimand": comparison.estimand,
        "estimator": estimator,
        "confidence_level": protocol.effects.confidence_level,
        "raw_difference": effects.raw_difference,
        "n_treated": effects.n_treated,
        "n_control": effects.n_control,
        "n_dropped": comparison.diagnostics.n_treated - effects.n_treated,
        "counted": summary.counted,
        "diagnostics": _diagnostics(findings, comparison, effects),
        "balance": _balance_rows(comparison, protocol),
        "alternatives": [
            *[_estimate_fields(e) for e in effects.alternatives],
            *[{"estimator": name} for name, _ in effects.not_computed],
        ],
        "specifications": _specifications(effects, protocol),
        "subgroups": _subgroups(effects, protocol, estimator),
        "sites": _sites(effects, estimator),
        "placebo": [
            _placebo_fields(p.covariate, protocol, outcome)
            | _estimate_fields(p.estimate)
            | {"fails": placebo_fails(p.estimate)}
            for p in effects.placebo
        ],
        "known_answers": [
            {"label": _both(k.label), "estimate": k.estimate, "standard_error": k.standard_error, "source": k.source}
            for k in protocol.known_answers
            if k.outcome == outcome.name
        ],
        "flow": _flow(around.steps, comparison, effects) if around.steps else [],
        "overlap": [asdict(row) for row in effects.fifths],
        "places": [
            {"code": code, "name": site_name(code)["da"], "count": count, "quarter": str(quarter)}
            for code, count in effects.places
        ],
        "measures": _measures(effects, outcome, protocol),
        "parts": [
            {
                "kind": p.kind,
                "label": p.label,
                "estimate": p.value,
                "interval_low": p.low,
                "interval_high": p.high,
                "weight_share": p.weight_share,
                "count": p.count,
                "is_hidden": p.is_hidden,
            }
            for p in effects.parts
        ],
        "texts": list(effects.texts),
        "evidence": evidence
        | {
            "protocol_changes": [asdict(change) for change in around.lock.changes],
            "risk_of_bias": risk_of_bias_of(evidence["rung_detail"], facts, findings, detections, signed),
        },
        "looks_count": findings.conduct.looks_count,
        "provenance": {
            "code_version": provenance.code_version,
            "contract_versions": provenance.contract_versions,
            "protocol_sha256": provenance.protocol_sha256,
            "input_sha256": provenance.input_sha256,
            "seed": provenance.seed,
        },
    }
    if primary is not None:
        record |= {
            "estimate": primary.value,
            "standard_error": primary.standard_error,
            "interval_low": primary.low,
            "interval_high": primary.high,
            "interval_method": primary.interval_method,
            "treated_value": None if math.isnan(primary.treated_value) else primary.treated_value,
            "control_value": None if math.isnan(primary.control_value) else primary.control_value,
        }
        ratio = primary.risk_ratio
        if ratio is not None:
            record["risk_ratio"] = {"value": ratio.value, "interval_low": ratio.low, "interval_high": ratio.high}
    if findings.always_valid is not None:
        record |= {
            "always_valid_low": findings.always_valid.low,
            "always_valid_high": findings.always_valid.high,
            "always_valid_tuned_for": findings.always_valid.tuned_for,
        }
    record["claims"] = build_claims(record)
    return ResultRecord.model_validate(record)


FIRST_RUNG_WITHOUT_EFFECTS = 6


def _unsupported(effects: Effects) -> Effects:
    return Effects(
        effects.outcome,
        Gate("design_not_shown"),
        effects.n_treated,
        effects.n_control,
        missing_treated_share=effects.missing_treated_share,
        missing_control_share=effects.missing_control_share,
        design=effects.design,
    )


def _unit(outcome: Outcome) -> dict[str, str]:
    if outcome.unit is not None:
        return _both(outcome.unit)
    return bilingual("times_word" if outcome.type == "ratio" else "percentage_points")


def _measures(effects: Effects, outcome: Outcome, protocol: Protocol) -> list[dict[str, Any]]:
    """Measures, with the published answer beside those that have one."""
    published = {row.measure: row for row in protocol.published_answers if row.outcome == outcome.name}
    return [
        {
            "code": m.code,
            "value": m.value,
            "interval_low": m.low,
            "interval_high": m.high,
            "published_value": published[m.code].value if m.code in published else None,
            "published_source": published[m.code].source if m.code in published else None,
        }
        for m in effects.measures
    ]


def _status(effects: Effects) -> str:
    if effects.kind == "told" and effects.gate.is_open:
        return "told"
    if effects.primary is None:
        return "not_estimable"
    if effects.kind == "assessed":
        return "assessed"
    return "pooled_only" if effects.gate.is_pooled_only else "estimated"


def _specifications(effects: Effects, protocol: Protocol) -> list[dict[str, Any]]:
    declared = {s.name: s for s in protocol.effects.specifications}
    return [
        _maybe_estimate(row.estimate, declared[row.name].estimator)
        | {"name": row.name, "label": _both(declared[row.name].label), "reason": Gate(row.reason).text}
        for row in effects.specifications
    ]


def _subgroups(effects: Effects, protocol: Protocol, estimator: str) -> list[dict[str, Any]]:
    declared = {s.name: s for s in protocol.effects.subgroups}
    return [
        _maybe_estimate(row.estimate, estimator)
        | {"name": row.name, "label": _both(declared[row.name].label), "reason": Gate(row.reason).text}
        | {"n_treated": row.n_treated, "n_control": row.n_control, "q_value": row.q_value}
        for row in effects.subgroups
    ]


def _sites(effects: Effects, estimator: str) -> list[dict[str, Any]]:
    return [
        _maybe_estimate(row.estimate, estimator)
        | {"name": row.name, "label": site_name(row.name), "reason": Gate(row.reason).text}
        | {"n_treated": row.n_treated, "n_control": row.n_control}
        for row in effects.sites
    ]


def _maybe_estimate(estimate: Estimate | None, estimator: str) -> dict[str, Any]:
    return {"estimator": estimator} if estimate is None else _estimate_fields(estimate)


def _both(text: Text) -> dict[str, str]:
    return {"da": text.da, "en": text.en}


def _estimate_fields(estimate: Estimate) -> dict[str, Any]:
    return {
        "estimator": estimate.estimator,
        "estimate": estimate.value,
        "standard_error": estimate.standard_error,
        "interval_low": estimate.low,
        "interval_high": estimate.high,
    }


def _placebo_fields(name: str, protocol: Protocol, outcome: Outcome) -> dict[str, Any]:
    """A placebo in its own unit: percentage points, the outcome's unit if it is an earlier outcome, or none."""
    covariate = protocol.covariate(name)
    unit = {"da": "", "en": ""}
    if covariate.type == "binary":
        unit = bilingual("percentage_points")
    elif covariate.pre_period_of == outcome.name and outcome.unit is not None:
        unit = _both(outcome.unit)
    kind = "binary" if covariate.type == "binary" else "numeric"
    return {"covariate": name, "label": _both(covariate.label), "outcome_type": kind, "unit": unit}


def _diagnostics(f: Findings, comparison: Comparison, effects: Effects) -> dict[str, Any]:
    d = comparison.diagnostics
    detectable = None
    if effects.primary is not None:
        alpha = 1 - f.conduct.confidence_level
        detectable = minimal_detectable_effect(
            effects.primary.standard_error, alpha=alpha, power=threshold("underpowered", "power")
        )
    return {
        "max_smd_before": d.max_smd_before,
        "max_smd_after": d.max_smd_after,
        "effective_sample_size": d.effective_controls or None,
        "overlap_share": d.overlap_share,
        "propensity_auc": d.propensity_auc,
        "outcome_missing_treated_share": effects.missing_treated_share,
        "outcome_missing_control_share": effects.missing_control_share,
        "minimal_detectable_effect": detectable,
        "fewest_unlike_others": effects.fewest_unlike_others,
        "largest_share": None if effects.dominance is None else effects.dominance[0],
        "two_largest_share": None if effects.dominance is None else effects.dominance[1],
        "detectable_smd": d.detectable_smd,
        "imbalance_p": d.imbalance_p,
        **bounds_of(f),
    }


def _balance_rows(comparison: Comparison, protocol: Protocol) -> list[dict[str, Any]]:
    rows = []
    for line in (line for line in comparison.balance if line.kind == "covariate"):
        label = _both(protocol.covariate(line.covariate).label)
        level = line.column.partition("=")[2]
        if level:
            label = {language: f"{text}: {level}" for language, text in label.items()}
        rows.append(
            {
                "covariate": line.column,
                "label": label,
                "smd_before": _finite(line.smd_before),
                "smd_after": _finite(line.smd_after),
                "fewest": line.fewest,
            }
        )
    return rows


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


def _flow(steps: tuple[Step, ...], comparison: Comparison, effects: Effects) -> list[dict[str, Any]]:
    rows = [{"step": s.step, "treated": s.treated, "pool": s.pool} for s in steps]
    d = comparison.diagnostics
    pool = d.n_compared_control if d.n_pool else None
    rows.append({"step": "compared", "treated": d.n_compared_treated, "pool": pool})
    rows.append(
        {"step": "outcome_known", "treated": effects.n_treated, "pool": effects.n_control if d.n_pool else None}
    )
    return rows
