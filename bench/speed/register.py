"""A register on one machine: from 100 million events to an effect.

Plain SQL computes the history alone, for comparison. Run with `python -m bench.speed.register [millions of events …]`.

Each step is a separate process, so that its memory peak is measured separately. There is one person per hundred events,
in 98 municipalities; one in fifty takes part, more often those with many events, and the true effect is 0.5.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from bench.speed.stopwatch import Stopwatch

MUNICIPALITIES, FILES, MILLION = 98, 20, 1_000_000
TRUE_EFFECT = 0.5
MEMORY = "1GB"
SCORED = (
    *("events_1y", "events_5y", "contacts_5y", "admissions_5y", "kinds_5y", "recent_events_1y"),
    *("amount_sum_1y", "amount_sum_5y", "has_events_1y", "has_events_5y"),
)


def connection(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return DuckDB with the memory and threads that both methods get."""
    made = duckdb.connect(config={"memory_limit": MEMORY, "threads": 2, "temp_directory": str(folder / ".spill")})
    made.execute("SET preserve_insertion_order = false")
    return made


def generate(folder: Path, events: int) -> None:
    """Write people and their events, ordered by time as in a register."""
    people = events // 100
    with connection(folder) as database:
        database.execute(
            f"""COPY (SELECT i::BIGINT AS person_id, (4000 + hash(i * 7) % 400)::BIGINT AS index_day,
                (hash(i * 13) % {MUNICIPALITIES})::BIGINT AS municipality FROM range({people}) t(i))
                TO '{folder / "people.parquet"}' (FORMAT parquet)"""
        )
        each = events // FILES
        for file in range(FILES):
            low = file * each
            database.execute(
                f"""COPY (SELECT (hash(i) % {people} * (1 + hash(i * 3) % 5) / 5)::BIGINT AS person_id,
                    (2000 + {file} * 110 + hash(i * 5) % 110)::BIGINT AS day, (hash(i * 11) % 8)::BIGINT AS kind,
                    (hash(i * 17) % 100000)::BIGINT AS amount FROM range({low}, {low + each}) t(i))
                    TO '{folder / f"events-{file:02d}.parquet"}' (FORMAT parquet)"""
            )


def plain_sql(folder: Path) -> None:
    """Compute the same history with plain SQL, and nothing else."""
    watch = Stopwatch()
    parts = []
    for years in (1, 5):
        inside = f"ago <= {365 * years}"
        kinds = " + ".join(f"(count(*) FILTER ({inside} AND kind = {k}) > 0)::BIGINT" for k in range(8))
        parts += [
            f"count(*) FILTER ({inside}) AS events_{years}y",
            f"count(*) FILTER ({inside} AND kind = 0) AS contacts_{years}y",
            f"count(*) FILTER ({inside} AND kind = 1) AS admissions_{years}y",
            f"{kinds} AS kinds_{years}y",
            f"count(*) FILTER ({inside} AND ago <= 90) AS recent_events_{years}y",
            f"sum(amount) FILTER ({inside}) AS amount_sum_{years}y",
            f"avg(amount) FILTER ({inside}) AS amount_mean_{years}y",
            f"max(amount) FILTER ({inside}) AS amount_max_{years}y",
            f"min(amount) FILTER ({inside}) AS amount_min_{years}y",
            f"min(ago) FILTER ({inside}) AS days_since_last_{years}y",
            f"max(ago) FILTER ({inside}) AS days_since_first_{years}y",
        ]
    with connection(folder) as database:
        database.execute(
            f"""COPY (WITH people AS (FROM '{folder / "people.parquet"}'), seen AS (
                SELECT person_id, kind, amount, index_day - day AS ago
                FROM '{folder}/events-*.parquet' JOIN people USING (person_id)
                WHERE index_day - day > 0 AND index_day - day <= 1825)
                SELECT person_id, h.* EXCLUDE (person_id) FROM people
                LEFT JOIN (SELECT person_id, {", ".join(parts)} FROM seen GROUP BY person_id) h USING (person_id))
                TO '{folder / "plain.parquet"}' (FORMAT parquet)"""
        )
    watch.step("history in SQL")
    watch.tell()


