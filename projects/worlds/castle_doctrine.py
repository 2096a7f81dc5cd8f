"""Castle doctrine laws in the fifty US states, 2000-2010: real data.

Source: Cheng & Hoekstra (2013), "Does strengthening self-defense law deter
crime or escalate violence?", Journal of Human Resources 48. Rows from the PyPI
package `causaldata` (Huntington-Klein & Barrett).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def write_deliveries(folder: Path) -> None:
    """Write `laws.csv`, `states.csv` and `yearly.csv`.

    `laws.csv` lists states with a law and its first year.
    """
    from causaldata import castle

    folder.mkdir(parents=True, exist_ok=True)
    rows = castle.load_pandas().data
    rows = rows.assign(state=[f"state{int(sid):02d}" for sid in rows["sid"]], year=rows["year"].astype(int))
    first = rows[rows["post"] == 1].groupby("state")["year"].min()
    laws = pd.DataFrame({"state": first.index, "in_force": [f"{year}-01-01" for year in first]})
    laws.to_csv(folder / "laws.csv", index=False)
    before = rows[rows["year"] == 2000][["state", "popwt", "unemployrt", "poverty", "l_police"]]
    before.to_csv(folder / "states.csv", index=False)
    yearly = rows[["state", "year", "l_homicide", "l_larceny"]].rename(
        columns={"l_homicide": "homicide", "l_larceny": "larceny"}
    )
    yearly.assign(day=[f"{year}-12-31" for year in yearly["year"]]).drop(columns="year").to_csv(
        folder / "yearly.csv", index=False
    )
