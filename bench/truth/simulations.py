"""How often every published interval covers the truth, in many worlds.

Run with `make simulations`; a quarter of an hour on two cores. The table is for `docs/validation.md`.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from tests.support.simulated import draw_world, every_estimate, naive_estimate

RESULTS = Path(__file__).resolve().parent.parent / "results" / "simulations.csv"
DRAWS = int(os.environ.get("TRIN_DRAWS", "2000"))
WORLDS = tuple(
    (n, effect, is_binary) for is_binary, effect in ((False, 0.5), (True, 0.0), (True, 0.2)) for n in (120, 400)
)
FIELDS = ("people", "outcome", "true_effect", "estimator", "draws", "coverage", "bias", "spread", "mean_error")
NAIVE = "wrong twin: controls used again counted as new people"

Row = dict[str, str | float]


def simulate(world: tuple[int, float, bool]) -> list[Row]:
    """Draw one kind of world `DRAWS` times.

    Parameters
    ----------
    world : (int, float, bool)
        People, true effect, and whether the outcome is yes or no.

    Returns
    -------
    list of dict
        One row per estimator and error, with the fields of `FIELDS`.
    """
    n, effect, is_binary = world
    rng = np.random.default_rng([n, is_binary, round(10 * effect)])
    found: dict[str, list[tuple[float, float, bool]]] = defaultdict(list)
    for seed in range(DRAWS):
        drawn = draw_world(rng, n, effect=effect, is_binary=is_binary, seed=seed)
        for name, e in (every_estimate(drawn) | {NAIVE: naive_estimate(drawn)}).items():
            found[name].append((e.value, e.standard_error, e.low <= effect <= e.high))
    rows: list[Row] = []
    for name, draws in found.items():
        values, errors, holds = (np.array(column, dtype=float) for column in zip(*draws, strict=True))
        rows.append(
            {
                "people": n,
                "outcome": "yes or no" if is_binary else "a number",
                "true_effect": effect,
                "estimator": name,
                "draws": len(draws),
                "coverage": round(float(holds.mean()), 4),
                "bias": round(float(values.mean() - effect), 4),
                "spread": round(float(values.std()), 4),
                "mean_error": round(float(np.sqrt((errors**2).mean())), 4),
            }
        )
    return rows


def main() -> None:
    """Draw every kind of world and write the table."""
    with ProcessPoolExecutor(2) as pool:
        rows = [row for part in pool.map(simulate, WORLDS) for row in part]
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(rows)
    outside = [row for row in rows if not 0.93 <= float(row["coverage"]) <= 0.97]
    print(f"{len(rows)} rows in {RESULTS.name}; coverage outside 93-97 %:")
    for row in outside:
        print(
            f"  {row['people']:>4} {row['outcome']:<10} {row['true_effect']:<5} {row['estimator']:<50} {row['coverage']}"
        )


if __name__ == "__main__":
    main()
