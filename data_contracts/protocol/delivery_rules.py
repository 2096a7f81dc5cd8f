"""Rules for the deliveries of a protocol."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from data_contracts.calendar.periods import period_end
from data_contracts.designs.declared import declared_designs
from data_contracts.protocol.file_names import PERIOD, pattern_faults
from data_contracts.protocol.table_contract import core_columns, protocol_columns
from data_contracts.reading.faults import suggestion
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.raw import RuleFault, rows_of, section_of
from data_contracts.tables.declared import TABLES

DATE_LAYOUTS = {"yyyy-mm-dd": "%Y-%m-%d", "dd-mm-yyyy": "%d-%m-%Y", "dd/mm/yyyy": "%d/%m/%Y", "dd.mm.yyyy": "%d.%m.%Y"}


def is_date(text: str, layout: str) -> bool:
    """Return True if a text is a valid date in one of the declared layouts."""
    if layout == "period":
        return period_end(text) is not None
    try:
        parsed = time.strptime(text, DATE_LAYOUTS[layout])
    except (KeyError, ValueError):
        return False
    return time.strftime(DATE_LAYOUTS[layout], parsed) == text


def delivery_faults(data: dict[str, Any], covariates: dict[str, Any], outcomes: dict[str, Any]) -> Iterator[RuleFault]:
    """Yield faults of deliveries, such as unknown tables and columns."""
    rows = rows_of(data, "deliveries")
    tables = {str(row.get("table")) for _, row in rows}
    design = declared_designs().get(str(data.get("design")))
    for table in () if design is None else design.tables:
        if rows and table not in tables:
            yield (
                ("deliveries",),
                f"No delivery feeds the table “{table}”.",
                "Add one; the same file may feed several tables.",
            )
    yield from _file_faults(rows)
    for i, row in rows:
        table = str(row.get("table"))
        if table not in TABLES:
            continue
        own = protocol_columns(table)
        known = [c.name for c in core_columns(table)]
        known += [n for n, c in covariates.items() if c.get("source") == own]
        for key in ("columns", "constants"):
            for word in section_of(row, key):
                if word not in known:
                    fix = suggestion(word, known) or f"Known: {', '.join(known)}."
                    yield ("deliveries", i, key, word), f"The table {table} has no column “{word}”.", fix
        for word in set(section_of(row, "columns")) & set(section_of(row, "constants")):
            yield (
                ("deliveries", i, "constants", word),
                f"“{word}” has both a column and a constant.",
                "Keep one of them.",
            )
        for word in [c.name for c in core_columns(table) if c.kind == "date"]:
            constant = section_of(row, "constants").get(word)
            layout = str(row.get("date_format") or "yyyy-mm-dd")
            if isinstance(constant, str) and not is_date(constant, layout):
                yield (
                    ("deliveries", i, "constants", word),
                    f"The date is not in the format {layout}.",
                    "Write it in the delivery's date_format.",
                )
        for word, names in section_of(row, "columns").items():
            listed = names if isinstance(names, list) else [names]
            if not listed or len(set(map(str, listed))) < len(listed) or not all(str(n).strip() for n in listed):
                yield (
                    ("deliveries", i, "columns", word),
                    "The value must be the name of a column in the file, or a list of distinct names.",
                    "For example: [cpr, cpr_nr].",
                )
        expected = row.get("expected_shifts")
        for j, word in enumerate(expected if isinstance(expected, list) else []):
            if word not in known:
                fix = suggestion(str(word), known) or f"Known: {', '.join(known)}."
                yield ("deliveries", i, "expected_shifts", j), f"The table {table} has no column “{word}”.", fix
        for word in section_of(row, "outcome_columns"):
            if word not in _measured(outcomes):
                yield (
                    ("deliveries", i, "outcome_columns", word),
                    f"There is no outcome “{word}”.",
                    suggestion(word, _measured(outcomes)) or "Name one of the outcomes.",
                )
        if row.get("outcome_columns") and table != "outcomes":
            yield (
                ("deliveries", i, "outcome_columns"),
                "Only the table outcomes may have outcome_columns.",
                "Remove the key.",
            )


def _measured(outcomes: dict[str, Any]) -> list[str]:
    """Return deliverable measurements: outcomes and parts of derived ones."""
    rules = read_knowledge("derived_outcomes")["outcomes"]
    names: list[str] = []
    for name, row in outcomes.items():
        names += list(rules.get(row.get("derived"), {}).get("components", ())) or [name]
    return names


def _file_faults(rows: list[tuple[int, dict[str, Any]]]) -> Iterator[RuleFault]:
    """Yield faults of file names."""
    for i, row in rows:
        pattern = row.get("files")
        if not isinstance(pattern, str):
            continue
        words = pattern_faults(pattern)
        if words is not None:
            yield ("deliveries", i, "files"), words, "For example: aarhus_{period}{version}.csv."
        if row.get("each_file") == "replaces" and PERIOD not in pattern:
            what = "“each_file: replaces” needs {period} in the file name, because it decides which file is the latest."
            yield ("deliveries", i, "each_file"), what, "Write for example: aarhus_{period}{version}.csv."
