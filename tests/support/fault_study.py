"""A study with a Danish spreadsheet, and ways to damage its file."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import openpyxl
import pandas as pd

from assets.storage.home import Home
from tests.support.small_study import PROTOCOL

CSV_LINE = (
    '{table: participants, files: "deltagere_{period}{version}.csv", format: csv, delimiter: ";", encoding: cp1252, '
    'decimal: ",", date_format: dd-mm-yyyy, null_values: ["", ".."], rows_to_drop: [I alt, Kilde], '
    "columns: {person_id: cpr, index_date: startdato, municipality_code: kommune, mood: humør, amount: beløb, violence: vold}}"
)
XLSX_LINE = CSV_LINE.replace(".csv", ".xlsx").replace("format: csv", "format: xlsx, sheet: Deltagere, header_row: 2")
OTHER_LINES = (
    '  - {table: comparison_pool, files: "register.csv", format: csv, columns: {person_id: id, covariate_date: start}}\n'
    '  - {table: outcomes, files: "udfald.csv", format: csv, columns: {person_id: id}}\n'
)


def study(line: str = CSV_LINE, scheme: str = "cpr") -> str:
    """Return the study's protocol with one delivery of participants."""
    head = PROTOCOL[: PROTOCOL.index("deliveries:\n")]
    head = head.replace("identifier_scheme: local", f"identifier_scheme: {scheme}").replace("id: small", "id: faults")
    head = head.replace(
        "confounder_domains:",
        "  - {name: amount, label: Beløb, type: numeric, domain: income, source: intake, minimum: 0, maximum: 100000, required: false}\n"
        "  - {name: violence, label: Vold, type: binary, domain: violence, source: intake}\n"
        "confounder_domains:",
    )
    return f"{head}deliveries:\n  - {line}\n{OTHER_LINES}"


HEADER = ["cpr", "startdato", "kommune", "humør", "beløb", "vold"]
ROWS = 24


def base_rows() -> list[list[str]]:
    """Return valid rows as a site types them.

    Half the person numbers fail modulus 11, as many do since 2007.
    """
    rows = []
    for i in range(ROWS):
        number = f"{i % 28 + 1:02d}{i % 12 + 1:02d}95{1000 + 7 * i:04d}"
        rows.append(
            [
                f"{number[:6]}-{number[6:]}",
                f"{i % 28 + 1:02d}-{i % 12 + 1:02d}-2024",
                "0751",
                str(i % 5 + 1),
                f"{i + 1}.{100 + i},50",
                str(i % 2),
            ]
        )
    return rows


def truth() -> dict[int, dict[str, Any]]:
    """Return the meaning of each row, by its number in the file."""
    meant = {}
    for i in range(ROWS):
        day = pd.Timestamp(2024, i % 12 + 1, i % 28 + 1)
        meant[i + 2] = {"index_date": day, "municipality_code": "0751", "mood": i % 5 + 1.0}
        meant[i + 2] |= {"amount": 1000.0 * (i + 1) + 100 + i + 0.5, "violence": float(i % 2)}
    return meant


def csv_bytes(rows: list[list[str]], header: list[str] | None = None, encoding: str = "cp1252") -> bytes:
    """Return rows as the study's CSV file."""
    lines = [";".join(header or HEADER), *(";".join(row) for row in rows)]
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def xlsx_bytes(rows: list[list[Any]], change: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    """Return rows as the study's workbook, with a title above the header."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Deltagere"
    sheet.append(["Deltagere i projektet"])
    sheet.append(HEADER)
    for row in rows:
        sheet.append(row)
    if change is not None:
        change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@dataclass(frozen=True)
class Case:
    """A fault in a file, and its expected result.

    Attributes
    ----------
    row : str
        Its row of the catalogue.
    refused : dict of str to tuple of int
        Refused rows by rule.
    fault : str
        Part of the message that refuses the file; empty if it is accepted.
    meant : dict
        Values that differ from the valid table, by row and column; None means unknown.
    secrets : tuple of str
        Texts that must not be found anywhere afterwards, in addition to identifiers.
    """

    row: str
    story: str
    content: bytes
    refused: dict[str, tuple[int, ...]] = field(default_factory=dict)
    fault: str = ""
    name: str = "deltagere_2026Q3.csv"
    protocol: str = field(default_factory=study)
    meant: dict[tuple[int, str], Any] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


def cell(row: str, story: str, column: str, value: str, rule: str = "", meant: Any = "same", **more: Any) -> Case:
    """Return a case with one changed cell, in file row 7.

    With a rule the row is refused; otherwise the cell means `meant`.
    """
    rows = base_rows()
    rows[5][HEADER.index(column)] = value
    contract = {"startdato": "index_date", "kommune": "municipality_code", "humør": "mood"}
    name = {"beløb": "amount", "vold": "violence", "cpr": "person_id"} | contract
    values = {} if meant == "same" else {(7, name[column]): meant}
    refused = {rule: (7,)} if rule else {}
    secrets = (value,) if rule and len(value) > 5 and column != "cpr" else ()
    return Case(row, story, csv_bytes(rows), refused, meant=values, secrets=secrets, **more)


def put(home: Home, case: Case) -> None:
    """Write a case's protocol and file into a home."""
    folder = home.projects / "faults"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "project.yaml").write_text(case.protocol, encoding="utf-8")
    inbox = home.inbox / "faults"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / case.name).write_bytes(case.content)
