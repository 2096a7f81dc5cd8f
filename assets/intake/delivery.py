"""A delivery: from files in the inbox to rows that are accepted or refused.

Belongs here: finding a project's files, mapping their columns, replacing
identifiers and marking each row. Does not belong here: reading formats
(`readers.py`), identifiers (`pseudonyms.py`), wording receipts (`receipts.py`).

Identifiers are pseudonyms before anything is written; columns nobody asked
for are dropped before that.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import pandas as pd

from assets.contract_checks import broken_rows
from assets.home import Home
from assets.intake.pseudonyms import PseudonymKey, pseudonymise, read_key
from assets.intake.readers import ROW, is_given, parse_columns, read_delivery
from data_contracts.faults import Fault, InputRefused, suggestion
from data_contracts.protocol import Delivery, Protocol
from data_contracts.table_contract import UNPARSED_SUFFIX, TableContract, compile_contract

FILE = "file_sha256"
REFUSED_TEXT = "(refused)"
# A person number with or without its leading zero, whatever stands between its digits.
_PERSON_NUMBER = re.compile(r"\d(?:[\s._\-\u2010-\u2015]*\d){8,}")


@dataclass(frozen=True, slots=True)
class RuleRefusal:
    """Rows that one rule refused."""

    rule: str
    code: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FileReceipt:
    """What became of one file; holds no value from it.

    Attributes
    ----------
    file : str
        Name with long numbers masked.
    sha256 : str
    table : str
    total, accepted : int
    repeated : int
        Rows that say the same as another row with the same key; they count once.
    largest_refused_share : float
        More refused rows than this stop the project.
    refusals : tuple of RuleRefusal
    dropped_columns : tuple of str
    faults : tuple of Fault
        Why the whole file was refused; empty if it was not.
    """

    file: str
    sha256: str
    table: str
    total: int
    accepted: int
    repeated: int = 0
    largest_refused_share: float = 0.0
    refusals: tuple[RuleRefusal, ...] = ()
    dropped_columns: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """All rows of one table, with what each file led to.

    Attributes
    ----------
    frame : DataFrame
        Typed contract columns, the flags beside them, `file_sha256`, `row_in_file` and `is_accepted`.
    receipts : tuple of FileReceipt
    contract : TableContract
    """

    frame: pd.DataFrame
    receipts: tuple[FileReceipt, ...]
    contract: TableContract

    @property
    def refused_files(self) -> tuple[FileReceipt, ...]:
        """Files none of which is used."""
        return tuple(receipt for receipt in self.receipts if receipt.faults)


def masked(name: str) -> str:
    """Return a file name fit to be shown: somebody may have put a person number in it."""
    return _PERSON_NUMBER.sub("######", name)


def files_for(home: Home, protocol: Protocol, delivery: Delivery) -> list[Path]:
    """Return a delivery's files in the inbox, by name."""
    folder = home.inbox / protocol.id
    if not folder.is_dir():
        return []
    pattern = delivery.files.lower()
    return sorted(p for p in folder.iterdir() if p.is_file() and fnmatchcase(p.name.lower(), pattern))


def receive(home: Home, protocol: Protocol, table: str) -> Received:
    """Read every file that feeds a table and mark each row accepted or refused.

    Parameters
    ----------
    home : Home
    protocol : Protocol
    table : str

    Returns
    -------
    Received
        Identical rows are one row; the order of files and rows does not matter.

    Raises
    ------
    InputRefused
        If no file has arrived, or the key cannot be used.
    """
    contract = compile_contract(table, protocol)
    deliveries = [d for d in protocol.deliveries if d.table == table]
    if not deliveries:
        return Received(empty_frame(contract), (), contract)
    key = read_key(home.key_file, allow_demo=protocol.data_note != "confidential")
    frames: list[pd.DataFrame] = []
    receipts: list[FileReceipt] = []
    missing: list[Fault] = []
    for delivery in deliveries:
        paths = files_for(home, protocol, delivery)
        if not paths:
            fix = f"Put it in inbox/{protocol.id}/."
            missing.append(Fault(f"No file “{delivery.files}” has arrived for {table}.", fix, f"inbox/{protocol.id}"))
        for path in paths:
            frame, receipt = read_file(path.read_bytes(), path.name, delivery, protocol, contract, key)
            receipts.append(receipt)
            if frame is not None:
                frames.append(frame)
    if missing:
        raise InputRefused(missing)
    if not frames:
        return Received(empty_frame(contract), tuple(receipts), contract)
    rows = pd.concat(frames, ignore_index=True)
    # Rows without a full key are not the same row twice: nobody knows whose they are.
    has_key = rows[list(contract.key)].notna().all(axis=1)
    repeated = has_key & rows.duplicated(subset=_content(rows, contract))
    repeats = rows.loc[repeated, FILE].value_counts()
    rows = rows[~repeated].reset_index(drop=True)
    flags = broken_rows(rows, contract)
    rows["is_accepted"] = ~flags.any(axis=1)
    rows = _without_refused_text(rows, flags, contract)
    receipts = [_with_rows(receipt, rows, flags, int(repeats.get(receipt.sha256, 0)), contract) for receipt in receipts]
    return Received(_canonical(rows, contract), tuple(receipts), contract)


