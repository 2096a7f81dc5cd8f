"""Reception: files leave the inbox and become rows, or are refused.

Files in the inbox contain identifiers, so they do not stay there: rows are stored under pseudonyms and the file is
deleted, or it is refused and sealed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from assets.intake.arrivals import move_aside, spoken_name
from assets.intake.changes import compare, drifted_columns
from assets.intake.delivery_log import (
    DeliveryLog,
    Entry,
    InForce,
    Use,
    delivery_log_lock,
    in_force,
    named_deliveries,
    pending_refusals,
    quarters_from,
    read_delivery_log,
    reading_of,
    write_delivery_log,
)
from assets.intake.reading.delivery import JudgedTable, masked, read_table
from assets.intake.receipts import (
    ACCEPTED,
    REFUSED,
    SAME,
    FileReceipt,
    TableReceipt,
    file_receipt,
    table_receipt,
)
from assets.intake.refused_files import drop_sealed, seal, sealed_numbers, unseal
from assets.intake.template import template_name
from assets.pseudonyms.identities import pseudonymiser_for
from assets.pseudonyms.pseudonyms import Pseudonymiser
from assets.storage.audit import note
from assets.storage.clock import today
from assets.storage.home import Home, write_atomically
from assets.storage.manifest import SUFFIX, write_with_sum
from assets.storage.store import parquet_bytes, read_parquet
from data_contracts.calendar.quarters import Quarter
from data_contracts.phrases.file_faults import file_fault, refused_file
from data_contracts.protocol.deliveries import Delivery
from data_contracts.protocol.file_names import read_name
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.table_contract import compile_contract
from data_contracts.reading.faults import Fault, InputRefused


@dataclass(frozen=True, slots=True)
class _Read:
    """One delivery's share of a file: destination, rows and predecessor."""

    use: Use
    delivery: Delivery
    judged: JudgedTable
    before: InForce | None


def take_in(home: Home, protocol: Protocol, day: date | None = None) -> list[FileReceipt]:
    """Receive every settled file in a project's inbox.

    Parameters
    ----------
    day : date or None
        The day the files arrived; today if None.

    Returns
    -------
    list of FileReceipt
        In order of file name. Files still being written stay in the inbox and have no receipt.

    Raises
    ------
    InputRefused
        If identifiers cannot be replaced: the key is missing, readable by others or being rotated.
    """
    with delivery_log_lock(home, protocol.id):
        people = pseudonymiser_for(home, protocol)
        reception = Reception(home, protocol, people, (day or today()).isoformat())
        reception.clear_leftovers()
        receipts = list(reception.try_sealed_again())
        # A file that arrives under the same name from now on is a different one.
        for path in move_aside(home.inbox / protocol.id):
            content = b"" if path.is_symlink() else path.read_bytes()
            receipts.append(reception.take(spoken_name(path.name), content))
            path.unlink()
        return receipts


def examine(home: Home, protocol: Protocol, path: Path, day: date | None = None) -> FileReceipt:
    """Return the receipt that a file would get, storing nothing."""
    people = pseudonymiser_for(home, protocol)
    reception = Reception(home, protocol, people, (day or today()).isoformat())
    return reception.examine(spoken_name(path.name), path.read_bytes())


