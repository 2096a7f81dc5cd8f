"""Receipts: the outcome of a file, in words that people can act on.

A receipt never contains a value from the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from assets.intake.reading.delivery import JudgedTable, RuleRefusal
from assets.storage.home import Home, write_atomically, write_json
from data_contracts.phrases import LANGUAGES, number_text, phrase, share_text
from data_contracts.reading.faults import Fault

MOST_ROWS_SHOWN = 50
ACCEPTED, REFUSED, SAME = "accepted", "refused", "same"


@dataclass(frozen=True, slots=True)
class Changes:
    """How a file differs from the one it replaces, in rows."""

    new: int
    gone: int
    changed: int
    same: int


@dataclass(frozen=True, slots=True)
class TableReceipt:
    """The outcome of the rows that one table received from a file.

    Attributes
    ----------
    total, accepted, repeated, erased : int
        Rows in the file; used; repeated; of erased people.
    changes : Changes or None
        Against the file it replaces, if it replaces one.
    not_chosen : int
        Rows excluded by the protocol's `where`.
    """

    table: str
    total: int
    accepted: int
    repeated: int
    erased: int
    largest_refused_share: float
    refusals: tuple[RuleRefusal, ...]
    dropped_columns: tuple[str, ...]
    asked_fields: int
    minutes_per_participant: float
    changes: Changes | None = None
    not_chosen: int = 0

    @property
    def refused(self) -> int:
        """Number of rows that broke a rule."""
        return self.total - self.accepted - self.repeated


@dataclass(frozen=True, slots=True)
class FileReceipt:
    """The outcome of one file, without any value from it.

    Attributes
    ----------
    file : str
        Name with long numbers masked.
    number : int or None
        The file's number in the project; None for a file that was only checked, or is a copy.
    file_id : str
        Keyed hash of the content.
    received_on : str
        ISO day.
    state : {'accepted', 'refused', 'same'}
    key_id : str
        Key of its pseudonyms.
    faults : tuple of Fault
        Why the whole file was refused; empty if it was not.
    replaces : int or None
        Number of the file this one replaces.
    same_as : int or None
        Number of the file this one is a copy of.
    newer : int or None
        Number of a later version that counts instead of this one.
    is_sealed : bool
        Whether the refused file is stored encrypted, to be retried when the protocol changes.
    """

    file: str
    number: int | None
    file_id: str
    received_on: str
    state: str
    key_id: str
    tables: tuple[TableReceipt, ...] = ()
    faults: tuple[Fault, ...] = ()
    dropped_rows: tuple[int, ...] = ()
    hidden_rows: tuple[int, ...] = ()
    period_end: str | None = None
    replaces: int | None = None
    same_as: int | None = None
    newer: int | None = None
    is_sealed: bool = False

    @property
    def stem(self) -> str:
        """Base name of the receipt's files: the number, or for a copy the id."""
        return f"{self.number:04d}" if self.number is not None else f"copy-{self.file_id[:12]}"


def table_receipt(judged: JudgedTable, changes: Changes | None = None) -> TableReceipt:
    """Return the receipt of one judged table."""
    contract = judged.contract
    return TableReceipt(
        contract.table,
        judged.total,
        judged.total - judged.refused - judged.repeated,
        judged.repeated,
        judged.erased,
        contract.largest_refused_share,
        judged.refusals,
        judged.dropped_columns,
        contract.asked_fields,
        contract.minutes_per_participant,
        changes,
        judged.not_chosen,
    )


def receipt_markdown(receipt: FileReceipt, language: str) -> str:
    """Return a receipt as Markdown.

    Parameters
    ----------
    language : {'da', 'en'}
    """

    def say(key: str, **values: object) -> str:
        return phrase(language, key, **values)

    number = "–" if receipt.number is None else str(receipt.number)
    lines = [
        f"# {say('receipt_title')}: {receipt.file}",
        "",
        f"**{state_words(receipt, language)}**",
        "",
        say("receipt_when", number=number, day=receipt.received_on, id=receipt.file_id[:12], key_id=receipt.key_id),
        "",
    ]
    for fault in receipt.faults:
        lines.append(f"- {fault.in_language(language)}")
    if receipt.faults:
        lines += ["", say("receipt_sealed" if receipt.is_sealed else "receipt_send_again"), ""]
    if receipt.replaces is not None and receipt.newer is None:
        lines += [say("receipt_replaces", number=receipt.replaces), ""]
    for table in receipt.tables:
        lines += [*_table_lines(table, language), ""]
    if receipt.dropped_rows:
        shown = ", ".join(map(str, receipt.dropped_rows[:MOST_ROWS_SHOWN]))
        lines += [say("receipt_dropped_rows", count=len(receipt.dropped_rows), rows=shown), ""]
    if receipt.hidden_rows:
        shown = ", ".join(map(str, receipt.hidden_rows[:MOST_ROWS_SHOWN]))
        lines += [say("receipt_hidden_rows", count=len(receipt.hidden_rows), rows=shown), ""]
    return "\n".join([*lines, say("receipt_no_values"), ""])


