"""Proposals: a quarter's results, frozen for a second person.

A proposal is frozen together with a preview of its pages, so that later runs cannot change what was reviewed and is
approved.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pydantic import JsonValue

from assets.intake.delivery_log import read_delivery_log
from assets.project_files.accounts import accounts_of
from assets.release.approve import write_release
from assets.release.check import faults_in
from assets.release.history import (
    approved,
    chain_path,
    earlier_releases,
    people_path,
    proposal_path,
    released_before,
    released_records,
    sealed_people,
)
from assets.release.proposal import Proposal, ProposedCell, Withdrawn
from assets.release.public_files import beside_results
from assets.release.signatures import name_faults, reason_faults
from assets.storage.audit import note
from assets.storage.chain import append, digest_of
from assets.storage.clock import today
from assets.storage.home import Home, locked, read_json, write_atomically, write_json
from assets.storage.store import Store, parquet_bytes
from data_contracts.calendar.quarters import Quarter
from data_contracts.protocol.rules import LIVING_REVIEW
from data_contracts.reading.faults import Fault, InputRefused
from data_contracts.results.public_record import PublicRecord
from data_contracts.results.result_record import ResultRecord
from models.disclosure.policy import default_policy
from models.disclosure.populations import COLUMNS, PLACE, cells_of, population_sha256
from models.disclosure.record import publish
from models.disclosure.release_rule import Decision, decide, decide_pooled, flow_counts, has_numbers, says_own_places
from models.values.adapter import as_data, read_as


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposed release of a quarter.

    Attributes
    ----------
    shown, hidden, repeated, changed : int
        Results with numbers, without, with an earlier release's numbers, and with numbers changed since the last release.
    repeats : tuple of str
        Results with the numbers of an earlier release.
    preview : Path
        Folder of the pages as they would be released.
    """

    quarter: str
    version: int
    shown: int
    hidden: int
    repeated: int
    changed: int
    repeats: tuple[str, ...]
    preview: Path


def propose(
    home: Home, quarter: Quarter, *, by: str, reason: str | None = None, without: tuple[str, ...] = ()
) -> Proposed:
    """Freeze a quarter's results for a second person to approve.

    Parameters
    ----------
    by : str
        The proposer; stored in the ledger only.
    reason : str, optional
        Why a quarter that was released before is released again; shown in the archive.
    without : tuple of str
        Projects that are withdrawn.

    Raises
    ------
    InputRefused
        If there is nothing to release, results are stale, or a reason is missing.
    """
    with locked(home.ledger / "release.lock"):  # not concurrently with another proposal or approval
        return _propose(home, quarter, by, reason, without)


def _propose(home: Home, quarter: Quarter, by: str, reason: str | None, without: tuple[str, ...]) -> Proposed:
    broken = faults_in(home)  # includes the people behind earlier releases
    if broken:
        # An unfinished release in the ledger would not be compared with, and could not be completed any more.
        fix = "Run trin ledger verify for details; complete an interrupted release by approving it again."
        raise InputRefused([Fault(what, fix, "ledger") for what in broken])
    version = 1 + max((line.version for line in approved(home) if line.quarter == str(quarter)), default=0)
    rows = read_as(list[ResultRecord], read_json(home.restricted / "results" / str(quarter) / "results.json") or [])
    _refuse_unready(home, quarter, rows, version, by, reason, without)
    kept = [row for row in rows if row.project not in without]
    left_out = {row.outcome for row in rows if row.project in without}
    decisions = _decisions(home, kept, quarter, left_out)
    records = tuple(decision.record for decision in decisions.values())
    projects = sorted({row.project for row in kept} & set(home.project_ids()))
    store = Store(home_folder=str(home.root))
    papers = [store.dossier(project, quarter.partition_key) for project in projects]
    beside = beside_results(home, quarter, projects, papers, accounts_of(home, records))
    withdrawn = tuple(_named(rows, project) for project in without)
    people = {}
    for project in sorted({row.project for row in kept}):
        own = [row for row in kept if row.project == project and decisions[row.result_id].repeats is None]
        _keep_people(home, project, quarter, version, own)
        people[project] = sealed_people(home, project, quarter, version, is_proposed=True)
    proposal = Proposal(
        quarter=str(quarter),
        version=version,
        day=today().isoformat(),
        by=by,
        reason=reason,
        withdrawn=withdrawn,
        changed=_changed_since(home, quarter, version, records),
        records=records,
        earlier=tuple(released_before(home, quarter)),
        beside=beside,
        cells=tuple(cell for row in kept for cell in _cells_of(home, row, decisions[row.result_id], quarter)),
        people=people,
    )
    preview = _preview(home, quarter, proposal)
    content = as_data(proposal)
    write_json(proposal_path(home, quarter), content)
    digest = digest_of(content)
    line = {"kind": "proposed", "quarter": str(quarter), "version": version, "day": proposal.day, "by": by}
    append(chain_path(home), [line | {"proposal_sha256": digest}])
    note(home, "proposed", quarter=str(quarter), version=version)
    return Proposed(
        str(quarter),
        version,
        sum(has_numbers(row) for row in records),
        sum(not has_numbers(row) for row in records),
        sum(decision.repeats is not None for decision in decisions.values()),
        len(proposal.changed),
        tuple(name for name, decision in decisions.items() if decision.repeats is not None),
        preview,
    )


def _preview(home: Home, quarter: Quarter, proposal: Proposal) -> Path:
    """Write the pages as they would be released, for the approver."""
    target = home.restricted / "proposals" / f"{quarter}-pages"
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=target.parent, prefix=".writing-"))
    write_release(building, home, quarter, proposal, proposal.day, None)
    shutil.rmtree(target, ignore_errors=True)
    os.replace(building, target)
    return target


