"""The National Supported Work men: experiment, and against a survey.

Source: LaLonde (1986), "Evaluating the econometric evaluations of training
programs"; Dehejia & Wahba (1999). Rows from the PyPI package `causaldata`
(Huntington-Klein & Barrett): 185 men who drew a place, 260 who did not, and
15,992 from the CPS.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

YES_OR_NO = ("treat", "black", "hisp", "marr", "nodegree", "age", "educ")


def write_deliveries(folder: Path) -> None:
    """Write `nsw_cps.csv`: treated men, CPS men and no-earnings flags."""
    from causaldata import cps_mixtape, nsw_mixtape

    folder.mkdir(parents=True, exist_ok=True)
    experiment = nsw_mixtape.load_pandas().data
    survey = cps_mixtape.load_pandas().data
    rows = pd.concat([experiment[experiment["treat"] == 1], survey], ignore_index=True)
    _flagged(rows, "m").to_csv(folder / "nsw_cps.csv", index=False)


def write_trial(folder: Path) -> None:
    """Write `draw.csv` (the draw) and `men.csv` (covariates and earnings)."""
    from causaldata import nsw_mixtape

    folder.mkdir(parents=True, exist_ok=True)
    rows = _flagged(nsw_mixtape.load_pandas().data, "e")
    rows[["id", "treat"]].to_csv(folder / "draw.csv", index=False)
    rows.drop(columns="treat").to_csv(folder / "men.csv", index=False)


def _flagged(rows: pd.DataFrame, letter: str) -> pd.DataFrame:
    rows = rows.drop(columns="data_id").reset_index(drop=True)
    rows.insert(0, "id", [f"{letter}{i:05d}" for i in range(len(rows))])
    for name in YES_OR_NO:
        rows[name] = rows[name].astype(int)
    rows["u74"] = (rows["re74"] == 0).astype(int)
    rows["u75"] = (rows["re75"] == 0).astype(int)
    return rows
