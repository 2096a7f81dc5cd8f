"""Disclosure control: a public record is built from a restricted one.

Counts at or below the limit and their complements are removed, other counts rounded, and no standard error leaves.
Shares are rounded to the smallest step of the policy that is at least half the rounding of the counts, so that a share
gives away no more than the counts beside it and a reader is never off by more than half the printed step.
"""

from __future__ import annotations

import math
from dataclasses import replace

from data_contracts.ladder.ladder import error_sources
from data_contracts.results.public_evidence import ErrorSourceState, Evidence
from data_contracts.results.public_record import (
    Bounds,
    PublicBalanceRow,
    PublicDiagnostics,
    PublicPlacebo,
    PublicRecord,
    PublicSpecification,
    Status,
)
from data_contracts.results.result_record import ResultRecord
from data_contracts.results.statements import Statement, says
from models.detectors.bounds import BOUND_CODES, bound_statements
from models.disclosure.coarsening import Rounding, opened, opened_statement
from models.disclosure.parts import open_measures, open_overlap, open_parts
from models.disclosure.places import open_places
from models.disclosure.policy import Policy, to_step
from models.disclosure.small_groups import few_lost, is_few, is_small, tells_of_one
from models.doubt.e_values import e_values_of_difference
from models.evidence.claims import NO_CLAIMS, build_claims

MEASURES_OF_NO_RESULT = ("never_reported",)
"""Measures of a pooled result that rest on no project's numbers."""


def publish(record: ResultRecord, policy: Policy, *, is_withheld: bool = False) -> PublicRecord:
    """Return the publishable form of a record.

    Parameters
    ----------
    record : ResultRecord
        In full precision.
    is_withheld : bool
        Whether its numbers stay hidden for what they would tell beside others.

    Returns
    -------
    PublicRecord
        `suppressed` when people are too few; otherwise coarsened. Claims are built from the coarse numbers.
    """
    rounding = rounding_of(record, policy)
    if is_withheld:
        public = _without_numbers(record, rounding, "not_estimable", says("withheld_words"), with_counts=False)
        public = public.model_copy(update={"interval_method": None})
    elif record.status == "told":
        public = _told(record, rounding)
    elif record.status in ("estimated", "pooled_only", "assessed") and (
        is_small(record, policy) or tells_of_one(record, policy)
    ):
        public = _without_numbers(record, rounding, "suppressed", None, with_counts=record.counted != "people")
        public = public.model_copy(update={"interval_method": None, "flow": ()})
    elif record.status in ("estimated", "assessed"):
        public = _coarse(record, rounding)
    else:
        public = _without_numbers(record, rounding, record.status, record.status_says)
    return public.model_copy(update={"claims": build_claims(public)})


def rounding_of(record: ResultRecord, policy: Policy) -> Rounding:
    """Return how coarse a record's numbers are to be."""
    share_step = _share_step(record, policy)
    step = (
        share_step
        if record.outcome_type == "binary"
        else _numeric_step(record.interval_low, record.interval_high, policy, record.estimate)
    )
    decimals = policy.smd_decimals if share_step <= policy.share_steps[0] else 1
    return Rounding(policy, step, share_step, decimals, counts_people=record.counted == "people")


def _told(record: ResultRecord, rounding: Rounding) -> PublicRecord:
    """Keep narrative findings.

    They are put together from the protocol's own words, and no case is named in them.
    """
    policy, are_people = rounding.policy, record.counted == "people"
    return opened(
        PublicRecord,
        record,
        rounding,
        status="told",
        status_says=None if record.status_says is None else opened_statement(record.status_says),
        diagnostics=PublicDiagnostics(),
        places=(),
        overlap=(),
        measures=open_measures(record.measures, step=policy.told_step, share_step=policy.told_step),
        parts=open_parts(record.parts, policy, step=policy.told_step, are_people=are_people),
        evidence=_evidence(record.evidence, rounding, hidden=(), public=None, record=record),
        claims=NO_CLAIMS,
    )


