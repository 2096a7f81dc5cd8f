"""Thirty patients, each diagnosed by six psychiatrists: real data.

Source: Fleiss (1971), "Measuring nominal scale agreement among many raters",
Psychological Bulletin 76, table 1. Which psychiatrist gave which diagnosis was
not published: answers are numbered within each patient.
"""

from __future__ import annotations

import csv
from pathlib import Path

CATEGORIES = ("depression", "personality disorder", "schizophrenia", "neurosis", "other")
COUNTS = (
    (0, 0, 0, 6, 0),
    (0, 3, 0, 0, 3),
    (0, 1, 4, 0, 1),
    (0, 0, 0, 0, 6),
    (0, 3, 0, 3, 0),
    (2, 0, 4, 0, 0),
    (0, 0, 4, 0, 2),
    (2, 0, 3, 1, 0),
    (2, 0, 0, 4, 0),
    (0, 0, 0, 0, 6),
    (1, 0, 0, 5, 0),
    (1, 1, 0, 4, 0),
    (0, 3, 3, 0, 0),
    (1, 0, 0, 5, 0),
    (0, 2, 0, 3, 1),
    (0, 0, 5, 0, 1),
    (3, 0, 0, 1, 2),
    (5, 1, 0, 0, 0),
    (0, 2, 0, 4, 0),
    (1, 0, 2, 0, 3),
    (0, 0, 0, 0, 6),
    (0, 1, 0, 5, 0),
    (0, 2, 0, 1, 3),
    (2, 0, 0, 4, 0),
    (1, 0, 0, 4, 1),
    (0, 5, 0, 1, 0),
    (4, 0, 0, 0, 2),
    (0, 2, 0, 4, 0),
    (1, 0, 5, 0, 0),
    (0, 0, 0, 0, 6),
)
"""How many of six psychiatrists chose each category, per patient."""


def write_deliveries(folder: Path) -> None:
    """Write `diagnoses.csv`, one row per answer."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "diagnoses.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("psychiatrist", "patient", "category"))
        for i, counts in enumerate(COUNTS, start=1):
            answers = [code for code, count in enumerate(counts, start=1) for _ in range(count)]
            for turn, code in enumerate(answers, start=1):
                writer.writerow((f"answer{turn}", f"p{i:02d}", code))
