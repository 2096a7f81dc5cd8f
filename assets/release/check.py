"""Tamper checks: releases, the ledger, and the people behind releases."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assets.release.history import CERTIFICATE, chain_path, people_faults
from assets.release.lines import ApprovedLine, Line, OverviewLine, approved_among, lines_of, of_kind
from assets.storage.chain import read
from assets.storage.home import Home, read_json
from data_contracts.reading.faults import InputRefused
from models.values.adapter import as_data

QUARTER_FOLDER = re.compile(r"\d{4}Q[1-4]")
VERSION_FOLDER = re.compile(r"v[1-9][0-9]*")
OVERVIEW = ("index.html", "en", "en/index.html")


def manifest_sha256(folder: Path) -> str:
    """Return a hash of every file of a release but its certificate."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p != folder / CERTIFICATE)
    lines = [f"{p.relative_to(folder).as_posix()} {_file_sha256(p)}" for p in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Certificate:
    """A release's line in the ledger, without names."""

    quarter: str
    version: int
    day: str
    reason: str | None
    manifest_sha256: str
    policy_version: str
    ledger_line: int
    ledger_sha256: str


def certificate_of(line: ApprovedLine) -> Certificate:
    """Return a release's certificate."""
    return Certificate(
        line.quarter,
        line.version,
        line.day,
        line.reason,
        line.manifest_sha256,
        line.policy_version,
        line.number,
        line.sha256,
    )


def faults_in(home: Home) -> list[str]:
    """Return every mismatch between ledger, releases and people.

    Returns
    -------
    list of str
        Changed, missing, moved or added lines; releases that were changed, are missing, or have no line; people behind
        a release who do not match the ledger; and anything else in the releases folder. Empty if nothing was changed.
    """
    rows, faults = read(chain_path(home))
    known, unknown = lines_of(rows)
    faults += unknown
    lines = {line.release: line for line in approved_among(known)}
    for (quarter, version), line in sorted(lines.items()):
        faults += _release_faults(home.released / quarter / f"v{version}", f"{quarter} v{version}", line)
    faults += _others(home.released, {f"{quarter}/v{version}" for quarter, version in lines})
    faults += _overview_faults(home, known)
    try:
        faults += people_faults(home, known)
    except InputRefused as refused:
        faults += [f"The people behind a release cannot be read: {fault.what}" for fault in refused.faults]
    return faults


def overview_sha256(pages: Mapping[str, bytes]) -> str:
    """Return a hash of the overview pages, with their names."""
    lines = [f"{name} {hashlib.sha256(content).hexdigest()}" for name, content in sorted(pages.items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _overview_faults(home: Home, known: list[Line]) -> list[str]:
    """Return mismatches between the overview pages and the ledger."""
    entered = [line.pages_sha256 for line in of_kind(known, OverviewLine)]
    files = {name: home.released / name for name in ("index.html", "en/index.html")}
    if not entered:
        return []
    if any(path.is_symlink() or not path.is_file() for path in files.values()):
        return ["The overview pages of the releases are missing. Approve again to rebuild them."]
    if overview_sha256({name: path.read_bytes() for name, path in files.items()}) != entered[-1]:
        return ["The overview pages of the releases were changed. Approve again to rebuild them."]
    return []


def _release_faults(folder: Path, name: str, line: ApprovedLine) -> list[str]:
    if folder.is_symlink() or folder.parent.is_symlink():
        return [f"Release {name} is a symbolic link, not a folder."]
    if not folder.is_dir():
        return [
            f"Release {name} is in the ledger, but its folder is missing. If approval was interrupted, approve again."
        ]
    inside = list(folder.rglob("*"))
    if any(path.is_symlink() for path in inside):
        return [f"Release {name} was changed after approval: it contains a symbolic link."]
    if any(path.is_dir() and not any(path.iterdir()) for path in inside):
        return [f"Release {name} was changed after approval: it contains an empty folder."]
    try:
        if manifest_sha256(folder) != line.manifest_sha256:
            return [f"Release {name} was changed after approval: its files differ from those approved."]
        if read_json(folder / CERTIFICATE) != as_data(certificate_of(line)):
            return [f"Release {name} does not match its line in the ledger: {CERTIFICATE} differs."]
    except (InputRefused, OSError):
        return [f"Release {name} cannot be read."]
    return []


def _others(folder: Path, entered: set[str]) -> list[str]:
    """Return faults for anything in the releases folder without a line."""
    faults = []
    for path in sorted(folder.glob("*")) + sorted(folder.glob("*/*")):
        name = path.relative_to(folder).as_posix()
        is_half_written = path.name.startswith(".writing-") and path.parent != folder
        quarter, _, version = name.partition("/")
        if (name in OVERVIEW and not path.is_symlink()) or name in entered or is_half_written:
            continue
        if QUARTER_FOLDER.fullmatch(quarter) and not version and path.is_dir() and not path.is_symlink():
            continue
        if QUARTER_FOLDER.fullmatch(quarter) and VERSION_FOLDER.fullmatch(version):
            faults.append(f"Release {quarter} {version} has a folder, but no line in the ledger.")
        else:
            faults.append(f"The releases folder contains something that is not a release: {_safe(name)}.")
    return faults


def _safe(name: str) -> str:
    """Return a file name with unsafe characters replaced."""
    return re.sub(r"[^A-Za-z0-9_./-]", "?", name)[:60]
