"""Rows in the store: their columns, their order and their hash."""

from __future__ import annotations

import hashlib

import pandas as pd

from data_contracts.protocol.table_contract import LOST_ZERO_SUFFIX, UNPARSED_SUFFIX, TableContract

ROW = "row_in_file"


FILE = "file_number"


def content_columns(rows: pd.DataFrame, contract: TableContract) -> list[str]:
    """Return the columns with data about a person, flags included."""
    names = {column.name for column in contract.columns}
    return [c for c in rows.columns if c in names or c.endswith((UNPARSED_SUFFIX, LOST_ZERO_SUFFIX))]


def canonical(rows: pd.DataFrame, contract: TableContract) -> pd.DataFrame:
    """Sort rows by key and content, independent of delivery order."""
    rest = [c for c in content_columns(rows, contract) if c not in contract.key]
    return rows.sort_values([*contract.key, *rest], kind="stable", na_position="last").reset_index(drop=True)


def empty_frame(contract: TableContract) -> pd.DataFrame:
    """Return an empty frame with every column and its type."""
    kinds = {"string": "str", "date": "datetime64[s]", "number": "float64"}
    frame = pd.DataFrame({column.name: pd.Series([], dtype=kinds[column.kind]) for column in contract.columns})
    return frame.assign(
        **{
            ROW: pd.Series([], dtype="int64"),
            FILE: pd.Series([], dtype="int64"),
            "is_accepted": pd.Series([], dtype="bool"),
        }
    )


def accepted_rows(frame: pd.DataFrame, contract: TableContract) -> pd.DataFrame:
    """Return the contract's columns of accepted rows."""
    return frame.loc[frame["is_accepted"], [column.name for column in contract.columns]].reset_index(drop=True)


def content_sha256(frame: pd.DataFrame) -> str:
    """Return a hash of accepted rows, ignoring order and file names."""
    hashes = pd.util.hash_pandas_object(frame, index=False).sort_values()
    return hashlib.sha256(hashes.to_numpy().tobytes()).hexdigest()
