"""The manifest: beside each stored partition, its SHA-256.

The sum is written before the file, with the one it replaces: killed between
the two, the file is either the old one or the new one, and both are known.
`sha256sum -c` reads the same lines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from assets.storage.home import write_atomically

SUFFIX = ".sha256"


def sum_path(path: Path) -> Path:
    """Return where a file's sum is kept."""
    return path.with_name(path.name + SUFFIX)


def write_with_sum(path: Path, content: bytes) -> None:
    """Write a file and its sum so that a reader finds them in agreement at any moment."""
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
    """Write a file anew; where its sum is kept, that too."""
    (write_with_sum if sum_path(path).exists() else write_atomically)(path, content)


def remove(path: Path) -> None:
    """Delete a file and its sum."""
    path.unlink(missing_ok=True)
    sum_path(path).unlink(missing_ok=True)


def verified(path: Path) -> bool:
    """Return whether a file is one that was written; True where no sum was ever kept, or there is no such file."""
    found = _sum_of(path)
    known = known_sums(path)
    return found is None or not known or found in known


def known_sums(path: Path) -> tuple[str, ...]:
    """Return the sums a file may have: one, or two where its writer was killed."""
    try:
        text = sum_path(path).read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return ()
    return tuple(line.partition(" ")[0] for line in text.splitlines())


def damaged(folder: Path) -> Iterator[Path]:
    """Yield files below a folder that are not what was written."""
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
