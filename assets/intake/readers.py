"""Readers: from a delivered file to columns of text, dates and numbers.

Belongs here: opening CSV, XLSX and Parquet exactly as the protocol declares.
Does not belong here: rules about the values (contracts) and identifiers.

Nothing is guessed: separator, encoding, decimal mark and date format are
declared, and a file that does not fit is refused with the row that shows it.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.faults import Fault, InputRefused
from data_contracts.protocol import Delivery
from data_contracts.table_contract import UNPARSED_SUFFIX, TableContract

ROW = "row_in_file"
LARGEST_COMPRESSION_RATIO = 100
LARGEST_UNPACKED_BYTES = 2_000_000_000
DATE_PATTERNS = {
    "yyyy-mm-dd": (r"\d{4}-\d{2}-\d{2}", "%Y-%m-%d"),
    "dd-mm-yyyy": (r"\d{2}-\d{2}-\d{4}", "%d-%m-%Y"),
    "dd/mm/yyyy": (r"\d{2}/\d{2}/\d{4}", "%d/%m/%Y"),
    "dd.mm.yyyy": (r"\d{2}\.\d{2}\.\d{4}", "%d.%m.%Y"),
}


def read_delivery(content: bytes, name: str, delivery: Delivery) -> pd.DataFrame:
    """Read a file into a frame of its own columns.

    Parameters
    ----------
    content : bytes
    name : str
        Name used in faults.
    delivery : Delivery
        How the file is to be read.

    Returns
    -------
    DataFrame
        The file's columns and `row_in_file`, the row a person would see in the file.

    Raises
    ------
    InputRefused
        If the file is empty, damaged, cut, or not what the protocol declares.
    """
    if not content:
        raise InputRefused([Fault("The file is empty.", "Send it again.", name)])
    readers: dict[str, Callable[[bytes, str, Delivery], pd.DataFrame]] = {
        "csv": _read_csv,
        "xlsx": _read_xlsx,
        "parquet": _read_parquet,
    }
    frame = readers[delivery.format](content, name, delivery)
    if len(frame) == 0:
        raise InputRefused([Fault("The file has no rows.", "Send it again with data.", name)])
    return frame


def _read_csv(content: bytes, name: str, delivery: Delivery) -> pd.DataFrame:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputRefused([Fault("The file is UTF-16.", "Save it as UTF-8 or cp1252.", name)])
    if b"\x00" in content:
        line = content[: content.index(b"\x00")].count(b"\n") + 1
        raise InputRefused([Fault("The file holds a NUL byte.", "Export it again as text.", name, line)])
    encoding = "utf-8-sig" if delivery.encoding == "utf-8" else delivery.encoding
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        fix = "Declare “encoding: cp1252” or “utf-8” in the protocol, as the file is."
        raise InputRefused([Fault(f"The file is not {delivery.encoding}.", fix, name, line)]) from None
    delimiter = "\t" if delivery.delimiter == "tab" else delivery.delimiter
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    numbers: list[int] = []
    header: list[str] | None = None
    try:
        for position, row in enumerate(reader, start=1):
            if position < delivery.header_row:
                continue
            if header is None:
                header = row
                continue
            if not any(cell.strip() for cell in row):
                continue  # spreadsheets leave empty lines at the end
            if len(row) != len(header):
                what = f"The row has {len(row)} cells, the header {len(header)}."
                raise InputRefused(
                    [Fault(what, "Check separator, quotes and whether the file was cut.", name, reader.line_num)]
                )
            rows.append(row)
            numbers.append(reader.line_num)
    except csv.Error:
        fix = "Check quotes around cells; the file may have been cut."
        raise InputRefused([Fault("The row cannot be read as CSV.", fix, name, reader.line_num)]) from None
    if header is None:
        raise InputRefused([Fault("The file has no header row.", "Check header_row.", name)])
    names = _unique_header([cell.strip() for cell in header], name)
    if not rows:
        return pd.DataFrame(columns=[*names, ROW])
    frame = pd.DataFrame(rows, columns=names, dtype="str")
    frame[ROW] = numbers
    return frame


def _unique_header(header: list[str], name: str) -> list[str]:
    # Positions and not names: without a header row the names would be somebody's data.
    doubled = [str(i) for i, cell in enumerate(header, start=1) if cell and header.count(cell) > 1]
    if doubled:
        what = f"Columns {', '.join(doubled)} have the same name as another."
        raise InputRefused([Fault(what, "Check that the file has a header row, and keep one of each.", name)])
    return header


def _read_xlsx(content: bytes, name: str, delivery: Delivery) -> pd.DataFrame:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
        if unpacked > LARGEST_UNPACKED_BYTES or unpacked > LARGEST_COMPRESSION_RATIO * len(content):
            raise InputRefused([Fault("The file unpacks to far more than its size.", "Send it as CSV.", name)])
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False)
    except InputRefused:
        raise
    except Exception:  # the message may quote a cell
        raise InputRefused([Fault("The file is not an XLSX workbook.", "Save it again as .xlsx.", name)]) from None
    sheets = book.sheetnames
    if delivery.sheet is None and len(sheets) > 1:
        fix = "Say which with “sheet: …” in the protocol."
        raise InputRefused([Fault(f"The workbook has {len(sheets)} sheets.", fix, name)])
    if delivery.sheet is not None and delivery.sheet not in sheets:
        # Names of sheets are not repeated: people write anything there.
        what = f"There is no sheet “{delivery.sheet}” among the workbook's {len(sheets)}."
        raise InputRefused([Fault(what, "Correct “sheet” in the protocol, or the name of the sheet.", name)])
    try:
        return _sheet_frame(book[delivery.sheet or sheets[0]], name, delivery)
    except InputRefused:
        raise
    except Exception:  # whatever the file's inside raises may quote a cell, so nothing of it is kept
        what = "The workbook cannot be read: a sheet or a cell in it is damaged, or not a table."
        raise InputRefused([Fault(what, "Open it, save it again as .xlsx, or send CSV.", name)]) from None


def _sheet_frame(sheet: Any, name: str, delivery: Delivery) -> pd.DataFrame:
    header: list[str] | None = None
    rows: list[list[Any]] = []
    numbers: list[int] = []
    for position, cells in enumerate(sheet.iter_rows(), start=1):
        if position < delivery.header_row:
            continue
        for cell in cells:
            if cell.data_type == "f":
                raise InputRefused(
                    [Fault("A cell holds a formula.", "Paste the values instead of formulas.", name, position)]
                )
        values = [cell.value for cell in cells]
        if header is None:
            header = ["" if value is None else str(value).strip() for value in values]
        elif any(value is not None for value in values):
            rows.append(values)
            numbers.append(position)
    if header is None:
        raise InputRefused([Fault("The sheet has no header row.", "Check header_row.", name)])
    names = _unique_header(header, name)
    frame = pd.DataFrame(
        {
            column: _cells([row[i] if i < len(row) else None for row in rows], delivery)
            for i, column in enumerate(names)
            if column
        }
    )
    frame[ROW] = numbers
    return frame


def _cells(values: list[Any], delivery: Delivery) -> pd.Series:
    """A column of cells: dates or numbers if all of them are, otherwise text."""
    known = [v for v in values if v is not None]
    if known and all(isinstance(v, (date, datetime)) for v in known):
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object")))
    if known and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in known):
        return pd.Series(values, dtype="float64")
    return pd.Series([None if v is None else _cell_text(v, delivery) for v in values], dtype="str")


def _cell_text(value: Any, delivery: Delivery) -> str:
    """A cell of a mixed column as text, written the way the delivery's text cells are."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, date):
        return value.strftime(DATE_PATTERNS[delivery.date_format][1])
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, float):
        return repr(value).replace(".", delivery.decimal)
    return str(value)


