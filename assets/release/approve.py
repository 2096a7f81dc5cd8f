"""Approvals: a second person releases a proposal.

The ledger line is written before the folder is moved into place; approving again completes an interrupted approval,
whatever the step.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from assets.release.check import certificate_of, manifest_sha256, overview_sha256
from assets.release.history import (
    CERTIFICATE,
    approved,
    chain_path,
    people_path,
    proposal_path,
    release_folder,
    released_rows,
    sealed_people,
)
from assets.release.lines import ApprovedLine, Line, OverviewLine, ProposedLine, lines_of, of_kind
from assets.release.proposal import Proposal
from assets.release.public_files import PUBLIC, write_public
from assets.release.signatures import name_faults, same_name
from assets.storage.audit import note
from assets.storage.chain import append, digest_of, read
from assets.storage.clock import today
from assets.storage.home import Home, locked, read_json, sync_folder, write_atomically, write_json
from dashboards.pages.site import build_overview
from data_contracts.calendar.quarters import Quarter
from data_contracts.reading.faults import Fault, InputRefused
from models.disclosure.policy import default_policy
from models.values.adapter import as_data, read_as


def approve(home: Home, quarter: Quarter, *, by: str) -> Path:
    """Release a proposal.

    Parameters
    ----------
    by : str
        The approver, who must not be the proposer.

    Returns
    -------
    Path
        The release's folder; nothing in it is ever changed.

    Raises
    ------
    InputRefused
        If nothing was proposed, the same person approves, the proposal was changed, or the chain is broken.
    """
    with locked(home.ledger / "release.lock"):
        rows, faults = read(chain_path(home))
        content = read_json(proposal_path(home, quarter))
        _refuse_approval(lines_of(rows)[0], faults, content, quarter, by)
        proposal = read_as(Proposal, content)
        version = proposal.version
        target = release_folder(home, quarter, version)
        line = next((r for r in approved(home) if _is(r, quarter, version)), None)
        if line is not None and target.is_dir():
            # Already released, but perhaps interrupted before the last steps, which are idempotent.
            _closed(target)
            is_new = write_overview(home)
            if not is_new:
                what = "There is nothing to approve: the proposal is already released."
                raise InputRefused(
                    [Fault(what, "Propose a new release: trin release propose", f"{quarter} v{version}")]
                )
            return target
        building = _built(home, quarter, proposal, line)
        if line is None:
            line = _entered(home, quarter, proposal, by, manifest_sha256(building))
        _finish(home, building, target, line, proposal)
        write_overview(home)
    note(home, "approved", quarter=str(quarter), version=version)
    return target


def write_overview(home: Home) -> bool:
    """Write the overview pages of releases; return whether they changed."""
    pages, is_new = build_overview([row.columns for row in released_rows(home)]), False
    digest = overview_sha256(pages)
    rows, _ = read(chain_path(home))
    entered = [line.pages_sha256 for line in of_kind(lines_of(rows)[0], OverviewLine)]
    if entered[-1:] != [digest]:
        append(chain_path(home), [{"kind": "overview", "day": today().isoformat(), "pages_sha256": digest}])
    for name, page in pages.items():
        path = home.released / name
        if not path.is_file() or path.is_symlink() or path.read_bytes() != page:
            write_atomically(path, page, PUBLIC)
            is_new = True
    return is_new


def _is(line: ApprovedLine, quarter: Quarter, version: int) -> bool:
    return line.release == (str(quarter), version)


def _refuse_approval(lines: list[Line], faults: list[str], content: Any, quarter: Quarter, by: str) -> None:
    if faults:
        raise InputRefused(
            [
                Fault(what, "Restore the ledger from backup; run trin ledger verify for details.", "ledger")
                for what in faults
            ]
        )
    proposals = [line for line in of_kind(lines, ProposedLine) if line.quarter == str(quarter)]
    if content is None or not proposals:
        raise InputRefused(
            [Fault("Nothing has been proposed.", f"Run: trin release propose --quarter {quarter}", str(quarter))]
        )
    if proposals[-1].proposal_sha256 != digest_of(content):
        what = "The proposal differs from the one in the ledger: it was changed."
        raise InputRefused([Fault(what, f"Run: trin release propose --quarter {quarter}", str(quarter))])
    mine = proposals[-1]
    since = [line for line in of_kind(lines, ApprovedLine) if line.number > mine.number]
    if any(line.release != mine.release for line in since):
        what = "Another release was approved after this proposal, which was not compared with it."
        raise InputRefused([Fault(what, f"Run: trin release propose --quarter {quarter}", str(quarter))])
    wrong = name_faults(by)
    if not wrong and same_name(by, mine.by):
        what = "The person who proposed a release cannot approve it."
        wrong = [Fault(what, "Ask a second person to approve, with their own name in --by.", "--by")]
    if wrong:
        raise InputRefused(wrong)


def _built(home: Home, quarter: Quarter, proposal: Proposal, line: ApprovedLine | None) -> Path:
    """Write files and pages in a temp folder beside the releases."""
    folder = home.released / str(quarter)
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(".writing-*"):
        if line is not None and manifest_sha256(leftover) == line.manifest_sha256:
            return leftover  # in the ledger, but interrupted before the move
        shutil.rmtree(leftover, ignore_errors=True)
    building = Path(tempfile.mkdtemp(dir=folder, prefix=".writing-"))
    write_release(building, home, quarter, proposal, today().isoformat() if line is None else line.day, line)
    return building


def write_release(
    folder: Path, home: Home, quarter: Quarter, proposal: Proposal, day: str, line: ApprovedLine | None
) -> None:
    """Write a proposal's files and pages into an empty folder.

    Parameters
    ----------
    line : ApprovedLine or None
        Its ledger line, if it has one.
    """
    releases = [*released_rows(home, before=line), proposal.row(day)]
    write_public(folder, quarter, proposal.records, proposal.beside, releases, proposal.earlier, PUBLIC)


def _entered(home: Home, quarter: Quarter, proposal: Proposal, by: str, manifest: str) -> ApprovedLine:
    """Append a release and all its cells to the ledger."""
    row, version = proposal.row(today().isoformat()), proposal.version
    own = {"quarter": str(quarter), "version": version, "policy_version": default_policy().version}
    line = own | {
        "kind": "approved",
        "by": by,
        "day": row.released_on,
        "manifest_sha256": manifest,
        "reason": row.reason,
        "results": row.results,
        "changed": row.changed,
        "withdrawn": row.withdrawn,
    }
    for project, sealed in proposal.people.items():
        if sealed_people(home, project, quarter, version, is_proposed=True) != sealed:  # other people, or a rotated key
            what = "The people behind the results have changed since the proposal."
            raise InputRefused([Fault(what, f"Run: trin release propose --quarter {quarter}", project)])
    cells = [own | as_data(cell) for cell in proposal.cells]
    people = [own | {"kind": "people", "project": name, **as_data(sealed)} for name, sealed in proposal.people.items()]
    append(chain_path(home), [line, *cells, *people])
    return next(line for line in approved(home) if _is(line, quarter, version))


def _finish(home: Home, building: Path, target: Path, line: ApprovedLine, proposal: Proposal) -> None:
    """Move a release into place, together with the people behind it."""
    if manifest_sha256(building) != line.manifest_sha256:
        # The build in the ledger is gone, and builds are not byte-identical, so the ledger records the rebuild.
        again = {"kind": "rebuilt", "quarter": line.quarter, "version": line.version, "day": today().isoformat()}
        append(chain_path(home), [again | {"manifest_sha256": manifest_sha256(building)}])
        line = next(other for other in approved(home) if other.release == line.release)
    for project in sorted({record.project for record in proposal.records}):
        kept = people_path(home, project, *line.release)
        waiting = people_path(home, project, *line.release, is_proposed=True)
        for suffix in (".json", ".parquet"):
            if waiting.with_suffix(suffix).is_file():
                os.replace(waiting.with_suffix(suffix), kept.with_suffix(suffix))
    write_json(building / CERTIFICATE, as_data(certificate_of(line)), PUBLIC)
    os.replace(building, target)
    _closed(target)
    sync_folder(target.parent)


def _closed(folder: Path) -> None:
    """Remove all write permissions from a release."""
    for path in [*sorted(folder.rglob("*"), reverse=True), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)
