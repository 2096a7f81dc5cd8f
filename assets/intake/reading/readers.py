"""Readers: from a delivered file to its own columns and rows.

Belongs here: choosing the reader and what they share: headers, and rows that
are totals or notes. Does not belong here: the formats (`text_files.py`,
`workbooks.py`, `parquet_files.py`), typing cells (`cells.py`), rules about
values (contracts) and identifiers.

Nothing is guessed: separator, encoding, decimal mark and date format are
declared, and a file that does not fit is refused with the row that shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from data_contracts.phrases.file_faults import refused_file
from data_contracts.protocol.deliveries import Delivery

ROW = "row_in_file"


@dataclass(frozen=True, slots=True)
class RawTable:
    """A file as it came.

    Attributes
    ----------
    frame : DataFrame
        The file's columns and `row_in_file`, the row a person would see in the file.
    dropped_rows : tuple of int
        Totals and notes that the protocol said to drop.
    hidden_rows : tuple of int
        Rows of a workbook that nobody sees there; they are read like any other.
    """

    frame: pd.DataFrame
    dropped_rows: tuple[int, ...] = ()
    hidden_rows: tuple[int, ...] = ()


def read_delivery(content: bytes, name: str, delivery: Delivery) -> RawTable:
    """Read a file into its own columns.

    Parameters
    ----------
    content : bytes
    name : str
        Name used in faults.
    delivery : Delivery
        How the file is to be read.

    Returns
    -------
    RawTable

    Raises
    ------
    InputRefused
        If the file is empty, damaged, cut, or not what the protocol declares.
    """
    from assets.intake.reading.parquet_files import read_parquet_file
    from assets.intake.reading.text_files import read_csv_file
    from assets.intake.reading.workbooks import read_workbook

    if not content:
        raise refused_file("empty_file", name)
    readers: dict[str, Callable[[bytes, str, Delivery], RawTable]] = {
        "csv": read_csv_file,
        "xlsx": read_workbook,
        "parquet": read_parquet_file,
    }
    table = readers[delivery.format](content, name, delivery)
    if len(table.frame) == 0:
        raise refused_file("no_rows", name)
    return table


def unique_header(header: list[str], name: str) -> list[str]:
    """Return a header whose names differ (InputRefused otherwise).

    Positions are told and not names: without a header row the names would be somebody's data.
    """
    if not any(header):
        raise refused_file("no_header", name)
    doubled = [str(i) for i, cell in enumerate(header, start=1) if cell and header.count(cell) > 1]
    if doubled:
        raise refused_file("doubled_columns", name, positions=", ".join(doubled))
    return header


def is_total_or_note(cells: Sequence[Any], delivery: Delivery) -> bool:
    """Whether the first filled cell of a row begins as the protocol says totals and notes do."""
    if not delivery.rows_to_drop:
        return False
    first = next((str(cell).strip() for cell in cells if cell is not None and str(cell).strip()), "")
    return first.casefold().startswith(tuple(text.casefold() for text in delivery.rows_to_drop))
