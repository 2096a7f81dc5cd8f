"""The National Supported Work men against a national survey (CPS): real data.

Belongs here: laying out the public rows as one CSV file. Does not belong
here: any estimate.

Source: LaLonde (1986), "Evaluating the econometric evaluations of training
programs"; Dehejia & Wahba (1999). Rows from the PyPI package `causaldata`
(Huntington-Klein & Barrett): 185 treated men and 15,992 from the CPS.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def write_deliveries(folder: Path) -> None:
    """Write `nsw_cps.csv`: treated men, CPS men, and flags of no earnings in 1974 and 1975."""
    from causaldata import cps_mixtape, nsw_mixtape

    folder.mkdir(parents=True, exist_ok=True)
    experiment = nsw_mixtape.load_pandas().data
    survey = cps_mixtape.load_pandas().data
    rows = pd.concat([experiment[experiment["treat"] == 1], survey], ignore_index=True)
    rows = rows.drop(columns="data_id")
    rows.insert(0, "id", [f"m{i:05d}" for i in range(len(rows))])
    for name in ("treat", "black", "hisp", "marr", "nodegree", "age", "educ"):
        rows[name] = rows[name].astype(int)
    rows["u74"] = (rows["re74"] == 0).astype(int)
    rows["u75"] = (rows["re75"] == 0).astype(int)
    rows.to_csv(folder / "nsw_cps.csv", index=False)
