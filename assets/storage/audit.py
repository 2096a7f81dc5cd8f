"""The audit log: who did what and when, in a tamper-evident chain.

An event names no person. For each person found by an erasure it stores a keyed digest, so that holders of the key can
query one pseudonym, but nobody can read pseudonyms out of it. The user is the operating system's user: behind a proxy,
all users of the UI are the account that runs it, and the proxy's log identifies them.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.storage import chain
from assets.storage.home import Home

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


def events(home: Home) -> tuple[list[dict[str, Any]], list[str]]:
    """Return every event, and the faults of the chain."""
    return chain.read(audit_path(home))


def about(rows: Iterable[dict[str, Any]], *, digest: str, held: set[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return events that concern one person.

    Parameters
    ----------
    digest : str
        Of the person's pseudonym, for erasures that found it.
    held : set of (str, str)
        Assets and partitions that contain the person now, e.g. `("cohort/people", "i-gang/2026-07-01")`; a received
        file is `("received", "i-gang/0003")`.
    """
    found = []
    for row in rows:
        if digest in row.get("people", ()) or (row.get("asset"), row.get("partition")) in held:
            found.append(row)
    return found
