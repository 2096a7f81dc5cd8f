"""Mentors for young people, and rates of all 98 municipalities: synthetic.

The true effect is +10 percentage points. Participants are younger than young people in general, and the young have
lower rates, so they look worse than they are when compared with everyone. Rates are invented: none is a municipality's
own figure.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from data_contracts.reading.knowledge import read_knowledge

TRUE_EFFECT = 0.10
OWN_PLACE = "0851"
YEARS = (2022, 2023, 2024, 2025)
STRATA = {"18-24": (0.42, 0.65), "25-29": (0.60, 0.35)}
"""Rate of each age in the country, and its share of the participants."""
PARTICIPANTS = 72
SEED = 20260930


def write_deliveries(folder: Path) -> None:
    """Write `rates.csv` (by place, year and age) and `mentees.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    _rates(rng).to_csv(folder / "rates.csv", index=False)
    _people(rng).to_csv(folder / "mentees.csv", index=False)


def _rates(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for code in sorted(read_knowledge("municipalities")["municipalities"]):
        unemployment = rng.uniform(0.02, 0.07)
        level = -1.5 * (unemployment - 0.045) + (0.0 if code == OWN_PLACE else rng.normal(0, 0.02))
        people = int(rng.integers(300, 6000))
        for year in YEARS:
            for stratum, (rate, _) in STRATA.items():
                truth = rate + level + 0.005 * (year - YEARS[-1])
                rows.append(
                    {
                        "place": code,
                        "period": f"{year}-12-31",
                        "age": stratum,
                        "people": people,
                        "in_work": round(rng.binomial(people, truth) / people, 4),
                        "unemployment": round(unemployment, 4),
                    }
                )
    return pd.DataFrame(rows)


def _people(rng: np.random.Generator) -> pd.DataFrame:
    ages = rng.choice(list(STRATA), size=PARTICIPANTS, p=[share for _, share in STRATA.values()])
    outcome = [int(rng.random() < STRATA[str(age)][0] + TRUE_EFFECT) for age in ages]
    return pd.DataFrame(
        {
            "id": [f"k{i:03d}" for i in range(PARTICIPANTS)],
            "start": "2024-11-01",
            "age": ages,
            "measured": "2025-12-01",
            "in_work": outcome,
        }
    )
