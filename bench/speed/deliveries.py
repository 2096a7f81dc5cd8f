"""Duration of checking ten million rows and erasing 100,000 people.

Nothing is asserted, because machines differ.
"""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import duckdb

from data_contracts.protocol.reading import read_protocol
from data_contracts.protocol.table_contract import compile_contract

ROWS = 10_000_000
PEOPLE = 100_000
PROTOCOL = Path(__file__).parent.parent.parent / "projects" / "i-gang" / "project.yaml"
BINARY = (
    "basic_school_only",
    "psychiatric_diagnosis",
    "placed_outside_home",
    "substance_treatment",
    "active_2q_before",
    "active_1q_before",
    "other_programme",
)
NUMERIC = {"age_years": (15, 45), "benefit_months": (0, 12), "youngest_child_months": (0, 240)}


def write_delivery_log(path: Path) -> None:
    """Write a register extract as stored, one row in ten thousand faulty."""
    numbers = ", ".join(
        f"CASE WHEN hash(i, '{name}') % 10000 = 0 THEN {high} + 1 ELSE {low} + hash(i, '{name}') % {high - low} END::DOUBLE AS {name}"
        for name, (low, high) in NUMERIC.items()
    )
    flags = ", ".join(f"(hash(i, '{name}') % 2)::DOUBLE AS {name}" for name in BINARY)
    unread = ", ".join(f"false AS {name}__unparsed" for name in ("person_id", "covariate_date", *NUMERIC, *BINARY))
    columns = f"""
        'abc123-' || md5((i - i % 100000 // 99999)::VARCHAR) AS person_id,
        DATE '2020-01-01' + (i % 1500)::INTEGER AS covariate_date, '0751' AS municipality_code,
        {numbers}, {flags}, {unread}, false AS person_id__lost_zero
    """
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        numbered = connection.table_function("range", [ROWS]).project("range AS i")
        numbered.project(columns).write_parquet(str(path))


def by_contract(path: Path) -> int:
    """Count faulty rows with the compiled contract."""
    from assets.intake.reading.rule_queries import count_in_file

    protocol = read_protocol(PROTOCOL.read_text(encoding="utf-8"))
    counts = count_in_file(path, compile_contract("comparison_pool", protocol), path.parent)
    return sum(count.count for count in counts)


def by_hand(path: Path) -> int:
    """Count the same faults with hand-written SQL for this table."""
    parts = [
        "count(*) FILTER (person_id__unparsed AND NOT person_id__lost_zero)",
        "count(*) FILTER (person_id__lost_zero)",
        "count(*) FILTER (person_id IS NULL AND NOT person_id__unparsed)",
        "count(*) FILTER (covariate_date__unparsed)",
        "count(*) FILTER (covariate_date IS NULL AND NOT covariate_date__unparsed)",
        "count(*) FILTER (covariate_date < DATE '1900-01-01')",
        "count(*) FILTER (NOT regexp_full_match(municipality_code, '^0[1-9][0-9]{2}$'))",
    ]
    for name, (low, high) in NUMERIC.items():
        parts.append(f"count(*) FILTER ({name} < {low} OR {name} > {high})")
    parts += [f"count(*) FILTER ({name} NOT IN (0, 1))" for name in BINARY]
    for name in (*NUMERIC, *BINARY):
        parts += [f"count(*) FILTER ({name}__unparsed)", f"count(*) FILTER ({name} IS NULL AND NOT {name}__unparsed)"]
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        rows = connection.read_parquet(str(path))
        counts = rows.aggregate(", ".join(parts)).fetchall()[0]
        by_key = rows.aggregate("count(*) AS n", "person_id, covariate_date")
        twice = by_key.filter("n > 1").aggregate("coalesce(sum(n), 0)").fetchall()[0]
    return int(sum(counts) + sum(twice))


def measured(work: str, path: Path) -> tuple[int, float, float, float]:
    """Run work in a separate process; return the answer and its cost.

    The cost is wall seconds, processor seconds and the memory peak in GB.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found: tuple[int, float, float, float] = pool.apply(_measure, (work, path))
    return found


def _measure(work: str, path: Path) -> tuple[int, float, float, float]:
    wall, busy = time.perf_counter(), time.process_time()
    answer = {"contract": by_contract, "by hand": by_hand}[work](path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return answer, time.perf_counter() - wall, time.process_time() - busy, peak


def main() -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "register.parquet"
        write_delivery_log(path)
        times = {}
        for work in ("by hand", "contract", "by hand", "contract"):
            answer, wall, busy, peak = measured(work, path)
            times[work] = busy
            print(
                f"{ROWS:,} rows, {work}: {answer:,} faults, {wall:.1f} s, {busy:.1f} processor seconds, {peak:.2f} GB"
            )
        print(f"contract / by hand: {times['contract'] / times['by hand']:.2f} in processor seconds")
    from tests.support.large_home import erase_from, large_home

    with tempfile.TemporaryDirectory() as folder:
        home = large_home(Path(folder), PEOPLE)
        for erased in (1, PEOPLE):
            begun = time.perf_counter()
            done = erase_from(home, erased)
            print(
                f"erasing {erased:,} of {PEOPLE:,}: {time.perf_counter() - begun:.1f} s, {done.rows_removed:,} rows, "
                f"{done.tables_deleted} tables deleted, {done.hits_left} tables with remains"
            )


if __name__ == "__main__":
    main()
