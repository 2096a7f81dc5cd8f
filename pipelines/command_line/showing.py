"""The verbs `trin status` and `trin explain`."""

from __future__ import annotations

from typing import Any

from rich.markdown import Markdown

from assets.intake.arrivals import overlooked_files, waiting_files
from assets.intake.delivery_log import Entry, earlier_reading, in_force, pending_refusals, read_delivery_log
from assets.intake.obstacles import missing_faults
from assets.project_files.dossier import tagged_dossier
from assets.storage.audit import note
from assets.storage.home import Home, read_json
from dashboards.words.explanation import explanation
from dashboards.words.summary import result_markdown
from data_contracts.phrases import phrase
from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.faults import Fault, InputRefused, suggestion
from pipelines.command_line import exit_codes
from pipelines.command_line.printing import console, show_faults, show_table


def all_records(home: Home) -> list[dict[str, Any]]:
    """Return the full records of every quarter, oldest first."""
    records: list[dict[str, Any]] = []
    for path in sorted((home.restricted / "results").glob("*/results.json")):
        records += read_json(path) or []
    return records


def paper_records(home: Home) -> list[dict[str, Any]]:
    """Return the graded studies of every readable dossier."""
    found: list[dict[str, Any]] = []
    for project in home.project_ids():
        try:
            found += [study.model_dump(mode="json") for study in tagged_dossier(home, project)]
        except InputRefused as refused:
            show_faults(refused.faults)
    return found


def _source_words(source: dict[str, Any]) -> str:
    parts = [source["authors"], source["title"], source["publisher"], str(source["year"]), source["link"]]
    return ". ".join(part for part in parts if part)


def show_status(home: Home, language: str) -> int:
    """Print projects, their quarters and their receipts; return an exit code."""
    records = all_records(home)
    rows: list[list[str]] = []
    told: list[str] = []
    damages: list[Fault] = []
    for project in home.project_ids():
        files, refused_rows = "–", "–"
        try:
            protocol = home.protocol(project)
        except InputRefused as refused:
            state = f"✗ {len(refused.faults)} faults: trin check {home.projects / project}"
        else:
            state = f"✓ {protocol.sha256[:12]}"
            try:
                files, refused_rows, lines = _files_of(home, protocol, language)
                told += lines
            except InputRefused as refused:
                files = "✗"
                damages += refused.faults
        quarters = sorted({r["quarter"] for r in records if r["project"] == project})
        rows.append([project, state, files, refused_rows, ", ".join(quarters) or "–"])
    show_table(
        ["project", "protocol", "files in use / refused / waiting", "refused rows", "quarters with results"], rows
    )
    overlooked = overlooked_files(home.inbox, home.project_ids())
    if overlooked:
        told.append(
            f"inbox: {len(overlooked)} files are ignored, because they are in subfolders, hidden, incomplete or belong to no project"
        )
    for line in told:
        console.print(line)
    published = sorted(p.name for p in home.published.iterdir() if p.is_dir() and not p.name.startswith("."))
    console.print(f"published: {', '.join(published) or '–'}")
    show_faults(damages)
    return exit_codes.REFUSED if damages else exit_codes.OK


def _files_of(home: Home, protocol: Protocol, language: str) -> tuple[str, str, list[str]]:
    """Return counts of files and refused rows, and lines for open tasks."""
    project, register = protocol.id, read_delivery_log(home, protocol.id)
    used = {item.entry.number: item.entry for item in in_force(register, protocol)}
    refused = pending_refusals(register, protocol)
    waiting = waiting_files(home.inbox / project)
    rows = sum(entry.total_rows - entry.accepted_rows for entry in used.values())
    lines = [f"{project}: file no. {e.number} was refused: {_receipt(project, e, language)}" for e in refused]
    nameless = [e for e in register.entries if e.state == "refused" and not e.uses]
    lines += [
        f"{project}: no line of the protocol expects file no. {e.number}: {_receipt(project, e, language)}"
        for e in nameless
    ]
    lines += [
        f"{project}: file no. {e.number} was read under an earlier version of the protocol; send it again"
        for e in earlier_reading(register, protocol)
    ]
    missing = missing_faults(register, protocol, waiting=[path.name for path in waiting])
    lines += [f"{project}: {fault.what} {fault.fix}" for fault in missing]
    lines += [
        f"{project}: {quarter} is stale, because its rows have changed; run: trin run" for quarter in register.stale
    ]
    return f"{len(used)} / {len(refused)} / {len(waiting)}", str(rows), lines


def _receipt(project: str, entry: Entry, language: str) -> str:
    return f"quarantine/{project}/{entry.number:04d}.{language}.md"


def explain_result(home: Home, result_id: str, language: str, *, in_full: bool) -> int:
    """Print everything that determined a result; return an exit code."""
    records = {r["result_id"]: r for r in [*all_records(home), *paper_records(home)]}
    record = records.get(result_id)
    if record is None:
        known = ", ".join(sorted(records)) or "none yet; run: trin run"
        show_faults([f"There is no result with this id. {suggestion(result_id, records)} Known: {known}."])
        return exit_codes.FAILED
    if record.get("provenance") is not None:
        note(home, "read", what=result_id)
    console.print(explanation(record, language, console.width), markup=False, soft_wrap=True)
    if in_full:
        console.print()
        console.print(Markdown(result_markdown(record, language)))
        console.print(Markdown(questions_markdown(record, language)))
    provenance = record.get("provenance")
    if provenance is None:
        console.print(f"\n{_source_words(record['source'])}", markup=False)
        return exit_codes.OK
    console.print(f"\n{phrase(language, 'restricted_note')}", markup=False)
    console.print(
        f"Trin {provenance['code_version']} · protocol {provenance['protocol_sha256'][:12]} · "
        f"input {provenance['input_sha256'][:12]} · seed {provenance['seed']} · rules {record['evidence']['ruleset_version']}",
        markup=False,
    )
    return exit_codes.OK


def questions_markdown(record: dict[str, Any], language: str) -> str:
    """Return every risk-of-bias question with its answer and its source."""
    filled = record["evidence"]["risk_of_bias"]
    if filled is None:
        return ""
    heads = [phrase(language, key) for key in ("column_question", "column_answer", "column_finding")]
    lines = [f"### {phrase(language, 'bias.title')}", "", f"| {' | '.join(heads)} |", "|---|---|---|"]
    for domain in filled["domains"]:
        lines.append(
            f"| **{domain['name'][language]}** | **{phrase(language, 'judgement.' + domain['judgement'])}** | |"
        )
        lines += [
            f"| {row['question']} {row['text'][language]} | {phrase(language, 'answer.' + row['answer'])} | {row['because'][language]} |"
            for row in domain["answers"]
            if row["because"][language] != phrase(language, "because.nobody")
        ]
    return "\n".join(lines)