class Reception:
    """Reception of files for one project.

    Parameters
    ----------
    day : str
        ISO day the files arrived.
    """

    def __init__(self, home: Home, protocol: Protocol, people: Pseudonymiser, day: str) -> None:
        self.home, self.protocol, self.people, self.day = home, protocol, people, day
        self.project = protocol.id
        self.register: DeliveryLog = read_delivery_log(home, protocol.id)

    def clear_leftovers(self) -> None:
        """Delete stored tables that the register does not list.

        They are left by a run killed before it wrote the register, or after it removed their entry.
        """
        known = {use.rows for entry in self.register.entries if entry.state == ACCEPTED for use in entry.uses}
        for path in (self.home.received / self.project).glob("*"):
            if path.name.removesuffix(SUFFIX) not in known:
                path.unlink()

    def try_sealed_again(self) -> Iterator[FileReceipt]:
        """Retry refused files if the protocol has changed since."""
        waiting = {e.number: e for e in pending_refusals(self.register, self.protocol)}
        waiting |= {e.number: e for e in self.register.entries if e.state == REFUSED and not e.uses}
        for number in sealed_numbers(self.home, self.project):
            entry = waiting.get(number)
            if entry is None or entry.protocol_sha256 == self.protocol.sha256:
                continue
            kept = unseal(self.home, self.project, number, self.people.key)
            if kept is None:
                continue
            receipt = self.take(*kept)
            if receipt.state == ACCEPTED:
                drop_sealed(self.home, self.project, number)
            yield receipt

    def take(self, name: str, content: bytes) -> FileReceipt:
        """Receive one file: store or seal it, and write the receipt."""
        entry, receipt, read = self._decide(name, content)
        if receipt.state == SAME:
            file_receipt(self.home, self.project, receipt)
            self._close_refusals(entry)
            return receipt
        for item in read:
            write_with_sum(self._rows_path(item.use.rows), parquet_bytes(item.judged.frame))
        register = replace(self.register, entries=(*self.register.entries, entry))
        if receipt.state == REFUSED:
            for old in self.register.entries:
                if old.state == REFUSED and old.file_id == entry.file_id:
                    if old.protocol_sha256 == entry.protocol_sha256 and old.uses == entry.uses:
                        return replace(receipt, number=old.number)  # same result as before
                    # A file refused before is listed under its newest number only.
                    register = register.with_state(old.number, "withdrawn")
                    drop_sealed(self.home, self.project, old.number)
            kept = not any(fault.code == "retention_over" for fault in receipt.faults) and seal(
                self.home, self.project, entry.number, name, content, self.people.key
            )
            receipt = replace(receipt, is_sealed=kept)
        else:
            register = register.with_stale(self._stale_quarters(read))
        file_receipt(self.home, self.project, receipt)
        self._keep_refused_rows(entry, read)
        write_delivery_log(self.home, self.project, register)
        held = {"asset": "received", "partition": f"{self.project}/{entry.number:04d}"}
        note(self.home, "taken_in", project=self.project, file=entry.number, what=receipt.state, **held)
        self.register = register
        return receipt

    def _close_refusals(self, entry: Entry) -> None:
        """Close refusals of a file that is answered by a file sent again."""
        own = {(use.delivery, use.slot) for use in entry.uses}
        register = self.register
        for other in pending_refusals(register, self.protocol):
            if own & {(use.delivery, use.slot) for use in other.uses}:
                register = register.with_state(other.number, "withdrawn")
                drop_sealed(self.home, self.project, other.number)
        if register != self.register:
            write_delivery_log(self.home, self.project, register)
            self.register = register

    def examine(self, name: str, content: bytes) -> FileReceipt:
        """Return the receipt that a file would get."""
        return replace(self._decide(name, content)[1], number=None)

    def _decide(self, name: str, content: bytes) -> tuple[Entry, FileReceipt, list[_Read]]:
        key = self.people.key
        file_id = key.digest(f"trin:file:{self.project}:", content)
        number, shown = self.register.next_number, masked(name)
        entry = Entry(number, file_id, shown, self.day, ACCEPTED, self.protocol.sha256)
        receipt = FileReceipt(shown, number, file_id, self.day, ACCEPTED, key.key_id)
        lines = self._lines(name, number)
        entry = replace(entry, uses=tuple(use for use, _ in lines))
        before = self._same_bytes(entry)
        read: list[_Read] = []
        faults: list[Fault] = []
        if not lines:
            quarter = Quarter.containing(date.fromisoformat(self.day))
            names = dict.fromkeys(template_name(d, quarter) for d in self.protocol.deliveries)
            faults.append(file_fault("unexpected_file", shown, names=", ".join(names)))
        for use, delivery in lines:
            try:
                read.append(self._read_line(use, delivery, shown, content))
            except InputRefused as refused:
                faults += [fault for fault in refused.faults if fault not in faults]
        receipt = replace(receipt, period_end=next((u.period_end for u, _ in lines if u.period_end), None))
        if not faults and before is not None and self._says_the_same(before, read):
            return entry, replace(receipt, state=SAME, number=None, same_as=before.number), []
        if not faults:
            faults += self._distrust(read, shown)
        tables = tuple(self._table_receipt(item) for item in read)
        receipt = replace(
            receipt,
            tables=tables,
            dropped_rows=max((item.judged.dropped_rows for item in read), key=len, default=()),
            hidden_rows=max((item.judged.hidden_rows for item in read), key=len, default=()),
        )
        rules = {r.rule for t in tables for r in t.refusals}
        entry = replace(
            entry,
            accepted_rows=sum(t.accepted for t in tables),
            total_rows=sum(t.total for t in tables),
            rules=tuple(sorted(rules)),
        )
        if faults:
            refused_uses = tuple(replace(use, rows="") for use in entry.uses)
            entry = replace(entry, state=REFUSED, uses=refused_uses, accepted_rows=0)
            return entry, replace(receipt, state=REFUSED, faults=tuple(faults)), []
        replaced = next((item.before.entry.number for item in read if item.before is not None), None)
        return entry, replace(receipt, replaces=replaced, newer=self._newer_version(read)), read

    def _lines(self, name: str, number: int) -> list[tuple[Use, Delivery]]:
        """Return the deliveries of the protocol that a file's name matches."""
        found = []
        for turn, (line, delivery) in enumerate(named_deliveries(self.protocol).items()):
            said = read_name(delivery.files, name)
            if said is None:
                continue
            series, slot = (
                self.people.key.digest(f"trin:{what}:{self.project}:", text.encode())
                for what, text in (("series", said.series), ("slot", said.slot))
            )
            end = None if said.period_end is None else said.period_end.isoformat()
            reading = reading_of(self.protocol, delivery)
            rows = f"{number:04d}-{turn}.parquet"
            found.append((Use(line, delivery.table, series, slot, end, said.version, reading, rows), delivery))
        return found

    def _same_bytes(self, entry: Entry) -> Entry | None:
        """Return an identical file already in force for all the same uses."""
        counted = in_force(self.register, self.protocol)
        for old in self.register.entries:
            if old.file_id == entry.file_id and old.number != entry.number and entry.uses:
                own = [item.use for item in counted if item.entry.number == old.number]
                if all(any(_stands_for(its, use) for its in own) for use in entry.uses):
                    return old
        return None

    def _says_the_same(self, old: Entry, read: list[_Read]) -> bool:
        """Return whether today's rules judge a file's rows as before."""
        counted = {item.use.delivery: item.use for item in in_force(self.register, self.protocol) if item.entry == old}
        for item in read:
            frame = read_parquet(self._rows_path(counted[item.use.delivery].rows))
            if (
                len(frame) != len(item.judged.frame)
                or not compare(frame, item.judged.frame, item.judged.contract).is_nothing
            ):
                return False
        return True

    def _read_line(self, use: Use, delivery: Delivery, shown: str, content: bytes) -> _Read:
        if delivery.retention_until is not None and delivery.retention_until.isoformat() < self.day:
            raise refused_file("retention_over", shown, day=delivery.retention_until.isoformat())
        promised = {section.file_sha256(delivery.table) for section in self.protocol.design_sections} - {None}
        if promised and hashlib.sha256(content).hexdigest() not in promised:
            raise refused_file("another_list", shown)
        contract = compile_contract(delivery.table, self.protocol, latest=self.day)
        judged = read_table(content, shown, delivery, contract, self.people)
        counted = in_force(self.register, self.protocol)
        before = next((c for c in counted if (c.use.delivery, c.use.slot) == (use.delivery, use.slot)), None)
        return _Read(use, delivery, judged, before)

    def _distrust(self, read: list[_Read], shown: str) -> Iterator[Fault]:
        """Yield reasons to refuse a readable file."""
        for item in read:
            judged = item.judged
            if len(judged.frame) == 0 and not judged.erased:
                yield file_fault("no_rows", shown)
            if judged.contract.refuses_whole(judged.refused, judged.total - judged.repeated):
                limit = judged.contract.largest_refused_share
                yield file_fault("too_many_refused", shown, limit=f"{limit * 100:g}")
            earlier = self._other_period(item) or item.before
            if earlier is not None and earlier.use.reading == item.use.reading:
                frame = read_parquet(self._rows_path(earlier.use.rows))
                for column in drifted_columns(frame, judged.frame, judged.contract, item.delivery):
                    yield file_fault("drift", shown, column=column, number=earlier.entry.number)

    def _other_period(self, item: _Read) -> InForce | None:
        """Return the latest file of another period of the same delivery.

        A correction may change the level of the file it corrects, so that file is no reference. None if there is no other.
        """
        counted = in_force(self.register, self.protocol)
        same = [c for c in counted if c.use.delivery == item.use.delivery and c.use.slot != item.use.slot]
        return max(same, key=lambda c: (c.use.period_end or "", c.entry.number)) if same else None

    def _rows_before(self, item: _Read) -> pd.DataFrame | None:
        """Return the rows that an item replaces, if they were read alike."""
        if item.before is None or item.before.use.reading != item.use.reading:
            return None
        return read_parquet(self._rows_path(item.before.use.rows))

    def _table_receipt(self, item: _Read) -> TableReceipt:
        # A late delivery of an old version replaces nothing.
        before = None if self._newer_version([item]) else self._rows_before(item)
        changes = None if before is None else compare(before, item.judged.frame, item.judged.contract).changes
        return table_receipt(item.judged, changes)

    def _newer_version(self, read: list[_Read]) -> int | None:
        for item in read:
            if item.before is not None and item.before.use.version > item.use.version:
                return item.before.entry.number
        return None

    def _stale_quarters(self, read: list[_Read]) -> list[str]:
        """Return evaluated quarters whose rows this file changes."""
        found: set[str] = set()
        for item in read:
            if self._newer_version([item]) is not None:
                continue
            difference = compare(self._rows_before(item), item.judged.frame, item.judged.contract)
            if difference.is_nothing:
                continue
            # Rows read with other settings may differ on any day.
            is_read_anew = item.before is not None and item.before.use.reading != item.use.reading
            earliest = None if is_read_anew else difference.earliest
            quarters = quarters_from(self.home, self.project, earliest)
            if item.delivery.each_file == "replaces" and item.use.period_end:
                own = quarters_from(self.home, self.project, date.fromisoformat(item.use.period_end))
                quarters = [q for q in quarters if q in own]
            found.update(quarters)
        return sorted(found)

    def _rows_path(self, name: str) -> Path:
        return self.home.received / self.project / name

    def _keep_refused_rows(self, entry: Entry, read: list[_Read]) -> None:
        """Store refused rows, under pseudonyms, for analysts to inspect."""
        for item in read:
            rows = item.judged.frame
            refused = rows[~rows["is_accepted"]]
            if len(refused):
                name = f"{entry.number:04d}-{item.use.table}.refused.parquet"
                write_atomically(self.home.quarantine / self.project / name, parquet_bytes(refused))


def _stands_for(its: Use, use: Use) -> bool:
    """Return whether a use in force makes an identical file redundant."""
    if (its.delivery, its.reading) != (use.delivery, use.reading):
        return False
    if its.slot == use.slot:
        return its.version == use.version
    # The same content under another name without a period repeats the same people.
    return its.period_end is None and use.period_end is None
