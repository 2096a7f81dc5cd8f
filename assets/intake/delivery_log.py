"""The register of deliveries: received files, and those in force.

A file is in force for each delivery of the protocol that it feeds. Of files with the same slot (the name without its
version) the highest version is in force, or the last to arrive if names have no version. Deliveries that replace each
other are in force by period: the latest up to the reporting quarter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assets.storage.home import Home, locked, read_json, write_json
from data_contracts.calendar.quarters import Quarter
from data_contracts.protocol.deliveries import Delivery
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.table_contract import compile_contract
from data_contracts.reading.faults import Fault, InputRefused
from models.values.adapter import as_data, read_as

READING_KEYS = (
    "format",
    "delimiter",
    "encoding",
    "decimal",
    "date_format",
    "sheet",
    "header_row",
    "rows_to_drop",
    "null_values",
    "columns",
    "constants",
    "where",
    "outcome_columns",
)


@dataclass(frozen=True, slots=True)
class Use:
    """One delivery of the protocol that a file feeds.

    Attributes
    ----------
    delivery : str
        Name of the delivery.
    series, slot : str
        Keyed hashes of the file's name without period and version, and without its version.
    reading : str
        Hash of how the file was read.
    rows : str
        Name of the stored table; empty for a refused file.
    """

    delivery: str
    table: str
    series: str
    slot: str
    period_end: str | None
    version: int
    reading: str
    rows: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One received file.

    Attributes
    ----------
    file_id : str
        Keyed hash of the content.
    file : str
        Name, masked.
    state : {'accepted', 'refused', 'withdrawn', 'expired'}
    protocol_sha256 : str
        Of the protocol it was checked against.
    uses : tuple of Use
        Empty for a file that no delivery expects.
    rules : tuple of str
        Rules that refused rows, by name. The reason for refusing a whole file is only on its receipt.
    """

    number: int
    file_id: str
    file: str
    received_on: str
    state: str
    protocol_sha256: str
    uses: tuple[Use, ...] = ()
    accepted_rows: int = 0
    total_rows: int = 0
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryLog:
    """All files of a project, oldest first.

    Attributes
    ----------
    stale : tuple of str
        Quarters with results based on rows that have changed since.
    erasures : int
        Number of erasures.
    key_id : str
        The key of its hashes; empty before the first rotation.
    """

    entries: tuple[Entry, ...] = ()
    stale: tuple[str, ...] = ()
    erasures: int = 0
    key_id: str = ""

    @property
    def next_number(self) -> int:
        """Number of the next file."""
        return max((entry.number for entry in self.entries), default=0) + 1

    def entry(self, number: int) -> Entry | None:
        """Return the file with a number."""
        return next((entry for entry in self.entries if entry.number == number), None)

    def with_state(self, number: int, state: str) -> DeliveryLog:
        """Return a copy of the register with another state for one file."""
        entries = tuple(replace(e, state=state) if e.number == number else e for e in self.entries)
        return replace(self, entries=entries)

    def with_stale(self, quarters: Iterable[str]) -> DeliveryLog:
        """Return a copy of the register with more stale quarters."""
        return replace(self, stale=tuple(sorted({*self.stale, *quarters})))


@dataclass(frozen=True, slots=True)
class InForce:
    """A file in force for one delivery of the protocol."""

    entry: Entry
    use: Use
    delivery: Delivery = field(compare=False)


def register_path(home: Home, project: str) -> Path:
    """Return the path of a project's register."""
    return home.ledger / "deliveries" / f"{project}.json"


def read_delivery_log(home: Home, project: str) -> DeliveryLog:
    """Return a project's register, empty if no file has been received.

    Raises InputRefused if it is damaged.
    """
    data = read_json(register_path(home, project))
    if data is None:
        return DeliveryLog()
    try:
        return read_as(DeliveryLog, {part.name: data[part.name] for part in fields(DeliveryLog)})
    except (KeyError, TypeError, ValidationError):
        what = "The register of deliveries is damaged: it is JSON, but does not match the schema."
        place = f"ledger/deliveries/{project}.json"
        raise InputRefused([Fault(what, "Restore it from backup.", place)]) from None


def write_delivery_log(home: Home, project: str, register: DeliveryLog) -> None:
    """Write a project's register; this is the commit point of a file."""
    write_json(register_path(home, project), as_data(register))


def delivery_log_lock(home: Home, project: str) -> AbstractContextManager[None]:
    """Lock a project's register against concurrent changes."""
    return locked(home.ledger / "deliveries" / f"{project}.lock")


def unmark_stale(home: Home, project: str, quarter: str) -> None:
    """Mark a quarter as no longer stale."""
    with delivery_log_lock(home, project):
        register = read_delivery_log(home, project)
        if quarter in register.stale:
            stale = tuple(q for q in register.stale if q != quarter)
            write_delivery_log(home, project, replace(register, stale=stale))


def projects_with_rows(home: Home) -> list[str]:
    """Return every project that has a register, even without a protocol."""
    return sorted(path.stem for path in (home.ledger / "deliveries").glob("*.json"))


def named_deliveries(protocol: Protocol) -> dict[str, Delivery]:
    """Return a protocol's deliveries by a name independent of their order."""
    found: dict[str, Delivery] = {}
    for delivery in protocol.deliveries:
        name = f"{delivery.table}:{delivery.files}"
        turn = 2
        while name in found:
            name = f"{delivery.table}:{delivery.files}#{turn}"
            turn += 1
        found[name] = delivery
    return found


