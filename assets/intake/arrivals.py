"""Arrivals: which files in an inbox have come to rest."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path

QUIET_SECONDS = 10.0
ASIDE = ".taking"
"""Where files lie while they are read; a name nobody else writes to."""
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


def move_aside(folder: Path) -> Iterator[Path]:
    """Yield files that stand still, each moved out of everybody else's way first; interrupted ones come first.

    Parameters
    ----------
    folder : Path

    Yields
    ------
    Path
        In a folder of its own, under its name. Whoever takes it deletes it.
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
    """Return a file's name as text; old archives hold names in cp1252 that Python cannot write."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("cp1252", errors="replace")
    return name


def overlooked_files(inbox: Path, projects: Collection[str]) -> list[Path]:
    """Return files in an inbox that nobody will take in: in folders of folders, hidden, half-made, or of no project."""
    if not inbox.is_dir():
        return []
    taken = {path for project in projects for path in waiting_files(inbox / project)}
    return sorted(p for p in inbox.rglob("*") if p.is_file() and p not in taken and ASIDE not in p.parts)


def _state(path: Path) -> tuple[int, float]:
    status = path.lstat()
    return status.st_size, status.st_mtime
