"""Lines of the ledger of releases, by kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import JsonValue, ValidationError

from models.values.adapter import read_as


@dataclass(frozen=True, slots=True)
class Line:
    """What every line of the chain has.

    Attributes
    ----------
    number : int
        1 is the first.
    sha256 : str
        Of the line, which names the line before it.
    """

    number: int
    sha256: str


@dataclass(frozen=True, slots=True)
class OfRelease(Line):
    """A line about one release."""

    quarter: str
    version: int

    @property
    def release(self) -> tuple[str, int]:
        """Quarter and version."""
        return self.quarter, self.version


@dataclass(frozen=True, slots=True)
class ProposedLine(OfRelease):
    """A release was proposed."""

    proposal_sha256: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class ApprovedLine(OfRelease):
    """A release was approved.

    Attributes
    ----------
    reason : str or None
        Why a quarter was released again.
    results : int
    changed, withdrawn : str
        Results that differ from the release before, and projects left out.
    """

    manifest_sha256: str
    policy_version: str
    day: str
    by: str = ""
    reason: str | None = None
    results: int = 0
    changed: str = ""
    withdrawn: str = ""


@dataclass(frozen=True, slots=True)
class CellLine(OfRelease):
    """The people behind one cell of a released result, as a hash."""

    result_id: str
    cell: str
    population_sha256: str | None


@dataclass(frozen=True, slots=True)
class PeopleLine(OfRelease):
    """The stored people behind a project's release, as hashes."""

    project: str
    rows_sha256: str | None
    flow_sha256: str | None
    key_id: str | None


@dataclass(frozen=True, slots=True)
class OverviewLine(Line):
    """The overview pages of releases were written."""

    pages_sha256: str


@dataclass(frozen=True, slots=True)
class RebuiltLine(OfRelease):
    """A release that was lost before it was moved into place was built again."""

    manifest_sha256: str


KINDS: dict[str, type[Line]] = {
    "proposed": ProposedLine,
    "approved": ApprovedLine,
    "cell": CellLine,
    "people": PeopleLine,
    "overview": OverviewLine,
    "rebuilt": RebuiltLine,
}
Kind = TypeVar("Kind", bound=Line)


def lines_of(rows: Iterable[dict[str, JsonValue]]) -> tuple[list[Line], list[str]]:
    """Read the chain's rows as lines of their kinds.

    Returns
    -------
    lines : list of Line
    faults : list of str
        Rows of no known kind, or without what their kind has.
    """
    lines: list[Line] = []
    faults = []
    for row in rows:
        kind = row.get("kind")
        try:
            lines.append(read_as(KINDS[str(kind)], row))
        except (KeyError, ValidationError):
            faults.append(f"Line {row.get('number')} is not a known kind of ledger line.")
    return lines, faults


def of_kind(lines: Iterable[Line], kind: type[Kind]) -> list[Kind]:
    """Return the lines of one kind."""
    return [line for line in lines if isinstance(line, kind)]


def approved_among(lines: Iterable[Line]) -> list[ApprovedLine]:
    """Return lines about approved releases, with their latest manifest.

    A rebuilt release has a newer manifest than its approval line.
    """
    lines = list(lines)
    again = {line.release: line.manifest_sha256 for line in of_kind(lines, RebuiltLine)}
    return [
        replace(line, manifest_sha256=again.get(line.release, line.manifest_sha256))
        for line in of_kind(lines, ApprovedLine)
    ]
