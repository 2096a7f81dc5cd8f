"""Earlier releases, read back for the rule, the archive and checks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
from pydantic import JsonValue

from assets.release.lines import ApprovedLine, CellLine, Line, PeopleLine, approved_among, lines_of, of_kind
from assets.storage.chain import read
from assets.storage.home import RELEASED, Home, read_json, write_json
from assets.storage.store import read_parquet
from data_contracts.calendar.quarters import Quarter
from data_contracts.reading.faults import Fault, InputRefused
from data_contracts.results.public_record import PublicRecord
from data_contracts.results.released_records import read_public_record
from models.disclosure.populations import cells_of, population_sha256
from models.disclosure.release_rule import Released
from models.values.adapter import as_data

CHAIN = "releases.jsonl"
CERTIFICATE = "release.json"
FORGOTTEN = "forgotten_on"


@dataclass(frozen=True, slots=True)
class Sealed:
    """Hashes that bind the people behind a release to the ledger.

    None where a file is missing.

    Attributes
    ----------
    rows_sha256 : str or None
        Of outcomes and cells in their order, without names, so that erasures and key rotations leave it unchanged.
    flow_sha256 : str or None
        Of the steps.
    key_id : str or None
        Of the names.
    """

    rows_sha256: str | None
    flow_sha256: str | None
    key_id: str | None


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One row of `dim_release`.

    Attributes
    ----------
    is_this : bool
        Whether it is the release whose pages are being written.
    withdrawn_da, withdrawn_en : str or None
        Names of the projects left out; of the release being written only.
    """

    quarter: str
    version: int
    reason: str | None
    results: int
    changed: str
    withdrawn: str
    released_on: str
    is_this: bool
    withdrawn_da: str | None = None
    withdrawn_en: str | None = None

    @classmethod
    def of(cls, line: ApprovedLine) -> ReleaseRow:
        """Return the row of an approved release."""
        return cls(line.quarter, line.version, line.reason, line.results, line.changed, line.withdrawn, line.day, False)

    @property
    def columns(self) -> dict[str, JsonValue]:
        """The row as a table takes it: without the names that it has not."""
        return {name: value for name, value in as_data(self).items() if value is not None or name == "reason"}


def chain_path(home: Home) -> Path:
    """Return the path of the ledger of releases."""
    return home.ledger / CHAIN


def people_path(home: Home, project: str, quarter: Quarter | str, version: int, *, is_proposed: bool = False) -> Path:
    """Return the path of the list of people behind a project's release."""
    proposed = ".proposed" if is_proposed else ""
    return home.restricted / RELEASED / project / f"{quarter}-v{version}{proposed}.parquet"


def proposal_path(home: Home, quarter: Quarter) -> Path:
    """Return the path of a quarter's proposal."""
    return home.restricted / "proposals" / f"{quarter}.json"


def release_folder(home: Home, quarter: Quarter | str, version: int) -> Path:
    """Return a release's folder."""
    return home.released / str(quarter) / f"v{version}"


def approved(home: Home) -> list[ApprovedLine]:
    """Return the ledger's lines about approved releases, in order."""
    rows, _ = read(chain_path(home))
    return approved_among(lines_of(rows)[0])


def sealed_people(
    home: Home, project: str, quarter: Quarter | str, version: int, *, is_proposed: bool = False
) -> Sealed:
    """Return hashes that bind the people behind a release to the ledger."""
    path = people_path(home, project, quarter, version, is_proposed=is_proposed)
    rows = flow = key = None
    if path.is_file():
        frame = read_parquet(path)
        text = "\n".join(f"{outcome} {cell}" for outcome, cell in zip(frame["outcome"], frame["cell"], strict=True))
        rows = hashlib.sha256(text.encode()).hexdigest()
        key = next((str(name).partition("-")[0] for name in frame["person_id"].dropna()), None)
    if path.with_suffix(".json").is_file():
        flow = hashlib.sha256(path.with_suffix(".json").read_bytes()).hexdigest()
    return Sealed(rows, flow, key)