def trin(folder: Path) -> None:
    """Compute history, blocks by municipality, score, match and effect."""
    watch = Stopwatch()
    from assets.registers.event_history import write_history
    from models.study import compare

    watch.step("start")
    write_history(folder / "people.parquet", folder / "events-*.parquet", folder / "history.parquet", memory=MEMORY)
    watch.step("history")
    known = pd.read_parquet(folder / "history.parquet", columns=["person_id", *(n for n in SCORED if n[:4] != "has_")])
    known = known.merge(pd.read_parquet(folder / "people.parquet"), on="person_id").sort_values("person_id")
    for years in (1, 5):
        known[f"has_events_{years}y"] = (known[f"events_{years}y"] > 0).astype(int)
    rng = np.random.default_rng(1)
    drive = known["events_5y"] / known["events_5y"].std()
    known["took_part"] = (rng.random(len(known)) < 0.02 * np.exp(drive - drive.mean() - 0.3)).astype(int)
    outcome = 2 * drive + rng.normal(size=len(known)) + TRUE_EFFECT * known["took_part"]
    known["municipality"] = known["municipality"].astype(str)
    watch.step("read")
    groups = compare(
        *(known, "took_part", list(SCORED)),
        person_id="person_id",
        method="nearest_neighbour",
        caliper_sd_logit=0.2,
        exact=["municipality"],
    )
    watch.step("score, blocks and match")
    worst = float(groups.balance["smd_after"].abs().max())
    watch.step("balance")
    effect = groups.effect(outcome)
    watch.step("effect")
    raw = outcome[known["took_part"] == 1].mean() - outcome[known["took_part"] == 0].mean()
    watch.tell(
        people=len(known),
        participants=int(known["took_part"].sum()),
        raw=raw,
        effect=effect.value,
        low=effect.low,
        high=effect.high,
        worst_smd=worst,
    )


def same(folder: Path) -> bool:
    """Return whether both histories are identical for everyone."""
    with connection(folder) as database:
        names = [n for n in pq.read_schema(folder / "history.parquet").names if n != "person_id"]
        told = [f"sum((a.{n} IS DISTINCT FROM {_whole(n)})::INT)" for n in names]
        row = database.execute(
            f"""SELECT {", ".join(told)} FROM '{folder / "history.parquet"}' a
                JOIN '{folder / "plain.parquet"}' b USING (person_id)"""
        ).fetchone()
        return row is not None and not any(row)


def _whole(name: str) -> str:
    """Return SQL that treats a missing count as 0, as Trin does."""
    counted = not any(part in name for part in ("mean", "max", "min", "days"))
    return f"coalesce(b.{name}, 0)" if counted else f"b.{name}"


def main() -> None:
    """Print seconds, memory and the ratio for each size."""
    sizes = [int(text) for text in sys.argv[1:]] or [1, 10, 100]
    for millions in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder, found = Path(name), {}
            begun = time.perf_counter()
            generate(folder, millions * MILLION)
            print(f"{millions} M events, generated in {time.perf_counter() - begun:.0f} s", flush=True)
            for way in ("plain_sql", "trin"):
                done = subprocess.run(
                    [
                        sys.executable,
                        "-c",
                        f"from bench.speed.register import {way} as work; from pathlib import Path; work(Path({name!r}))",
                    ],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if done.returncode:
                    sys.exit(done.stderr)
                found[way] = json.loads(done.stdout.splitlines()[-1])
                steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in found[way]["steps"].items())
                print(
                    f"  {way:<10} {found[way]['seconds']:6.1f} s, {found[way]['peak_gb']:.2f} GB at most ({steps})",
                    flush=True,
                )
            ours = found["trin"]
            print(
                f"  whole way / SQL history alone: {ours['seconds'] / found['plain_sql']['seconds']:.2f}; the same history: {same(folder)}"
            )
            print(
                f"  {ours['participants']:,} of {ours['people']:,} take part; raw difference {ours['raw']:.3f}, effect {ours['effect']:.3f} "
                f"({ours['low']:.3f} to {ours['high']:.3f}), true {TRUE_EFFECT}; worst difference of means {ours['worst_smd']:.3f} sd"
            )


if __name__ == "__main__":
    main()
