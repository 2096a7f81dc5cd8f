"""Marts: published records as tidy tables.

Every row of `fct_effect` has interval, rung and status.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from dashboards.marts.economics import economics_marts
from dashboards.marts.frames import by_language, frame
from data_contracts.ladder.ladder import rungs
from data_contracts.phrases import LANGUAGES
from data_contracts.reading.knowledge import read_knowledge

SCALARS = (
    "result_id",
    "project",
    "quarter",
    "outcome",
    "outcome_type",
    "outcome_direction",
    "primary",
    "status",
    "design",
    "estimand",
    "estimator",
    "estimate",
    "interval_low",
    "interval_high",
    "confidence_level",
    "raw_difference",
    "treated_value",
    "control_value",
    "always_valid_low",
    "always_valid_high",
    "always_valid_tuned_for",
    "looks_count",
    "n_treated",
    "n_control",
    "n_dropped",
    "counted",
    "rounded_to",
    "highest_supported_rung",
    "restated_times",
    "restated_because",
    "repeats_quarter",
    "data_note",
)
PAPER_SCALARS = (
    "result_id",
    "project",
    "about",
    "status",
    "estimate",
    "interval_low",
    "interval_high",
    "confidence_level",
    "treated_value",
    "control_value",
    "n_treated",
    "n_control",
    "finding_in_words",
)


DELIVERY_COLUMNS = [
    "project",
    "number",
    "received_on",
    "state",
    "is_in_use",
    "files",
    "period",
    "tables",
    "rules",
]


RELEASE_COLUMNS = ["quarter", "version", "released_on", "reason", "results", "changed", "withdrawn"]
RELEASE_COLUMNS += ["withdrawn_da", "withdrawn_en", "is_this"]


def build_marts(
    records: list[dict[str, Any]],
    deliveries: Sequence[dict[str, Any]] = (),
    profiles: Sequence[dict[str, Any]] = (),
    papers: Sequence[dict[str, Any]] = (),
    releases: Sequence[dict[str, Any]] = (),
    earlier: Sequence[dict[str, Any]] = (),
    publisher: Mapping[str, str] | None = None,
    accounts: Sequence[dict[str, Any]] = (),
) -> dict[str, pd.DataFrame]:
    """Return published records as tables.

    Parameters
    ----------
    records : list of dict
        Published result records.
    deliveries, profiles : sequence of dict
        Public facts about each project's files, and what the project is asked for.
    papers : sequence of dict
        Each project's dossier: graded studies that exist only on paper, and their summary.
    releases : sequence of dict
        Earlier releases and this one; a draft is not among them.
    earlier : sequence of dict
        Released records of earlier quarters.
    publisher : mapping, optional
        Who publishes the pages.
    accounts : sequence of dict
        Accounts in money, of projects that have one.

    Returns
    -------
    dict of str to DataFrame
        Facts (`fct_…`) and dimensions (`dim_…`) by name; empty tables keep their columns.
    """
    return economics_marts(accounts) | {
        "fct_effect": frame([_effect(r) for r in records], ["result_id"]),
        "fct_error_source": _children(records, lambda r: r["evidence"]["error_sources"], ("code",)),
        "fct_balance": _children(records, lambda r: r["balance"], ("covariate", "smd_before", "smd_after")),
        "fct_alternative": _children(records, lambda r: r["alternatives"], ("estimator",)),
        "fct_specification": _children(records, _specifications, ("name",)),
        "fct_placebo": _children(records, lambda r: r["placebo"], ("covariate",)),
        "fct_known_answer": _children(records, lambda r: r["known_answers"], ("estimate",)),
        "fct_overlap": _children(records, lambda r: r.get("overlap", ()), ("pool_share", "chosen_share")),
        "fct_place": _children(
            records, lambda r: r.get("places", ()), ("code", "name", "count", "quarter", "is_hidden")
        ),
        "fct_flow": _children(records, lambda r: r["flow"], ("step", "treated", "pool")),
        "fct_measure": _children(records, lambda r: r["measures"], ("code", "value")),
        "fct_part": _children(records, lambda r: r["parts"], ("kind", "estimate")),
        "fct_text": _children(records, lambda r: [{"text": text} for text in r["texts"]], ("text_da", "text_en")),
        "fct_claim": _claims(records),
        "fct_crosswalk": _children(records, lambda r: r["evidence"]["crosswalk"], ("standard", "strength")),
        "fct_protocol_change": _children(records, lambda r: r["evidence"]["protocol_changes"], ("key", "kind")),
        "fct_fact": _children(records, _facts, ("fact", "holds")),
        "fct_lift": _children(records, _lifts, ("kind", "reaches")),
        "fct_risk_of_bias": _children(records, _bias_answers, ("domain", "question", "answer", "judgement")),
        "fct_delivery": frame(list(deliveries), DELIVERY_COLUMNS),
        "dim_profile": frame(
            list(profiles), ["project", "prevention_level", "asked_fields", "minutes_per_participant"]
        ),
        "fct_paper_study": frame([_paper(row) for own in papers for row in own["studies"]], ["result_id", "project"]),
        "dim_dossier": frame([{"project": own["project"], **_flat(own["together"])} for own in papers], ["project"]),
        "fct_trend": frame(list(_trend(records, earlier)), ["result_id", "quarter", "estimate"]),
        "dim_release": frame(list(releases), RELEASE_COLUMNS),
        "dim_publisher": frame([dict(publisher)] if publisher else [], ["publisher", "was_url", "phone", "email"]),
        "fct_run": frame([_run(r) for r in records], ["result_id"]),
        "dim_intervention": frame(_interventions(records), ["project"]),
        "dim_outcome": frame(_outcomes(records), ["project", "outcome"]),
        "dim_municipality": _municipalities(records),
        "dim_ladder": frame(
            [
                {"rung": n, **by_language("name", rung.name), **by_language("compared_with", rung.compared_with)}
                for n, rung in rungs().items()
            ],
            ["rung"],
        ),
    }


def _flat(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields with bilingual texts as two columns, without statements.

    Tables contain the texts; `results.json` also has the statements they are made from.
    """
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        if name.endswith("_says"):
            continue
        if isinstance(value, dict):
            flat |= by_language(name, value)
        else:
            flat[name] = value
    return flat


