"""Assembly: a quarter's table from the files that count.

Belongs here: putting stored rows together, and saying why that cannot be done.
Does not belong here: taking files in (`reception.py`).

A quarter sees what is dated up to its last day, so that a file about the next
one changes nothing in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from assets.home import Home
from assets.intake.changes import DATE_COLUMNS
from assets.intake.delivery import FILE, JudgedTable, empty_frame, judge
from assets.intake.register import (
    Entry,
    Register,
    earlier_reading,
    in_force,
    named_deliveries,
    orphaned,
    pending_refusals,
    read_register,
)
from assets.store import read_parquet
from data_contracts.faults import Fault, InputRefused
from data_contracts.protocol import Protocol
from data_contracts.quarters import Quarter
from data_contracts.table_contract import compile_contract


@dataclass(frozen=True, slots=True)
class Assembled:
    """A quarter's table.

    Attributes
    ----------
    table : JudgedTable
    numbers : tuple of int
        Numbers of the files it is made of.
    """

    table: JudgedTable
    numbers: tuple[int, ...]


def assemble(home: Home, protocol: Protocol, table: str, quarter: Quarter) -> Assembled:
    """Put together a quarter's table.

    Parameters
    ----------
    home : Home
    protocol : Protocol
    table : str
    quarter : Quarter

    Returns
    -------
    Assembled
        Rows are judged again together: two files may hold the same row, or contradict each other.

    Raises
    ------
    InputRefused
        If no file has come for a line of the protocol, one was refused and nothing took its place, or one was read
        under an earlier protocol.
    """
    contract = compile_contract(table, protocol)
    lines = {name: d for name, d in named_deliveries(protocol).items() if d.table == table}
    if not lines:
        return Assembled(JudgedTable(empty_frame(contract), contract), ())
    register = read_register(home, protocol.id)
    faults = list(waiting_faults(register, protocol, quarter, table))
    chosen = [c for c in in_force(register, protocol, quarter) if c.use.table == table]
    fed = {c.use.delivery for c in chosen}
    for name, delivery in lines.items():
        if name not in fed and not faults:
            faults.append(_missing(register, protocol, name, delivery.files, table))
            faults += [_without_line(entry, protocol) for entry in orphaned(register, protocol, table)]
    if faults:
        raise InputRefused(faults)
    frames = []
    for item in chosen:
        rows = read_parquet(home.received / protocol.id / item.use.rows)
        frames.append(rows.assign(**{FILE: item.entry.number}))
    rows = pd.concat(frames, ignore_index=True)
    day = rows[DATE_COLUMNS[table]]
    # Rows without a readable day stay: nobody knows which quarter they are from.
    rows = rows[day.isna() | (day <= pd.Timestamp(quarter.end))].reset_index(drop=True)
    return Assembled(judge(rows, contract), tuple(sorted({c.entry.number for c in chosen})))


def waiting_faults(register: Register, protocol: Protocol, quarter: Quarter, table: str) -> list[Fault]:
    """Return why a table must not be used: a refused file, or one the protocol would read differently now."""
    place = f"quarantine/{protocol.id}"
    faults = []
    for entry in pending_refusals(register, protocol, quarter):
        if any(use.table == table for use in entry.uses):
            what = f"File {entry.number} ({entry.file}) was refused, and no other has taken its place."
            fix = f"Receipt {entry.number:04d} says why. Send it again, or set it aside: trin withdraw {protocol.id} {entry.number}."
            faults.append(Fault(what, fix, place))
    for entry in earlier_reading(register, protocol):
        if any(use.table == table for use in entry.uses):
            faults.append(_read_differently(entry, protocol))
    return faults


def _read_differently(entry: Entry, protocol: Protocol) -> Fault:
    what = f"File {entry.number} ({entry.file}) was read under an earlier protocol, which said otherwise how."
    fix = f"Put it in inbox/{protocol.id}/ again, or set it aside: trin withdraw {protocol.id} {entry.number}."
    return Fault(what, fix, f"projects/{protocol.id}/project.yaml")


def _without_line(entry: Entry, protocol: Protocol) -> Fault:
    what = f"File {entry.number} ({entry.file}) came under a line that the protocol no longer has."
    fix = f"Restore the line, put the file in inbox/{protocol.id}/ under its new name, or: trin withdraw {protocol.id} {entry.number}."
    return Fault(what, fix, f"projects/{protocol.id}/project.yaml")


def _missing(register: Register, protocol: Protocol, name: str, files: str, table: str) -> Fault:
    kept = [e for e in register.entries if e.state in ("accepted", "expired")]
    if any(use.delivery == name and not use.rows for entry in kept for use in entry.uses):
        what = f"The rows of “{files}” were deleted, as retention_until in the protocol says."
        return Fault(what, "Earlier results stand; new ones need a new delivery.", f"inbox/{protocol.id}")
    what = f"No file “{files}” has arrived for {table}."
    return Fault(what, f"Put it in inbox/{protocol.id}/.", f"inbox/{protocol.id}")
