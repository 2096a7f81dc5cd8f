"""What was released before: read back for the rule, for the archive and for whoever checks.

Belongs here: reading the chain of releases and the people they rested on, and
finding what was tampered with. Does not belong here: releasing (`releases.py`).
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

from assets.chain import read
from assets.home import Home, read_json, write_json
from assets.intake.stored_tables import RELEASED
from assets.store import read_parquet
from data_contracts.faults import Fault, InputRefused
from data_contracts.quarters import Quarter
from models.populations import cells_of
from models.release_rule import Released

CHAIN = "releases.jsonl"
CERTIFICATE = "release.json"
FORGOTTEN = "forgotten_on"
SHOWN = ("quarter", "version", "reason", "results", "changed", "withdrawn")


def chain_path(home: Home) -> Path:
    """Return where the chain of releases lies."""
    return home.ledger / CHAIN


def people_path(home: Home, project: str, quarter: Quarter | str, version: int, *, is_proposed: bool = False) -> Path:
    """Return where the people behind a project's release are kept."""
    proposed = ".proposed" if is_proposed else ""
    return home.restricted / RELEASED / project / f"{quarter}-v{version}{proposed}.parquet"


def release_folder(home: Home, quarter: Quarter | str, version: int) -> Path:
    """Return a release's folder."""
    return home.released / str(quarter) / f"v{version}"


def approved(home: Home) -> list[dict[str, Any]]:
    """Return the chain's lines about approved releases, in the order they were made."""
    rows, _ = read(chain_path(home))
    return [row for row in rows if row["kind"] == "approved"]


def released_rows(home: Home, before: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return rows of `dim_release` for all releases, or for those before a line of the chain."""
    last = None if before is None else before["number"]
    lines = [line for line in approved(home) if last is None or line["number"] < last]
    return [{name: line[name] for name in SHOWN} | {"released_on": line["day"], "is_this": False} for line in lines]


def earlier_releases(home: Home, project: str, outcome: str) -> list[Released]:
    """Return every release of a project's outcome that had numbers of its own.

    Parameters
    ----------
    home : Home
    project, outcome : str
    """
    found = []
    for line in approved(home):
        folder = release_folder(home, line["quarter"], line["version"])
        for record in read_json(folder / "results.json") or []:
            is_own = (record["project"], record["outcome"]) == (project, outcome)
            if not is_own or record["repeats_quarter"] is not None:
                continue
            path = people_path(home, project, line["quarter"], line["version"])
            kept = read_json(path.with_suffix(".json")) or {}
            if FORGOTTEN in kept:
                found.append(Released(record, {}, {}, is_forgotten=True))
                continue
            if record["counted"] == "people" and not path.is_file():
                # Held against nobody, everything would pass.
                place = path.relative_to(home.root).as_posix()
                what = "Whom an earlier release rested on is missing, so that nothing can be held against it."
                raise InputRefused([Fault(what, "Restore it from backup.", place)])
            cells = cells_of(read_parquet(path), outcome) if path.is_file() else {}
            steps = kept.get(outcome, ())
            found.append(Released(record, cells, {(step, group): count for step, group, count in steps}))
    return found


def forget_people(home: Home, project: str, day: date) -> int:
    """Delete whom a project's releases rest on; nothing can be held against them any more, so that they stand.

    Parameters
    ----------
    home : Home
    project : str
    day : date
        Said in their place.

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


def released_before(home: Home, quarter: Quarter) -> list[dict[str, Any]]:
    """Return the released records of earlier quarters, of each quarter its last version, the oldest first.

    Parameters
    ----------
    home : Home
    quarter : Quarter

    Returns
    -------
    list of dict
        Those with numbers of their own; a quarter that repeats another adds nothing to a series.
    """
    last = {line["quarter"]: line["version"] for line in approved(home) if Quarter.parse(line["quarter"]) < quarter}
    found = []
    for name in sorted(last):
        rows = read_json(release_folder(home, name, last[name]) / "results.json") or []
        found += [row for row in rows if row["repeats_quarter"] is None and row["status"] == "estimated"]
    return found


def manifest_sha256(folder: Path) -> str:
    """Hash every file of a release but its certificate, with its name."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p != folder / CERTIFICATE)
    lines = [f"{p.relative_to(folder).as_posix()} {_file_sha256(p)}" for p in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def certificate_of(line: dict[str, Any]) -> dict[str, Any]:
    """Return what a release says of itself: which line of the chain it is, and nothing of who did what."""
    names = ("quarter", "version", "day", "reason", "manifest_sha256", "policy_version")
    return {name: line[name] for name in names} | {"ledger_line": line["number"], "ledger_sha256": line["sha256"]}


def faults_in(home: Home) -> list[str]:
    """Return what does not fit between chain and releases; empty if nothing was changed.

    Parameters
    ----------
    home : Home

    Returns
    -------
    list of str
        Changed, missing, moved or added lines; releases that were changed, are missing, or are in no line.
    """
    rows, faults = read(chain_path(home))
    lines = {(row["quarter"], row["version"]): row for row in rows if row["kind"] == "approved"}
    folders = {(p.parent.name, int(p.name[1:])): p for p in home.released.glob("*Q*/v*") if p.name[1:].isdigit()}
    for (quarter, version), line in sorted(lines.items()):
        name = f"{quarter} v{version}"
        folder = folders.get((quarter, version))
        if folder is None:
            faults.append(f"Release {name} is in the chain, and its folder is missing.")
        elif manifest_sha256(folder) != line["manifest_sha256"]:
            faults.append(f"Release {name} was changed after it was made: its files are not those that were approved.")
        elif _certificate(folder) != certificate_of(line):
            faults.append(f"Release {name} does not belong to its line in the chain: {CERTIFICATE} says another.")
    for quarter, version in sorted(set(folders) - set(lines)):
        faults.append(f"Release {quarter} v{version} has a folder, and no line in the chain: the line is missing.")
    return faults


def _certificate(folder: Path) -> Any:
    return read_json(folder / CERTIFICATE)
