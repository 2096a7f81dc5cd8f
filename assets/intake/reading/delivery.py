"""A delivered table: one file read as one delivery of the protocol.

Identifiers are pseudonymised before anything is written; undeclared columns are dropped before that.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

import pandas as pd

from assets.intake.reading.cells import is_given, parse_columns
from assets.intake.reading.raw_table import RawTable
from assets.intake.reading.readers import read_delivery
from assets.intake.reading.rule_queries import broken_rows
from assets.pseudonyms.pseudonyms import Pseudonymiser
from assets.storage.rows import ROW, canonical, content_columns
from data_contracts.phrases.file_faults import missing_column, refused_file
from data_contracts.protocol.deliveries import Delivery
from data_contracts.protocol.table_contract import LOST_ZERO_SUFFIX, PERSON, UNPARSED_SUFFIX, TableContract
from data_contracts.reading.faults import InputRefused

REFUSED_TEXT = "(refused)"
# A person number with or without its leading zero, with any separator.
_PERSON_NUMBER = re.compile(r"\d(?:[^0-9A-Za-zÆØÅæøå\0]*\d){8,}|\d{6}[A-Za-z]\d{4}")
# Dates and quarters are not person numbers, and distinguish file names.
_DATE = re.compile(r"(?<!\d)(?:19|20)\d{2}(?:-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])|[-_ ]?[QqKk][1-4])(?!\d)")


@dataclass(frozen=True, slots=True)
class RuleRefusal:
    """Rows that one rule refused.

    Attributes
    ----------
    columns : tuple of str
        The rule's columns by their names in the file.
    """

    rule: str
    code: str
    rows: tuple[int, ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgedTable:
    """Rows of one table, each accepted or refused.

    Attributes
    ----------
    frame : DataFrame
        Typed contract columns, the flags beside them, `row_in_file` and `is_accepted`; in canonical order.
    repeated : int
        Rows identical to another row with the same key; they count once.
    erased : int
        Rows of erased people, which are discarded.
    dropped_rows, hidden_rows : tuple of int
        Totals and notes; hidden rows of a workbook.
    not_chosen : int
        Rows excluded by `where`.
    """

    frame: pd.DataFrame
    contract: TableContract
    repeated: int = 0
    erased: int = 0
    refusals: tuple[RuleRefusal, ...] = ()
    dropped_rows: tuple[int, ...] = ()
    hidden_rows: tuple[int, ...] = ()
    dropped_columns: tuple[str, ...] = ()
    not_chosen: int = 0

    @property
    def total(self) -> int:
        """Number of rows in the file, without those of erased people."""
        return len(self.frame) + self.repeated

    @property
    def refused(self) -> int:
        """Number of rows that broke a rule."""
        return int((~self.frame["is_accepted"]).sum())


def masked(name: str) -> str:
    """Return a file or column name with possible person numbers masked."""
    dates = _DATE.findall(name)
    hidden = _PERSON_NUMBER.sub("######", _DATE.sub("\0", name))
    for text in dates:
        hidden = hidden.replace("\0", text, 1)
    return hidden


def read_table(
    content: bytes, shown: str, delivery: Delivery, contract: TableContract, people: Pseudonymiser
) -> JudgedTable:
    """Read a file as one delivery declares it, and check every row.

    Parameters
    ----------
    shown : str
        The file's masked name.

    Raises
    ------
    InputRefused
        If the file cannot be used at all.
    """
    raw = read_delivery(content, shown, delivery)
    mapped, dropped, names, not_chosen = _map_columns(raw, shown, delivery, contract)
    if len(mapped) == 0:
        columns = ", ".join(f"“{column}”" for column in delivery.where)
        raise refused_file("nothing_chosen", shown, columns=columns)
    typed = parse_columns(mapped, contract, delivery)
    erased = pd.Series(False, index=typed.index)
    if contract.has_people:
        texts = [None if pd.isna(v) else str(v) for v in typed[PERSON]]
        found = people.replace(texts)
        typed[PERSON] = pd.Series(found.pseudonyms, dtype="str")
        typed[PERSON + UNPARSED_SUFFIX] = typed[PERSON].isna() & pd.Series([v is not None for v in texts])
        typed[PERSON + LOST_ZERO_SUFFIX] = pd.Series(found.lost_zero, dtype="bool")
        erased = pd.Series(found.erased, dtype="bool")
    judged = judge(typed[~erased].reset_index(drop=True), contract)
    return JudgedTable(
        judged.frame,
        contract,
        judged.repeated,
        int(erased.sum()),
        tuple(replace(r, columns=tuple(names.get(c, c) for c in r.columns)) for r in judged.refusals),
        raw.dropped_rows,
        raw.hidden_rows,
        dropped,
        not_chosen,
    )


def judge(rows: pd.DataFrame, contract: TableContract) -> JudgedTable:
    """Drop repeated rows, and mark each row as accepted or refused.

    Rows that were refused when their file came stay refused.
    """
    if "is_accepted" in rows:
        # Of equal rows the accepted one counts, regardless of its file.
        rows = rows.sort_values("is_accepted", ascending=False, kind="stable").reset_index(drop=True)
    # Rows without a full key are never duplicates, because their owner is unknown.
    has_key = rows[list(contract.key)].notna().all(axis=1)
    repeated = has_key & rows.duplicated(subset=content_columns(rows, contract))
    rows = rows[~repeated].reset_index(drop=True)
    flags = broken_rows(rows, contract)
    accepted = ~flags.any(axis=1)
    rows["is_accepted"] = accepted & rows["is_accepted"] if "is_accepted" in rows else accepted
    rows = _without_refused_values(rows, flags, contract)
    refusals = []
    for rule in contract.rules:
        broken = rows.loc[flags[rule.name].to_numpy(), ROW]
        if len(broken):
            refusals.append(RuleRefusal(rule.name, rule.code, tuple(sorted(int(v) for v in broken)), rule.columns))
    return JudgedTable(canonical(rows, contract), contract, int(repeated.sum()), refusals=tuple(refusals))


def _map_columns(
    raw: RawTable, name: str, delivery: Delivery, contract: TableContract
) -> tuple[pd.DataFrame, tuple[str, ...], dict[str, str], int]:
    rows = raw.frame
    present = [str(column) for column in rows.columns if column != ROW]
    wanted = _wanted(delivery, contract, present, name)
    needed = [*wanted.values(), *delivery.where, *delivery.outcome_columns.values()]
    missing = [c for c in dict.fromkeys(needed) if c not in present]
    # If most columns are missing there may be no header, and the names would be personal data.
    known = present if len(missing) * 2 <= len(set(needed)) else []
    faults = [missing_column(c, known, name) for c in missing]
    if faults:
        raise InputRefused(faults)
    used = set(needed)
    dropped = tuple(masked(c) for c in present if c and c not in used)
    for name_in_file, value in delivery.where.items():
        _refuse_blanks(rows, name_in_file, name, delivery)
        chosen = _same_text(rows[name_in_file], value)
        almost = ~chosen & (rows[name_in_file].map(_plain_text) == _plain_text(value))
        if almost.any():
            # If excluded, these people could end up in the comparison group.
            raise refused_file(
                "almost_chosen", name, int(rows.loc[almost, ROW].min()), column=name_in_file, value=value
            )
        rows = rows[chosen]
    parts = [rows]
    if delivery.outcome_columns:
        parts = [
            rows.assign(outcome=outcome, value=rows[column]) for outcome, column in delivery.outcome_columns.items()
        ]
        # An empty cell in a measurement column is a person who was not measured, not a fault.
        parts = [part[is_given(part["value"], delivery)] for part in parts]
        wanted |= {"outcome": "outcome", "value": "value"}
    long = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0].reset_index(drop=True)
    mapped = pd.DataFrame(index=long.index)
    for column in contract.columns:
        if column.name in wanted:
            mapped[column.name] = long[wanted[column.name]]
            if column.when_empty is not None:
                given = is_given(mapped[column.name], delivery)
                mapped[column.name] = mapped[column.name].astype("object").where(given, column.when_empty)
        else:
            constant = delivery.constants.get(column.name, column.when_empty)
            mapped[column.name] = pd.Series(constant, index=long.index, dtype="str")
    mapped[ROW] = long[ROW]
    return mapped, dropped, wanted, len(raw.frame) - len(rows)


def _wanted(delivery: Delivery, contract: TableContract, present: list[str], name: str) -> dict[str, str]:
    """Return which of the file's columns feeds each contract column."""
    wanted: dict[str, str] = {}
    for column, declared in delivery.columns.items():
        names = (declared,) if isinstance(declared, str) else declared
        found = [n for n in names if n in present]
        if len(found) > 1:
            raise refused_file("two_names", name, columns=", ".join(f"“{n}”" for n in found))
        wanted[column] = found[0] if found else names[0]
    filled = {*delivery.constants, *(("outcome", "value") if delivery.outcome_columns else ())}
    for needed in contract.columns:
        is_needed = needed.required and needed.when_empty is None
        if needed.name not in {*wanted, *filled} and (is_needed or needed.name in present):
            wanted[needed.name] = needed.name
    return wanted


