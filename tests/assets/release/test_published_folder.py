"""The published folder, byte by byte: a restricted field that nobody thought of is in none of its files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from assets.publication import shown_of
from assets.release.public_files import Beside, write_public
from data_contracts.calendar.quarters import Quarter
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from tests.support.example_record import example_record
from tests.support.unthought_fields import CANARY, NUMBER, PLACES, spoilt

NAME = "secret_one"


def texts(path: Path) -> Iterator[bytes]:
    """Everything that a file holds, unpacked where it is packed."""
    content = path.read_bytes()
    yield content
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                yield packed.read(name)
    if path.suffix == ".parquet":
        yield pd.read_parquet(path).to_csv().encode()
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            for (table,) in connection.execute("SHOW TABLES").fetchall():
                yield connection.execute(f'SELECT * FROM "{table}"').df().to_csv().encode()


def holds(folder: Path) -> set[str]:
    """Which files hold the canary, its number or its name."""
    wanted = (CANARY.encode(), str(NUMBER).encode(), NAME.encode())
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.name for path in files if any(word in text for text in texts(path) for word in wanted)}


@pytest.mark.parametrize("place", PLACES)
def test_a_field_that_nobody_thought_of_is_in_no_published_byte(place: str, tmp_path: Path) -> None:
    public = publish(spoilt(example_record(n_treated=700, n_control=2000), place, NAME), default_policy())
    write_public(tmp_path, Quarter(2026, 3), [public], Beside())
    kinds = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert kinds >= {".json", ".csv", ".parquet", ".xlsx", ".duckdb", ".html", ".jsonld"}
    assert holds(tmp_path) == set()
    shown = str(shown_of([public], "1.0.0"))
    assert str(public.status) in shown
    assert not any(word in shown for word in (CANARY, str(NUMBER), NAME))


def test_what_is_published_by_copying_would_be_found(tmp_path: Path) -> None:
    """A wrong twin: the record as it stands, its words included."""
    record = example_record(project_name={"da": CANARY, "en": CANARY})
    write_public(tmp_path, Quarter(2026, 3), [record], Beside())
    assert {"results.json", "marts.duckdb", "results.xlsx", "results.parquet", "index.html"} <= holds(tmp_path)
