"""Results as tables for spreadsheets and other tools, one row per result.

Every row of every table has interval, rung, certainty and status, so that a row copied alone still says what it is
worth.
"""

from __future__ import annotations

import csv
import io
from typing import Any

import pandas as pd

from dashboards.marts.reading import plain_rows, results_of
from data_contracts.ladder.ladder import error_sources, rungs
from data_contracts.phrases import number_text, phrase
from data_contracts.reading.knowledge import read_knowledge

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
CARRIED = ("result_id", "project", "quarter", "outcome_label", "status", "rung", "certainty", "estimate")
SOEM = (
    "project_name",
    "goal",
    "target_group",
    "quarter",
    "outcome_label",
    "compared_with",
    "estimate",
    "interval_low",
    "interval_high",
    "unit",
    "level",
    "rung_detail",
    "certainty",
    "open_error_sources",
    "serious_error_sources",
    "n_treated",
    "status",
    "data_note",
)
LIMITS = ("interval_low", "interval_high", "unit")
Row = dict[str, Any]


def columns_of(table: str) -> list[Row]:
    """Return the columns of a public table from `columns.yaml`.

    Tables are `results` and `error_sources`.
    """
    known = read_knowledge("columns")
    if table == "results":
        return list(known["results"])
    by_name = {column["name"]: column for column in known["results"]}
    return [*(by_name[name] for name in (*CARRIED, *LIMITS)), *known["error_sources"]]


def result_rows(marts: dict[str, pd.DataFrame], language: str) -> list[Row]:
    """Return one row per result.

    Parameters
    ----------
    marts : dict of str to DataFrame
        Published marts.
    language : {'da', 'en'}
        Of names and texts; column names are the same in both.
    """
    places: dict[str, list[str]] = {}
    for place in plain_rows(marts["dim_municipality"]):
        places.setdefault(place["project"], []).append(place["municipality_code"])
    return [_row(result, places, language) for result in results_of(marts)]


def _row(result: Row, places: dict[str, list[str]], language: str) -> Row:
    states = [source["state"] for source in result["evidence"]["error_sources"]]
    names = [column["name"] for column in columns_of("results")]
    row: Row = {name: result.get(name) for name in names}
    unit = phrase(language, "percentage_points") if result["outcome_type"] == "binary" else result["unit"][language]
    row |= {
        "project_name": result["project_name"][language],
        "municipalities": " ".join(places.get(result["project"], [])),
        "outcome_label": result["outcome_label"][language],
        "is_primary": bool(result["primary"]),
        "status_words": result[f"status_reason_{language}"] or _hidden_words(result, language),
        "rung_name": rungs()[result["rung"]].name[language],
        "compared_with": result["compared_with"][language],
        "verdict": result["claims"]["verdict_text"][language],
        "open_error_sources": len(states) - states.count("clear"),
        "serious_error_sources": states.count("serious"),
        "unit": unit,
        "restated_times": int(result["restated_times"] or 0),
    }
    return row


def _hidden_words(result: Row, language: str) -> str | None:
    return phrase(language, "hidden") if result["status"] == "suppressed" else None


def source_rows(marts: dict[str, pd.DataFrame], language: str) -> list[Row]:
    """Return one row per error source, with the result's interval and rung."""
    results = {row["result_id"]: row for row in result_rows(marts, language)}
    known = error_sources()
    return [
        {name: results[source["result_id"]][name] for name in (*CARRIED, *LIMITS)}
        | {
            "error_source": known[source["code"]].name[language],
            "state": source["state"],
            "finding": source[f"finding_{language}"],
        }
        for source in plain_rows(marts["fct_error_source"])
    ]


def soem_bytes(marts: dict[str, pd.DataFrame]) -> bytes:
    """Return effects as CSV with the fields and evidence levels of SØM.

    Prices are not included, because SØM has its own; `soem_prices_bytes` lists what accounts here assume. Results that
    SØM does not accept are included and marked.
    """
    grades = {
        row["result_id"]: row["grade_da"] for row in plain_rows(marts["fct_crosswalk"]) if row["standard"] == "soem"
    }
    profiles = {row["project"]: row for row in plain_rows(marts["dim_profile"])}
    heads = [phrase("da", f"soem_{name}") for name in SOEM]
    content = []
    for row in result_rows(marts, "da"):
        profile = profiles.get(row["project"], {})
        known = row | {"level": grades.get(row["result_id"])}
        known |= {name: profile.get(f"{name}_da") for name in ("goal", "target_group")}
        content.append([_danish(known[name]) for name in SOEM])
    return _written(heads, content, ";").encode("utf-8-sig")


SOEM_PRICES = (
    "project",
    "kind",
    "label_da",
    "value",
    "unit_da",
    "low",
    "high",
    "price_year",
    "paid_by",
    "received_by",
    "source_da",
    "is_illustrative",
)


def soem_prices_bytes(marts: dict[str, pd.DataFrame]) -> bytes:
    """Return the prices and quantities that accounts assume, as CSV.

    Invented ones are marked.
    """
    heads = [phrase("da", f"soem_price_{name}") for name in SOEM_PRICES]
    rows = plain_rows(marts["fct_assumption"])
    content = [
        [
            _danish(phrase("da", f"assumption_{row['kind']}") if name == "kind" else row.get(name))
            for name in SOEM_PRICES
        ]
        for row in rows
    ]
    return _written(heads, content, ";").encode("utf-8-sig")


def frame_of(rows: list[Row], table: str) -> pd.DataFrame:
    """Return rows as a frame with the columns and types of `columns.yaml`."""
    kinds = {"string": "str", "integer": "Int64", "number": "Float64", "boolean": "bool"}
    columns = columns_of(table)
    frame = pd.DataFrame(rows, columns=[column["name"] for column in columns])
    return frame.astype({column["name"]: kinds[column["type"]] for column in columns})


def csv_bytes(rows: list[Row], table: str) -> bytes:
    """Return rows as CSV (RFC 4180, UTF-8, decimal point).

    Text that a spreadsheet would run as a formula is escaped.
    """
    names = [column["name"] for column in columns_of(table)]
    return _written(names, [[_cell(row[name]) for name in names] for row in rows], ",").encode()


def danish_csv_bytes(rows: list[Row], table: str) -> bytes:
    """Return rows as CSV for Danish spreadsheets.

    Semicolons, decimal commas, Danish headings and a byte order mark.
    """
    columns = columns_of(table)
    content = [[_danish(row[column["name"]]) for column in columns] for row in rows]
    return _written([column["title"]["da"] for column in columns], content, ";").encode("utf-8-sig")


def _written(head: list[str], rows: list[list[Any]], separator: str) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    """Return a value that is safe in a cell; only text can be a formula."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def _danish(value: Any) -> Any:
    if isinstance(value, bool):
        return phrase("da", "yes_word") if value else phrase("da", "no_word")
    if isinstance(value, float) and value == value:
        return number_text("da", value, 6).rstrip("0").rstrip(",").replace(".", "").replace("−", "-")
    return _cell(value)
