"""The Infant Health and Development Program, with a known ATT of 4.000.

The licence of the file does not allow us to include it, so its path is an argument:

    python -m bench.truth.ihdp path/to/ihdp_npci_1.csv

Results are stored in `bench/results/`.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from models.study import compare

RESULTS = Path(__file__).resolve().parent.parent / "results" / "ihdp.csv"
FIELDS = ("method", "estimator", "estimand", "effect", "error", "low", "high", "truth")
WAYS: tuple[tuple[dict[str, Any], tuple[str, ...]], ...] = (
    ({"method": "inverse_probability"}, ("inverse_probability", "augmented_inverse_probability", "regression")),
    ({"method": "entropy_balancing"}, ("entropy_balanced",)),
    ({"method": "full_matching"}, ("matched_difference", "matched_regression")),
    ({"method": "nearest_neighbour", "caliper_sd_logit": 0.2}, ("matched_difference", "matched_regression")),
    ({"method": "inverse_probability", "score_model": "boosted_trees"}, ("cross_fitted",)),
)


def rows(path: Path) -> list[dict[str, str]]:
    """Return one row per method and estimator."""
    names = ["treated", "y", "y_otherwise", "without", "with", *[f"x{i}" for i in range(1, 26)]]
    people = pd.read_csv(path, header=None, names=names)
    truth = float((people["with"] - people["without"])[people["treated"] == 1].mean())
    found = []
    for settings, estimators in WAYS:
        trees = {"learner": "boosted_trees", "estimator": "cross_fitted"} if "score_model" in settings else {}
        groups = compare(people, "treated", names[5:], effects=trees, **settings)
        for estimator in estimators:
            e = groups.effect(people["y"], estimator)
            numbers = (f"{value:.3f}" for value in (e.value, e.standard_error, e.low, e.high, truth))
            found.append(
                dict(zip(FIELDS, (settings["method"], estimator, groups.comparison.estimand, *numbers), strict=True))
            )
    return found


def main() -> None:
    """Read the given file; store and print the results."""
    if len(sys.argv) != 2:
        raise SystemExit("Say where the data lie: python -m bench.truth.ihdp ihdp_npci_1.csv")
    found = rows(Path(sys.argv[1]))
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(found)
    for row in found:
        print("  ".join(row.values()))


if __name__ == "__main__":
    main()