def reading_of(protocol: Protocol, delivery: Delivery) -> str:
    """Return a hash of all settings that decide how a file is read.

    It covers which rows are used and how cells become values.
    """
    contract = compile_contract(delivery.table, protocol)
    declared = delivery.model_dump(mode="json", include=set(READING_KEYS))
    columns = [[column.name, column.kind] for column in contract.columns]
    content = json.dumps([declared, columns, protocol.identifier_scheme], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def in_force(register: DeliveryLog, protocol: Protocol, quarter: Quarter | None = None) -> list[InForce]:
    """Return the files in force, for one quarter or for any.

    Parameters
    ----------
    quarter : Quarter or None
        None gives every slot's best version, whatever its period.

    Returns
    -------
    list of InForce
        By delivery and slot; the order of arrival decides only between equal versions.
    """
    found = []
    for name, delivery in named_deliveries(protocol).items():
        best: dict[str, InForce] = {}
        reading = reading_of(protocol, delivery)
        for entry in register.entries:
            for use in entry.uses:
                if entry.state != "accepted" or use.delivery != name or not use.rows:
                    continue
                # Of two readings of one version, the one under the current protocol is in force.
                rank = (use.version, use.reading == reading, entry.number)
                other = best.get(use.slot)
                if other is None or rank > (other.use.version, other.use.reading == reading, other.entry.number):
                    best[use.slot] = InForce(entry, use, delivery)
        chosen = [best[slot] for slot in sorted(best)]
        if delivery.each_file == "replaces" and quarter is not None:
            chosen = _latest_of_each_series(chosen, quarter)
        found += chosen
    return found


def _latest_of_each_series(chosen: list[InForce], quarter: Quarter) -> list[InForce]:
    latest: dict[str, InForce] = {}
    for item in chosen:
        end = item.use.period_end or ""
        if end <= quarter.end.isoformat():
            other = latest.get(item.use.series)
            if other is None or (end, item.use.slot) > (other.use.period_end or "", other.use.slot):
                latest[item.use.series] = item
    return [latest[series] for series in sorted(latest)]


def pending_refusals(register: DeliveryLog, protocol: Protocol, quarter: Quarter | None = None) -> list[Entry]:
    """Return refused files that no accepted file has replaced.

    Files that no delivery expects are reported on their receipt only, because nothing waits for them.
    """
    lines = named_deliveries(protocol)
    pending = []
    for entry in register.entries:
        if entry.state == "refused" and any(_is_open(register, entry, use, lines, quarter) for use in entry.uses):
            pending.append(entry)
    return pending


def _is_open(
    register: DeliveryLog, entry: Entry, use: Use, lines: dict[str, Delivery], quarter: Quarter | None
) -> bool:
    delivery = lines.get(use.delivery)
    if delivery is None:
        return False
    if quarter is not None and use.period_end is not None and use.period_end > quarter.end.isoformat():
        return False
    for other in register.entries:
        if other.state != "accepted":
            continue
        for its in other.uses:
            if its.delivery != use.delivery:
                continue
            is_later = (its.version, other.number) > (use.version, entry.number)
            if its.slot == use.slot and is_later:
                return False
            is_later_list = its.series == use.series and (its.period_end or "") > (use.period_end or "")
            if delivery.each_file == "replaces" and is_later_list:
                is_due = quarter is None or (its.period_end or "") <= quarter.end.isoformat()
                if is_due:
                    return False
    return True


def earlier_reading(register: DeliveryLog, protocol: Protocol) -> list[Entry]:
    """Return files in force that the current protocol reads differently."""
    found = {
        item.entry.number: item.entry
        for item in in_force(register, protocol)
        if item.use.reading != reading_of(protocol, item.delivery)
    }
    return [found[number] for number in sorted(found)]


def orphaned(register: DeliveryLog, protocol: Protocol, table: str) -> list[Entry]:
    """Return accepted files whose delivery is gone from the protocol.

    Files that another delivery has taken over are excluded.
    """
    lines = named_deliveries(protocol)
    taken = {e.file_id for e in register.entries if e.state == "accepted" and any(u.delivery in lines for u in e.uses)}
    return [
        entry
        for entry in register.entries
        if entry.state == "accepted"
        and entry.file_id not in taken
        and any(use.table == table and use.delivery not in lines for use in entry.uses)
    ]


def in_force_digest(register: DeliveryLog, protocol: Protocol, quarter: Quarter) -> str:
    """Return a hash of a quarter's files in force, refusals and erasures."""
    parts: list[Any] = [[c.entry.file_id, c.use.delivery, c.use.reading] for c in in_force(register, protocol, quarter)]
    parts.append([e.file_id for e in pending_refusals(register, protocol, quarter)])
    parts.append(register.erasures)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def evaluated_quarters(home: Home, project: str) -> list[Quarter]:
    """Return quarters that have results, oldest first.

    Unrelated files in that folder are ignored.
    """
    found = []
    for path in sorted((home.restricted / "evidence" / "records" / project).glob("*.json")):
        with suppress(ValueError):
            found.append(Quarter.parse(path.stem))
    return found


def quarters_from(home: Home, project: str, earliest: date | None) -> list[str]:
    """Return quarters with results that end on or after a day.

    Returns all of them if the day is None.
    """
    return [str(q) for q in evaluated_quarters(home, project) if earliest is None or q.end >= earliest]
