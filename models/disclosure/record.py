"""Disclosure control: from a full record to one that may be published.

The public record has the same shape. Counts up to 7 and their complements are
removed, other counts rounded to 5, and no standard error leaves. Shares are
rounded to 1, 2, 5, 10 or 20 percentage points: the smallest step that is at least
half the rounding of the counts, so that a share gives away no more than the
counts beside it and a reader is never off by more than half the printed step.
"""

from __future__ import annotations

import math
from typing import Any

from data_contracts.phrases import bilingual
from data_contracts.results.result_record import ResultRecord
from models.detectors.bounds import bound_words
from models.disclosure.parts import open_measures, open_overlap, open_parts
from models.disclosure.places import open_places
from models.disclosure.policy import Policy, nearest, safe_count, to_step
from models.doubt.e_values import e_values_of_difference
from models.evidence.claims import build_claims


def is_small(record: ResultRecord, policy: Policy) -> bool:
    """Whether a group, or the part of it with or without a binary outcome, is 7 or fewer."""
    if record.counted == "raters":
        return (record.n_treated or 0) < policy.fewest_raters
    if record.counted != "people":
        return False
    limit = policy.redact_at_or_below
    groups = [(record.n_treated, record.treated_value)]
    if record.n_control:
        groups.append((record.n_control, record.control_value))
    for count, share in groups:
        if count is None or count <= limit:
            return True
        if record.outcome_type == "binary" and share is not None:
            cells = (round(share * count), count - round(share * count))
            if min(cells) <= limit:
                return True
    # Numbers can be counts in disguise: a mean in which only a few people differ is a small cell.
    fewest = record.diagnostics.fewest_unlike_others
    return (fewest is not None and fewest <= limit) or is_dominated(record, policy)


def is_dominated(record: ResultRecord, policy: Policy) -> bool:
    """Whether a group's sum is nearly one person's, or two people's."""
    one, two = record.diagnostics.largest_share, record.diagnostics.two_largest_share
    return (one or 0.0) > policy.largest_person_share or (two or 0.0) > policy.two_largest_share


def tells_of_one(record: ResultRecord, policy: Policy) -> bool:
    """Whether a pooled result would tell of a single hidden part: the whole less the others is that part.

    A part that weighs little is safe: what rounding leaves open is larger than it.
    """
    parts = [part for part in record.parts if part.kind == "project"]
    hidden = [part for part in parts if part.is_hidden]
    return len(hidden) == 1 and (hidden[0].weight_share or 1.0) > policy.largest_hidden_share


def publish(record: ResultRecord, policy: Policy, *, is_withheld: bool = False) -> ResultRecord:
    """Return the publishable form of a record.

    Parameters
    ----------
    record : ResultRecord
        In full precision.
    policy : Policy
    is_withheld : bool
        Whether its numbers stay hidden for what they would tell beside others.

    Returns
    -------
    ResultRecord
        `suppressed` when people are too few; otherwise coarsened. Claims are made anew from the
        coarse numbers.
    """
    fields = record.model_dump()
    if is_withheld:
        fields = _without_numbers(fields) | {"status": "not_estimable", "status_reason": bilingual("withheld_words")}
        fields |= {"n_treated": None, "n_control": None, "n_dropped": None, "flow": [], "interval_method": None}
    elif record.status == "told":
        fields = _told(fields)
    elif record.status in ("estimated", "pooled_only", "assessed") and (
        is_small(record, policy) or tells_of_one(record, policy)
    ):
        fields = _suppressed(fields)
    elif record.status in ("estimated", "assessed"):
        fields = _coarse(record, fields, policy)
    else:
        fields = _without_numbers(fields)
    for key in ("n_treated", "n_control", "n_dropped"):
        if record.counted == "people":
            fields[key] = None if fields["status"] == "suppressed" else safe_count(fields[key], policy)
    if fields["status"] == "suppressed":
        fields["flow"] = []
    elif record.counted == "people":
        fields["flow"] = [_safe_step(step, policy) for step in fields["flow"]]
    fields["claims"] = build_claims(fields)
    return ResultRecord.model_validate(fields)


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    """Keep what is told: it is put together from the protocol's own words, and no case is named in it."""
    fields |= {"places": [], "overlap": []}
    fields["diagnostics"] = dict.fromkeys(fields["diagnostics"])
    fields["measures"] = open_measures(fields["measures"], step=0.01, share_step=0.01)
    fields["parts"] = open_parts(fields["parts"], step=0.01, are_people=fields["counted"] == "people")
    return fields


def _safe_step(step: dict[str, Any], policy: Policy) -> dict[str, Any]:
    return {
        "step": step["step"],
        "treated": safe_count(step["treated"], policy),
        "pool": safe_count(step["pool"], policy),
    }