def people_faults(home: Home, lines: list[Line]) -> list[str]:
    """Return mismatches between the ledger and the people of releases.

    Parameters
    ----------
    lines : list of Line
        The chain.

    Returns
    -------
    list of str
        Missing or changed files. Names are compared with the ledger if nobody was erased and the key is the same.
    """
    faults = []
    cells: dict[tuple[str, int], dict[tuple[str, str], str]] = {}
    for cell in of_kind(lines, CellLine):
        if cell.population_sha256 is not None:
            cells.setdefault(cell.release, {})[cell.result_id, cell.cell] = cell.population_sha256
    for line in of_kind(lines, PeopleLine):
        project, quarter, version = line.project, line.quarter, line.version
        path = people_path(home, project, quarter, version)
        if FORGOTTEN in (read_json(path.with_suffix(".json")) or {}) and not path.is_file():
            continue
        now = sealed_people(home, project, quarter, version)
        if (now.rows_sha256, now.flow_sha256) != (line.rows_sha256, line.flow_sha256):
            what = "missing" if now.rows_sha256 is None and line.rows_sha256 else "different from those in the ledger"
            faults.append(f"The people behind {quarter} v{version} of {project} are {what}: restricted/{RELEASED}.")
        elif (
            path.is_file()
            and now.key_id == line.key_id
            and not _are_those_entered(read_parquet(path), project, quarter, cells.get((quarter, version), {}))
        ):
            faults.append(
                f"The people behind {quarter} v{version} of {project} do not match the hashes in the ledger: restricted/{RELEASED}."
            )
    return faults


def _are_those_entered(frame: pd.DataFrame, project: str, quarter: str, cells: dict[tuple[str, str], str]) -> bool:
    """Return whether people match the hashes in the ledger.

    After an erasure or a key rotation they cannot be compared, which counts as a match.
    """
    names = frame["person_id"]
    if names.isna().any() or names.empty:
        return True
    for outcome in frame["outcome"].unique():
        known = {cell: digest for (result, cell), digest in cells.items() if result == f"{project}.{quarter}.{outcome}"}
        for cell, people in cells_of(frame, str(outcome)).items():
            if cell in known and population_sha256(people) != known[cell]:
                return False
    return True


def released_rows(home: Home, before: ApprovedLine | None = None) -> list[ReleaseRow]:
    """Return rows of `dim_release`, for all releases or before one line."""
    lines = approved(home)
    return [ReleaseRow.of(line) for line in lines if before is None or line.number < before.number]


def released_records(home: Home, quarter: Quarter | str, version: int) -> list[PublicRecord]:
    """Return the records of a release, whatever version of Trin made it."""
    rows = read_json(release_folder(home, quarter, version) / "results.json") or []
    return [read_public_record(row) for row in rows]


def earlier_releases(home: Home, project: str, outcome: str) -> list[Released]:
    """Return every release of an outcome that had its own numbers."""
    found = []
    for line in approved(home):
        for record in released_records(home, *line.release):
            is_own = (record.project, record.outcome) == (project, outcome)
            if not is_own or record.repeats_quarter is not None:
                continue
            path = people_path(home, project, *line.release)
            kept = read_json(path.with_suffix(".json")) or {}
            if FORGOTTEN in kept:
                found.append(Released(record, {}, {}, is_forgotten=True))
                continue
            if record.counted == "people" and not path.is_file():
                # Compared with an empty list, everything would pass.
                place = path.relative_to(home.root).as_posix()
                what = "The people behind an earlier release are missing, so new results cannot be compared with it."
                raise InputRefused([Fault(what, "Restore it from backup.", place)])
            cells = cells_of(read_parquet(path), outcome) if path.is_file() else {}
            steps = kept.get(outcome, ())
            found.append(Released(record, cells, {(step, group): count for step, group, count in steps}))
    return found


def forget_people(home: Home, project: str, day: date) -> int:
    """Delete the lists of people behind a project's releases.

    New results can then not be compared with them, so the released numbers remain.

    Parameters
    ----------
    day : date
        Recorded in their place.

    Returns
    -------
    int
        Releases and proposals whose people were deleted.
    """
    found = sorted((home.restricted / RELEASED / project).glob("*.parquet"))
    for path in found:
        write_json(path.with_suffix(".json"), {FORGOTTEN: day.isoformat()})  # first: a missing table alone is a fault
        path.unlink()
    return len(found)


def released_before(home: Home, quarter: Quarter) -> list[PublicRecord]:
    """Return the latest released records of earlier quarters, in order.

    Returns
    -------
    list of PublicRecord
        Those with their own numbers; a quarter that repeats another adds nothing to a series.
    """
    last = dict(line.release for line in approved(home) if Quarter.parse(line.quarter) < quarter)
    found = []
    for name in sorted(last):
        rows = released_records(home, name, last[name])
        found += [row for row in rows if row.repeats_quarter is None and row.status == "estimated"]
    return found
