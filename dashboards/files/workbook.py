"""Results as a workbook: notes first, a table per sheet, no merged cells.

The same results give the same bytes, because no time of writing is stored.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from dashboards.files.tables import Row, columns_of
from data_contracts.phrases import phrase

MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
FIXED = (1980, 1, 1, 0, 0, 0)
WIDEST, NARROWEST = 60, 12
SHARES = ("estimate", "interval_low", "interval_high", "treated_value", "control_value", "rounded_to")


def workbook_bytes(results: list[Row], sources: list[Row], notes: list[str], language: str) -> bytes:
    """Return a workbook with notes, columns, results and error sources.

    Parameters
    ----------
    results, sources : list of dict
        From `tables.result_rows` and `tables.source_rows`.
    notes : list of str
        What a reader must know, one line per cell.
    language : {'da', 'en'}
    """
    book = Workbook()
    first = book.active
    book.remove(first)
    _notes(book.create_sheet(phrase(language, "sheet_notes")), notes, language)
    for key, table, rows in (("sheet_results", "results", results), ("sheet_sources", "error_sources", sources)):
        sheet = book.create_sheet(phrase(language, key))
        heads = [column["title"][language] for column in columns_of(table)]
        content = [[row[column["name"]] for column in columns_of(table)] for row in rows]
        _table(sheet, table, heads, content)
    book.properties.creator = "Trin"
    book.properties.title = notes[0]
    # XLSX has no time zones.
    book.properties.created = book.properties.modified = datetime(*FIXED[:3], tzinfo=UTC).replace(tzinfo=None)
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_times(buffer.getvalue())


def _notes(sheet: Worksheet, notes: list[str], language: str) -> None:
    sheet["A1"] = notes[0]
    sheet["A1"].font = Font(bold=True, size=14)
    for i, note in enumerate(notes[1:], start=2):
        sheet.cell(i, 1, note).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions["A"].width = 100
    at = len(notes) + 2
    columns = columns_of("results")
    heads = [phrase(language, key) for key in ("column_heading", "column_meaning")]
    for j, head in enumerate(heads, start=1):
        sheet.cell(at, j, head).font = Font(bold=True)
    for i, column in enumerate(columns, start=at + 1):
        sheet.cell(i, 1, column["title"][language])
        sheet.cell(i, 2, column["about"][language])
    sheet.column_dimensions["B"].width = 100


def _table(sheet: Worksheet, name: str, heads: list[str], rows: list[list[Any]]) -> None:
    """Write a table with a frozen heading row and filters."""
    sheet.append(heads)
    for i, row in enumerate(rows, start=2):
        for j, value in enumerate(row, start=1):
            cell = sheet.cell(i, j)
            cell.value = None if isinstance(value, float) and value != value else value
            if isinstance(value, str):
                cell.data_type = "s"  # never a formula, even if it begins like one
    for j, head in enumerate(heads, start=1):
        longest = max([len(head), *(len(str(row[j - 1])) for row in rows if row[j - 1] is not None)])
        sheet.column_dimensions[get_column_letter(j)].width = min(WIDEST, max(NARROWEST, longest + 2))
    sheet.freeze_panes = "B2"
    if rows:
        table = Table(displayName=name, ref=f"A1:{get_column_letter(len(heads))}{len(rows) + 1}")
        table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
        sheet.add_table(table)
    else:
        for cell in sheet[1]:
            cell.font = Font(bold=True)


def _without_times(content: bytes) -> bytes:
    """Repack the workbook with one fixed time for every part."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for name in given.namelist():
            part = zipfile.ZipInfo(name, FIXED)
            part.compress_type = zipfile.ZIP_DEFLATED
            # The library always writes the current time.
            out.writestr(part, MODIFIED.sub(rb"\g<1>1980-01-01T00:00:00Z\g<2>", given.read(name)))
    return packed.getvalue()
