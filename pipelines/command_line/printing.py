"""Terminal output: tables, faults and exit codes."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data_contracts.reading.faults import Fault

# A file or a pipe has no width to wrap at.
WIDTH_WITHOUT_TERMINAL = 120
console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL)
errors = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else WIDTH_WITHOUT_TERMINAL)


def show_faults(faults: Iterable[Fault | str]) -> None:
    """Print faults, one per line."""
    for fault in faults:
        errors.print(f"[red]✗[/red] {escape(str(fault))}")


def show_table(columns: Iterable[str], rows: Iterable[Iterable[str]], title: str | None = None) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left", header_style="bold", show_lines=True, expand=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)
