"""Thirteen trials of BCG vaccine against tuberculosis: real data.

Source: Colditz et al. (1994), "Efficacy of BCG vaccine in the prevention of
tuberculosis", JAMA 271; as reprinted in Berkey et al. (1995), Statistics in
Medicine 14, and used throughout the literature on meta-analysis.
"""

from __future__ import annotations

import csv
from pathlib import Path

HEADER = ("study", "published", "sick_vaccinated", "vaccinated", "sick_others", "others", "latitude", "drawn")
TRIALS = (
    ("Aronson 1948", 1948, 4, 123, 11, 139, 44, 1),
    ("Ferguson & Simes 1949", 1949, 6, 306, 29, 303, 55, 1),
    ("Rosenthal 1960", 1960, 3, 231, 11, 220, 42, 1),
    ("Hart & Sutherland 1977", 1977, 62, 13598, 248, 12867, 52, 1),
    ("Frimodt-Moller 1973", 1973, 33, 5069, 47, 5808, 13, 0),
    ("Stein & Aronson 1953", 1953, 180, 1541, 372, 1451, 44, 0),
    ("Vandiviere 1973", 1973, 8, 2545, 10, 629, 19, 1),
    ("TPT Madras 1980", 1980, 505, 88391, 499, 88391, 13, 1),
    ("Coetzee & Berjak 1968", 1968, 29, 7499, 45, 7277, 27, 1),
    ("Rosenthal 1961", 1961, 17, 1716, 65, 1665, 42, 0),
    ("Comstock 1974", 1974, 186, 50634, 141, 27338, 18, 0),
    ("Comstock & Webster 1969", 1969, 5, 2498, 3, 2341, 33, 0),
    ("Comstock 1976", 1976, 27, 16913, 29, 17854, 33, 0),
)
"""Study, year, cases and totals among vaccinated and controls, latitude, and whether allocation was random."""


def write_deliveries(folder: Path) -> None:
    """Write `trials.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "trials.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow((*HEADER, "rung", "low_risk"))
        for row in TRIALS:
            # Allocation by alternation or records is not random, so such a trial is at most on rung 4.
            writer.writerow((row[0], f"{row[1]}-12-31", *row[2:], 2 if row[7] else 4, row[7]))
