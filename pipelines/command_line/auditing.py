"""The verb `trin audit`: events, and the integrity of their chain."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from assets.storage.home import Home
from pipelines.command_line import exit_codes
from pipelines.command_line.options import home_option
from pipelines.command_line.printing import console, errors, show_table

if TYPE_CHECKING:
    from assets.storage.audit import Event

NEWEST = 40
SHOWN = ("project", "quarter", "asset", "partition", "file", "what", "certificate", "version", "run")


@click.command()
@home_option
@click.option("--action", help="Only events of this kind, e.g. materialised, read, erased, approved.")
@click.option("--project", help="Only events of this project.")
@click.option("--since", help="Only events on or after this date, e.g. 2026-07-01.")
@click.option(
    "--person",
    "of_person",
    is_flag=True,
    help="Only events about one pseudonym, which is prompted for or read from a pipe.",
)
@click.option("--all", "everything", is_flag=True, help=f"All events instead of the newest {NEWEST}.")
@click.option("--verify", is_flag=True, help="Only verify that no event was changed.")
def audit(
    home_folder: Path,
    action: str | None,
    project: str | None,
    since: str | None,
    of_person: bool,
    everything: bool,
    verify: bool,
) -> None:
    """Show the audit log, or verify that no event was changed.

    \b
    Examples:
      trin audit --verify
      trin audit --action erased --since 2026-01-01
      trin audit --person < pseudonym.txt
    """
    from assets.storage.audit import events
    from pipelines.command_line.options import known_home

    home = known_home(home_folder)
    rows, faults = events(home)
    for fault in faults:
        errors.print(f"[red]✗[/red] {escape(fault)}")
    if not faults:
        console.print(f"[green]✓[/green] {len(rows)} events, no tampering found")
    if not verify:
        if of_person:
            rows = _of_person(home, rows)
        rows = [
            row
            for row in rows
            if (action in (None, row.action)) and (since is None or row.at >= since) and _is_of(row, project)
        ]
        _show(rows if everything else rows[-NEWEST:], len(rows))
    sys.exit(exit_codes.FAILED if faults else exit_codes.OK)


def _is_of(row: Event, project: str | None) -> bool:
    named = {row.project, *row.projects, (row.partition or "").partition("/")[0]}
    return project is None or project in named


def _of_person(home: Home, rows: list[Event]) -> list[Event]:
    """Return events about one pseudonym.

    These are erasures that found it, and events that wrote tables containing it.
    """
    from assets.pseudonyms.identities import digest_of_person
    from assets.rights.stored_tables import partitions_with
    from assets.storage.audit import about, note

    text = click.prompt("Pseudonym", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().strip()
    note(home, "read", what="audit of a person")
    return about(rows, digest=digest_of_person(home, text), held=partitions_with(home, text))


def _show(rows: list[Event], count: int) -> None:
    table = []
    for row in rows:
        what = [f"{name} {getattr(row, name)}" for name in SHOWN if getattr(row, name) not in (None, "")]
        if row.projects:
            what.append(f"projects {', '.join(row.projects)}")
        table.append([str(row.number), row.at.replace("+00:00", "Z"), row.who, row.action, ", ".join(what)])
    show_table(["no.", "when", "who", "what", "of what"], table, title=f"{len(rows)} of {count} events")
