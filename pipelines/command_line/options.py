"""Options shared by verbs, and their values."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from pipelines.command_line import exit_codes
from pipelines.command_line.printing import errors

Command = Callable[..., Any]

if TYPE_CHECKING:
    from assets.storage.home import Home
    from data_contracts.calendar.quarters import Quarter


def known_home(folder: Path, *, must_exist: bool = True, must_be_current: bool = True) -> Home:
    """Return the home in a folder, or exit if it is missing or outdated.

    Parameters
    ----------
    must_exist : bool
        Whether to exit if there is no home.
    must_be_current : bool
        Whether to exit if the home has not been upgraded.
    """
    from assets.storage.home import Home
    from assets.upgrades.home_version import CURRENT, missing_steps, recorded

    home = Home(folder.resolve())
    if must_exist and not home.exists:
        errors.print(
            f"[red]✗[/red] There is no home in {escape(str(folder))}. Give its path with --home, or create one: trin init."
        )
        sys.exit(exit_codes.NO_HOME)
    if must_be_current and home.exists and missing_steps(home):
        errors.print(
            f"[red]✗[/red] The home has version {recorded(home)['version']}, but this is version {CURRENT}. "
            f"Preview the upgrade: trin upgrade --home {escape(str(folder))}"
        )
        sys.exit(exit_codes.REFUSED)
    return home


def chosen_quarter(text: str | None) -> Quarter:
    """Return the given quarter, or the last closed one."""
    from data_contracts.calendar.quarters import Quarter, earliest_quarter
    from pipelines.running.runner import default_quarter

    latest = default_quarter()
    if text is None:
        return latest
    try:
        quarter = Quarter.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--quarter") from None
    if quarter > latest or quarter < earliest_quarter():
        raise click.BadParameter(
            f"The quarter must be from {earliest_quarter()} to the last closed quarter, {latest}.",
            param_hint="--quarter",
        )
    return quarter


def home_option(command: Command) -> Command:
    """Add `--home` to a verb."""
    return click.option(
        "--home",
        "home_folder",
        envvar="TRIN_HOME",
        default="home",
        show_default=True,
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder with projects, data and results.",
    )(command)


def language_option(command: Command) -> Command:
    """Add `--language` to a verb."""
    return click.option(
        "--language",
        envvar="TRIN_LANGUAGE",
        type=click.Choice(["da", "en"]),
        default="da",
        show_default=True,
        help="Language of results.",
    )(command)
