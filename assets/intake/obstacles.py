"""Obstacles: why a table cannot be assembled from the files received."""

from __future__ import annotations

from collections.abc import Collection

from assets.intake.delivery_log import (
    DeliveryLog,
    Entry,
    earlier_reading,
    in_force,
    named_deliveries,
    orphaned,
    pending_refusals,
)
from data_contracts.calendar.quarters import Quarter
from data_contracts.protocol.deliveries import Delivery
from data_contracts.protocol.file_names import read_name
from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.faults import Fault


def waiting_faults(register: DeliveryLog, protocol: Protocol, quarter: Quarter, table: str) -> list[Fault]:
    """Return why a table must not be used.

    A file was refused, or the current protocol would read it differently.
    """
    place = f"quarantine/{protocol.id}"
    faults = []
    for entry in pending_refusals(register, protocol, quarter):
        if any(use.table == table for use in entry.uses):
            what = f"File {entry.number} ({entry.file}) was refused, and no other file has replaced it."
            fix = f"See receipt {entry.number:04d} for the reason. Send a corrected file, or withdraw it: trin withdraw {protocol.id} {entry.number}."
            faults.append(Fault(what, fix, place))
    for entry in earlier_reading(register, protocol):
        if any(use.table == table for use in entry.uses):
            faults.append(_read_differently(entry, protocol))
    return faults


def missing_faults(
    register: DeliveryLog,
    protocol: Protocol,
    *,
    quarter: Quarter | None = None,
    table: str | None = None,
    waiting: Collection[str] = (),
) -> list[Fault]:
    """Return a fault for every delivery of a protocol without rows.

    Parameters
    ----------
    quarter : Quarter or None
        None means rows for any quarter.
    table : str or None
        None means every table.
    waiting : collection of str
        Names of files not yet received; deliveries that they feed are not missing.

    Returns
    -------
    list of Fault
        A delivery whose file was refused has none, because the fault is reported for the file.
    """
    refused = pending_refusals(register, protocol, quarter)
    told = {use.delivery for entry in refused for use in entry.uses}
    told |= {item.use.delivery for item in in_force(register, protocol, quarter)}
    missing = {
        name: delivery
        for name, delivery in named_deliveries(protocol).items()
        if name not in told
        and table in (None, delivery.table)
        and not any(read_name(delivery.files, file) for file in waiting)
    }
    faults = [_without_rows(register, protocol, name, delivery) for name, delivery in missing.items()]
    lost = {e.number: e for d in missing.values() for e in orphaned(register, protocol, d.table)}
    return faults + [_without_line(lost[number], protocol) for number in sorted(lost)]


def _read_differently(entry: Entry, protocol: Protocol) -> Fault:
    what = f"File {entry.number} ({entry.file}) was read under an earlier version of the protocol, with different reading settings."
    fix = f"Put it in inbox/{protocol.id}/ again, or withdraw it: trin withdraw {protocol.id} {entry.number}."
    return Fault(what, fix, f"projects/{protocol.id}/project.yaml")


def _without_line(entry: Entry, protocol: Protocol) -> Fault:
    what = f"File {entry.number} ({entry.file}) belongs to a delivery that the protocol no longer declares."
    fix = f"Restore the delivery, put the file in inbox/{protocol.id}/ under its new name, or withdraw it: trin withdraw {protocol.id} {entry.number}."
    return Fault(what, fix, f"projects/{protocol.id}/project.yaml")


def _without_rows(register: DeliveryLog, protocol: Protocol, name: str, delivery: Delivery) -> Fault:
    kept = [e for e in register.entries if e.state in ("accepted", "expired")]
    if any(use.delivery == name and not use.rows for entry in kept for use in entry.uses):
        what = f"The rows of “{delivery.files}” were deleted at the protocol's retention_until."
        return Fault(what, "Earlier results remain valid; new results need a new delivery.", f"inbox/{protocol.id}")
    what = f"No file “{delivery.files}” has arrived for {delivery.table}."
    return Fault(what, f"Put it in inbox/{protocol.id}/.", f"inbox/{protocol.id}")
