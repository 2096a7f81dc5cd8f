"""The audit: who did what and when, in a chain of lines that shows any change.

An event names no person. For those whom an erasure found it holds a keyed
digest each, so that whoever has the key can ask about one pseudonym and nobody
can read pseudonyms out of it. Who is the computer's user: behind a proxy all
who use the UI are the one who runs it, and the proxy's log says who they are.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.storage import chain
from assets.storage.home import Home

ACTIONS = ("materialised", "taken_in", "withdrawn", "read", "erased", "key_rotated", "proposed", "approved")


def audit_path(home: Home) -> Path:
    """Return where events are kept."""
    return home.ledger / "audit.jsonl"


def user() -> str:
    """Return who is at the computer; a number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def note(home: Home, action: str, **facts: Any) -> None:
    """Write an event down.

    Parameters
    ----------
    home : Home
    action : str
        One of `ACTIONS`.
    **facts
        What it was done to: names of projects, quarters and assets, numbers and hashes; no identifier.
    """
    if action not in ACTIONS:
        raise ValueError(f"{action} is not a known audit action.")
    at = datetime.now(UTC).isoformat(timespec="seconds")
    chain.append_quickly(audit_path(home), [{"at": at, "who": user(), "action": action, **facts}])


def events(home: Home) -> tuple[list[dict[str, Any]], list[str]]:
    """Return every event, and what does not fit in the chain."""
    return chain.read(audit_path(home))


def about(rows: Iterable[dict[str, Any]], *, digest: str, held: set[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return events that concern one person.

    Parameters
    ----------
    rows : iterable of dict
    digest : str
        Of the person's pseudonym, for erasures that found it.
    held : set of (str, str)
        Assets and partitions in which the person stands today, e.g. `("cohort/people", "i-gang/2026-07-01")`; a file
        that was taken in is `("received", "i-gang/0003")`.
    """
    found = []
    for row in rows:
        if digest in row.get("people", ()) or (row.get("asset"), row.get("partition")) in held:
            found.append(row)
    return found
