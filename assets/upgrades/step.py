"""What one step of an upgrade would change, and how it changes it."""

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
    path : Path
    what : str
        In a few words, for the person who upgrades; no delivered value.
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
        Recorded in the home when it is done.
    what : str
    changes : callable
        Looks at a home and returns what it would rewrite; empty where nothing is left to do, so that a step can be
        applied twice.
    """

    version: str
    name: str
    what: str
    changes: Callable[[Home], list[Change]]
