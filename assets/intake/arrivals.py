"""Arrivals: which files in an inbox have come to rest.

Belongs here: telling files that are still being written from those that are
not. Does not belong here: opening them.
"""

from __future__ import annotations

import time
from pathlib import Path

QUIET_SECONDS = 2.0
EMPTY_SECONDS = 60.0
"""An empty file may be the beginning of a slow copy; after a minute it is one that failed."""
UNFINISHED_SUFFIXES = (".part", ".partial", ".tmp", ".crdownload", ".filepart")


def waiting_files(folder: Path) -> list[Path]:
    """Return files somebody has put in an inbox, by name; half-made ones of other programs are not meant."""
    if not folder.is_dir():
        return []
    found = [p for p in folder.iterdir() if p.is_symlink() or p.is_file()]
    return sorted(
        p for p in found if not p.name.startswith((".", "~$")) and p.suffix.lower() not in UNFINISHED_SUFFIXES
    )


def wait_for_quiet(folder: Path) -> list[Path]:
    """Return files whose size and time stand still, waiting a moment if something was just written.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of Path
        By name. Files that still grow are left for the next time.
    """
    before = {path: _state(path) for path in waiting_files(folder)}
    now = time.time()
    if any(now - changed < QUIET_SECONDS for _, changed in before.values()):
        time.sleep(QUIET_SECONDS)
    rested = []
    for path, (size, changed) in before.items():
        if not path.is_symlink() and not path.exists():
            continue  # somebody took it back
        is_same = _state(path) == (size, changed)
        is_young = size == 0 and not path.is_symlink() and time.time() - changed < EMPTY_SECONDS
        if is_same and not is_young:
            rested.append(path)
    return rested


def _state(path: Path) -> tuple[int, float]:
    status = path.lstat()
    return status.st_size, status.st_mtime
