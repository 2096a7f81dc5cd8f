"""What is known of people from events: worked by hand, held against plain pandas, whatever order events come in."""

from __future__ import annotations

from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.registers.event_history import AGGREGATES, RECENT_DAYS, WINDOWS_YEARS, history, write_history

NAMES = [f"{name}_{years}y" for years in WINDOWS_YEARS for name in AGGREGATES]


def worked_out(people: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Return the history by DuckDB, people in order."""
    connection = ibis.duckdb.connect()
    tables = []
    for name, rows in (("people", people), ("events", events)):
        connection.con.register(name, pa.Table.from_pandas(rows, preserve_index=False))
        tables.append(connection.table(name))
    made = connection.con.sql(str(ibis.to_sql(history(*tables), dialect="duckdb"))).df()
    connection.disconnect()
    return made.sort_values("person_id", ignore_index=True)


def table(rows: list[tuple[int, int, int, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["person_id", "day", "kind", "amount"]).astype("int64")


def test_two_people_by_hand() -> None:
    """One had three events in the year before day 2000 and one four years before; the other none that counts."""
    people = pd.DataFrame({"person_id": [1, 2], "index_day": [2000, 2000]})
    events = table(
        [(1, 1999, 0, 100), (1, 1950, 1, 50), (1, 1700, 0, 30), (1, 500, 3, 1000), (2, 2000, 0, 9), (2, 2100, 0, 9)]
    )
    made = worked_out(people, events)
    one = made.loc[0]
    assert [one[f"{n}_1y"] for n in AGGREGATES] == [3, 2, 1, 2, 2, 180, 60.0, 100, 30, 1, 300]
    assert [one[f"{n}_5y"] for n in AGGREGATES] == [4, 2, 1, 3, 2, 1180, 295.0, 1000, 30, 1, 1500]
    two = made.loc[1]
    assert [two[f"{n}_5y"] for n in ("events", "contacts", "admissions", "kinds", "recent_events", "amount_sum")] == [
        0
    ] * 6
    assert two[["amount_mean_5y", "amount_max_5y", "amount_min_5y", "days_since_last_5y"]].isna().all()


def by_pandas(people: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Work the same out person by person."""
    rows = []
    for person, index_day in people.itertuples(index=False):
        own = events[events["person_id"] == person]
        row: dict[str, float] = {"person_id": person}
        for years in WINDOWS_YEARS:
            ago = index_day - own["day"]
            seen, ago = own[(ago > 0) & (ago <= 365 * years)], ago[(ago > 0) & (ago <= 365 * years)]
            values = [len(seen), (seen["kind"] == 0).sum(), (seen["kind"] == 1).sum(), seen["kind"].nunique()]
            values += [(ago <= RECENT_DAYS).sum(), seen["amount"].sum(), seen["amount"].mean()]
            values += [seen["amount"].max(), seen["amount"].min(), ago.min(), ago.max()]
            row |= {f"{name}_{years}y": float(value) for name, value in zip(AGGREGATES, values, strict=True)}
        rows.append(row)
    return pd.DataFrame(rows)


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2100), st.integers(0, 7), st.integers(-500, 500)), max_size=60)
)
@settings(max_examples=12)
def test_the_same_as_person_by_person_in_any_order(rows: list[tuple[int, int, int, int]]) -> None:
    people = pd.DataFrame({"person_id": range(6), "index_day": [1900, 2000, 2000, 2050, 1999, 400]})
    events = table(rows)
    made = worked_out(people, events)[["person_id", *NAMES]].astype(float)
    pd.testing.assert_frame_equal(
        made, by_pandas(people, events)[["person_id", *NAMES]].astype(float), check_exact=True
    )
    turned = worked_out(people.iloc[::-1], events.iloc[::-1])[["person_id", *NAMES]].astype(float)
    pd.testing.assert_frame_equal(turned, made, check_exact=True)


def test_from_file_to_file_in_little_memory(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    people = pd.DataFrame({"person_id": np.arange(2000), "index_day": rng.integers(1500, 2000, 2000)})
    events = pd.DataFrame({"person_id": rng.integers(0, 2000, 50_000), "day": rng.integers(0, 2000, 50_000)})
    events = events.assign(kind=rng.integers(0, 8, 50_000), amount=rng.integers(0, 1000, 50_000))
    people.to_parquet(tmp_path / "people.parquet")
    events[:20_000].to_parquet(tmp_path / "events-1.parquet")
    events[20_000:].to_parquet(tmp_path / "events-2.parquet")
    target = tmp_path / "history.parquet"
    write_history(tmp_path / "people.parquet", tmp_path / "events-*.parquet", target, memory="100MB", threads=1)
    made = pd.read_parquet(target).sort_values("person_id", ignore_index=True)
    pd.testing.assert_frame_equal(made.astype(float), worked_out(people, events).astype(float), check_exact=True)
    assert not list(tmp_path.glob(".writing-*"))


def test_a_day_that_is_no_number_is_refused(tmp_path: Path) -> None:
    people = pd.DataFrame({"person_id": [1], "index_day": ["2026-01-01"]})
    with pytest.raises(TypeError, match="unsupported operand"):
        worked_out(people, table([(1, 1, 0, 1)]))
