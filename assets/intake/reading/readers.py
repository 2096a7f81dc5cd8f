"""Readers: from a delivered file to its own columns and rows.

Nothing is guessed: separator, encoding, decimal mark and date format are declared. A file that does not fit is refused,
with the row that shows it.
"""

from __future__ import annotations

from collections.abc import Callable

from assets.intake.reading.parquet_files import read_parquet_file
from assets.intake.reading.raw_table import RawTable
from assets.intake.reading.text_files import read_csv_file
from assets.intake.reading.workbooks import read_workbook
from data_contracts.phrases.file_faults import refused_file
from data_contracts.protocol.deliveries import Delivery


def read_delivery(content: bytes, name: str, delivery: Delivery) -> RawTable:
    """Read a file into its own columns.

    Parameters
    ----------
    name : str
        Name used in faults.
    delivery : Delivery
        How the file is to be read.

    Raises
    ------
    InputRefused
        If the file is empty, damaged, truncated, or not as the protocol declares.
    """
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
