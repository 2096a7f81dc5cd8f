"""A home with many people, made quickly, for erasure tests and benches."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from assets.rights.erasure import ErasedFrom, erase
from assets.storage.home import Home
from pipelines.running.demo import set_up
from tests.support.receiving import QUARTER, take
from tests.support.small_study import small_rows, write_small_study


def large_home(folder: Path, people: int) -> Home:
    """Return a home with a study of many people and a quarter's tables."""
    home = Home(folder / "home")
    set_up(home, demo=False)
    rows = small_rows(people // 10, people - people // 10)
    rows["id"] = [f"p{i:07d}" for i in range(people)]
    write_small_study(home, rows)
    taken = take(home)
    for table in ("participants", "comparison_pool", "outcomes"):
        path = home.restricted / "deliveries" / table / "small" / f"{QUARTER.partition_key}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame: pd.DataFrame = taken.table(table).frame
        frame.to_parquet(path)
    return home


def erase_from(home: Home, erased: int) -> ErasedFrom:
    """Erase the first `erased` people."""
    (done,) = erase(home, [home.protocol("small")], [f"p{i:07d}" for i in range(erased)]).projects
    return done
