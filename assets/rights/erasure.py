"""Erasure: removal of every trace of a person who withdraws.

The tombstone is written first, so that after an interruption the person cannot come back, and repeating the erasure
completes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assets.intake.delivery_log import delivery_log_lock, quarters_from, read_delivery_log, write_delivery_log
from assets.intake.reception import take_in
from assets.intake.refused_files import drop_sealed, sealed_numbers
from assets.pseudonyms.identities import digest_of_person, pseudonymiser_for, read_tombstones, write_tombstones
from assets.pseudonyms.pseudonyms import canonical_identifier, has_lost_zero
from assets.rights.stored_tables import (
    clear_half_written,
    is_derived,
    is_released,
    people_in,
    person_tables,
    without_names,
    without_people,
)
from assets.storage.audit import note
from assets.storage.clock import today
from assets.storage.home import Home, write_atomically, write_json
from assets.storage.manifest import remove
from data_contracts.phrases import LANGUAGES, phrase
from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.faults import Fault, InputRefused
from models.values.adapter import as_data


@dataclass(frozen=True, slots=True)
class ErasedFrom:
    """The outcome of an erasure in one project.

    Attributes
    ----------
    asked : int
        Identifiers given that are valid in this project.
    found : int
        People with stored data.
    erased_before : int
        People erased before; repeating an interrupted erasure completes it.
    tables_searched, rows_removed, tables_deleted, sealed_deleted : int
        Derived tables are deleted whole; the next run rebuilds them.
    hits_left : int
        Tables that still contain one of the people when read again; always 0.
    stale_quarters : tuple of str
        Quarters with results based on the people, to be rerun.
    """

    project: str
    asked: int
    found: int
    erased_before: int
    tables_searched: int
    rows_removed: int
    tables_deleted: int
    sealed_deleted: int
    hits_left: int
    stale_quarters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """The outcome of an erasure, without identifying anyone."""

    number: int
    day: str
    key_id: str
    projects: tuple[ErasedFrom, ...]


def erase(home: Home, protocols: Sequence[Protocol], identifiers: Sequence[str]) -> Certificate:
    """Erase people from projects.

    Parameters
    ----------
    protocols : sequence of Protocol
        The projects to erase them from.
    identifiers : sequence of str
        Identifiers as in the deliveries.

    Returns
    -------
    Certificate
        Also written to `ledger/erasures/`.

    Raises
    ------
    InputRefused
        If an identifier is invalid in every project, or the key cannot be used. Nothing is erased then.
    """
    _refuse_unreadable(protocols, identifiers)
    key_ids = {pseudonymiser_for(home, protocol).key.key_id for protocol in protocols}
    done = tuple(_erase_from(home, protocol, identifiers) for protocol in protocols)
    folder = home.ledger / "erasures"
    number = len(list(folder.glob("*.json"))) + 1
    certificate = Certificate(number, today().isoformat(), ", ".join(sorted(key_ids)), done)
    write_json(folder / f"{number:04d}.json", as_data(certificate))
    for language in LANGUAGES:
        write_atomically(folder / f"{number:04d}.{language}.md", certificate_markdown(certificate, language).encode())
    return certificate


def _refuse_unreadable(protocols: Sequence[Protocol], identifiers: Sequence[str]) -> None:
    schemes = {protocol.identifier_scheme for protocol in protocols}
    faults = []
    for i, text in enumerate(identifiers, start=1):
        if any(canonical_identifier(text, scheme) is not None for scheme in schemes):
            continue
        has_lost = any(has_lost_zero(text, scheme) for scheme in schemes)
        fix = "Put the leading zero back." if has_lost else "Write it as in the deliveries."
        faults.append(Fault(f"Identifier {i} is not valid in these projects.", fix))
    if faults or not identifiers:
        raise InputRefused(faults or [Fault("No identifier was given.", "Give one per line.")])


def _erase_from(home: Home, protocol: Protocol, identifiers: Sequence[str]) -> ErasedFrom:
    project = protocol.id
    with delivery_log_lock(home, project):
        people = pseudonymiser_for(home, protocol)
        known = {canonical_identifier(text, protocol.identifier_scheme) for text in identifiers} - {None}
        canonical = sorted(str(text) for text in known)
        list(person_tables(home, project))  # report a damaged table before anything changes
        names = {people.pseudonym(c) for c in canonical}
        stones = {people.tombstone(c) for c in canonical}
        before = read_tombstones(home, project)
        is_there = any(set(people_in(path)) & names for path in person_tables(home, project))
        # Quarters are marked stale before rows are deleted, so that an interruption cannot leave results with the people.
        stale = quarters_from(home, project, None) if is_there or stones & before else []
        register = read_delivery_log(home, project)
        write_delivery_log(home, project, replace(register.with_stale(stale), erasures=register.erasures + 1))
        write_tombstones(home, project, before | stones)
    # Waiting files are received with the tombstones in force, so they leave the inbox.
    take_in(home, protocol)
    with delivery_log_lock(home, project):
        clear_half_written(home, project)
        searched = rows = deleted = left = 0
        found: set[str] = set()
        for path in list(person_tables(home, project)):
            searched += 1
            inside = set(people_in(path)) & names
            if not inside:
                continue
            found |= inside
            if is_derived(home, path):
                remove(path)
                deleted += 1
            else:
                # People behind a released number stay counted, without a name.
                rows += (without_names if is_released(home, path) else without_people)(path, names)
                left += bool(set(people_in(path)) & names)
        sealed = sealed_numbers(home, project)
        for number in sealed:
            drop_sealed(home, project, number)
        if found and not stale:  # the person was in a file waiting in the inbox
            stale = quarters_from(home, project, None)
            write_delivery_log(home, project, read_delivery_log(home, project).with_stale(stale))
    # Also those not found, because the certificate may have to show that they were requested.
    digests = sorted(digest_of_person(home, name) for name in names)
    note(home, "erased", project=project, people=digests, what=f"{len(found)} found, {rows} rows removed")
    return ErasedFrom(
        project,
        len(canonical),
        len(found),
        len(stones & before),
        searched,
        rows,
        deleted,
        len(sealed),
        left,
        tuple(stale),
    )


def certificate_markdown(certificate: Certificate, language: str) -> str:
    """Return a certificate as Markdown.

    Parameters
    ----------
    language : {'da', 'en'}
    """

    def say(key: str, **values: object) -> str:
        return phrase(language, key, **values)

    lines = [
        f"# {say('erased.title', number=certificate.number)}",
        "",
        say("erased.when", day=certificate.day, key_id=certificate.key_id),
        "",
        f"| {' | '.join(say('erased.' + word) for word in ('project', 'people', 'tables', 'rows', 'left'))} |",
        "|---|---|---|---|---|",
    ]
    for row in certificate.projects:
        lines.append(
            f"| {row.project} | {row.found} / {row.asked} | {row.tables_searched} | {row.rows_removed} | {row.hits_left} |"
        )
    before = sum(row.erased_before for row in certificate.projects)
    if before:
        lines += ["", say("erased.before", count=before)]
    sealed = sum(row.sealed_deleted for row in certificate.projects)
    if sealed:
        lines += ["", say("erased.sealed", count=sealed)]
    lines += ["", say("erased.tombstone")]
    stale = sorted({quarter for row in certificate.projects for quarter in row.stale_quarters})
    if stale:
        lines += ["", say("erased.stale", quarters=", ".join(stale))]
    return "\n".join([*lines, "", say("erased.backups"), ""])
