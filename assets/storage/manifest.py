"""Checksums: the SHA-256 of each stored partition, in a file beside it.

The checksum is written before the file, together with the previous one, so that after a kill between the two writes
the file matches one of them. `sha256sum -c` reads the same format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from assets.storage.home import write_atomically

SUFFIX = ".sha256"


def sum_path(path: Path) -> Path:
    """Return the path of a file's checksum."""
    return path.with_name(path.name + SUFFIX)


def write_with_sum(path: Path, content: bytes) -> None:
    """Write a file and its checksum so that they always agree."""
    new = hashlib.sha256(content).hexdigest()
    old = _sum_of(path)
    if old not in (None, new):
        write_atomically(sum_path(path), _lines(path, new, str(old)))
    else:
        write_atomically(sum_path(path), _lines(path, new))
    write_atomically(path, content)
    if old not in (None, new):
        write_atomically(sum_path(path), _lines(path, new))


def rewrite(path: Path, content: bytes) -> None:
    """Rewrite a file, and its checksum if it has one."""
    (write_with_sum if sum_path(path).exists() else write_atomically)(path, content)


def remove(path: Path) -> None:
    """Delete a file and its checksum."""
    path.unlink(missing_ok=True)
    sum_path(path).unlink(missing_ok=True)


def verified(path: Path) -> bool:
    """Return whether a file matches its checksum.

    True if there is no file, or no checksum was ever stored.
    """
    found = _sum_of(path)
    known = known_sums(path)
    return found is None or not known or found in known


def known_sums(path: Path) -> tuple[str, ...]:
    """Return a file's valid checksums: one, or two after a kill."""
    try:
        text = sum_path(path).read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return ()
    return tuple(line.partition(" ")[0] for line in text.splitlines())


def damaged(folder: Path) -> Iterator[Path]:
    """Yield files below a folder that fail their checksum."""
    for kept in sorted(folder.rglob(f"*{SUFFIX}")):
        path = kept.with_name(kept.name.removesuffix(SUFFIX))
        if not verified(path) or not known_sums(path):
            yield path


def _sum_of(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _lines(path: Path, *sums: str) -> bytes:
    return "".join(f"{one}  {path.name}\n" for one in sums).encode()
