"""Rotation: a new key, the same people in the same order.

Identifiers are not stored, so a new key is applied on top of the old one: it turns old pseudonyms into new ones that
the old key cannot compute. Ties are broken by the order of pseudonyms, so everyone's sort position is kept as a number
in front. Repeating an interrupted rotation completes it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from assets.intake.delivery_log import (
    DeliveryLog,
    delivery_log_lock,
    projects_with_rows,
    read_delivery_log,
    write_delivery_log,
)
from assets.intake.refused_files import seal, sealed_numbers, unseal
from assets.pseudonyms.identities import (
    places_path,
    read_tombstones,
    rotation_path,
    write_tombstones,
)
from assets.pseudonyms.keys import KEY_BYTES, NAME, PseudonymKey, read_key
from assets.rights.stored_tables import (
    clear_half_written,
    people_in,
    person_tables,
    table_of_names,
    with_other_names,
)
from assets.storage.audit import note
from assets.storage.home import Home, read_json, sync_folder, write_atomically, write_json
from assets.storage.store import read_parquet
from data_contracts.reading.faults import Fault, InputRefused


@dataclass(frozen=True, slots=True)
class Rotated:
    """The outcome of a rotation."""

    old_key_id: str
    new_key_id: str
    people: dict[str, int]


def rotate(home: Home) -> Rotated:
    """Add a new key to the old one and give everyone a new pseudonym.

    Returns
    -------
    Rotated
        Key ids, and how many people each project has.

    Raises
    ------
    InputRefused
        If the key cannot be read, or an interrupted rotation has lost its new key.
    """
    old = read_key(home, allow_demo=True)
    coming = _next_key_path(home)
    state = read_json(rotation_path(home))
    if state is None:
        for project in _projects(home):
            list(person_tables(home, project))  # report a damaged table before anything changes
        content = b"".join(old.secrets) + os.urandom(KEY_BYTES)
        write_atomically(coming, content, 0o600)
        state = {"old": old.key_id, "new": PseudonymKey.of(content).key_id}
        write_json(rotation_path(home), state)
    if old.key_id == state["new"]:  # interrupted after the last step but one
        rotation_path(home).unlink()
        return Rotated(state["old"], state["new"], {})
    if not coming.is_file() or PseudonymKey.of(coming.read_bytes()).key_id != state["new"]:
        what = "The new key of an interrupted rotation is missing."
        raise InputRefused([Fault(what, f"Restore {coming.name} beside the key file, or the whole home.", NAME)])
    new = PseudonymKey.of(coming.read_bytes())
    people = {project: _rotate_project(home, project, old, new) for project in _projects(home)}
    os.replace(coming, home.key_file)
    sync_folder(home.key_file.parent)
    rotation_path(home).unlink()
    note(home, "key_rotated", what=f"{state['old']} to {state['new']}")
    return Rotated(state["old"], state["new"], people)


def _next_key_path(home: Home) -> Path:
    return home.key_file.with_name(home.key_file.name + ".next")


def _projects(home: Home) -> list[str]:
    """Return every project with stored data, even tombstones only."""
    found = {*projects_with_rows(home), *(path.stem for path in (home.ledger / "tombstones").glob("*.json"))}
    return sorted(found)


def _rotate_project(home: Home, project: str, old: PseudonymKey, new: PseudonymKey) -> int:
    with delivery_log_lock(home, project):
        clear_half_written(home, project)
        tables = [path for path in person_tables(home, project) if path != places_path(home, project)]
        places = _places(home, project, tables, old, new)
        names = {}
        for path in tables:
            for person in people_in(path):
                if person.startswith(f"{old.key_id}-"):
                    names[person] = places[_carried(person.rpartition("-")[2], old, new)]
        for path in tables:
            with_other_names(path, names)
        for number in sealed_numbers(home, project):
            kept = unseal(home, project, number, old)
            if kept is not None:
                seal(home, project, number, *kept, new)
        _rotate_ledger(home, project, old, new)
    return len(places)


def _carried(digest: str, old: PseudonymKey, new: PseudonymKey) -> str:
    return PseudonymKey.carried(digest, new.secrets[len(old.secrets) :])


def _places(home: Home, project: str, tables: list[Path], old: PseudonymKey, new: PseudonymKey) -> dict[str, str]:
    """Return new pseudonyms by digest, the same after an interruption."""
    path = places_path(home, project)
    if path.is_file():
        kept = [str(person) for person in read_parquet(path)["person_id"]]
        if not kept or kept[0].startswith(f"{new.key_id}-"):
            return {person.rpartition("-")[2]: person for person in kept}
    # Everyone with a sort number, even if in no table any more, because they may be delivered again.
    known = set(people_in(path)) if path.is_file() else set()
    for table in tables:
        known |= set(people_in(table))
    places = {}
    for position, person in enumerate(sorted(known)):
        digest = _carried(person.rpartition("-")[2], old, new)
        places[digest] = f"{new.key_id}-{position:08d}-{digest}"
    write_atomically(path, table_of_names(sorted(places.values())))
    return places


def _rotate_ledger(home: Home, project: str, old: PseudonymKey, new: PseudonymKey) -> None:
    """Rotate tombstones and the register's hashes.

    The register's own key id says whether that is done.
    """
    register = read_delivery_log(home, project)
    if register.key_id == new.key_id:
        return
    tombstones = read_tombstones(home, project)
    if tombstones:
        # Both generations are kept until the register is written, so that an interruption loses nothing.
        write_tombstones(home, project, tombstones | {_carried(t, old, new) for t in tombstones})
    write_delivery_log(home, project, _carried_register(register, old, new))
    if tombstones:
        write_tombstones(home, project, {_carried(t, old, new) for t in tombstones})


def _carried_register(register: DeliveryLog, old: PseudonymKey, new: PseudonymKey) -> DeliveryLog:
    entries = tuple(
        replace(
            entry,
            file_id=_carried(entry.file_id, old, new),
            uses=tuple(
                replace(use, series=_carried(use.series, old, new), slot=_carried(use.slot, old, new))
                for use in entry.uses
            ),
        )
        for entry in register.entries
    )
    return replace(register, entries=entries, key_id=new.key_id)
