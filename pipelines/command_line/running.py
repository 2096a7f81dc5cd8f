"""Running a quarter with progress and a table of results."""

from __future__ import annotations

import warnings
from contextlib import ExitStack, closing
from typing import Any

from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from assets.intake.receipts import FileReceipt, state_words
from assets.storage.home import Home, read_json
from data_contracts.calendar.quarters import Quarter
from data_contracts.ladder.ladder import rungs
from data_contracts.phrases import difference_text, number_text, phrase
from models.designs.systematic_review.living_review import PROJECT as LIVING_REVIEW
from pipelines.command_line import exit_codes
from pipelines.command_line.printing import console, errors, show_table

SIGNS = {
    "made": "[green]✓[/green]",
    "unchanged": "[green]=[/green]",
    "refused": "[red]✗[/red]",
    "failed": "[red]✗[/red]",
}


def run_and_show(home: Home, quarter: Quarter, projects: list[str], *, again: bool, language: str) -> int:
    """Run a quarter, show progress and results; return an exit code."""
    with (
        Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True
        ) as progress,
        ExitStack() as stack,
    ):
        task = progress.add_task(f"{quarter}", total=None)
        with warnings.catch_warnings():
            from dagster import BetaWarning, PreviewWarning

            warnings.simplefilter("ignore", BetaWarning)
            warnings.simplefilter("ignore", PreviewWarning)
            from pipelines.running.runner import run_quarter
        code = exit_codes.OK
        stale: set[str] = set()
        outcomes = run_quarter(
            home,
            quarter,
            projects,
            again=again,
            told=lambda project, station: progress.update(task, description=f"{quarter} · {project}"),
        )
        # Closed on any exception, because the run holds a lock and Dagster's instance.
        stack.enter_context(closing(outcomes))
        for outcome in outcomes:
            for receipt in outcome.receipts:
                progress.console.print(_receipt_line(receipt, outcome.project, language))
                for fault in receipt.faults:
                    errors.print(f"    {escape(fault.in_language(language))}")
            when = "" if outcome.quarter == str(quarter) else f" {outcome.quarter}"
            progress.console.print(f"{SIGNS[outcome.state]} {outcome.project}{when}: {outcome.state}")
            for message in outcome.messages:
                errors.print(f"  {escape(message)}")
            if outcome.has_unanswered and code == exit_codes.OK:
                code = exit_codes.REFUSED
            if outcome.state in ("refused", "failed") and outcome.quarter == str(quarter):
                stale.add(outcome.project)
                code = exit_codes.REFUSED if outcome.state == "refused" else exit_codes.FAILED
    show_results(home, quarter, projects, language, stale)
    return code


def _receipt_line(receipt: FileReceipt, project: str, language: str) -> str:
    """Return one line about a received or refused file."""
    rows = ", ".join(
        phrase(language, "receipt_accepted", accepted=t.accepted, total=t.total).rstrip(".") for t in receipt.tables
    )
    sign = "[red]✗[/red]" if receipt.state == "refused" else "[green]✓[/green]"
    state = state_words(receipt, language)
    place = f"quarantine/{project}/{receipt.stem}.{language}.md"
    return f"  {sign} {escape(receipt.file)}: {state} {rows} ({place})"


def show_results(home: Home, quarter: Quarter, projects: list[str], language: str, stale: set[str]) -> None:
    """Print the quarter's results, their spread and the site's path.

    Numbers have full precision. Projects in `stale` were refused in this run, so their earlier results are marked as such.
    """
    records = read_json(home.restricted / "results" / str(quarter) / "results.json") or []
    everything = not set(home.project_ids()) - set(projects)
    known = {*projects, *((LIVING_REVIEW,) if everything else ())}
    records = [r for r in records if r["project"] in known]
    if not records:
        return
    columns = [
        phrase(language, key)
        for key in ("table_project", "column_compared", "table_difference", "table_rung", "table_verdict")
    ]
    show_table(
        columns, [_row(record, language, record["project"] in stale) for record in records], title=f"Trin · {quarter}"
    )
    for record in records:
        for line in _spread(record, language) if record["primary"] else ():
            console.print(escape(line))
    console.print(phrase(language, "restricted_note"), style="dim")
    start = home.published / str(quarter) / "site" / "index.html"
    if start.is_file():
        words = phrase(language, "site_is_old" if "publication" in stale else "site_lies_at")
        console.print(f"{words}: {escape(str(start))}", soft_wrap=True)