def _without_numbers(
    record: ResultRecord, rounding: Rounding, status: Status, why: Statement | None, *, with_counts: bool = True
) -> PublicRecord:
    """Leave out every number that rests on people.

    What was looked for stays, in words.
    """
    hidden = replace(rounding, hides_numbers=True)
    counts = {} if with_counts else {"n_treated": None, "n_control": None, "n_dropped": None, "flow": ()}
    return opened(
        PublicRecord,
        record,
        hidden,
        status=status,
        status_says=None if why is None else opened_statement(why),
        diagnostics=PublicDiagnostics(),
        balance=(),
        alternatives=(),
        specifications=(),
        placebo=(),
        places=(),
        overlap=(),
        measures=(),
        parts=(),
        texts=(),
        evidence=_evidence(record.evidence, rounding, hidden=None, public=None, record=record),
        claims=NO_CLAIMS,
        **counts,
    )


def _coarse(record: ResultRecord, rounding: Rounding) -> PublicRecord:
    policy, step, share_step = rounding.policy, rounding.effect_step, rounding.share_step
    are_people = record.counted == "people"
    treated, estimate = rounding.number("effect", record.treated_value), rounding.number("effect", record.estimate)
    control = rounding.number("effect", record.control_value)
    # The three numbers a reader sees must add up; the participants' value and the difference lead.
    if treated is not None and estimate is not None:
        control = to_step(treated - estimate, step)
        if record.outcome_type == "binary":
            control = min(1.0, max(0.0, control))
    # Each other way to pool the same results is one more equation for a hidden one.
    has_hidden = any(part.is_hidden for part in record.parts)
    measures = tuple(m for m in record.measures if not has_hidden or m.code in MEASURES_OF_NO_RESULT)
    rare = {
        row.covariate for row in record.balance if row.fewest is not None and row.fewest <= policy.redact_at_or_below
    }
    public = opened(
        PublicRecord,
        record,
        rounding,
        status=record.status,
        status_says=None if record.status_says is None else opened_statement(record.status_says),
        control_value=control,
        rounded_to=step,
        diagnostics=PublicDiagnostics(),
        balance=tuple(_balance_row(row, rounding, is_rare=row.covariate in rare) for row in record.balance),
        specifications=tuple(_specification(row, rounding) for row in record.specifications),
        placebo=tuple(_placebo(row, rounding) for row in record.placebo if row.covariate not in rare),
        # A part of the participants beside the whole discloses the rest.
        places=open_places(record.places, policy) if are_people else (),
        overlap=open_overlap(record.overlap, record.n_treated, share_step, policy),
        measures=open_measures(measures, step=step, share_step=share_step),
        parts=open_parts(record.parts, policy, step=step, are_people=are_people),
        evidence=record.evidence,
        claims=NO_CLAIMS,
    )
    few = few_lost(record, policy)
    diagnostics = _diagnostics(record, public, rounding, rare, few)
    hides_all = has_hidden or share_step > policy.share_steps[0]  # whole per cent of few people are nearly their number
    hidden = None if hides_all else _hidden_sources(record, policy, few)
    evidence = _evidence(record.evidence, rounding, hidden=hidden, public=diagnostics, record=record)
    return public.model_copy(update={"diagnostics": diagnostics, "evidence": evidence})


def _balance_row(row: PublicBalanceRow, rounding: Rounding, *, is_rare: bool) -> PublicBalanceRow:
    return opened(PublicBalanceRow, row, replace(rounding, hides_numbers=True) if is_rare else rounding)


def _specification(row: PublicSpecification, rounding: Rounding) -> PublicSpecification:
    # Its own gate may let it count among others only.
    hides = row.reason_says is not None
    return opened(PublicSpecification, row, replace(rounding, hides_numbers=True) if hides else rounding)


def _placebo(row: PublicPlacebo, rounding: Rounding) -> PublicPlacebo:
    own = _numeric_step(row.interval_low, row.interval_high, rounding.policy)
    step = rounding.share_step if row.outcome_type == "binary" else own
    numbers = {
        name: None if (value := getattr(row, name)) is None else to_step(value, step)
        for name in ("estimate", "interval_low", "interval_high")
    }
    return opened(PublicPlacebo, row, rounding, rounded_to=step, **numbers)


