"""The verb `trin upgrade`: a preview, then the upgrade."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.markup import escape

from pipelines.command_line import exit_codes
from pipelines.command_line.options import home_option, known_home
from pipelines.command_line.printing import console


@click.command()
@home_option
@click.option("--apply", "is_meant", is_flag=True, help="Apply the upgrade. Without this option it is only previewed.")
def upgrade(home_folder: Path, is_meant: bool) -> None:
    """Upgrade a home from an earlier version.

    Without --apply nothing is changed. Replaced files are backed up in backup/, the upgrade is recorded in the audit
    log, and a second call does nothing. Refused while a run is in progress.

    \b
    Examples:
      trin upgrade --home /srv/trin            preview
      trin upgrade --home /srv/trin --apply    upgrade
    """
    from assets.upgrades.home_version import CURRENT, planned, recorded
    from pipelines.running.upgrading import upgrade as upgrade_home

    home = known_home(home_folder, must_be_current=False)
    steps, version = planned(home), recorded(home)["version"]
    if not steps:
        console.print(f"[green]✓[/green] The home is at version {version}; there is nothing to upgrade.")
        return
    console.print(f"From {version} to {CURRENT}:")
    for step, changes in steps:
        console.print(f"  {step.what}")
        for change in changes:
            console.print(f"    {escape(str(change.path.relative_to(home.root)))}: {escape(change.what)}")
    if not is_meant:
        console.print(
            f"Nothing has been changed. To apply the upgrade: trin upgrade --home {escape(str(home_folder))} --apply"
        )
        sys.exit(exit_codes.OK)
    backup = upgrade_home(home)
    kept = "" if backup is None else f" Replaced files are in {escape(str(backup.relative_to(home.root)))}."
    console.print(f"[green]✓[/green] The home is at version {CURRENT}.{kept}")