def precise(record: dict[str, Any], value: float | None, language: str) -> str:
    """Format a number for an analyst.

    Percentage points have one decimal, other numbers two or three.
    """
    if value is None:
        return "–"
    if record["outcome_type"] == "binary":
        text = number_text(language, value * 100, 1)
        return f"{'+' if value > 0 else ''}{text} pp"
    decimals = 2 if abs(value) >= 1 or record["outcome_type"] == "ratio" else 3
    return difference_text(language, value, record["outcome_type"], record["unit"][language], decimals).strip()


def _interval(record: dict[str, Any], row: dict[str, Any], language: str) -> str:
    unit = precise(record, row["interval_high"], language).partition(" ")[2]
    low, high = (
        precise(record, row[key], language).removesuffix(f" {unit}") for key in ("interval_low", "interval_high")
    )
    return f"[{low}; {high}]"


def _row(record: dict[str, Any], language: str, is_stale: bool) -> list[str]:
    evidence = record["evidence"]
    states = [s["state"] for s in evidence["error_sources"]]
    opened = len(states) - states.count("clear")
    if record["status"] == "pooled_only":
        effect = f"{phrase(language, 'pooled_only')}: {record['status_reason'][language]}"
    elif record["status"] == "told":
        effect = phrase(language, "told_words")
    elif record["estimate"] is None:
        effect = f"{phrase(language, 'not_estimable')}: {record['status_reason'][language]}"
    else:
        effect = f"{precise(record, record['estimate'], language)}\n{_interval(record, record, language)}"
    certainty = (
        f"{phrase(language, 'certainty_label').lower()}: {phrase(language, 'certainty_' + evidence['certainty'])}"
    )
    note = f"\n({phrase(language, 'stale_result')})" if is_stale else ""
    return [
        f"{record['project_name'][language]}\n{record['outcome_label'][language]}{note}",
        record["compared_with"][language],
        f"{effect}\n{phrase(language, 'counted_' + record['counted']).lower()}: {_count(record)}",
        f"{evidence['rung_detail']} {rungs()[evidence['rung']].name[language]}\n{certainty}",
        f"{record['claims']['verdict_text'][language]}\n{phrase(language, 'table_error_sources', open=opened, serious=states.count('serious'))}",
    ]


def _count(record: dict[str, Any]) -> str:
    has_two = record["counted"] in ("people", "units") and record["status"] != "told"
    return f"{record['n_treated']} / {record['n_control']}" if has_two else str(record["n_treated"])


def _other(record: dict[str, Any], row: dict[str, Any], language: str) -> str:
    """Return the number of a specification or subgroup, or the reason."""
    if row["reason"] is not None or row["estimate"] is None:
        return row["reason"][language] if row["reason"] else "–"
    return f"{precise(record, row['estimate'], language)} ({_error(record, row['standard_error'], language)})"


def _spread(record: dict[str, Any], language: str) -> list[str]:
    """Return lines for the raw difference and every alternative number."""
    others = (*record["alternatives"], *record["specifications"], *record["subgroups"])
    if record["status"] != "estimated" or not others:
        return []
    lines = [record["result_id"]]
    own = {"estimator": record["estimator"], "estimate": record["estimate"], "standard_error": record["standard_error"]}
    for row in (own, *record["alternatives"]):
        error = "" if row["standard_error"] is None else f" ({_error(record, row['standard_error'], language)})"
        lines.append(
            f"  {phrase(language, 'estimator_' + row['estimator'])}: {precise(record, row['estimate'], language)}{error}"
        )
    lines.append(f"  {phrase(language, 'raw_difference_label')}: {precise(record, record['raw_difference'], language)}")
    for row in (*record["specifications"], *record["subgroups"]):
        lines.append(f"  {row['label'][language]}: {_other(record, row, language)}")
    for row in record["placebo"]:
        fails = f" {phrase(language, 'placebo_fails_word')}" if row["fails"] else ""
        lines.append(
            f"  {phrase(language, 'placebo_title')} {row['label'][language]}, {phrase(language, 'estimator_' + row['estimator'])}: "
            f"{precise(row, row['estimate'], language)} ({_error(row, row['standard_error'], language)}){fails}"
        )
    for answer in record["known_answers"]:
        lines.append(
            f"  {answer['label'][language]}: {precise(record, answer['estimate'], language)} ({_error(record, answer['standard_error'], language)})"
        )
    return lines


def _error(record: dict[str, Any], value: float, language: str) -> str:
    return precise(record, value, language).removeprefix("+")
