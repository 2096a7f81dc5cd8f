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
    SHOWN,
    approved,
    chain_path,
    people_path,
    proposal_path,
    release_folder,
    released_rows,
    sealed_people,
)
from assets.release.public_files import PUBLIC, Beside, write_public
from assets.release.signatures import name_faults, same_name
from assets.storage.audit import note
from assets.storage.chain import append, digest_of, read
from assets.storage.clock import today
from assets.storage.home import Home, locked, read_json, sync_folder, write_atomically, write_json
from dashboards.pages.site import build_overview
from data_contracts.calendar.quarters import Quarter
from data_contracts.phrases import LANGUAGES
from data_contracts.reading.faults import Fault, InputRefused
from models.disclosure.policy import default_policy


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
        _refuse_approval(rows, faults, content, quarter, by)
        version = content["version"]
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
        building = _built(home, quarter, content, line)
        if line is None:
            line = _entered(home, quarter, content, by, manifest_sha256(building))
        _finish(home, building, target, line, content)
        write_overview(home)
    note(home, "approved", quarter=str(quarter), version=version)
    return target


def write_overview(home: Home) -> bool:
    """Write the overview pages of releases; return whether they changed."""
    pages, is_new = build_overview(released_rows(home)), False
    digest = overview_sha256(pages)
    rows, _ = read(chain_path(home))
    if next((r["pages_sha256"] for r in reversed(rows) if r.get("kind") == "overview"), None) != digest:
        append(chain_path(home), [{"kind": "overview", "day": today().isoformat(), "pages_sha256": digest}])
    for name, page in pages.items():
        path = home.released / name
        if not path.is_file() or path.is_symlink() or path.read_bytes() != page:
            write_atomically(path, page, PUBLIC)
            is_new = True
    return is_new


def _is(row: dict[str, Any], quarter: Quarter, version: int) -> bool:
    return bool(row["quarter"] == str(quarter) and row["version"] == version)


def _refuse_approval(rows: list[dict[str, Any]], faults: list[str], content: Any, quarter: Quarter, by: str) -> None:
    if faults:
        raise InputRefused(
            [
                Fault(what, "Restore the ledger from backup; run trin ledger verify for details.", "ledger")
                for what in faults
            ]
        )
    proposals = [row for row in rows if row["kind"] == "proposed" and row["quarter"] == str(quarter)]
    if content is None or not proposals:
        raise InputRefused(
            [Fault("Nothing has been proposed.", f"Run: trin release propose --quarter {quarter}", str(quarter))]
        )
    if proposals[-1]["proposal_sha256"] != digest_of(content):
        what = "The proposal differs from the one in the ledger: it was changed."
        raise InputRefused([Fault(what, f"Run: trin release propose --quarter {quarter}", str(quarter))])
    mine = proposals[-1]
    own = (mine["quarter"], mine["version"])
    since = [r for r in rows if r["kind"] == "approved" and r["number"] > mine["number"]]
    if any((r["quarter"], r["version"]) != own for r in since):
        what = "Another release was approved after this proposal, which was not compared with it."
        raise InputRefused([Fault(what, f"Run: trin release propose --quarter {quarter}", str(quarter))])
    wrong = name_faults(by)
    if not wrong and same_name(by, proposals[-1]["by"]):
        what = "The person who proposed a release cannot approve it."
        wrong = [Fault(what, "Ask a second person to approve, with their own name in --by.", "--by")]
    if wrong:
        raise InputRefused(wrong)


def _built(home: Home, quarter: Quarter, content: dict[str, Any], line: dict[str, Any] | None) -> Path:
    """Write files and pages in a temp folder beside the releases."""
    folder = home.released / str(quarter)
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(".writing-*"):
        if line is not None and manifest_sha256(leftover) == line["manifest_sha256"]:
            return leftover  # in the ledger, but interrupted before the move
        shutil.rmtree(leftover, ignore_errors=True)
    building = Path(tempfile.mkdtemp(dir=folder, prefix=".writing-"))
    write_release(building, home, quarter, content, today().isoformat() if line is None else line["day"], line)
    return building


def write_release(
    folder: Path, home: Home, quarter: Quarter, content: dict[str, Any], day: str, line: dict[str, Any] | None
) -> None:
    """Write a proposal's files and pages into an empty folder.

    Parameters
    ----------
    content : dict
        The proposal.
    line : dict or None
        Its ledger line, if it has one.
    """
    names = {
        f"withdrawn_{lang}": "; ".join(row[lang].replace(";", ",") for row in content["withdrawn"])
        for lang in LANGUAGES
    }
    this = _release_row(content, day) | names | {"is_this": True}
    releases = [*released_rows(home, before=line), this]
    write_public(folder, quarter, content["records"], Beside(**content["beside"]), releases, content["earlier"], PUBLIC)


def _release_row(content: dict[str, Any], day: str) -> dict[str, Any]:
    return {
        "quarter": content["quarter"],
        "version": content["version"],
        "released_on": day,
        "reason": content["reason"],
        "results": len(content["records"]),
        "changed": ", ".join(content["changed"]),
        "withdrawn": ", ".join(row["project"] for row in content["withdrawn"]),
    }


def _entered(home: Home, quarter: Quarter, content: dict[str, Any], by: str, manifest: str) -> dict[str, Any]:
    """Append a release and all its cells to the ledger."""
    row = _release_row(content, today().isoformat())
    own = {"quarter": str(quarter), "version": content["version"], "policy_version": default_policy().version}
    line = own | {"kind": "approved", "by": by, "day": row["released_on"], "manifest_sha256": manifest}
    line |= {name: row[name] for name in SHOWN}
    for project, sealed in content["people"].items():
        now = sealed_people(home, project, quarter, content["version"], is_proposed=True)
        if now != sealed:  # other people, or a rotated key
            what = "The people behind the results have changed since the proposal."
            raise InputRefused([Fault(what, f"Run: trin release propose --quarter {quarter}", project)])
    people = [own | {"kind": "people", "project": project, **sealed} for project, sealed in content["people"].items()]
    append(chain_path(home), [line, *(own | cell for cell in content["cells"]), *people])
    return next(r for r in approved(home) if _is(r, quarter, content["version"]))


def _finish(home: Home, building: Path, target: Path, line: dict[str, Any], content: dict[str, Any]) -> None:
    """Move a release into place, together with the people behind it."""
    if manifest_sha256(building) != line["manifest_sha256"]:
        # The build in the ledger is gone, and builds are not byte-identical, so the ledger records the rebuild.
        again = {"kind": "rebuilt", "quarter": line["quarter"], "version": line["version"], "day": today().isoformat()}
        append(chain_path(home), [again | {"manifest_sha256": manifest_sha256(building)}])
        line = next(r for r in approved(home) if (r["quarter"], r["version"]) == (line["quarter"], line["version"]))
    for project in sorted({row["project"] for row in content["records"]}):
        kept = people_path(home, project, line["quarter"], line["version"])
        waiting = people_path(home, project, line["quarter"], line["version"], is_proposed=True)
        for suffix in (".json", ".parquet"):
            if waiting.with_suffix(suffix).is_file():
                os.replace(waiting.with_suffix(suffix), kept.with_suffix(suffix))
    write_json(building / CERTIFICATE, certificate_of(line), PUBLIC)
    os.replace(building, target)
    _closed(target)
    sync_folder(target.parent)


def _closed(folder: Path) -> None:
    """Remove all write permissions from a release."""
    for path in [*sorted(folder.rglob("*"), reverse=True), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)