def _without_numbers(fields: dict[str, Any]) -> dict[str, Any]:
    """Remove every number that rests on people; what was looked for stays."""
    fields |= dict.fromkeys(
        (
            "estimate",
            "standard_error",
            "interval_low",
            "interval_high",
            "always_valid_low",
            "always_valid_high",
            "raw_difference",
            "treated_value",
            "control_value",
        )
    )
    fields["diagnostics"] = dict.fromkeys(fields["diagnostics"])
    fields |= {
        "balance": [],
        "alternatives": [],
        "specifications": [],
        "subgroups": [],
        "sites": [],
        "placebo": [],
        "places": [],
        "overlap": [],
    }
    fields |= {"risk_ratio": None, "measures": [], "parts": [], "texts": []}
    for source in fields["evidence"]["error_sources"]:
        _keep_state_only(source)
    return fields


MEASURES_OF_NO_RESULT = ("never_reported",)
"""Measures of a pooled result that rest on no project's numbers."""
RESTRICTED_DIAGNOSTICS = frozenset(
    {"fewest_unlike_others", "detectable_smd", "imbalance_p", "largest_share", "two_largest_share"}
)
"""Numbers from which the size of a group could be worked out."""
PEOPLE_FREE_SOURCES = frozenset(
    {"register_limited_covariates", "imprecise_intervention", "immortal_time", "repeated_looks", "protocol_changed"}
)
"""Error sources whose finding says nothing about any person."""


def _suppressed(fields: dict[str, Any]) -> dict[str, Any]:
    return _without_numbers(fields) | {"status": "suppressed", "status_reason": None, "interval_method": None}


def _coarse(record: ResultRecord, fields: dict[str, Any], policy: Policy) -> dict[str, Any]:
    step = (
        _share_step(record, policy)
        if record.outcome_type == "binary"
        else _numeric_step(record.interval_low, record.interval_high, policy, record.estimate)
    )
    fields["rounded_to"] = step

    def coarse(value: float | None) -> float | None:
        return None if value is None else to_step(value, step)

    fields["treated_value"] = coarse(record.treated_value)
    fields["estimate"] = coarse(record.estimate)
    # The three numbers a reader sees must add up; the participants' value and the difference lead.
    if fields["treated_value"] is not None and fields["estimate"] is not None:
        fields["control_value"] = to_step(fields["treated_value"] - fields["estimate"], step)
        if record.outcome_type == "binary":
            fields["control_value"] = min(1.0, max(0.0, fields["control_value"]))
    for key in ("interval_low", "interval_high", "always_valid_low", "always_valid_high", "raw_difference"):
        fields[key] = coarse(fields[key])
    fields["standard_error"] = None
    share_step = _share_step(record, policy)
    has_hidden = any(part.is_hidden for part in record.parts)
    if has_hidden:
        # Each other way to pool the same results is one more equation for the hidden one.
        fields["measures"] = [row for row in fields["measures"] if row["code"] in MEASURES_OF_NO_RESULT]
        for source in fields["evidence"]["error_sources"]:
            _keep_state_only(source)
    fields["measures"] = open_measures(fields["measures"], step=step, share_step=share_step)
    fields["parts"] = open_parts(fields["parts"], step=step, are_people=record.counted == "people")
    for row in (*fields["alternatives"], *fields["specifications"]):
        _coarsen_row(row, step)
    for row in fields["specifications"]:
        if row["reason"] is not None:  # its own gate lets it count among others only
            row |= dict.fromkeys(("estimate", "interval_low", "interval_high"))
    # A part of the participants beside the whole tells of the rest.
    fields |= {"subgroups": [], "sites": [], "risk_ratio": None}
    fields["places"] = open_places(fields["places"], policy) if record.counted == "people" else []
    fields["overlap"] = open_overlap(fields["overlap"], record.n_treated, share_step, policy)
    for row in fields["placebo"]:
        own_step = _numeric_step(row["interval_low"], row["interval_high"], policy)
        row["rounded_to"] = share_step if row["outcome_type"] == "binary" else own_step
        _coarsen_row(row, row["rounded_to"])
    decimals = policy.smd_decimals if share_step <= policy.share_steps[0] else 1
    fields["diagnostics"] = _coarse_diagnostics(fields["diagnostics"], step, share_step, decimals, policy)
    rare = {
        row["covariate"]
        for row in fields["balance"]
        if row["fewest"] is not None and row["fewest"] <= policy.redact_at_or_below
    }
    for row in fields["balance"]:
        row["fewest"] = None
        for key in ("smd_before", "smd_after"):
            row[key] = None if row[key] is None or row["covariate"] in rare else round(row[key], decimals)
    fields["placebo"] = [row for row in fields["placebo"] if row["covariate"] not in rare]
    if fields["diagnostics"]["benchmark_label"] in [
        row["label"] for row in fields["balance"] if row["covariate"] in rare
    ]:
        fields["diagnostics"] |= {"benchmark_label": None, "benchmark_adjusted": None}
    fields["diagnostics"] |= _coarse_e_values(fields)
    few = _few_lost(record, policy)
    for key in few:
        fields["diagnostics"][key] = None
    for source in fields["evidence"]["error_sources"]:
        if source["code"] == "attrition" and few:
            _keep_state_only(source)
        if source["code"] == "contaminated_controls" and _is_few(source["value"], record.n_control, policy):
            _keep_state_only(source)
        if source["code"] == "unmeasured_confounding":
            _replace_bound(source, record, fields["diagnostics"])
        if share_step > policy.share_steps[0]:
            _keep_state_only(source)  # whole per cent of few people are nearly their number
        elif source["value"] is not None:
            is_in_units = source["code"] == "underpowered"
            source["value"] = coarse(source["value"]) if is_in_units else round(source["value"], decimals)
    return fields


