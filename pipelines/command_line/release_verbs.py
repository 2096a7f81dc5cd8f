"""The verbs `trin release` and `trin ledger`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from pipelines.command_line import exit_codes
from pipelines.command_line.options import home_option
from pipelines.command_line.printing import console, show_faults, show_table

if TYPE_CHECKING:
    from assets.storage.home import Home
    from data_contracts.calendar.quarters import Quarter


def _home(folder: Path) -> Home:
    from pipelines.command_line.options import known_home

    return known_home(folder)


def _quarter(text: str | None) -> Quarter:
    from pipelines.command_line.options import chosen_quarter

    return chosen_quarter(text)


@click.group()
def release() -> None:
    """Release a quarter: one person proposes, another approves."""


@release.command()
@home_option
@click.option("--quarter", help="Reporting quarter, e.g. 2026Q3. Default: the last closed quarter.")
@click.option("--by", required=True, help="Name of the proposer; stored in the ledger, not published.")
@click.option("--reason", help="Why the quarter is released again; shown in the archive.")
@click.option("--without", multiple=True, help="A project to withdraw; repeatable.")
def propose(home_folder: Path, quarter: str | None, by: str, reason: str | None, without: tuple[str, ...]) -> None:
    """Freeze a quarter for a second person to approve.

    \b
    Examples:
      trin release propose --quarter 2026Q3 --by "Anne Holm"
      trin release propose --quarter 2026Q3 --by "Anne Holm" --reason "A late file from Odense"
    """
    from assets.release.propose import propose as make_proposal

    made = make_proposal(_home(home_folder), _quarter(quarter), by=by, reason=reason, without=without)
    console.print(f"[green]✓[/green] {made.quarter} v{made.version} is proposed.")
    for count, what in (
        (made.shown, "results with numbers"),
        (made.hidden, "results without numbers, or with hidden numbers"),
        (made.repeated, "repeat an earlier release, because only 1 to 7 people were added, removed or changed"),
        (made.changed, "differ from the quarter's last release"),
    ):
        console.print(f"  {count:>4}  {what}")
    for name in made.repeats:
        console.print(f"        {escape(name)}", style="dim")
    console.print("Preview, to read before approval:")
    console.print(escape(str(made.preview / "site" / "index.html")), soft_wrap=True)
    console.print(f"Next, a second person runs: trin release approve --quarter {made.quarter} --by NAME")


@release.command()
@home_option
@click.option("--quarter", help="Reporting quarter, e.g. 2026Q3. Default: the last closed quarter.")
@click.option("--by", required=True, help="Name of the approver, who must not be the proposer.")
def approve(home_folder: Path, quarter: str | None, by: str) -> None:
    """Release a proposal; a release never changes afterwards.

    \b
    Example:
      trin release approve --quarter 2026Q3 --by "Bo Lund"
    """
    from assets.release.approve import approve as let_out

    folder = let_out(_home(home_folder), _quarter(quarter), by=by)
    console.print("[green]✓[/green] Released:")
    console.print(escape(str(folder / "site" / "index.html")), soft_wrap=True)


@release.command(name="list")
@home_option
def list_releases(home_folder: Path) -> None:
    """List releases, and why a quarter was released again.

    \b
    Example:
      trin release list
    """
    from assets.release.history import approved, chain_path
    from assets.release.lines import ProposedLine, lines_of, of_kind
    from assets.storage.chain import read

    home = _home(home_folder)
    lines = approved(home)
    lines_read, _ = lines_of(read(chain_path(home))[0])
    proposed = {line.release: line.by for line in of_kind(lines_read, ProposedLine)}
    if not lines:
        console.print("Nothing has been released. Next: trin release propose.")
        return
    rows = [
        [
            f"{line.quarter} v{line.version}",
            line.day,
            str(line.results),
            line.changed or "–",
            line.withdrawn or "–",
            line.reason or "–",
            f"{proposed.get(line.release, '–')} / {line.by}",
        ]
        for line in lines
    ]
    show_table(
        ["Release", "Day", "Results", "Changed", "Withdrawn", "Reason", "Proposed / approved"],
        [list(map(escape, r)) for r in rows],
    )


@click.group()
def ledger() -> None:
    """Verify the ledger of releases."""


@ledger.command()
@home_option
@click.option("--head", help="A head noted earlier, which must still be in the chain.")
def verify(home_folder: Path, head: str | None) -> None:
    """Find every changed line and every changed release.

    Exit code 1 if there is one.

    \b
    Examples:
      trin ledger verify
      trin ledger verify --head 3f2a…
    """
    from assets.release.check import faults_in
    from assets.release.history import chain_path
    from assets.storage.chain import head_of, read

    home = _home(home_folder)
    faults = faults_in(home)
    rows, _ = read(chain_path(home))
    if head is not None and head not in {row["sha256"] for row in rows}:
        faults.append("The noted head is not in the chain: lines are missing, or the chain was rewritten.")
    if faults:
        show_faults(faults)
        sys.exit(exit_codes.FAILED)
    console.print(f"[green]✓[/green] {len(rows)} lines, none changed. Note the head, to verify against it later:")
    console.print(head_of(rows), soft_wrap=True)