def _refuse_unready(
    home: Home,
    quarter: Quarter,
    rows: list[ResultRecord],
    version: int,
    by: str,
    reason: str | None,
    without: tuple[str, ...],
) -> None:
    faults: list[Fault] = []
    faults += [*name_faults(by), *reason_faults(reason)]
    if not rows:
        faults.append(Fault("This quarter has not been run.", f"Run: trin run --quarter {quarter}", str(quarter)))
    if version > 1 and not (reason or "").strip():
        what = f"{quarter} is already released, as version {version - 1}."
        faults.append(
            Fault(what, "Give the reason for releasing it again in --reason; the archive shows it.", "--reason")
        )
    known = {row.project for row in rows}
    for project in without:
        if project not in known:
            faults.append(Fault("This project has no results to withdraw.", "See trin status.", project))
    for project in sorted(known & set(home.project_ids()) - set(without)):
        if str(quarter) in read_delivery_log(home, project).stale:
            what = "Its rows have changed since its results were calculated."
            faults.append(Fault(what, f"Run: trin run --quarter {quarter}", project))
        people = _people(home, project, quarter)
        behind = set(people["outcome"])
        own = [r for r in rows if r.project == project and r.counted == "people" and (r.n_treated or 0) > 0]
        if any(row.outcome not in behind for row in own):
            # Without them the new results cannot be compared with earlier releases.
            what = "The list of people behind its numbers is missing."
            faults.append(Fault(what, f"Run: trin run --again --project {project} --quarter {quarter}", project))
    if faults:
        raise InputRefused(faults)


def _decisions(home: Home, rows: list[ResultRecord], quarter: Quarter, left_out: set[str]) -> dict[str, Decision]:
    """Return the decision on every result, pooled results last.

    A pooled result is hidden if one of its projects was withdrawn.
    """
    policy = default_policy()
    made = {row.result_id: _decided(home, row, quarter) for row in rows}
    repeated = {row.outcome for row in rows if made[row.result_id].repeats is not None}
    for row in rows:
        if row.project == LIVING_REVIEW:
            record, withheld = publish(row, policy), publish(row, policy, is_withheld=True)
            if row.outcome in left_out:
                made[row.result_id] = Decision(withheld, None)  # it was pooled with the project that is withdrawn
                continue
            earlier = earlier_releases(home, LIVING_REVIEW, row.outcome)
            made[row.result_id] = decide_pooled(record, withheld, row.outcome in repeated, earlier)
    return made


def _decided(home: Home, row: ResultRecord, quarter: Quarter) -> Decision:
    policy = default_policy()
    record = publish(row, policy)
    if row.counted != "people":
        return Decision(record, None)  # studies, places and raters may come one by one
    earlier = earlier_releases(home, row.project, row.outcome)
    return decide(record, _cells(home, row, quarter), flow_counts(row), earlier, policy)


def _people(home: Home, project: str, quarter: Quarter) -> pd.DataFrame:
    kept = Store(home_folder=str(home.root)).read(["effects", "populations"], project, quarter.partition_key)
    return pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS}) if kept is None else kept


def _cells(home: Home, row: ResultRecord, quarter: Quarter) -> dict[str, pd.Series]:
    return cells_of(_people(home, row.project, quarter), row.outcome)


def _cells_of(home: Home, row: ResultRecord, decision: Decision, quarter: Quarter) -> list[ProposedCell]:
    """Return the ledger's words on each cell: a hash of the people behind."""
    cells = _cells(home, row, quarter) if decision.repeats is None else dict(decision.repeats.cells)
    if decision.repeats is None and not says_own_places(decision.record):
        cells = {name: people for name, people in cells.items() if not name.startswith(PLACE)}
    hashes: dict[str, str | None] = {name: population_sha256(people) for name, people in sorted(cells.items())}
    run, record_sha256 = row.provenance, digest_of(as_data(decision.record))
    return [
        ProposedCell(
            kind="cell",
            result_id=row.result_id,
            record_sha256=record_sha256,
            code_version=run.code_version,
            protocol_sha256=run.protocol_sha256,
            input_sha256=run.input_sha256,
            cell=name,
            population_sha256=digest,
        )
        for name, digest in (hashes or {"all": None}).items()
    ]


def _keep_people(home: Home, project: str, quarter: Quarter, version: int, rows: list[ResultRecord]) -> None:
    """Store the people behind a project's new numbers, as proposed."""
    people = _people(home, project, quarter)
    shown = people[people["outcome"].isin([row.outcome for row in rows])].reset_index(drop=True)
    path = people_path(home, project, quarter, version, is_proposed=True)
    write_atomically(path, parquet_bytes(shown))
    flow = {row.outcome: [[*key, count] for key, count in sorted(flow_counts(row).items())] for row in rows}
    write_json(path.with_suffix(".json"), flow)


def _changed_since(home: Home, quarter: Quarter, version: int, records: Sequence[PublicRecord]) -> tuple[str, ...]:
    """Return results that differ from the quarter's last release."""
    if version == 1:
        return ()
    shown = {record.result_id: _said(record) for record in released_records(home, quarter, version - 1)}
    now = {record.result_id: _said(record) for record in records}
    return tuple(sorted(name for name in {*shown, *now} if shown.get(name) != now.get(name)))


def _said(record: PublicRecord) -> dict[str, JsonValue]:
    """Return what a record says, without its provenance and repeat marker."""
    return {name: value for name, value in as_data(record).items() if name not in ("provenance", "repeats_quarter")}


def _named(rows: list[ResultRecord], project: str) -> Withdrawn:
    name = next(row.project_name for row in rows if row.project == project)
    return Withdrawn(project, name.da, name.en)
