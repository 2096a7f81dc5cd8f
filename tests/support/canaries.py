"""Canaries: person numbers that must not be found, and a byte scanner."""

from __future__ import annotations

import io
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

_NUMBER = re.compile(r"\d{6}[-\s.]?\d{4}")


def draw_numbers(count: int, seed: int = 1) -> list[str]:
    """Return valid person numbers that nobody has, with births in 2037-2056."""
    rng = np.random.default_rng(seed)
    numbers: set[str] = set()
    while len(numbers) < count:
        day, month, year = rng.integers(1, 29), rng.integers(1, 13), rng.integers(37, 57)
        numbers.add(f"{day:02d}{month:02d}{year:02d}{rng.integers(5, 9)}{rng.integers(0, 1000):03d}")
    return sorted(numbers)


def texts_of(path: Path) -> Iterator[str]:
    """Yield a file's bytes in several encodings, with packed contents."""
    content = path.read_bytes()
    yield content.decode("latin-1")
    for encoding in ("utf-16-le", "utf-16-be"):
        for shift in (0, 1):
            yield content[shift:].decode(encoding, errors="replace")
    if content[:4] == b"PAR1":
        yield pd.read_parquet(io.BytesIO(content)).to_csv(index=False)
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield archive.read(name).decode("latin-1")
    if content[:15] == b"SQLite format 3":
        with sqlite3.connect(path) as connection:
            yield "\n".join(connection.iterdump())


def hits(folder: Path, numbers: Iterable[str], words: Iterable[str] = (), *, but: Path | None = None) -> list[str]:
    """Return files below a folder with a canary in content or name.

    Parameters
    ----------
    numbers : iterable of str
        Ten digits each, found with and without separators.
    words : iterable of str
        Found in any case.
    but : Path or None
        A folder to skip.
    """
    wanted = set(numbers)
    looked_for = [word.casefold() for word in words]
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and (but is None or but not in p.parents)):
        for text in (str(path.relative_to(folder)), *texts_of(path)):
            digits = {re.sub(r"\D", "", match) for match in _NUMBER.findall(text)}
            # Runs of more than ten digits can contain one anywhere.
            for run in re.findall(r"\d{11,}", text):
                digits |= {run[i : i + 10] for i in range(len(run) - 9)}
            folded = text.casefold() if looked_for else ""
            if digits & wanted or any(word in folded for word in looked_for):
                found.append(str(path.relative_to(folder)))
                break
    return found
