"""The version of a home, and its upgrade with backup and audit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from assets.storage.audit import note
from assets.storage.home import Home, locked, read_json, write_atomically, write_json
from assets.upgrades import to_0_2_0
from assets.upgrades.step import Change, Step

STEPS: tuple[Step, ...] = (*to_0_2_0.STEPS,)
"""Steps in order of application."""
CURRENT = STEPS[-1].version
FIRST = "0.1.0"
"""The version of homes without a record, which later versions write."""


class HomeVersion(TypedDict):
    """The version record of a home."""

    version: str
    steps: list[str]


def version_path(home: Home) -> Path:
    """Return the path of a home's version record."""
    return home.ledger / "home_version.json"


def recorded(home: Home) -> HomeVersion:
    """Return a home's version and the steps applied to it."""
    found: HomeVersion | None = read_json(version_path(home))
    return found or HomeVersion(version=FIRST, steps=[])


def record_new(home: Home) -> None:
    """Record the current version in a new home; keep an old home's."""
    if not version_path(home).exists() and not any(home.ledger.glob("*.json*")) and not any(home.restricted.iterdir()):
        write_json(version_path(home), HomeVersion(version=CURRENT, steps=[step.name for step in STEPS]))


def missing_steps(home: Home) -> list[Step]:
    """Return the steps not yet applied to a home, in order."""
    done = recorded(home)["steps"]
    return [step for step in STEPS if step.name not in done]


def planned(home: Home) -> list[tuple[Step, list[Change]]]:
    """Return the changes an upgrade would make, without making them."""
    return [(step, step.changes(home)) for step in missing_steps(home)]


@contextmanager
def upgrade_lock(home: Home) -> Iterator[None]:
    """Hold the upgrade lock; a second upgrade waits."""
    with locked(home.ledger / "upgrade.lock"):
        yield


def apply_upgrade(home: Home, *, now: datetime | None = None) -> Path | None:
    """Apply every missing step, repeating an interrupted one.

    Parameters
    ----------
    now : datetime, optional
        Names the backup.

    Returns
    -------
    Path or None
        The backup folder of replaced files; None if no file was replaced.
    """
    at = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    backup = home.root / "backup" / f"before-{CURRENT}-{at}"
    before = recorded(home)
    applied, replaced = list(before["steps"]), 0
    for step in missing_steps(home):
        for change in step.changes(home):
            _keep(home, change.path, backup)
            write_atomically(change.path, change.content, change.path.stat().st_mode & 0o777)
            replaced += 1
        applied.append(step.name)
        # Recorded after each step, so that an interruption repeats only the current one.
        write_json(version_path(home), HomeVersion(version=step.version, steps=applied))
    if applied != before["steps"]:
        note(home, "upgraded", before=before["version"], after=CURRENT, steps=applied, files_replaced=replaced)
    return backup if replaced else None


def _keep(home: Home, path: Path, backup: Path) -> None:
    """Copy a file into the backup before it is replaced."""
    kept = backup / path.relative_to(home.root)
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    backup.parent.chmod(0o700)
    shutil.copy2(path, kept)
