"""The verbs about pages: `trin open` and `trin pdf`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from pipelines.command_line import exit_codes
from pipelines.command_line.options import home_option, language_option
from pipelines.command_line.printing import console, show_faults

if TYPE_CHECKING:
    from assets.storage.home import Home


def _home(folder: Path) -> Home:
    from pipelines.command_line.options import known_home

    return known_home(folder)


def _sites(home: Home) -> list[Path]:
    """Return site folders, lowest precedence first: drafts, then releases."""
    drafts = sorted(home.published.glob("*Q*/site"))
    return [*drafts, *sorted(home.released.glob("*Q*/v[0-9]*/site"), key=lambda p: p.parent.name.zfill(12))]


@click.command(name="open")
@home_option
@click.option("--quarter", help="Default: the latest published quarter.")
def open_site(home_folder: Path, quarter: str | None) -> None:
    """Open a quarter's draft site in a browser and print its path.

    \b
    Example:
      trin open --quarter 2026Q3
    """
    from pipelines.command_line.options import chosen_quarter

    home = _home(home_folder)
    found = sorted(p.name for p in home.published.iterdir() if (p / "site" / "index.html").is_file())
    chosen = str(chosen_quarter(quarter)) if quarter else (found[-1] if found else None)
    if chosen is None or chosen not in found:
        show_faults(["Nothing has been published for this quarter. Run: trin run."])
        sys.exit(exit_codes.FAILED)
    start = home.published / chosen / "site" / "index.html"
    console.print(escape(str(start)), soft_wrap=True)
    click.launch(start.as_uri())


@click.command()
@home_option
@language_option
@click.argument("result_id")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Default: RESULT_ID.pdf in the current folder.",
)
def pdf(home_folder: Path, language: str, result_id: str, target: Path | None) -> None:
    """Write a result's page or a project's account as a PDF.

    Uses the latest release, or the draft if there is none.

    Needs the extra `pdf`; requirements-browser.lock includes it.

    \b
    Examples:
      trin pdf i-gang.2026Q3.in_work_or_education
      trin pdf i-gang
    """
    from assets.storage.home import write_atomically
    from dashboards.pages.pdf import pdf_of
    from data_contracts.reading.faults import Fault, InputRefused, suggestion

    home = _home(home_folder)
    folders = _sites(home)
    up = "" if language == "da" else "en/"
    pages = {
        path.stem: path
        for folder in folders
        for inside in ("resultat", "oekonomi")
        for path in sorted((folder / f"{up}{inside}").glob("*.html"))
    }
    if result_id not in pages:
        fix = suggestion(result_id, sorted(pages)) or "See trin status."
        raise InputRefused([Fault("This result has no published page.", fix, "RESULT_ID")])
    path = target or Path(f"{result_id}.pdf")
    if path.resolve().is_relative_to(home.released.resolve()):
        raise InputRefused(
            [Fault("Files in the releases folder cannot be written.", "Choose a path outside it with --to.", "--to")]
        )
    if path.exists() and not (path.is_file() and path.read_bytes()[:4] == b"%PDF"):
        raise InputRefused(
            [Fault("A file that is not a PDF already has this name.", "Choose another name with --to.", "--to")]
        )
    write_atomically(path, pdf_of(pages[result_id].read_text(encoding="utf-8")), 0o644)
    console.print(f"[green]✓[/green] {escape(str(path))}", soft_wrap=True)
