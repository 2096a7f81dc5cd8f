"""Arrivals: which files in an inbox are no longer being written."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path

QUIET_SECONDS = 10.0
ASIDE = ".taking"
"""Folder for files being read, under a name that nothing else writes to."""
EMPTY_SECONDS = 60.0
"""An empty file may be the start of a slow copy; after a minute it counts as a failed one."""
UNFINISHED_SUFFIXES = (".part", ".partial", ".tmp", ".crdownload", ".filepart")


def waiting_files(folder: Path) -> list[Path]:
    """Return files in an inbox by name, except temp files of programs."""
    if not folder.is_dir():
        return []
    found = [p for p in folder.iterdir() if p.is_symlink() or p.is_file()]
    return sorted(
        p for p in found if not p.name.startswith((".", "~$")) and p.suffix.lower() not in UNFINISHED_SUFFIXES
    )


def wait_for_quiet(folder: Path) -> list[Path]:
    """Return files whose size and time are stable, after a short wait.

    Returns
    -------
    list of Path
        By name. Files still being written are left for the next time.
    """
    before = {path: _state(path) for path in waiting_files(folder)}
    now = time.time()
    if any(now - changed < QUIET_SECONDS for _, changed in before.values()):
        time.sleep(QUIET_SECONDS)
    rested = []
    for path, (size, changed) in before.items():
        if not path.is_symlink() and not path.exists():
            continue  # removed meanwhile
        is_same = _state(path) == (size, changed)
        is_young = size == 0 and not path.is_symlink() and time.time() - changed < EMPTY_SECONDS
        if is_same and not is_young:
            rested.append(path)
    return rested


def move_aside(folder: Path) -> Iterator[Path]:
    """Yield settled files, each moved to a private folder first.

    Files left by an interrupted run come first.

    Yields
    ------
    Path
        In a separate folder, under its name. The caller deletes it.
    """
    aside = folder / ASIDE
    if aside.is_dir():
        yield from sorted(aside.iterdir())
    for path in wait_for_quiet(folder):
        aside.mkdir(mode=0o700, exist_ok=True)
        place = aside / path.name
        os.replace(path, place)
        yield place
    if aside.is_dir() and not any(aside.iterdir()):
        aside.rmdir()


def spoken_name(name: str) -> str:
    """Return a file's name as valid text.

    Old archives contain names in cp1252 that Python cannot write as UTF-8.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("cp1252", errors="replace")
    return name


def overlooked_files(inbox: Path, projects: Collection[str]) -> list[Path]:
    """Return inbox files that are never received.

    They are in nested folders, hidden, temporary, or in the folder of no known project.
    """
    if not inbox.is_dir():
        return []
    taken = {path for project in projects for path in waiting_files(inbox / project)}
    return sorted(p for p in inbox.rglob("*") if p.is_file() and p not in taken and ASIDE not in p.parts)


def _state(path: Path) -> tuple[int, float]:
    status = path.lstat()
    return status.st_size, status.st_mtime
