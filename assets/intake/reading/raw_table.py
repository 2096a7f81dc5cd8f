"""A table as read: text cells, before any rule is applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from data_contracts.phrases.file_faults import refused_file
from data_contracts.protocol.deliveries import Delivery


@dataclass(frozen=True, slots=True)
class RawTable:
    """The content of a file before any rule is applied.

    Attributes
    ----------
    frame : DataFrame
        The file's columns and `row_in_file`, the row a person would see in the file.
    dropped_rows : tuple of int
        Totals and notes dropped as the protocol declares.
    hidden_rows : tuple of int
        Hidden rows of a workbook; they are read like any other.
    """

    frame: pd.DataFrame
    dropped_rows: tuple[int, ...] = ()
    hidden_rows: tuple[int, ...] = ()


def unique_header(header: list[str], name: str) -> list[str]:
    """Return a header with unique names, or raise InputRefused.

    The fault reports positions and not names, because in a file without a header row the names are personal data.
    """
    if not any(header):
        raise refused_file("no_header", name)
    doubled = [str(i) for i, cell in enumerate(header, start=1) if cell and header.count(cell) > 1]
    if doubled:
        raise refused_file("doubled_columns", name, positions=", ".join(doubled))
    return header


def is_total_or_note(cells: Sequence[Any], delivery: Delivery) -> bool:
    """Return whether a row is a total or note by the delivery's markers."""
    if not delivery.rows_to_drop:
        return False
    first = next((str(cell).strip() for cell in cells if cell is not None and str(cell).strip()), "")
    return first.casefold().startswith(tuple(text.casefold() for text in delivery.rows_to_drop))
