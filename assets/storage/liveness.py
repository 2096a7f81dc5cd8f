"""Live processes: each run holds a lock that dies with its process.

A lock is checked rather than a process number, because numbers are reused and mean nothing in another container that
shares the home.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from assets.storage.home import WRITING, Home

RUN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
JUST_BEGUN_SECONDS = 60.0
"""Age in seconds below which a file may not have been locked yet."""


def alive_path(home: Home, run_id: str) -> Path:
    """Return the path of a run's lock file."""
    return home.ledger / "alive" / run_id


def hold(home: Home, run_id: str) -> IO[str] | None:
    """Lock a run for as long as the returned file is open.

    Returns None if the run is already locked, or the id is not a run's.
    """
    if not RUN_ID.fullmatch(run_id) or not home.exists:
        return None
    path = alive_path(home, run_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Locked before it is visible, so that an unlocked file always means a dead run.
    making = path.with_name(f"{WRITING}{run_id}.{os.getpid()}")
    file = making.open("w", encoding="utf-8")
    if _is_free(file):
        # It may be swept in between; then the run has no lock, and the janitor counts looks.
        with suppress(FileNotFoundError):
            if _free_or_gone(path):
                making.rename(path)
                return file
    making.unlink(missing_ok=True)
    file.close()
    return None


def _free_or_gone(path: Path) -> bool:
    try:
        with path.open("r", encoding="utf-8") as file:
            return _is_free(file)
    except FileNotFoundError:
        return True


def let_go(home: Home, run_id: str, file: IO[str]) -> None:
    """Release a run's lock when the run has ended."""
    alive_path(home, run_id).unlink(missing_ok=True)
    file.close()


def is_alive(home: Home, run_id: str) -> bool | None:
    """Return whether a run's process is alive; None if it has no lock."""
    try:
        with alive_path(home, run_id).open("r", encoding="utf-8") as file:
            return not _is_free(file)
    except FileNotFoundError:
        return None


def _is_free(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def leftovers(home: Home) -> Iterator[Path]:
    """Yield temp files whose writer was killed."""
    oldest = time.time() - JUST_BEGUN_SECONDS
    for folder, _, names in os.walk(home.root):
        for name in names:
            if not name.startswith(WRITING):
                continue
            path = Path(folder) / name
            try:
                with path.open("r", encoding="utf-8") as file:
                    if path.stat().st_mtime < oldest and _is_free(file):
                        yield path
            except OSError:
                continue  # finished, or swept by another process meanwhile


def sweep(home: Home) -> int:
    """Delete temp files of killed writers; return how many."""
    found = list(leftovers(home))
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)