def read_file(
    content: bytes, name: str, delivery: Delivery, protocol: Protocol, contract: TableContract, key: PseudonymKey
) -> tuple[pd.DataFrame | None, FileReceipt]:
    """Read one file; None and a receipt with faults if it cannot be used at all."""
    sha256 = hashlib.sha256(content).hexdigest()
    shown = masked(name)
    try:
        raw = read_delivery(content, shown, delivery)
        mapped, dropped = _map_columns(raw, shown, delivery, contract)
    except InputRefused as refused:
        return None, FileReceipt(shown, sha256, contract.table, 0, 0, faults=refused.faults)
    if len(mapped) == 0:
        columns = ", ".join(f"“{column}”" for column in delivery.where)
        what = f"No row has the value that “where” asks for in {columns}."
        fault = Fault(what, "Correct “where” in the protocol: the value must be written as in the file.", shown)
        return None, FileReceipt(shown, sha256, contract.table, 0, 0, faults=(fault,))
    typed = parse_columns(mapped, contract, delivery)
    identifiers = [None if pd.isna(v) else str(v) for v in typed["person_id"]]
    typed["person_id"] = pd.Series(pseudonymise(identifiers, protocol.identifier_scheme, protocol.id, key), dtype="str")
    typed["person_id" + UNPARSED_SUFFIX] = typed["person_id"].isna() & pd.Series([v is not None for v in identifiers])
    typed[FILE] = sha256
    return typed, FileReceipt(shown, sha256, contract.table, len(typed), 0, dropped_columns=dropped)


def _map_columns(
    raw: pd.DataFrame, name: str, delivery: Delivery, contract: TableContract
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    present = [column for column in raw.columns if column != ROW]
    wanted = dict(delivery.columns)
    for column in contract.columns:
        is_filled = column.name in delivery.constants or (
            delivery.outcome_columns and column.name in ("outcome", "value")
        )
        if column.name not in wanted and not is_filled and (column.required or column.name in present):
            wanted[column.name] = column.name
    needed = [*wanted.values(), *delivery.where, *delivery.outcome_columns.values()]
    faults = [
        Fault(
            f"The column “{column}” is missing.",
            suggestion(column, present) or "Check the header row and the mapping.",
            name,
        )
        for column in dict.fromkeys(needed)
        if column not in present
    ]
    if faults:
        raise InputRefused(faults)
    used = set(needed)
    dropped = tuple(masked(str(c)) for c in present if c not in used)
    rows = raw
    for name_in_file, value in delivery.where.items():
        _refuse_blanks(rows, name_in_file, name, delivery)
        rows = rows[_same_text(rows[name_in_file], value)]
    parts = [rows]
    if delivery.outcome_columns:
        parts = [
            rows.assign(outcome=outcome, value=rows[column]) for outcome, column in delivery.outcome_columns.items()
        ]
        # An empty cell in a column of measurements is a person nobody measured, not a fault.
        parts = [part[is_given(part["value"], delivery)] for part in parts]
        wanted |= {"outcome": "outcome", "value": "value"}
    long = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0].reset_index(drop=True)
    mapped = pd.DataFrame(index=long.index)
    for column in contract.columns:
        if column.name in wanted:
            mapped[column.name] = long[wanted[column.name]]
        else:
            constant = delivery.constants.get(column.name)
            mapped[column.name] = pd.Series(constant, index=long.index, dtype="str")
    mapped[ROW] = long[ROW]
    return mapped, dropped