def _refuse_blanks(rows: pd.DataFrame, column: str, name: str, delivery: Delivery) -> None:
    """Refuse a file with blanks in a column that `where` filters on.

    Raises InputRefused.
    """
    blank = rows.loc[~is_given(rows[column], delivery), ROW]
    if len(blank):
        # Otherwise participants could end up in the comparison group.
        raise refused_file("blank_choice", name, int(blank.min()), column=column, count=len(blank))


def _same_text(series: pd.Series, value: str) -> pd.Series:
    """Return whether cells equal a value; 1 and 1.0 are equal."""
    is_number = re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
    if pd.api.types.is_numeric_dtype(series):
        return series == float(value) if is_number else pd.Series(False, index=series.index)
    text = series.astype("str").str.strip()
    if not is_number:
        return text == value
    return (text == value) | (pd.to_numeric(text, errors="coerce") == float(value))


def _plain_text(cell: object) -> str:
    """Return a cell normalised for case, spaces, wide digits and commas."""
    text = "".join(unicodedata.normalize("NFKC", str(cell)).casefold().split())
    return re.sub(r"^(-?\d+)[.,]0+$", r"\1", text)


def _without_refused_values(rows: pd.DataFrame, flags: pd.DataFrame, contract: TableContract) -> pd.DataFrame:
    """Mask refused values, which may be names or person numbers."""
    for rule in contract.rules:
        column = rule.columns[0]
        if rule.code in ("allowed", "pattern") and rule.kind == "string":
            rows[column] = rows[column].where(~flags[rule.name], REFUSED_TEXT)
        elif rule.code in ("range", "allowed") and rule.kind == "number":
            rows[column] = rows[column].where(~flags[rule.name])
    return rows
