"""Cells that hold numbers where a day, a code or an identifier is meant."""

from __future__ import annotations

import io
import math

import pandas as pd
import pytest

from assets.storage.home import Home
from tests.support.receiving import Taken, take
from tests.support.small_study import PROTOCOL, small_rows, write_small_study

YEARS = PROTOCOL.replace("format: csv", "date_format: period, format: csv")


def delivered(home: Home, rows: pd.DataFrame, kind: str, protocol: str = PROTOCOL) -> Taken:
    """Take in the small study as a workbook or a register extract; nothing may be left in the inbox."""
    text = protocol.replace("people*.csv", f"people*.{kind}").replace("format: csv", f"format: {kind}")
    write_small_study(home, protocol=text).unlink()
    buffer = io.BytesIO()
    if kind == "xlsx":
        rows.to_excel(buffer, index=False)
    else:
        rows.to_parquet(buffer, index=False)
    (home.inbox / "small" / f"people.{kind}").write_bytes(buffer.getvalue())
    taken = take(home)
    assert list((home.inbox / "small").iterdir()) == []
    return taken


@pytest.mark.parametrize(
    ("kind", "year"), [("xlsx", 2024.5), ("parquet", 2024.5), ("parquet", math.inf), ("parquet", 1e300)]
)
def test_a_year_that_is_no_whole_number_refuses_its_row_alone(small_home: Home, kind: str, year: float) -> None:
    rows = small_rows().assign(start=2024.0)
    rows.loc[2, "start"] = year
    taken = delivered(small_home, rows, kind, YEARS)
    number = 4 if kind == "xlsx" else 3
    assert taken.rules("participants") == {"readable(index_date)": (number,)}
    assert set(taken.accepted("participants")["index_date"]) == {pd.Timestamp(2024, 12, 31)}


@pytest.mark.parametrize("identifier", [math.inf, -math.inf])
def test_infinity_is_nobody(small_home: Home, identifier: float) -> None:
    rows = small_rows().assign(id=[1000.0 + i for i in range(360)])
    rows.loc[2, "id"] = identifier
    taken = delivered(small_home, rows, "parquet")
    assert taken.rules("comparison_pool") == {"identifier(person_id)": (3,)}
    assert len(taken.accepted("comparison_pool")) == 359


def test_a_fraction_among_codes_changes_no_other_code(small_home: Home) -> None:
    rows = small_rows().assign(group=1.0)
    rows.loc[2, "group"] = 1.5
    taken = delivered(small_home, rows, "parquet", PROTOCOL.replace("levels: [a, b, c]", 'levels: ["1", "2"]'))
    assert taken.rules("comparison_pool") == {"allowed(group)": (3,)}
    assert set(taken.accepted("comparison_pool")["group"]) == {"1"}
