"""Retention: deletion of expired and of withdrawn rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from assets.intake.delivery_log import (
    Entry,
    delivery_log_lock,
    named_deliveries,
    quarters_from,
    read_delivery_log,
    write_delivery_log,
)
from assets.intake.refused_files import KEPT_DAYS, drop_sealed, sealed_numbers
from assets.release.history import forget_people
from assets.rights.stored_tables import derived_tables
from assets.storage.audit import note
from assets.storage.home import Home
from assets.storage.manifest import remove
from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.faults import Fault, InputRefused


def enforce_retention(home: Home, protocol: Protocol, day: date) -> list[int]:
    """Delete rows past their last day, and sealed files after 30 days.

    Parameters
    ----------
    protocol : Protocol
        Declares each delivery's retention date. With the last rows, the people behind releases are deleted too.
    day : date
        Today.

    Returns
    -------
    list of int
        Numbers of files that lost rows. Results are kept; tables derived from the rows are deleted.
    """
    over = {
        name
        for name, delivery in named_deliveries(protocol).items()
        if delivery.retention_until is not None and delivery.retention_until < day
    }
    with delivery_log_lock(home, protocol.id):
        register = read_delivery_log(home, protocol.id)
        received = {entry.number: date.fromisoformat(entry.received_on) for entry in register.entries}
        for number in sealed_numbers(home, protocol.id):
            if received.get(number, date.min) + timedelta(days=KEPT_DAYS) < day:
                drop_sealed(home, protocol.id, number)
        if over and not any(use.rows and use.delivery not in over for e in register.entries for use in e.uses):
            forget_people(home, protocol.id, day)  # with the last rows, the people behind releases are deleted
        hit = [e.number for e in register.entries if any(use.rows and use.delivery in over for use in e.uses)]
        if not hit:
            return []
        entries = []
        for entry in register.entries:
            uses = tuple(replace(use, rows="") if use.delivery in over else use for use in entry.uses)
            is_empty = entry.number in hit and not any(use.rows for use in uses)
            entries.append(replace(entry, uses=uses, state="expired" if is_empty else entry.state))
        # Derived tables are deleted before the register is written, rows after it. After an interruption the first
        # step is repeated, and the next run deletes rows that the register does not list.
        _delete_derived(home, protocol.id)
        for entry in register.entries:
            if entry.number in hit:
                _delete_refused(home, protocol.id, entry, over)
        write_delivery_log(home, protocol.id, replace(register, entries=tuple(entries)))
        for entry in register.entries:
            if entry.number in hit:
                _delete_rows(home, protocol.id, entry, over)
    return hit


def withdraw(home: Home, project: str, number: int) -> Entry:
    """Withdraw a file, so that it no longer counts or is expected.

    Parameters
    ----------
    number : int
        The file's number, as on its receipt.

    Returns
    -------
    Entry
        The file's entry before the withdrawal. Quarters with results are marked stale if it was in force.

    Raises
    ------
    InputRefused
        If there is no such file, or it is already withdrawn.
    """
    with delivery_log_lock(home, project):
        register = read_delivery_log(home, project)
        entry = register.entry(number)
        if entry is None or entry.state not in ("accepted", "refused"):
            numbers = ", ".join(str(e.number) for e in register.entries if e.state in ("accepted", "refused"))
            what = f"File {number} of {project} does not exist or is already withdrawn."
            raise InputRefused(
                [Fault(what, f"Files that can be withdrawn: {numbers or 'none'}.", f"quarantine/{project}")]
            )
        register = register.with_state(number, "withdrawn")
        lines = {use.delivery for use in entry.uses}
        drop_sealed(home, project, number)
        if entry.state == "accepted":
            register = register.with_stale(quarters_from(home, project, None))
            _delete_derived(home, project)
            _delete_refused(home, project, entry, lines)
        write_delivery_log(home, project, register)
        _delete_rows(home, project, entry, lines)
    note(home, "withdrawn", project=project, file=number)
    return entry


def _delete_rows(home: Home, project: str, entry: Entry, lines: set[str]) -> None:
    for use in entry.uses:
        if use.rows and use.delivery in lines:
            remove(home.received / project / use.rows)


def _delete_refused(home: Home, project: str, entry: Entry, lines: set[str]) -> None:
    for use in entry.uses:
        if use.rows and use.delivery in lines:
            refused = home.quarantine / project / f"{entry.number:04d}-{use.table}.refused.parquet"
            refused.unlink(missing_ok=True)


def _delete_derived(home: Home, project: str) -> None:
    for path in list(derived_tables(home, project)):
        remove(path)
