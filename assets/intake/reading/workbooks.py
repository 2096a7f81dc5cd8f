"""XLSX workbooks: the declared sheet, values only.

Exceptions about a damaged file may quote a cell, so their text is discarded.
"""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pandas as pd

from assets.intake.reading.raw_table import RawTable, is_total_or_note, unique_header
from assets.storage.rows import ROW
from data_contracts.phrases.file_faults import refused_file
from data_contracts.protocol.deliveries import Delivery
from data_contracts.protocol.delivery_rules import DATE_LAYOUTS
from data_contracts.reading.faults import InputRefused

LARGEST_COMPRESSION_RATIO = 100
LARGEST_UNPACKED_BYTES = 150_000_000
GUIDE_SHEET = "Trin vejledning"
"""Name of the guide sheet in Trin's own templates, which is never read."""


def read_workbook(content: bytes, name: str, delivery: Delivery) -> RawTable:
    """Read one sheet of a workbook.

    Raises
    ------
    InputRefused
        If it is not a workbook, is a zip bomb, contains formulas, or lacks the sheet.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
        if unpacked > LARGEST_UNPACKED_BYTES or unpacked > LARGEST_COMPRESSION_RATIO * len(content):
            raise refused_file("zip_bomb", name)
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=False)
    except InputRefused:
        raise
    except Exception:
        raise refused_file("not_xlsx", name) from None
    sheets = [sheet for sheet in book.sheetnames if sheet != GUIDE_SHEET]
    if delivery.sheet is None and len(sheets) > 1:
        raise refused_file("several_sheets", name, count=len(sheets))
    if not sheets or (delivery.sheet is not None and delivery.sheet not in sheets):
        # Sheet names are not shown, because they may contain personal data.
        raise refused_file("no_sheet", name, sheet=delivery.sheet or "–", count=len(sheets))
    try:
        return _sheet_table(book[delivery.sheet or sheets[0]], name, delivery)
    except InputRefused:
        raise
    except Exception:
        raise refused_file("damaged_xlsx", name) from None


def _sheet_table(sheet: Any, name: str, delivery: Delivery) -> RawTable:
    header: list[str] | None = None
    rows: list[list[Any]] = []
    numbers: list[int] = []
    dropped: list[int] = []
    for position, cells in enumerate(sheet.iter_rows(), start=1):
        if position < delivery.header_row:
            continue
        values = [cell.value for cell in cells]
        if header is None:
            header = unique_header(["" if value is None else str(value).strip() for value in values], name)
            continue
        if not any(value is not None for value in values):
            continue
        if is_total_or_note(values, delivery):
            dropped.append(position)
            continue
        if any(cell.data_type == "f" for cell in cells):
            raise refused_file("formula", name, position)
        # “50 %” is stored as 0.5; its meaning in the contract's unit is unknown, so it is not numeric.
        rows.append([f"{cell.value}%" if _is_percentage(cell) else cell.value for cell in cells])
        numbers.append(position)
    if header is None:
        raise refused_file("no_header", name)
    frame = pd.DataFrame(
        {
            column: _cells([row[i] if i < len(row) else None for row in rows], delivery)
            for i, column in enumerate(header)
            if column
        }
    )
    frame[ROW] = numbers
    hidden = tuple(n for n in numbers if n in sheet.row_dimensions and sheet.row_dimensions[n].hidden)
    return RawTable(frame, tuple(dropped), hidden)


def _is_percentage(cell: Any) -> bool:
    is_number = isinstance(cell.value, (int, float)) and not isinstance(cell.value, bool)
    return is_number and "%" in str(cell.number_format)


def _cells(values: list[Any], delivery: Delivery) -> pd.Series:
    """Return a column of dates or numbers if all cells are, else of text."""
    known = [v for v in values if v is not None]
    if known and all(isinstance(v, (date, datetime)) for v in known):
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object")))
    if known and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in known):
        return pd.Series(values, dtype="float64")
    return pd.Series([None if v is None else _cell_text(v, delivery) for v in values], dtype="str")


def _cell_text(value: Any, delivery: Delivery) -> str:
    """Return a cell of a mixed column as text in the delivery's format."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, date):
        layout = "%Y-%m-%d" if delivery.date_format == "period" else DATE_LAYOUTS[delivery.date_format]
        return value.strftime(layout)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, float):
        return repr(value).replace(".", delivery.decimal)
    return str(value)
