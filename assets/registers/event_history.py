"""A person's history in a register: eleven aggregates before a day.

Each covers one year and five years. The same expressions run on Spark in a separate environment
(docs/how-to/move-beyond-one-machine.md); a test compares the two results. Only integers are summed, so that the order
of summation cannot change a bit of the result.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis

from assets.storage.home import sync_folder

WINDOWS_YEARS = (1, 5)
DAYS_A_YEAR = 365
RECENT_DAYS = 90
KINDS = 8
"""Kinds of events are numbered from 0; 0 is a contact, 1 an admission."""
CONTACT, ADMISSION = 0, 1
AGGREGATES = (
    "events",
    "contacts",
    "admissions",
    "kinds",
    "recent_events",
    "amount_sum",
    "amount_mean",
    "amount_max",
    "amount_min",
    "days_since_last",
    "days_since_first",
)


def history(people: ibis.Table, events: ibis.Table) -> ibis.Table:
    """Return the history of each person before their index day.

    Parameters
    ----------
    people : ibis table
        `person_id` (whole number) and `index_day` (whole number of days since any day), one row each.
    events : ibis table
        `person_id`, `day` (on the same count), `kind` (0 to 7) and `amount` (whole number, øre).

    Returns
    -------
    ibis table
        One row per person, unordered: `person_id` and every aggregate with `_1y` and `_5y`. For people without events,
        counts and sums are 0; means, extremes and days are missing. An event on the day itself is not before it.
    """
    longest = max(WINDOWS_YEARS) * DAYS_A_YEAR
    joined = events.inner_join(people, "person_id")
    ago = joined.index_day - joined.day
    seen = joined.mutate(ago=ago).filter((ago > 0) & (ago <= longest))
    sums = seen.group_by("person_id").aggregate(**dict(_raw_aggregates(seen)))
    return people.select("person_id").left_join(sums, "person_id").select("person_id", **dict(_columns(sums)))


def _raw_aggregates(seen: ibis.Table) -> Iterator[tuple[str, Any]]:
    # Counts rather than sums of booleans, because they need half the memory per person.
    for years in WINDOWS_YEARS:
        inside = seen.ago <= years * DAYS_A_YEAR
        yield f"events_{years}y", seen.count(where=inside)
        yield f"amount_sum_{years}y", seen.amount.sum(where=inside)
        for kind in range(KINDS):
            yield f"kind_{kind}_{years}y", seen.count(where=inside & (seen.kind == kind))
        yield f"recent_events_{years}y", seen.count(where=inside & (seen.ago <= RECENT_DAYS))
        for name, column in (("amount", seen.amount), ("ago", seen.ago)):
            yield f"{name}_max_{years}y", column.max(where=inside)
            yield f"{name}_min_{years}y", column.min(where=inside)


def _columns(sums: ibis.Table) -> Iterator[tuple[str, Any]]:
    for years in WINDOWS_YEARS:
        count = sums[f"events_{years}y"].fill_null(0)
        total = sums[f"amount_sum_{years}y"].fill_null(0)
        kinds = [sums[f"kind_{kind}_{years}y"].fill_null(0) for kind in range(KINDS)]
        values = {
            "events": count.cast("int64"),
            "contacts": kinds[CONTACT].cast("int64"),
            "admissions": kinds[ADMISSION].cast("int64"),
            "kinds": sum(((kind > 0).cast("int64") for kind in kinds[1:]), (kinds[0] > 0).cast("int64")),
            "recent_events": sums[f"recent_events_{years}y"].fill_null(0).cast("int64"),
            "amount_sum": total.cast("int64"),
            "amount_mean": (count > 0).ifelse(total.cast("float64") / count.cast("float64"), ibis.null("float64")),
            "amount_max": sums[f"amount_max_{years}y"].cast("int64"),
            "amount_min": sums[f"amount_min_{years}y"].cast("int64"),
            "days_since_last": sums[f"ago_min_{years}y"].cast("int64"),
            "days_since_first": sums[f"ago_max_{years}y"].cast("int64"),
        }
        for name in AGGREGATES:
            yield f"{name}_{years}y", values[name]


def write_history(people: Path, events: Path, target: Path, *, memory: str = "1GB", threads: int = 2) -> None:
    """Compute the history with DuckDB, streaming Parquet to Parquet.

    Parameters
    ----------
    people, events, target : Path
        Parquet files; `events` may be a glob pattern. The target is written atomically.
    memory : str
        DuckDB's `memory_limit`; data that does not fit is spilled beside the target.
    """
    temporary = target.with_name(f".writing-{target.name}")
    connection = ibis.duckdb.connect(
        memory_limit=memory,
        threads=threads,
        temp_directory=str(target.parent / ".spill"),
        preserve_insertion_order=False,
    )
    try:
        made = history(connection.read_parquet(str(people)), connection.read_parquet(str(events)))
        made.to_parquet(temporary)
    finally:
        connection.disconnect()
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(target)
    sync_folder(target.parent)
