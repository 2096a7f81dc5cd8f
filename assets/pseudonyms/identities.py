"""Known people of a project: tombstones, and sort order after rotation."""

from __future__ import annotations

from pathlib import Path

from assets.pseudonyms.keys import PseudonymKey, read_key
from assets.pseudonyms.pseudonyms import Pseudonymiser
from assets.storage.home import Home, read_json, write_json
from assets.storage.store import read_parquet
from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.faults import Fault, InputRefused


def tombstones_path(home: Home, project: str) -> Path:
    """Return the path of a project's tombstones."""
    return home.ledger / "tombstones" / f"{project}.json"


def rotation_path(home: Home) -> Path:
    """Return the path of the marker of a rotation in progress."""
    return home.ledger / "rotation.json"


def places_path(home: Home, project: str) -> Path:
    """Return the path of the sort order kept after a rotation."""
    return home.restricted / "identities" / f"{project}.parquet"


def read_tombstones(home: Home, project: str) -> set[str]:
    """Return the tombstones of a project."""
    return set(read_json(tombstones_path(home, project)) or [])


def write_tombstones(home: Home, project: str, tombstones: set[str]) -> None:
    """Write the tombstones of a project."""
    write_json(tombstones_path(home, project), sorted(tombstones))


def pseudonymiser_for(home: Home, protocol: Protocol) -> Pseudonymiser:
    """Return the pseudonymiser of a project.

    Raises
    ------
    InputRefused
        If the key cannot be used, or a rotation was interrupted.
    """
    if rotation_path(home).exists():
        fix = "Complete it: trin key rotate."
        raise InputRefused([Fault("A rotation of the pseudonym key was interrupted.", fix, "pseudonym key")])
    key = read_key(home, allow_demo=protocol.data_note != "confidential")
    return Pseudonymiser(
        key,
        protocol.id,
        protocol.identifier_scheme,
        frozenset(read_tombstones(home, protocol.id)),
        known_places(home, protocol.id, key),
    )


def known_places(home: Home, project: str, key: PseudonymKey) -> dict[str, str]:
    """Return digests and pseudonyms known at the last key rotation."""
    if not key.is_rotated or not places_path(home, project).is_file():
        return {}
    people = read_parquet(places_path(home, project))["person_id"]
    return {str(person).rpartition("-")[2]: str(person) for person in people}


PURPOSE = "trin:audit:"


def digest_of_person(home: Home, pseudonym: str) -> str:
    """Return the digest by which an erasure records a pseudonym.

    Only holders of the key can compute it.
    """
    return read_key(home, allow_demo=True).digest(PURPOSE, pseudonym.encode())
