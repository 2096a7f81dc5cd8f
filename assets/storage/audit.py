"""The audit log: who did what and when, in a tamper-evident chain.

An event names no person. For each person found by an erasure it stores a keyed digest, so that holders of the key can
query one pseudonym, but nobody can read pseudonyms out of it. The user is the operating system's user: behind a proxy,
all users of the UI are the account that runs it, and the proxy's log identifies them.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assets.storage import chain
from assets.storage.home import Home
from models.values.adapter import read_as

ACTIONS = ("materialised", "taken_in", "withdrawn", "read", "erased", "key_rotated", "proposed", "approved", "upgraded")


def audit_path(home: Home) -> Path:
    """Return the path of the audit log."""
    return home.ledger / "audit.jsonl"


def user() -> str:
    """Return the operating system's user, by name or number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def note(home: Home, action: str, **facts: Any) -> None:
    """Append an event to the audit log.

    Parameters
    ----------
    action : str
        One of `ACTIONS`.
    **facts
        The objects of the action: names of projects, quarters and assets, numbers and hashes; never an identifier.
    """
    if action not in ACTIONS:
        raise ValueError(f"{action} is not a known audit action.")
    at = datetime.now(UTC).isoformat(timespec="seconds")
    chain.append_quickly(audit_path(home), [{"at": at, "who": user(), "action": action, **facts}])


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the audit log.

    Attributes
    ----------
    number, sha256 : int, str
        Its place in the chain, and its hash.
    project to run
        The objects of the action; None where it has no such object.
    people : tuple of str
        Keyed digests of the people whom an erasure found.
    before, after : str or None
        Versions of an upgraded home.
    """

    number: int
    sha256: str
    at: str
    who: str
    action: str
    project: str | None = None
    projects: tuple[str, ...] = ()
    quarter: str | None = None
    asset: str | None = None
    partition: str | None = None
    file: int | str | None = None
    what: str | None = None
    certificate: int | str | None = None
    version: int | str | None = None
    run: str | None = None
    people: tuple[str, ...] = ()
    before: str | None = None
    after: str | None = None


def events(home: Home) -> tuple[list[Event], list[str]]:
    """Return every event, and the faults of the chain."""
    rows, faults = chain.read(audit_path(home))
    found = []
    for row in rows:
        try:
            found.append(read_as(Event, row))
        except ValidationError:
            faults.append(f"Line {row.get('number')} is not an event.")
    return found, faults


def about(rows: Iterable[Event], *, digest: str, held: set[tuple[str, str]]) -> list[Event]:
    """Return events that concern one person.

    Parameters
    ----------
    digest : str
        Of the person's pseudonym, for erasures that found it.
    held : set of (str, str)
        Assets and partitions that contain the person now, e.g. `("cohort/people", "i-gang/2026-07-01")`; a received
        file is `("received", "i-gang/0003")`.
    """
    return [row for row in rows if digest in row.people or (row.asset, row.partition) in held]
