"""Eighteen European interwar democracies and their survival: real data.

Source: Rihoux & De Meur (2009), "Crisp-set qualitative comparative analysis",
in Rihoux & Ragin (eds.), Configurational Comparative Methods, table 3.3, after
Lipset (1959).
"""

from __future__ import annotations

import csv
from pathlib import Path

ITEMS = ("developed", "urban", "literate", "industrial", "stable", "survived")
STATES = (
    ("Austria", 1, 0, 1, 1, 0, 0),
    ("Belgium", 1, 1, 1, 1, 1, 1),
    ("Czechoslovakia", 1, 1, 1, 1, 1, 1),
    ("Estonia", 0, 0, 1, 0, 1, 0),
    ("Finland", 1, 0, 1, 0, 1, 1),
    ("France", 1, 0, 1, 1, 1, 1),
    ("Germany", 1, 1, 1, 1, 0, 0),
    ("Greece", 0, 0, 0, 0, 0, 0),
    ("Hungary", 0, 0, 1, 0, 0, 0),
    ("Ireland", 1, 0, 1, 0, 1, 1),
    ("Italy", 0, 0, 0, 0, 1, 0),
    ("Netherlands", 1, 1, 1, 1, 1, 1),
    ("Poland", 0, 0, 1, 0, 0, 0),
    ("Portugal", 0, 0, 0, 0, 0, 0),
    ("Romania", 0, 0, 0, 0, 1, 0),
    ("Spain", 0, 0, 0, 0, 0, 0),
    ("Sweden", 1, 0, 1, 1, 1, 1),
    ("United_Kingdom", 1, 1, 1, 1, 1, 1),
)


def write_deliveries(folder: Path) -> None:
    """Write `states.csv`, one row per state and item."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "states.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("author", "state", "item", "value"))
        for state, *values in STATES:
            for item, value in zip(ITEMS, values, strict=True):
                writer.writerow(("author1", state, item, value))
