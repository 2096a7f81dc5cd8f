"""CSV files: text with a declared separator and encoding."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd

from assets.intake.reading.raw_table import RawTable, is_total_or_note, unique_header
from assets.storage.rows import ROW
from data_contracts.phrases.file_faults import refused_file
from data_contracts.protocol.deliveries import Delivery

DELIMITERS = {";": ";", ",": ",", "tab": "\t"}
# æ, ø, å, Æ, Ø, Å and quotation marks in UTF-8 misread as cp1252, and the replacement character.
GARBLED = re.compile("Ã[¦¸¥†˜…\u0086\u0098\u0085]|â€|\ufffd")


def read_csv_file(content: bytes, name: str, delivery: Delivery) -> RawTable:
    """Read a CSV file; every column is text.

    Raises
    ------
    InputRefused
        If a row does not fit the header, or the text is truncated, garbled or in another encoding.
    """
    text = _decoded(content, name, delivery)
    delimiter = DELIMITERS[delivery.delimiter]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    numbers: list[int] = []
    dropped: list[int] = []
    header: list[str] | None = None
    try:
        for position, row in enumerate(reader, start=1):
            if position < delivery.header_row:
                continue
            if header is None:
                header = _header(row, name, delimiter)
                continue
            if not any(cell.strip() for cell in row):
                continue  # spreadsheets leave empty lines at the end
            if is_total_or_note(row, delivery):
                dropped.append(reader.line_num)
                continue
            if len(row) != len(header):
                raise refused_file("cell_count", name, reader.line_num, found=len(row), expected=len(header))
            rows.append(row)
            numbers.append(reader.line_num)
    except csv.Error:
        raise refused_file("not_csv", name, reader.line_num) from None
    if header is None:
        raise refused_file("no_header", name)
    frame = pd.DataFrame(rows, columns=header, dtype="str") if rows else pd.DataFrame(columns=header)
    frame[ROW] = numbers
    return RawTable(frame, tuple(dropped))


def _decoded(content: bytes, name: str, delivery: Delivery) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise refused_file("utf16", name)
    if b"\x00" in content:
        raise refused_file("nul", name, _line(content, content.index(b"\x00")))
    encoding = "utf-8-sig" if delivery.encoding == "utf-8" else delivery.encoding
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise refused_file("encoding", name, _line(content, error.start), encoding=delivery.encoding) from None
    garbled = GARBLED.search(text)
    if garbled:
        line = text.count("\n", 0, garbled.start()) + 1
        raise refused_file("garbled", name, line, encoding=delivery.encoding)
    if text[-1:] not in ("\n", "\r"):
        # “2,30” may be a truncated “2,3000”.
        raise refused_file("cut", name, text.count("\n") + 1)
    return text


def _header(row: list[str], name: str, delimiter: str) -> list[str]:
    header = [cell.strip() for cell in row]
    if len(header) == 1:
        other = next((word for word, mark in DELIMITERS.items() if mark != delimiter and mark in header[0]), None)
        if other is not None:
            raise refused_file("delimiter", name, found=other)
    return unique_header(header, name)


def _line(content: bytes, position: int) -> int:
    return content[:position].count(b"\n") + 1