def _read_parquet(content: bytes, name: str, delivery: Delivery) -> pd.DataFrame:
    try:
        table = _plain_table(pq.ParquetFile(io.BytesIO(content)).read())
        frame: pd.DataFrame = table.to_pandas()
    except (pa.ArrowException, OSError, ValueError, TypeError):
        raise InputRefused([Fault("The file is not Parquet, or was cut.", "Send it again.", name)]) from None
    _unique_header([str(column) for column in frame.columns], name)
    frame[ROW] = np.arange(1, len(frame) + 1)
    return frame


def _plain_table(table: pa.Table) -> pa.Table:
    """Turn decimals into numbers and zoned times into Danish wall time, so that no column arrives as text by accident."""
    for i, field in enumerate(table.schema):
        column = table.column(i)
        if pa.types.is_decimal(field.type):
            table = table.set_column(i, field.name, column.cast(pa.float64()))
        elif pa.types.is_timestamp(field.type) and field.type.tz is not None:
            local = pc.local_timestamp(column.cast(pa.timestamp("us", tz="Europe/Copenhagen")))
            table = table.set_column(i, field.name, local)
    return table


def parse_columns(frame: pd.DataFrame, contract: TableContract, delivery: Delivery) -> pd.DataFrame:
    """Type the contract's columns.

    Parameters
    ----------
    frame : DataFrame
        With the contract's columns by name; text, dates or numbers.
    contract : TableContract
    delivery : Delivery
        Decimal mark, date format and null values.

    Returns
    -------
    DataFrame
        The contract's columns typed, `<column>__unparsed` beside each that is not text, and `row_in_file`.
    """
    typed: dict[str, pd.Series] = {}
    for column in contract.columns:
        series = frame[column.name]
        if column.kind == "string":
            typed[column.name] = _as_text(series, delivery)
            continue
        value = _as_date(series, delivery) if column.kind == "date" else _as_number(series, delivery)
        typed[column.name] = value
        typed[column.name + UNPARSED_SUFFIX] = value.isna() & is_given(series, delivery)
    typed[ROW] = frame[ROW].astype("int64")
    return pd.DataFrame(typed).reset_index(drop=True)


