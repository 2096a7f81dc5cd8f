"""A step of an upgrade, and the changes it makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assets.storage.home import Home


@dataclass(frozen=True, slots=True)
class Change:
    """One file that a step rewrites.

    Attributes
    ----------
    what : str
        Short text for the person who upgrades; contains no delivered value.
    content : bytes
        The whole new file.
    """

    path: Path
    what: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an upgrade.

    Attributes
    ----------
    version : str
        The version of Trin that needs it.
    name : str
        Recorded in the home when applied.
    changes : callable
        Returns the changes for a home; empty if there are none, so that a step is
        idempotent.
    """

    version: str
    name: str
    what: str
    changes: Callable[[Home], list[Change]]