def _diagnostics(
    record: ResultRecord, public: PublicRecord, rounding: Rounding, rare: set[str], few: list[str]
) -> PublicDiagnostics:
    """Return coarsened diagnostics.

    E-values of a share come from the published numbers, or they would undo the rounding.
    """
    exact = record.diagnostics
    point, limit = rounding.number("ratio", exact.e_value), rounding.number("ratio", exact.e_value_limit)
    if record.outcome_type == "binary":
        point = limit = None
        low, high = public.interval_low, public.interval_high
        if public.control_value and public.estimate is not None and low is not None and high is not None:
            values = e_values_of_difference(
                difference=public.estimate, low=low, high=high, control_share=public.control_value
            )
            point, limit = (round(value, 1) for value in values)
    hidden: dict[str, None] = dict.fromkeys(few)
    label = None if exact.benchmark_label is None else exact.benchmark_label.model_dump()
    if label is not None and label in [row.label.model_dump() for row in record.balance if row.covariate in rare]:
        hidden |= {"benchmark_label": None, "benchmark_adjusted": None}
    return opened(PublicDiagnostics, exact, rounding, e_value=point, e_value_limit=limit, **hidden)


def _hidden_sources(record: ResultRecord, policy: Policy, few: list[str]) -> tuple[str, ...]:
    """Return sources whose number would tell of few people."""
    hidden = ["attrition"] if few else []
    for source in record.evidence.error_sources:
        if source.code == "contaminated_controls" and is_few(source.value, record.n_control, policy):
            hidden.append(source.code)
    return tuple(hidden)


def _evidence(
    evidence: Evidence,
    rounding: Rounding,
    *,
    hidden: tuple[str, ...] | None,
    public: Bounds | None,
    record: ResultRecord,
) -> Evidence:
    """Build the public tag.

    Parameters
    ----------
    hidden : tuple of str or None
        Codes of sources that keep their state and their sentence without its numbers; None for all of them.
    public : Bounds or None
        From which the bounds in the finding are worded.
    """
    sources = tuple(
        _source(source, rounding, hides=hidden is None or source.code in hidden, public=public, record=record)
        for source in evidence.error_sources
    )
    return opened(Evidence, evidence, rounding, error_sources=sources)


def _source(
    source: ErrorSourceState, rounding: Rounding, *, hides: bool, public: Bounds | None, record: ResultRecord
) -> ErrorSourceState:
    """Build one source's public state.

    Whatever else is hidden, its state and its finding are not.
    """
    hides = hides and not error_sources()[source.code].is_people_free
    own = replace(rounding, hides_numbers=hides)
    finding = source.finding_says
    if public is not None and source.code == "unmeasured_confounding" and source.state != "not_measured":
        unit = record.unit.model_dump()
        bounds = bound_statements(public, outcome_type=record.outcome_type, unit=unit)
        finding = (*(said for said in finding if said.code not in BOUND_CODES), *bounds)
        value: float | None = public.e_value_limit
    elif source.value is None or hides:
        value = None
    elif source.code == "underpowered":
        value = to_step(source.value, rounding.effect_step)
    else:
        value = round(source.value, rounding.decimals)
    said = tuple(opened_statement(one, own) for one in finding)
    return opened(ErrorSourceState, source, own, value=None if hides else value, finding_says=said)


def _share_step(record: ResultRecord, policy: Policy) -> float:
    """Return the step that shares are rounded to.

    It is the smallest step of the policy that is worth at least half the rounding of the counts.
    """
    counts = [n for n in (record.n_treated, record.n_control) if n]
    if record.counted != "people" or not counts:
        return policy.share_steps[0]
    wanted = policy.round_counts_to / 2 / min(counts)
    return next((step for step in policy.share_steps if step >= wanted), policy.share_steps[-1])


def _numeric_step(low: float | None, high: float | None, policy: Policy, value: float | None = None) -> float:
    """Return the power of ten that a numeric value is rounded to.

    It is at most a tenth of an interval's half width; without a width, of the value.
    """
    half_width = ((high or 0.0) - (low or 0.0)) / 2
    if not half_width > 0:
        half_width = abs(value or 0.0)
    if not half_width > 0:
        return 1.0
    return float(10.0 ** math.floor(math.log10(half_width / policy.numeric_digits_of_half_width)))