def _few_lost(record: ResultRecord, policy: Policy) -> list[str]:
    """Shares without an outcome that stand for 1 to 7 people: beside the counts they would tell how many."""
    found = []
    for group, seen in (("treated", record.n_treated), ("control", record.n_control)):
        key = f"outcome_missing_{group}_share"
        share = getattr(record.diagnostics, key)
        everybody = None if share is None or share >= 1 or seen is None else seen / (1 - share)
        if _is_few(share, everybody, policy):
            found.append(key)
    return found


def _is_few(share: float | None, people: float | None, policy: Policy) -> bool:
    if share is None or people is None:
        return False
    return 0 < round(share * people) <= policy.redact_at_or_below


def _coarse_e_values(fields: dict[str, Any]) -> dict[str, float | None]:
    """E-values of a share from the published numbers: from the exact ones they would undo the rounding."""
    if fields["outcome_type"] != "binary":
        return {}
    if not fields["control_value"]:
        return {"e_value": None, "e_value_limit": None}
    point, limit = e_values_of_difference(
        difference=fields["estimate"],
        low=fields["interval_low"],
        high=fields["interval_high"],
        control_share=fields["control_value"],
    )
    return {"e_value": round(point, 1), "e_value_limit": round(limit, 1)}


def _replace_bound(source: dict[str, Any], record: ResultRecord, public: dict[str, Any]) -> None:
    """Put the public bounds in the finding where the exact ones stood.

    Raises
    ------
    ValueError
        If the exact words are not found: rather nothing than something exact.
    """
    if source["state"] == "not_measured" or source["finding"] == bilingual("finding_state_only"):
        return
    unit = {"da": record.unit.da, "en": record.unit.en}
    before = bound_words(record.diagnostics.model_dump(), outcome_type=record.outcome_type, unit=unit)
    after = bound_words(public, outcome_type=record.outcome_type, unit=unit)
    for language, text in source["finding"].items():
        if before[language] not in text:
            raise ValueError("The bounds of a result are worded in another way than expected; it is not published.")
        source["finding"][language] = text.replace(before[language], after[language]).strip()
    source["value"] = public["e_value_limit"]


def _coarsen_row(row: dict[str, Any], step: float) -> None:
    row["standard_error"] = None
    for key in ("estimate", "interval_low", "interval_high"):
        row[key] = None if row[key] is None else to_step(row[key], step)


def _keep_state_only(source: dict[str, Any]) -> None:
    """Leave an error source its state, without a number that rests on people."""
    if source["code"] not in PEOPLE_FREE_SOURCES:
        source |= {"value": None, "finding": bilingual("finding_state_only")}


def _share_step(record: ResultRecord, policy: Policy) -> float:
    """The smallest step of the policy that is worth at least half the rounding of the counts."""
    if record.counted != "people":
        return policy.share_steps[0]
    fewest = min(n for n in (record.n_treated, record.n_control) if n)
    wanted = policy.round_counts_to / 2 / fewest
    return next((step for step in policy.share_steps if step >= wanted), policy.share_steps[-1])


def _numeric_step(low: float | None, high: float | None, policy: Policy, value: float | None = None) -> float:
    """The power of ten that is at most a tenth of an interval's half width; of an interval without width, of the value."""
    half_width = ((high or 0.0) - (low or 0.0)) / 2
    if not half_width > 0:
        half_width = abs(value or 0.0)
    if not half_width > 0:
        return 1.0
    return float(10.0 ** math.floor(math.log10(half_width / policy.numeric_digits_of_half_width)))


def _coarse_diagnostics(
    fields: dict[str, Any], step: float, share_step: float, decimals: int, policy: Policy
) -> dict[str, Any]:
    coarse: dict[str, Any] = {}
    for key, value in fields.items():
        if value is None or key in RESTRICTED_DIAGNOSTICS:
            coarse[key] = None
        elif key in ("benchmark_label", "negative_controls"):
            coarse[key] = value
        elif key in ("minimal_detectable_effect", "benchmark_adjusted"):
            coarse[key] = to_step(value, step)
        elif key == "effective_sample_size":
            coarse[key] = float(nearest(value, policy.round_counts_to))
        elif key.startswith("e_value") or key == "rosenbaum_gamma":
            coarse[key] = round(value, 1)
        elif key.startswith("robustness"):
            coarse[key] = to_step(value, share_step)
        else:
            coarse[key] = to_step(value, share_step) if key.endswith("_share") else round(value, decimals)
    return coarse
