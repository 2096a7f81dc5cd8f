"""Verbs about deliveries: template, withdraw, erase, key rotation."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.markdown import Markdown
from rich.markup import escape

from assets.intake.delivery_log import projects_with_rows
from assets.storage.home import Home, write_atomically
from data_contracts.calendar.quarters import Quarter
from data_contracts.reading.faults import Fault, suggestion
from data_contracts.tables.declared import TABLES
from pipelines.command_line import exit_codes
from pipelines.command_line.printing import console, show_faults


def _unknown(home: Home, project: str) -> bool:
    # A project whose folder is gone may still have rows.
    known = sorted({*home.project_ids(), *projects_with_rows(home)})
    if project in known:
        return False
    hint = suggestion(project, known) or f"Known: {', '.join(known) or 'none'}."
    show_faults([f"There is no such project in projects/. {hint}"])
    return True


def write_templates(home: Home, project: str, table: str, quarter: str | None, into: Path, language: str) -> int:
    """Write a template for every delivery that feeds a table.

    Existing files are never overwritten.
    """
    from assets.intake.template import make_template
    from assets.storage.clock import today

    if _unknown(home, project):
        return exit_codes.USAGE
    if table not in TABLES:
        show_faults([f"There is no such table. Known: {', '.join(TABLES)}."])
        return exit_codes.USAGE
    try:
        chosen = Quarter.parse(quarter) if quarter else Quarter.containing(today())
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--quarter") from None
    protocol = home.protocol(project)
    lines = [d for d in protocol.deliveries if d.table == table and d.format != "parquet"]
    if not lines:
        show_faults(
            [
                f"{table} is delivered as a register extract (Parquet), so it has no template; see docs/reference/tables.md for its columns."
            ]
        )
        return exit_codes.FAILED
    into.mkdir(parents=True, exist_ok=True)
    code = exit_codes.OK
    for delivery in lines:
        for made in make_template(protocol, delivery, chosen, language):
            path = into / made.name
            if path.exists():
                show_faults(
                    [
                        Fault(
                            "A file with this name already exists.",
                            "Move it, or choose another folder with --into.",
                            str(path),
                        )
                    ]
                )
                code = exit_codes.FAILED
                continue
            write_atomically(path, made.content, 0o644)
            console.print(escape(str(path)), soft_wrap=True)
    return code


def withdraw_and_show(home: Home, project: str, number: int) -> int:
    """Withdraw a file."""
    from assets.rights.retention import withdraw
    from pipelines.running.staleness import tell_dagster

    if _unknown(home, project):
        return exit_codes.USAGE
    entry = withdraw(home, project, number)
    if entry.state == "accepted":
        tell_dagster(home, [project])
        console.print(f"[green]✓[/green] {escape(f'File {number} ({entry.file}) no longer counts. Next: trin run.')}")
    else:
        console.print(f"[green]✓[/green] {escape(f'File {number} ({entry.file}) is no longer expected.')}")
    return exit_codes.OK


def erase_and_show(home: Home, projects: list[str], language: str, *, is_sure: bool) -> int:
    """Ask for identifiers, erase, and print the certificate."""
    from assets.rights.erasure import certificate_markdown, erase
    from pipelines.running.staleness import tell_dagster

    if any(_unknown(home, project) for project in projects):
        return exit_codes.USAGE
    chosen = projects or sorted({*home.project_ids(), *projects_with_rows(home)})
    is_asked = sys.stdin.isatty()
    if is_asked:
        identifiers = [click.prompt("Identifier (not shown)", hide_input=True)]
    else:
        try:
            lines = sys.stdin.buffer.read().decode("utf-8-sig").splitlines()
        except UnicodeDecodeError:
            show_faults(["The list of identifiers is not UTF-8 text. Save it as UTF-8."])
            return exit_codes.REFUSED
        identifiers = [line.strip() for line in lines if line.strip()]
    if not is_sure:
        if not is_asked:
            show_faults(["Erasure cannot be undone. Add --yes to confirm it when identifiers come from a pipe."])
            return exit_codes.USAGE
        click.confirm(f"Erase {len(identifiers)} from {', '.join(chosen)}? This cannot be undone", abort=True)
    certificate = erase(home, [home.protocol(project) for project in chosen], identifiers)
    tell_dagster(home, [row.project for row in certificate.projects if row.found])
    console.print(Markdown(certificate_markdown(certificate, language)))
    console.print(f"ledger/erasures/{certificate.number:04d}.{language}.md")
    return exit_codes.OK


def rotate_and_show(home: Home) -> int:
    """Rotate the key."""
    from assets.rights.rotation import rotate

    done = rotate(home)
    console.print(f"[green]✓[/green] key {done.old_key_id} → {done.new_key_id}")
    for project, count in done.people.items():
        console.print(f"  {project}: {count}")
    console.print("The key file now contains both keys. Back it up where the old one was backed up.")
    return exit_codes.OK