def _is_text(series: pd.Series) -> bool:
    return not (pd.api.types.is_numeric_dtype(series) or pd.api.types.is_datetime64_any_dtype(series))


def is_given(series: pd.Series, delivery: Delivery) -> pd.Series:
    """Whether cells say anything, by the delivery's null values."""
    given = series.notna()
    if _is_text(series):
        given &= ~series.astype("str").str.strip().isin(delivery.null_values)
    return given


def _as_text(series: pd.Series, delivery: Delivery) -> pd.Series:
    if pd.api.types.is_float_dtype(series):
        whole = series.dropna()
        if (whole == whole.round()).all():
            series = series.astype("Int64")
    text = series.astype("str").str.strip()
    return text.where(is_given(series, delivery))


def _as_number(series: pd.Series, delivery: Delivery) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(series):
        return pd.Series(np.nan, index=series.index)
    if not _is_text(series):
        values = series.astype("float64")
        return values.where(np.isfinite(values))
    text = series.astype("str").str.strip()
    if delivery.decimal == ",":
        pattern = r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?"
        plain = text.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    else:
        # No thousands separators: “51,914” may be a decimal comma that nobody declared.
        pattern = r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?"
        plain = text
    fits = text.str.fullmatch(pattern).fillna(False).astype(bool) & is_given(series, delivery)
    values = pd.to_numeric(plain.where(fits), errors="coerce").astype("float64")
    return values.where(np.isfinite(values))


def _as_date(series: pd.Series, delivery: Delivery) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(series):
        return pd.Series(series.dt.tz_localize(None).dt.normalize().astype("datetime64[s]"))
    if not _is_text(series):
        return pd.Series(pd.NaT, index=series.index, dtype="datetime64[s]")
    text = series.astype("str").str.strip()
    pattern, layout = DATE_PATTERNS[delivery.date_format]
    if delivery.format == "parquet":  # date32 columns arrive as objects that print as ISO dates
        pattern, layout = DATE_PATTERNS["yyyy-mm-dd"]
    fits = text.str.fullmatch(pattern).fillna(False).astype(bool) & is_given(series, delivery)
    return pd.to_datetime(text.where(fits), format=layout, errors="coerce").astype("datetime64[s]")
