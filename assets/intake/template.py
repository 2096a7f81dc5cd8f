"""Templates: empty files in the format that a delivery expects.

A filled-in template is read by the same delivery of the protocol that it was made from.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from assets.intake.reading.text_files import DELIMITERS
from assets.intake.reading.workbooks import GUIDE_SHEET
from data_contracts.calendar.quarters import Quarter
from data_contracts.phrases import phrase
from data_contracts.protocol.deliveries import Delivery
from data_contracts.protocol.file_names import PERIOD, VERSION
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.table_contract import Column, TableContract, compile_contract

PREPARED_ROWS = 500
LONGEST_LIST = 250
"""Excel allows at most 255 characters in a list of allowed values."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a template.

    Attributes
    ----------
    name : str
        Name in the file.
    column : Column or None
        The contract's column; None for one used only by `where`.
    wanted : str or None
        The value that `where` selects.
    """

    name: str
    column: Column | None
    wanted: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A template and the file name to send it under."""

    name: str
    content: bytes


def template_name(delivery: Delivery, quarter: Quarter) -> str:
    """Return a file name that the delivery expects."""
    return (
        delivery.files.replace(PERIOD, str(quarter)).replace(VERSION, "").replace("*", str(quarter)).replace("?", "1")
    )


def fields_of(delivery: Delivery, contract: TableContract) -> list[Field]:
    """Return the columns of a file for a delivery."""
    fields = []
    by_outcome = bool(delivery.outcome_columns)
    for column in contract.columns:
        if column.name in delivery.constants or (by_outcome and column.name in ("outcome", "value")):
            continue
        if not column.required and column.name not in delivery.columns and column.minutes_per_participant == 0:
            continue
        declared = delivery.columns.get(column.name, column.name)
        fields.append(Field(declared if isinstance(declared, str) else declared[0], column))
    values = {column.name: column for column in contract.columns}
    fields += [Field(name, values["value"]) for name in delivery.outcome_columns.values()]
    taken = {field.name for field in fields}
    fields += [Field(name, None, value) for name, value in delivery.where.items() if name not in taken]
    return fields


def make_template(protocol: Protocol, delivery: Delivery, quarter: Quarter, language: str) -> list[Template]:
    """Return an empty file for a delivery, with a separate guide for CSV.

    Parameters
    ----------
    delivery : Delivery
        A CSV or XLSX delivery; Parquet register extracts have no template.
    quarter : Quarter
        Used in the name if it has a period.
    language : {'da', 'en'}
    """
    contract = compile_contract(delivery.table, protocol)
    fields = fields_of(delivery, contract)
    name = template_name(delivery, quarter)
    guide = guide_rows(fields, delivery, language)
    if delivery.format == "xlsx":
        return [Template(name, _workbook(fields, delivery, protocol, guide, language))]
    mark = DELIMITERS[delivery.delimiter]
    title = [f"{protocol.name.da}"] * (delivery.header_row - 1)
    header = mark.join(field.name for field in fields)
    encoding = "utf-8-sig" if delivery.encoding == "utf-8" else delivery.encoding
    text = "".join(line + "\r\n" for line in [*title, header])
    lines = [f"| {' | '.join(row)} |" for row in guide]
    lines.insert(1, "|" + "---|" * len(guide[0]))
    stem = name.rpartition(".")[0]
    return [
        Template(name, text.encode(encoding)),
        Template(f"{stem}.{phrase(language, 'template.guide_name')}.md", ("\n".join(lines) + "\n").encode()),
    ]


def guide_rows(fields: list[Field], delivery: Delivery, language: str) -> list[list[str]]:
    """Return a table of what each column means, with its header."""
    words = ("column", "meaning", "required", "allowed", "why")
    rows = [[phrase(language, f"template.{word}") for word in words]]
    for field in fields:
        column = field.column
        if column is None:
            text = phrase(language, "template.where", value=field.wanted)
            rows.append([field.name, text, phrase(language, "yes_word"), field.wanted or "", ""])
            continue
        description, purpose = column.said(language)
        needed = phrase(language, "yes_word" if column.required else "no_word")
        rows.append([field.name, description, needed, _allowed(column, delivery, language), purpose])
    return rows


def _allowed(column: Column, delivery: Delivery, language: str) -> str:
    if column.levels:
        return ", ".join(column.levels)
    if column.name == "person_id":
        return phrase(language, "template.identifier")
    if column.kind == "date":
        return delivery.date_format
    if column.minimum is not None or column.maximum is not None:
        low, high = (_plain(bound) for bound in (column.minimum, column.maximum))
        return f"{low} – {high}"
    if column.name == "municipality_code":
        return "0101 – 0860"
    return phrase(language, f"template.{column.kind}")


def _plain(bound: str | None) -> str:
    if bound is None:
        return "…"
    return bound.removesuffix(".0")


def _workbook(
    fields: list[Field], delivery: Delivery, protocol: Protocol, guide: list[list[str]], language: str
) -> bytes:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = delivery.sheet or phrase(language, "template.sheet")
    if delivery.header_row > 1:
        sheet.cell(1, 1, protocol.name.da)
    for i, field in enumerate(fields, start=1):
        cell = sheet.cell(delivery.header_row, i, field.name)
        cell.font = Font(bold=True)
        letter = get_column_letter(i)
        sheet.column_dimensions[letter].width = max(14, len(field.name) + 4)
        _prepare(sheet, letter, field, delivery)
    sheet.freeze_panes = f"A{delivery.header_row + 1}"
    help_sheet: Any = book.create_sheet(GUIDE_SHEET)
    for row in guide:
        help_sheet.append(row)
    for letter, width in zip("ABCDE", (22, 46, 10, 30, 46), strict=True):
        help_sheet.column_dimensions[letter].width = width
        for cell in help_sheet[letter]:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    for cell in help_sheet[1]:
        cell.font = Font(bold=True)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _prepare(sheet: Any, letter: str, field: Field, delivery: Delivery) -> None:
    """Format a column's empty cells to keep zeros and dates as typed."""
    column = field.column
    first, last = delivery.header_row + 1, delivery.header_row + PREPARED_ROWS
    kind = "string" if column is None else column.kind
    day = "yyyy-mm-dd" if delivery.date_format == "period" else delivery.date_format
    layout = {"string": "@", "date": day, "number": "General"}[kind]
    for row in range(first, last + 1):
        sheet[f"{letter}{row}"].number_format = layout
    levels = column.levels if column is not None else (field.wanted or "",)
    listed = ",".join(levels)
    if levels and len(listed) <= LONGEST_LIST:
        check = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True)
        check.add(f"{letter}{first}:{letter}{last}")
        sheet.add_data_validation(check)
