"""Checks of texts against results, for `trin lint-claim`."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from rich.markup import escape

from assets.project_files.dossier import tagged_dossier
from assets.storage.home import Home, read_json
from data_contracts.phrases import phrase
from data_contracts.reading.faults import InputRefused, suggestion
from data_contracts.results.result_record import ResultRecord
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from models.evidence.claim_lint import lint_claim, sentences_of
from pipelines.command_line import exit_codes
from pipelines.command_line.printing import console, show_faults


def lint_and_show(home: Home, text: str, result_id: str, language: str) -> int:
    """Print every unsupported claim of a text; return an exit code."""
    records = sayable_records(home)
    record = records.get(result_id)
    if record is None:
        known = ", ".join(sorted(records)) or "none yet; run: trin run"
        show_faults([f"There is no result with this id. {suggestion(result_id, records)} Known: {known}."])
        return exit_codes.USAGE
    if not sentences_of(text):
        show_faults(["There is no text to check against the result."])
        return exit_codes.USAGE
    faults = lint_claim(text, record)
    for fault in faults:
        where = phrase(language, "lint_sentence", number=fault.sentence)
        console.print(f"[red]✗[/red] {where}: “{escape(fault.excerpt)}”. {escape(fault.why[language])}", soft_wrap=True)
    if not faults:
        console.print(f"[green]✓[/green] {phrase(language, 'lint_covered')}")
        return exit_codes.OK
    console.print(f"\n{phrase(language, 'lint_instead')}:")
    for claim in record["claims"]["can"]:
        console.print(f"  “{escape(claim[language])}”", soft_wrap=True)
    return exit_codes.REFUSED


def sayable_records(home: Home) -> dict[str, dict[str, Any]]:
    """Return results and paper studies with published numbers only."""
    policy = default_policy()
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((home.restricted / "results").glob("*/results.json")):
        for row in read_json(path) or []:
            try:
                public = publish(ResultRecord.model_validate(row), policy)
            except ValidationError:
                continue  # written by an earlier version; a new run rewrites it
            found[public.result_id] = public.model_dump(mode="json")
    for project in home.project_ids():
        try:
            found |= {study.result_id: study.model_dump(mode="json") for study in tagged_dossier(home, project)}
        except InputRefused as refused:
            show_faults(refused.faults)
    return found