def _refuse_blanks(rows: pd.DataFrame, column: str, name: str, delivery: Delivery) -> None:
    """Refuse a file whose rows cannot all be told apart by `where` (InputRefused)."""
    blank = rows.loc[~is_given(rows[column], delivery), ROW]
    if len(blank):
        what = f"The column “{column}” decides which rows count and is empty in {len(blank)} rows, first in row {int(blank.min())}."
        raise InputRefused(
            [
                Fault(
                    what,
                    "Fill in the cells: otherwise participants could end among those they are compared with.",
                    name,
                )
            ]
        )


def _same_text(series: pd.Series, value: str) -> pd.Series:
    """Whether cells say a value; 1 and 1.0 are the same number however the file writes it."""
    is_number = re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
    if pd.api.types.is_numeric_dtype(series):
        return series == float(value) if is_number else pd.Series(False, index=series.index)
    text = series.astype("str").str.strip()
    if not is_number:
        return text == value
    return (text == value) | (pd.to_numeric(text, errors="coerce") == float(value))


def _without_refused_text(rows: pd.DataFrame, flags: pd.DataFrame, contract: TableContract) -> pd.DataFrame:
    """Replace text that a rule refused: it may be a name or a person number in the wrong column."""
    for rule in contract.rules:
        if rule.code in ("allowed", "pattern") and rule.kind == "string":
            column = rule.columns[0]
            rows[column] = rows[column].where(~flags[rule.name], REFUSED_TEXT)
    return rows


def _content(rows: pd.DataFrame, contract: TableContract) -> list[str]:
    names = {column.name for column in contract.columns}
    return [c for c in rows.columns if c in names or c.endswith(UNPARSED_SUFFIX)]


def _canonical(rows: pd.DataFrame, contract: TableContract) -> pd.DataFrame:
    """Sort by key and content, so that order of delivery leaves no trace."""
    rest = [c for c in _content(rows, contract) if c not in contract.key]
    return rows.sort_values([*contract.key, *rest], kind="stable", na_position="last").reset_index(drop=True)


def _with_rows(
    receipt: FileReceipt, rows: pd.DataFrame, flags: pd.DataFrame, repeated: int, contract: TableContract
) -> FileReceipt:
    if receipt.faults:
        return receipt
    own = (rows[FILE] == receipt.sha256).to_numpy()
    refusals = []
    for rule in contract.rules:
        broken = rows.loc[own & flags[rule.name].to_numpy(), ROW]
        if len(broken):
            refusals.append(RuleRefusal(rule.name, rule.code, tuple(sorted(int(v) for v in broken))))
    refused = int((own & ~rows["is_accepted"].to_numpy()).sum())
    return replace(
        receipt,
        accepted=receipt.total - refused - repeated,
        repeated=repeated,
        largest_refused_share=contract.largest_refused_share,
        refusals=tuple(refusals),
    )


def empty_frame(contract: TableContract) -> pd.DataFrame:
    """Return a frame without rows but with every column and its type."""
    kinds = {"string": "str", "date": "datetime64[s]", "number": "float64"}
    frame = pd.DataFrame({column.name: pd.Series([], dtype=kinds[column.kind]) for column in contract.columns})
    return frame.assign(
        **{
            ROW: pd.Series([], dtype="int64"),
            FILE: pd.Series([], dtype="str"),
            "is_accepted": pd.Series([], dtype="bool"),
        }
    )


def accepted_rows(frame: pd.DataFrame, contract: TableContract) -> pd.DataFrame:
    """Return the contract's columns of accepted rows."""
    return frame.loc[frame["is_accepted"], [column.name for column in contract.columns]].reset_index(drop=True)


def content_sha256(frame: pd.DataFrame) -> str:
    """Hash accepted rows by content: order and file names do not count."""
    hashes = pd.util.hash_pandas_object(frame, index=False).sort_values()
    return hashlib.sha256(hashes.to_numpy().tobytes()).hexdigest()
