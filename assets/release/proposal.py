"""A proposal: what is frozen for a second person to approve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator

from assets.release.history import ReleaseRow, Sealed
from assets.release.public_files import Beside
from data_contracts.results.public_record import PublicRecord
from data_contracts.results.released_records import read_public_record


def _record_of(data: PublicRecord | dict[str, object]) -> PublicRecord:
    return data if isinstance(data, PublicRecord) else read_public_record(data)


AnyRecord = Annotated[PublicRecord, BeforeValidator(_record_of)]
"""A public record of any version."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A project that is left out, by its name in both languages."""

    project: str
    da: str
    en: str


@dataclass(frozen=True, slots=True)
class ProposedCell:
    """The ledger's line about one cell of a result, but for its release.

    Attributes
    ----------
    record_sha256 : str
        Of the record as it is released.
    population_sha256 : str or None
        Of the people in the cell; None for a result that rests on none.
    """

    kind: str
    result_id: str
    record_sha256: str
    code_version: str
    protocol_sha256: str
    input_sha256: str
    cell: str
    population_sha256: str | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A quarter's release as it was proposed.

    Attributes
    ----------
    by : str
        The proposer; stored in the ledger only.
    changed : tuple of str
        Results that differ from the quarter's last release.
    earlier : tuple of PublicRecord
        Released records of earlier quarters.
    people : dict of str to Sealed
        The people behind each project's new numbers.
    """

    quarter: str
    version: int
    day: str
    by: str
    reason: str | None
    withdrawn: tuple[Withdrawn, ...]
    changed: tuple[str, ...]
    records: tuple[AnyRecord, ...]
    earlier: tuple[AnyRecord, ...]
    beside: Beside
    cells: tuple[ProposedCell, ...]
    people: dict[str, Sealed]

    def row(self, day: str) -> ReleaseRow:
        """Return the row of `dim_release` for its own pages."""
        names = {
            language: "; ".join(getattr(row, language).replace(";", ",") for row in self.withdrawn)
            for language in ("da", "en")
        }
        return ReleaseRow(
            quarter=self.quarter,
            version=self.version,
            reason=self.reason,
            results=len(self.records),
            changed=", ".join(self.changed),
            withdrawn=", ".join(row.project for row in self.withdrawn),
            released_on=day,
            is_this=True,
            withdrawn_da=names["da"],
            withdrawn_en=names["en"],
        )
