"""An example result record for tests."""

from __future__ import annotations

from typing import Any

from data_contracts.ladder.ladder import error_sources, rungs
from data_contracts.results.public_record import PublicRecord
from data_contracts.results.result_record import Diagnostics, ResultRecord
from data_contracts.results.statements import number_value, says
from models.detectors.bounds import bound_statements
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from models.evidence.claims import NO_CLAIMS, build_claims
from models.evidence.crosswalk import graded


def example_fields(**changes: Any) -> dict[str, Any]:
    """Return the fields of a binary rung 4a result; keywords replace them."""
    text = {"da": "Tekst", "en": "Text"}
    sources = [
        {
            "code": code,
            "state": "clear",
            "metric": error_sources()[code].metric,
            "value": 0.0123456,
            "threshold": 0.05,
            "direction": "unknown",
            "finding_says": [says("agreement_words", value=number_value(0.0123456, 2)).model_dump()],
        }
        for code in rungs()[4].error_sources
    ]
    fields: dict[str, Any] = {
        "result_id": "p.2026Q3.o",
        "project": "p",
        "project_name": {"da": "Projekt", "en": "Project"},
        "organisation": "Org",
        "data_note": "synthetic",
        "municipalities": ["0751"],
        "quarter": "2026Q3",
        "outcome": "o",
        "outcome_label": {"da": "I arbejde", "en": "In work"},
        "outcome_type": "binary",
        "outcome_direction": "higher_is_better",
        "outcome_chosen_by": "participants",
        "unit": {"da": "procentpoint", "en": "percentage points"},
        "primary": True,
        "status": "estimated",
        "status_reason": None,
        "highest_supported_rung": None,
        "design": "matched_control",
        "compared_with": rungs()[4].compared_with,
        "estimand": "att",
        "estimator": "matched_difference",
        "estimate": 0.2034,
        "standard_error": 0.0265,
        "interval_low": 0.1514,
        "interval_high": 0.2554,
        "interval_method": "normal",
        "confidence_level": 0.95,
        "raw_difference": 0.1234,
        "treated_value": 0.3217,
        "control_value": 0.1183,
        "n_treated": 227,
        "n_control": 681,
        "n_dropped": 11,
        "diagnostics": {
            "max_smd_before": 0.51234,
            "max_smd_after": 0.03456,
            "effective_sample_size": 612.3,
            "overlap_share": 0.6123,
            "propensity_auc": 0.7123,
            "outcome_missing_treated_share": 0.0412,
            "outcome_missing_control_share": 0.0312,
            "minimal_detectable_effect": 0.0742,
            "e_value": 4.8812,
            "e_value_limit": 3.7123,
        },
        "balance": [
            {"covariate": "age", "label": {"da": "Alder", "en": "Age"}, "smd_before": 0.51234, "smd_after": 0.03456}
        ],
        "alternatives": [
            {
                "estimator": "regression",
                "estimate": 0.1987,
                "standard_error": 0.025,
                "interval_low": 0.1497,
                "interval_high": 0.2477,
            }
        ],
        "placebo": [
            {
                "covariate": "age",
                "label": {"da": "Alder", "en": "Age"},
                "outcome_type": "binary",
                "unit": {"da": "procentpoint", "en": "percentage points"},
                "estimator": "matched_difference",
                "estimate": 0.0123,
                "standard_error": 0.02,
                "interval_low": -0.027,
                "interval_high": 0.051,
                "fails": False,
            }
        ],
        "flow": [{"step": "delivered", "treated": 238, "pool": 4000}, {"step": "compared", "treated": 3, "pool": 690}],
        "evidence": {
            "rung": 4,
            "rung_detail": "4a",
            "claimed_rung": 4,
            "certainty": "low",
            "why": [text],
            "error_sources": sources,
            "facts": {},
            "certainty_steps": [],
            "crosswalk": [
                {"standard": g.standard, "grade": g.grade, "strength": g.strength} for g in graded("4a", frozenset())
            ],
            "next_step": text,
            "ruleset_version": "1",
        },
        "provenance": {
            "code_version": "0",
            "contract_versions": {"participants": "1.0.0"},
            "protocol_sha256": "0" * 64,
            "input_sha256": "0" * 64,
            "seed": 1,
        },
    }
    fields |= changes
    bounds = Diagnostics.model_validate(fields["diagnostics"])
    said = bound_statements(bounds, outcome_type=fields["outcome_type"], unit=fields["unit"])
    for source in fields["evidence"]["error_sources"]:
        if source["code"] == "unmeasured_confounding":
            source["finding_says"] = [says("placebo_clear").model_dump(), *(one.model_dump() for one in said)]
    return fields | {"claims": NO_CLAIMS.model_dump()}


def example_record(**changes: Any) -> ResultRecord:
    """Return a valid record."""
    record = ResultRecord.model_validate(example_fields(**changes))
    return record.model_copy(update={"claims": build_claims(record)})


def published_result(outcome: str, **changes: Any) -> PublicRecord:
    """Return a published effect of 0.2, from 0.14 to 0.26.

    Mappings among the changes are merged into those of the record.
    """
    usual = {"estimate": 0.2, "interval_low": 0.14, "interval_high": 0.26, "confidence_level": 0.95, "rounded_to": 0.01}
    usual |= {
        "outcome": outcome,
        "claims": {"verdict": "promising"},
        "n_treated": None,
        "diagnostics": {"benchmark_adjusted": None},
    }
    fields = publish(example_record(), default_policy()).model_dump(mode="json")
    for name, value in (usual | changes).items():
        fields[name] = fields[name] | value if isinstance(value, dict) else value
    return PublicRecord.model_validate(fields)