def _children(records: list[dict[str, Any]], part: Any, columns: tuple[str, ...]) -> pd.DataFrame:
    rows = [
        {"result_id": r["result_id"], "position": i, **_flat(child)} for r in records for i, child in enumerate(part(r))
    ]
    return frame(rows, ["result_id", "position", *columns])


def _effect(record: dict[str, Any]) -> dict[str, Any]:
    evidence, claims = record["evidence"], record["claims"]
    row = {name: record[name] for name in SCALARS}
    for name in ("unit", "compared_with", "status_reason"):
        row |= by_language(name, record[name])
    row |= {
        "rung": evidence["rung"],
        "rung_detail": evidence["rung_detail"],
        "claimed_rung": evidence["claimed_rung"],
        "certainty": evidence["certainty"],
        "verdict": claims["verdict"],
        **by_language("verdict", claims["verdict_text"]),
        **by_language("next_step", evidence["next_step"]),
        **by_language("crosswalk_disagreement", evidence["crosswalk_disagreement"]),
        **_bias_overall(evidence["risk_of_bias"]),
        "ruleset_version": evidence["ruleset_version"],
    }
    diagnostics: dict[str, Any] = dict(record["diagnostics"])
    return row | by_language("benchmark_label", diagnostics.pop("benchmark_label")) | diagnostics


TREND = (
    "quarter",
    "status",
    "estimate",
    "interval_low",
    "interval_high",
    "always_valid_low",
    "always_valid_high",
    "rounded_to",
)


