"""The same expressions on DuckDB and on Spark: the same table, to the last bit.

Runs in an environment of its own (`make test-spark`), for Spark needs Java 17
and other versions than the rest.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pyspark = pytest.importorskip("pyspark", reason="make spark-env makes the environment that this needs")
import ibis
from pyspark.sql import SparkSession

from assets.registers.event_history import AGGREGATES, WINDOWS_YEARS, history

PEOPLE, EVENTS = 3000, 60_000


def written(folder: Path) -> tuple[str, str]:
    """Write people, some without any event, and their events."""
    rng = np.random.default_rng(7)
    people = pd.DataFrame({"person_id": np.arange(PEOPLE), "index_day": rng.integers(1900, 2300, PEOPLE)})
    events = pd.DataFrame({"person_id": rng.integers(0, PEOPLE + 100, EVENTS), "day": rng.integers(0, 2300, EVENTS)})
    events = events.assign(kind=rng.integers(0, 8, EVENTS), amount=rng.integers(-1000, 100_000, EVENTS))
    events = events[events["person_id"] % 17 != 0]
    people.to_parquet(folder / "people.parquet")
    events.to_parquet(folder / "events.parquet")
    return str(folder / "people.parquet"), str(folder / "events.parquet")


def test_duckdb_and_spark_say_the_same(tmp_path: Path) -> None:
    files = written(tmp_path)
    duck = ibis.duckdb.connect()
    session = (
        SparkSession.builder.master("local[2]")
        .appName("trin")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.driver.memory", "1g")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    try:
        spark = ibis.pyspark.connect(session)
        tables = []
        for engine in (duck, spark):
            made = history(*(engine.read_parquet(name) for name in files)).to_pyarrow().to_pandas()
            tables.append(made.sort_values("person_id", ignore_index=True).astype("float64"))
    finally:
        session.stop()
    names = ["person_id", *(f"{name}_{years}y" for years in WINDOWS_YEARS for name in AGGREGATES)]
    assert list(tables[0].columns) == list(tables[1].columns) == names
    assert len(tables[0]) == PEOPLE
    pd.testing.assert_frame_equal(*tables, check_exact=True)
