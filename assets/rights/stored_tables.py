"""Stored tables of people: finding and rewriting those of a project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from assets.storage.home import RELEASED, Home
from assets.storage.manifest import rewrite
from assets.storage.store import damaged_table, parquet_bytes, read_parquet

PERSON = "person_id"


def person_tables(home: Home, project: str) -> Iterator[Path]:
    """Yield every stored table of people of a project, in a fixed order."""
    for path in _own_tables(home, project):
        if _has_people(path):
            yield path


def derived_tables(home: Home, project: str) -> Iterator[Path]:
    """Yield tables derived from others, even if those cannot be read."""
    for path in _own_tables(home, project):
        if is_derived(home, path) and _has_people(path):
            yield path


def _own_tables(home: Home, project: str) -> Iterator[Path]:
    for zone in (home.restricted, home.quarantine):
        for path in sorted(zone.rglob("*.parquet")):
            inside = path.relative_to(zone).parts
            is_own = project in inside[:-1] or path.stem == project
            if is_own and not path.name.startswith("."):
                yield path


def _has_people(path: Path) -> bool:
    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException):
        raise damaged_table(path) from None
    return PERSON in schema.names


def is_derived(home: Home, path: Path) -> bool:
    """Return whether a table is derived, so that it can be rebuilt."""
    if not path.is_relative_to(home.restricted):
        return False
    return path.relative_to(home.restricted).parts[0] not in ("received", "identities", RELEASED)


def is_released(home: Home, path: Path) -> bool:
    """Return whether a table lists the people behind a release.

    An erased person's name is removed from it, but the row is still counted.
    """
    return path.is_relative_to(home.restricted) and path.relative_to(home.restricted).parts[0] == RELEASED


def people_in(path: Path) -> pd.Series:
    """Return the pseudonyms in a table, each once."""
    column = pq.read_table(path, columns=[PERSON]).column(0)
    return pd.Series(column.unique().to_pandas()).dropna()


def without_people(path: Path, people: set[str]) -> int:
    """Rewrite a table without some people; return how many rows it lost."""
    frame = read_parquet(path)
    gone = frame[PERSON].isin(people)
    if gone.any():
        rewrite(path, parquet_bytes(frame[~gone].reset_index(drop=True)))
    return int(gone.sum())


def without_names(path: Path, people: set[str]) -> int:
    """Remove people's names from a table but keep rows; return the count."""
    frame = read_parquet(path)
    gone = frame[PERSON].isin(people)
    if gone.any():
        frame[PERSON] = frame[PERSON].mask(gone)
        rewrite(path, parquet_bytes(frame))
    return int(gone.sum())


def with_other_names(path: Path, names: dict[str, str]) -> None:
    """Rewrite a table with new pseudonyms, skipping those already new."""
    frame = read_parquet(path)
    old = frame[PERSON]
    new = old.map(names)
    changed = new.where(new.notna(), old)
    if not changed.equals(old):
        frame[PERSON] = changed.astype(old.dtype)
        rewrite(path, parquet_bytes(frame))


def clear_half_written(home: Home, project: str) -> None:
    """Delete temp files of a killed run."""
    for zone in (home.restricted, home.quarantine):
        for path in zone.rglob(".writing-*"):
            folders = path.relative_to(zone).parts[:-1]
            if project in folders or folders == ("identities",):
                path.unlink(missing_ok=True)


def table_of_names(people: list[str]) -> bytes:
    """Return pseudonyms as a stored table."""
    return parquet_bytes(pd.DataFrame({PERSON: pd.Series(people, dtype="str")}))


def partitions_with(home: Home, pseudonym: str) -> set[tuple[str, str]]:
    """Return assets and partitions of every table with a pseudonym."""
    found = set()
    for project in home.project_ids():
        for path in person_tables(home, project):
            if path.is_relative_to(home.restricted) and (people_in(path) == pseudonym).any():
                *asset, owner = path.relative_to(home.restricted).parts[:-1]
                found.add(
                    ("/".join(asset), f"{owner}/{path.stem.partition('-')[0] if asset == ['received'] else path.stem}")
                )
    return found