def state_words(receipt: FileReceipt, language: str) -> str:
    """Return the outcome of a file in one sentence."""
    refused = sum(table.refused for table in receipt.tables)
    key = receipt.state
    if receipt.state == ACCEPTED and receipt.number is None:
        key = "would"
    elif receipt.state == ACCEPTED and receipt.newer is not None:
        key = "older"
    elif receipt.state == ACCEPTED and refused:
        key = "some"
    return phrase(language, f"receipt_state.{key}", same_as=receipt.same_as, newer=receipt.newer, refused=refused)


def _table_lines(table: TableReceipt, language: str) -> Iterator[str]:
    def say(key: str, **values: object) -> str:
        return phrase(language, key, **values)

    yield f"## {say('table.' + table.table)}"
    yield ""
    yield say("receipt_accepted", accepted=table.accepted, total=table.total)
    if table.repeated:
        yield say("receipt_repeated_rows", repeated=table.repeated)
    if table.not_chosen:
        yield say("receipt_not_chosen", count=table.not_chosen)
    if table.erased:
        yield say("receipt_erased_rows")
    if table.refused:
        yield say(
            "receipt_refused_rows", refused=table.refused, limit=share_text(language, table.largest_refused_share)
        )
    changes = table.changes
    if changes is not None:
        yield say("receipt_changes", new=changes.new, gone=changes.gone, changed=changes.changed, same=changes.same)
    if table.refusals:
        yield ""
        head = [say(key) for key in ("receipt_rule", "receipt_count", "receipt_rows", "receipt_fix")]
        yield f"| {' | '.join(head)} |"
        yield "|---|---|---|---|"
    for refusal in table.refusals:
        shown = ", ".join(str(row) for row in refusal.rows[:MOST_ROWS_SHOWN])
        more = " …" if len(refusal.rows) > MOST_ROWS_SHOWN else ""
        words = say("rule." + refusal.code, columns=", ".join(refusal.columns))
        yield f"| {words} | {len(refusal.rows)} | {shown}{more} | {say('fix.' + refusal.code)} |"
    if table.dropped_columns:
        yield ""
        yield say("receipt_dropped", columns=", ".join(f"“{c}”" for c in table.dropped_columns))
    if table.asked_fields:
        yield ""
        minutes = number_text(language, table.minutes_per_participant, 1)
        yield say("receipt_burden", fields=table.asked_fields, minutes=minutes)


def receipt_record(receipt: FileReceipt) -> dict[str, Any]:
    """Return a receipt as data."""
    return {
        "file": receipt.file,
        "number": receipt.number,
        "file_id": receipt.file_id,
        "received_on": receipt.received_on,
        "state": receipt.state,
        "key_id": receipt.key_id,
        "period_end": receipt.period_end,
        "replaces": receipt.replaces,
        "same_as": receipt.same_as,
        "newer": receipt.newer,
        "is_sealed": receipt.is_sealed,
        "faults": [{language: fault.in_language(language) for language in LANGUAGES} for fault in receipt.faults],
        "dropped_rows": list(receipt.dropped_rows),
        "hidden_rows": list(receipt.hidden_rows),
        "tables": [_table_record(table) for table in receipt.tables],
    }


def _table_record(table: TableReceipt) -> dict[str, Any]:
    changes = table.changes
    return {
        "table": table.table,
        "rows": table.total,
        "accepted_rows": table.accepted,
        "repeated_rows": table.repeated,
        "refused_rows": table.refused,
        "rows_not_chosen": table.not_chosen,
        "has_erased_rows": table.erased > 0,
        "refusals": [{"rule": r.rule, "count": len(r.rows), "rows": list(r.rows)} for r in table.refusals],
        "dropped_columns": list(table.dropped_columns),
        "asked_fields": table.asked_fields,
        "minutes_per_participant": table.minutes_per_participant,
        "changes": None
        if changes is None
        else {"new": changes.new, "gone": changes.gone, "changed": changes.changed, "same": changes.same},
    }


def file_receipt(home: Home, project: str, receipt: FileReceipt) -> None:
    """Write a receipt to quarantine, in both languages and as JSON."""
    folder = home.quarantine / project
    write_json(folder / f"{receipt.stem}.json", receipt_record(receipt))
    for language in LANGUAGES:
        write_atomically(folder / f"{receipt.stem}.{language}.md", receipt_markdown(receipt, language).encode())


def receipts_of(home: Home, project: str, numbers: Iterable[int], language: str) -> str:
    """Return the receipts of some files as Markdown, newest first."""
    folder = home.quarantine / project
    pages = [folder / f"{number:04d}.{language}.md" for number in sorted(numbers, reverse=True)]
    return "\n\n".join(page.read_text(encoding="utf-8") for page in pages if page.is_file()) or "–"
