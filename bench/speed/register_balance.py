"""Balance of 50 covariates over a million rows: SQL against pandas.

Run with `make bench`.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from assets.registers.balance import balance_in_file
from models.comparing.balance import standardized_mean_difference

ROWS, COLUMNS = 1_000_000, 50


def main() -> None:
    """Write a table, compute its balance both ways, and print durations."""
    rng = np.random.default_rng(1)
    names = tuple(f"x{i}" for i in range(COLUMNS))
    frame = pd.DataFrame(rng.normal(size=(ROWS, COLUMNS)), columns=list(names))
    frame["treated"], frame["weight"] = rng.random(ROWS) < 0.02, rng.random(ROWS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "groups.parquet"
        frame.to_parquet(path)
        wall, processor = time.perf_counter(), time.process_time()
        found = balance_in_file(path, names)
        query = time.perf_counter() - wall, time.process_time() - processor
        wall, processor = time.perf_counter(), time.process_time()
        read = pd.read_parquet(path)
        treated, weight = read["treated"].to_numpy(), read["weight"].to_numpy()
        ones = np.ones(ROWS)
        for name in names:
            values = read[name].to_numpy()
            standardized_mean_difference(values, treated, ones)
            standardized_mean_difference(values, treated, weight)
        memory = time.perf_counter() - wall, time.process_time() - processor
    print(f"{COLUMNS} covariates, {ROWS:,} rows, {len(found)} lines of balance")
    for name, (seconds, cpu) in (("one query over the file", query), ("read, then column by column", memory)):
        print(f"  {name:<28} {seconds:5.2f} s, {cpu:5.2f} processor seconds")
    print(f"  query / memory: {query[0] / memory[0]:.2f} in seconds, {query[1] / memory[1]:.2f} in processor seconds")


if __name__ == "__main__":
    main()
