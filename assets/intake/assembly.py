"""Assembly: a quarter's table from the files in force.

A quarter includes rows dated up to its last day, so a file about the next quarter does not change it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from assets.intake.delivery_log import in_force, read_delivery_log
from assets.intake.obstacles import missing_faults, waiting_faults
from assets.intake.reading.delivery import JudgedTable, judge
from assets.storage.home import Home
from assets.storage.rows import FILE, empty_frame
from assets.storage.store import read_parquet
from data_contracts.calendar.quarters import Quarter
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.table_contract import compile_contract
from data_contracts.reading.faults import InputRefused
from data_contracts.tables.declared import declared_tables


@dataclass(frozen=True, slots=True)
class Assembled:
    """A quarter's table.

    Attributes
    ----------
    numbers : tuple of int
        Numbers of its files.
    """

    table: JudgedTable
    numbers: tuple[int, ...]


def assemble(home: Home, protocol: Protocol, table: str, quarter: Quarter) -> Assembled:
    """Return a quarter's table, assembled from the files in force.

    Returns
    -------
    Assembled
        Rows are checked again together, because two files may repeat or contradict each other.

    Raises
    ------
    InputRefused
        If a delivery of the protocol has no file, a refused file was not replaced, or a file was read under an earlier
        version of the protocol.
    """
    contract = compile_contract(table, protocol)
    if not any(delivery.table == table for delivery in protocol.deliveries):
        return Assembled(JudgedTable(empty_frame(contract), contract), ())
    register = read_delivery_log(home, protocol.id)
    faults = [
        *waiting_faults(register, protocol, quarter, table),
        *missing_faults(register, protocol, quarter=quarter, table=table),
    ]
    if faults:
        raise InputRefused(faults)
    chosen = [c for c in in_force(register, protocol, quarter) if c.use.table == table]
    frames = []
    for item in chosen:
        rows = read_parquet(home.received / protocol.id / item.use.rows)
        frames.append(rows.assign(**{FILE: item.entry.number}))
    rows = pd.concat(frames, ignore_index=True)
    day = rows[declared_tables()[table].date_column]
    # Rows without a readable day are kept, because their quarter is unknown.
    rows = rows[day.isna() | (day <= pd.Timestamp(quarter.end))].reset_index(drop=True)
    return Assembled(judge(rows, contract), tuple(sorted({c.entry.number for c in chosen})))