def _trend(records: list[dict[str, Any]], earlier: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield each result's released numbers by quarter, its own last.

    Results without an earlier release are left out.
    """
    for record in records:
        own = (record["project"], record["outcome"])
        series = [row for row in earlier if (row["project"], row["outcome"]) == own and row["unit"] == record["unit"]]
        if not series or record["status"] != "estimated":
            continue
        last = () if record["repeats_quarter"] is not None else (record,)
        for row in (*series, *last):
            fields = {name: row[name] for name in TREND}
            yield {"result_id": record["result_id"], "rung_detail": row["evidence"]["rung_detail"], **fields}


def _facts(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"fact": name, "holds": holds} for name, holds in record["evidence"]["facts"].items()]


def _lifts(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [lift | {"missing": ", ".join(lift["missing"])} for lift in record["evidence"]["lifts"]]


def _bias_overall(filled: dict[str, Any] | None) -> dict[str, Any]:
    filled = filled or {}
    return {f"bias_{name}": filled.get(name) for name in ("instrument", "version", "overall", "signed_by")}


def _bias_answers(record: dict[str, Any]) -> list[dict[str, Any]]:
    filled = record["evidence"]["risk_of_bias"]
    if filled is None:
        return []
    return [
        {"domain": domain["domain"], "name": domain["name"], "judgement": domain["judgement"]} | answer
        for domain in filled["domains"]
        for answer in domain["answers"]
    ]


def _specifications(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [row | {"reason": row["reason"] or dict.fromkeys(LANGUAGES)} for row in record["specifications"]]


def _claims(records: list[dict[str, Any]]) -> pd.DataFrame:
    rows = []
    for record in records:
        groups = (
            ("can", record["claims"]["can"]),
            ("cannot", record["claims"]["cannot"]),
            ("why", record["evidence"]["why"]),
            ("certainty_step", [step["text"] for step in record["evidence"]["certainty_steps"]]),
            ("change", [change["text"] for change in record["evidence"]["changes"]]),
        )
        for kind, texts in groups:
            for i, text in enumerate(texts):
                rows.append(
                    {"result_id": record["result_id"], "kind": kind, "position": i, **by_language("text", text)}
                )
    return frame(rows, ["result_id", "kind", "position", "text_da", "text_en"])


def _paper(row: dict[str, Any]) -> dict[str, Any]:
    """Return a study on paper as a row with numbers, rung and what is missing."""
    flat = {name: row[name] for name in PAPER_SCALARS}
    for name, text in (("name", row["project_name"]), ("claim", row["claim"]), ("note", row["note"])):
        flat |= by_language(name, text)
    flat |= by_language("status_reason", row["status_reason"])
    money = row["money"] or {}
    return flat | {
        "amount_dkk": money.get("amount_dkk"),
        "money_lacks": ", ".join(money.get("missing", ())),
        "rung": row["evidence"]["rung"],
        "rung_detail": row["evidence"]["rung_detail"],
        "claimed_rung": row["evidence"]["claimed_rung"],
        "certainty": row["evidence"]["certainty"],
        "verdict": row["claims"]["verdict"],
        **by_language("verdict", row["claims"]["verdict_text"]),
        **by_language("next_step", row["evidence"]["next_step"]),
        "source_title": row["source"]["title"],
        "source_publisher": row["source"]["publisher"],
        "source_year": row["source"]["year"],
        "source_link": row["source"]["link"],
        "source_read": row["source"]["read"],
    }


def _run(record: dict[str, Any]) -> dict[str, Any]:
    provenance = dict(record["provenance"])
    versions = provenance.pop("contract_versions")
    joined = ", ".join(f"{table} {version}" for table, version in sorted(versions.items()))
    return {"result_id": record["result_id"], "contract_versions": joined, **provenance}


def _interventions(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = {
        r["project"]: {
            "project": r["project"],
            **by_language("name", r["project_name"]),
            "organisation": r["organisation"],
            "data_note": r["data_note"],
        }
        for r in records
    }
    return list(rows.values())


def _outcomes(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "project": r["project"],
            "outcome": r["outcome"],
            **by_language("label", r["outcome_label"]),
            "type": r["outcome_type"],
            **by_language("unit", r["unit"]),
            "direction": r["outcome_direction"],
            "chosen_by": r["outcome_chosen_by"],
        }
        for r in records
    ]


def _municipalities(records: list[dict[str, Any]]) -> pd.DataFrame:
    names = read_knowledge("municipalities")["municipalities"]
    rows = [
        {"project": project, "municipality_code": code, "municipality_name": names.get(code)}
        for project, code in dict.fromkeys((r["project"], code) for r in records for code in r["municipalities"])
    ]
    return frame(rows, ["project", "municipality_code", "municipality_name"])
