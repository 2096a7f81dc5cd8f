"""Parquet files: register extracts with typed columns."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.intake.reading.raw_table import RawTable, unique_header
from assets.storage.rows import ROW
from data_contracts.phrases.file_faults import refused_file
from data_contracts.protocol.deliveries import Delivery


def read_parquet_file(content: bytes, name: str, delivery: Delivery) -> RawTable:
    """Read a Parquet file; raise InputRefused if it is invalid."""
    try:
        table = _plain_table(pq.ParquetFile(io.BytesIO(content)).read())
        # Numbers stay whole beside gaps, and a column saved as an index is a column.
        frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True, ignore_metadata=True)
    except (pa.ArrowException, OSError, ValueError, TypeError):
        raise refused_file("not_parquet", name) from None
    unique_header([str(column) for column in frame.columns], name)
    frame[ROW] = np.arange(1, len(frame) + 1)
    return RawTable(frame)


def _plain_table(table: pa.Table) -> pa.Table:
    """Convert decimals to numbers and zoned times to Danish local time.

    Otherwise such columns would arrive as text.
    """
    for i, field in enumerate(table.schema):
        column = table.column(i)
        if pa.types.is_decimal(field.type):
            kind = pa.string() if field.type.scale == 0 else pa.float64()
            table = table.set_column(i, field.name, column.cast(kind))
        elif pa.types.is_date(field.type):
            table = table.set_column(i, field.name, column.cast(pa.timestamp("s")))
        elif pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            table = table.set_column(i, field.name, column.cast(pa.string()))
        elif pa.types.is_timestamp(field.type) and field.type.tz is not None:
            local = pc.local_timestamp(column.cast(pa.timestamp("us", tz="Europe/Copenhagen")))
            table = table.set_column(i, field.name, local)
    return table
