"""Effects of delivered studies, from counts or as they stand.

Source: Viechtbauer (2010), escalc; half a person is added to all four cells of
a study in which one of them is empty.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
Kind = Literal["as_delivered", "risk_ratio", "odds_ratio", "risk_difference"]
SMALLEST_ERROR = 1e-9
COUNTS = ("events_treated", "people_treated", "events_control", "people_control")


def study_effects(rows: pd.DataFrame, kind: Kind) -> tuple[Array, Array]:
    """Return effects and variances.

    NaN where a row does not hold what is needed.

    Parameters
    ----------
    rows : DataFrame
        Rows of the studies table.
    kind : str
        Ratios are returned as natural logarithms.

    Returns
    -------
    effects, variances : ndarray of float, shape (k,)
    """
    if kind == "as_delivered":
        effects = rows["effect"].to_numpy(dtype=float, na_value=np.nan)
        errors = rows["standard_error"].to_numpy(dtype=float, na_value=np.nan)
        # An error that vanishes beside its effect is no error but a slip of the pen.
        return effects, np.where(errors > SMALLEST_ERROR * np.maximum(1.0, np.abs(effects)), errors**2, np.nan)
    a, n, c, m = (rows[name].to_numpy(dtype=float, na_value=np.nan) for name in COUNTS)
    possible = (a >= 0) & (a <= n) & (c >= 0) & (c <= m) & (n > 0) & (m > 0)
    a, n, c, m = (np.where(possible, cell, np.nan) for cell in (a, n, c, m))
    b, d = n - a, m - c
    if kind == "risk_difference":
        effects = a / n - c / m
        variances = a * b / n**3 + c * d / m**3
    else:
        empty = (a == 0) | (b == 0) | (c == 0) | (d == 0)
        a, b, c, d = (np.where(empty, cell + 0.5, cell) for cell in (a, b, c, d))
        if kind == "risk_ratio":
            effects = np.log(a / (a + b)) - np.log(c / (c + d))
            variances = 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
        else:
            effects = np.log(a / b) - np.log(c / d)
            variances = 1 / a + 1 / b + 1 / c + 1 / d
    is_known = possible & (variances > 0)
    return np.where(is_known, effects, np.nan), np.where(is_known, variances, np.nan)


def people_per_arm(rows: pd.DataFrame) -> int | None:
    """Return the people of all studies in the smaller arm.

    None unless every study says.
    """
    counts = [rows[name].to_numpy(dtype=float, na_value=np.nan) for name in ("people_treated", "people_control")]
    if not all(np.isfinite(c).all() for c in counts):
        return None
    return int(min(c.sum() for c in counts))
