"""The tag: from facts and findings to a full result record."""

from __future__ import annotations

from dataclasses import dataclass

from data_contracts.ladder.ladder import rungs
from data_contracts.protocol.protocol import Outcome, Protocol
from data_contracts.reading.limits import limit
from data_contracts.results.public_evidence import PlanChangeRow
from data_contracts.results.public_evidence import Provenance as RecordProvenance
from data_contracts.results.public_record import (
    KnownAnswerRow,
    PartRow,
    PlaceRow,
    Status,
)
from data_contracts.results.result_record import (
    AlternativeEstimate,
    OverlapRow,
    ResultRecord,
    RiskRatioRow,
)
from data_contracts.results.statements import Bilingual
from models.detectors.registry import detect
from models.estimating.subgroups import site_name
from models.evidence.bias_answers import SignedAnswers, risk_of_bias_of
from models.evidence.claims import NO_CLAIMS, build_claims
from models.evidence.evidence import evidence_of
from models.evidence.findings import Circumstances, findings_of
from models.evidence.record_rows import (
    alternative_of,
    balance_rows,
    both_languages,
    diagnostics_of,
    flow_of,
    known_or_none,
    measures_of,
    placebo_of,
    reason_of,
    sites_of,
    specifications_of,
    subgroups_of,
    unit_of,
)
from models.evidence.rung import DesignFacts, earned_rung, rung_number
from models.statistics.power_and_q import benjamini_hochberg, two_sided_p
from models.values.adapter import as_data, read_as
from models.values.comparison import Comparison, Gate
from models.values.doubt import Doubt
from models.values.effects import Counted, Effects


@dataclass(frozen=True, slots=True)
class Provenance:
    """The versions, hashes and seed needed to get the same number again."""

    code_version: str
    contract_versions: dict[str, str]
    protocol_sha256: str
    input_sha256: str
    seed: int


@dataclass(frozen=True, slots=True)
class DesignSummary:
    """The facts that a record must know of its design.

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
    if (
        rung >= limit("claims.first_rung_without_effects")
        and effects.kind == "estimate"
        and effects.primary is not None
    ):
        # What was seen of the design supports a judgement or a story: a number would be dressed as an effect.
        effects = _unsupported(effects)
    findings = findings_of(protocol, outcome, comparison, effects, q_value, around)
    detections = detect(rung, findings)
    evidence = evidence_of(
        facts,
        findings,
        detections,
        claimed_rung=protocol.claimed_rung,
        estimator=summary.estimator,
        risk_of_bias=risk_of_bias_of(earned_rung(facts), facts, findings, detections, signed),
        protocol_changes=tuple(read_as(PlanChangeRow, as_data(change)) for change in around.lock.changes),
    )
    quarter, status, primary = around.quarter, _status(effects), effects.primary
    ratio = None if primary is None else primary.risk_ratio
    valid = findings.always_valid
    record = ResultRecord(
        result_id=f"{protocol.id}.{quarter}.{outcome.name}",
        project=protocol.id,
        project_name=both_languages(protocol.name),
        organisation=protocol.organisation,
        data_note=protocol.data_note,
        municipalities=protocol.municipalities,
        quarter=str(quarter),
        outcome=outcome.name,
        outcome_label=both_languages(outcome.label),
        outcome_type=outcome.type,
        outcome_direction=outcome.direction,
        outcome_chosen_by=outcome.chosen_by,
        unit=unit_of(outcome),
        primary=outcome.primary,
        status=status,
        status_says=reason_of(effects.gate.reason),
        highest_supported_rung=rung if status == "not_estimable" else None,
        design=protocol.design,
        compared_with=Bilingual.model_validate(
            rungs()[summary.intended_rung if status == "not_estimable" else rung].compared_with
        ),
        estimand=comparison.estimand,
        estimator=summary.estimator,
        estimate=None if primary is None else primary.value,
        standard_error=None if primary is None else primary.standard_error,
        interval_low=None if primary is None else primary.low,
        interval_high=None if primary is None else primary.high,
        interval_method=None if primary is None else primary.interval_method,
        treated_value=None if primary is None else known_or_none(primary.treated_value),
        control_value=None if primary is None else known_or_none(primary.control_value),
        risk_ratio=None
        if ratio is None
        else RiskRatioRow(value=ratio.value, interval_low=ratio.low, interval_high=ratio.high),
        always_valid_low=None if valid is None else valid.low,
        always_valid_high=None if valid is None else valid.high,
        always_valid_tuned_for=None if valid is None else valid.tuned_for,
        looks_count=findings.conduct.looks_count,
        confidence_level=protocol.effects.confidence_level,
        raw_difference=effects.raw_difference,
        n_treated=effects.n_treated,
        n_control=effects.n_control,
        n_dropped=comparison.diagnostics.n_treated - effects.n_treated,
        counted=summary.counted,
        diagnostics=diagnostics_of(findings, comparison, effects),
        balance=balance_rows(comparison, protocol),
        alternatives=(
            *(alternative_of(e) for e in effects.alternatives),
            *(AlternativeEstimate(estimator=name) for name, _ in effects.not_computed),
        ),
        specifications=specifications_of(effects, protocol),
        subgroups=subgroups_of(effects, protocol, summary.estimator),
        sites=sites_of(effects, summary.estimator),
        placebo=tuple(placebo_of(p, protocol, outcome) for p in effects.doubt.placebo),
        known_answers=tuple(
            KnownAnswerRow(
                label=both_languages(k.label), estimate=k.estimate, standard_error=k.standard_error, source=k.source
            )
            for k in protocol.known_answers
            if k.outcome == outcome.name
        ),
        flow=flow_of(around.steps, comparison, effects) if around.steps else (),
        overlap=tuple(read_as(OverlapRow, as_data(row)) for row in effects.breakdown.fifths),
        places=tuple(
            PlaceRow(code=code, name=site_name(code)["da"], count=count, quarter=str(quarter))
            for code, count in effects.breakdown.places
        ),
        measures=measures_of(effects, outcome, protocol),
        parts=tuple(
            PartRow(
                kind=p.kind,
                label=Bilingual.model_validate(p.label),
                estimate=p.value,
                interval_low=p.low,
                interval_high=p.high,
                weight_share=p.weight_share,
                count=p.count,
                is_hidden=p.is_hidden,
            )
            for p in effects.breakdown.parts
        ),
        texts=tuple(Bilingual.model_validate(text) for text in effects.breakdown.texts),
        evidence=evidence,
        claims=NO_CLAIMS,
        provenance=read_as(RecordProvenance, as_data(provenance)),
    )
    return record.model_copy(update={"claims": build_claims(record)})


def _unsupported(effects: Effects) -> Effects:
    return Effects(
        effects.outcome,
        Gate("design_not_shown"),
        effects.n_treated,
        effects.n_control,
        doubt=Doubt(
            missing_treated_share=effects.doubt.missing_treated_share,
            missing_control_share=effects.doubt.missing_control_share,
        ),
        design=effects.design,
    )


def _status(effects: Effects) -> Status:
    if effects.kind == "told" and effects.gate.is_open:
        return "told"
    if effects.primary is None:
        return "not_estimable"
    if effects.kind == "assessed":
        return "assessed"
    return "pooled_only" if effects.gate.is_pooled_only else "estimated"
