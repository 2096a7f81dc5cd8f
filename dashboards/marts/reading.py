"""Published marts read back: tables as rows, and results rebuilt."""

from __future__ import annotations

from typing import Any

import pandas as pd

from data_contracts.ladder.ladder import rungs
from data_contracts.phrases import LANGUAGES, phrase
from data_contracts.reading.knowledge import read_knowledge


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame as rows of plain values, with None for missing ones."""
    rows: list[dict[str, Any]] = []
    for raw in frame.to_dict("records"):
        rows.append({str(k): None if not isinstance(v, (list, dict)) and pd.isna(v) else v for k, v in raw.items()})
    for row in rows:
        for name in ("n_treated", "n_control", "n_dropped", "treated", "pool", "claimed_rung", "restated_times"):
            if isinstance(row.get(name), float):
                row[name] = int(row[name])
    return rows


def town_name(code: str, language: str) -> str:
    """Return a municipality's name, or a phrase for an unknown code."""
    known: str | None = read_knowledge("municipalities")["municipalities"].get(code)
    return known or phrase(language, "unknown_municipality", code=code)


TEXT_KINDS = ("can", "cannot", "why", "certainty_step", "change")


def results_of(marts: dict[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Rebuild results from the marts, as charts and summaries need them."""
    children = {
        "alternatives": "fct_alternative",
        "specifications": "fct_specification",
        "placebo": "fct_placebo",
        "known_answers": "fct_known_answer",
        "balance": "fct_balance",
        "flow": "fct_flow",
        "places": "fct_place",
        "overlap": "fct_overlap",
        "measures": "fct_measure",
        "parts": "fct_part",
        "trend": "fct_trend",
        "crosswalk": "fct_crosswalk",
        "lift": "fct_lift",
        "risk_of_bias": "fct_risk_of_bias",
        "protocol_change": "fct_protocol_change",
    }
    parts = {table: _by_result(marts[table]) for table in (*children.values(), "fct_claim", "fct_error_source")}
    projects = {row["project"]: row for row in plain_rows(marts["dim_intervention"])}
    outcomes = {(row["project"], row["outcome"]): row for row in plain_rows(marts["dim_outcome"])}
    runs = {row["result_id"]: row for row in plain_rows(marts["fct_run"])}
    results = []
    for effect in plain_rows(marts["fct_effect"]):
        key = effect["result_id"]
        own = {name: parts[table].get(key, []) for name, table in children.items()}
        claims = parts["fct_claim"].get(key, [])
        texts = {kind: [_text(r, "text") for r in claims if r["kind"] == kind] for kind in TEXT_KINDS}
        sources = [
            r | {"finding": _text(r, "finding"), "mitigation": _text(r, "mitigation")}
            for r in parts["fct_error_source"].get(key, [])
        ]
        outcome = outcomes[effect["project"], effect["outcome"]]
        for row in (*own["known_answers"], *own["balance"], *own["placebo"], *own["specifications"], *own["parts"]):
            row["label"] = _text(row, "label")
        for row in own["placebo"]:
            row["unit"] = {language: text or "" for language, text in _text(row, "unit").items()}
        results.append(
            effect
            | own
            | {
                "project_name": _text(projects[effect["project"]], "name"),
                "organisation": projects[effect["project"]]["organisation"],
                "outcome_label": _text(outcome, "label"),
                "chosen_by": outcome["chosen_by"],
                "unit": _text(effect, "unit"),
                "compared_with": _text(effect, "compared_with"),
                "ladder_name": rungs()[effect["rung"]].name,
                "claims": {
                    "can": texts["can"],
                    "cannot": texts["cannot"],
                    "verdict": effect["verdict"],
                    "verdict_text": _text(effect, "verdict"),
                },
                "evidence": {
                    "rung": effect["rung"],
                    "rung_detail": effect["rung_detail"],
                    "claimed_rung": effect["claimed_rung"],
                    "certainty": effect["certainty"],
                    "why": texts["why"],
                    "error_sources": sources,
                    "next_step": _text(effect, "next_step"),
                    "certainty_steps": texts["certainty_step"],
                    "changes": texts["change"],
                },
                "run": runs[key],
            }
        )
    return results


def _by_result(frame: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return a table's rows by result."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in plain_rows(frame):
        found.setdefault(row["result_id"], []).append(row)
    return found


def _text(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {language: row[f"{name}_{language}"] for language in LANGUAGES}
