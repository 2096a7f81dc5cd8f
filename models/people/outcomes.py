"""Outcomes: the one measurement of each person that counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.protocol.protocol import Outcome


def outcome_values(people: pd.DataFrame, measurements: pd.DataFrame, outcome: Outcome) -> NDArray[np.float64]:
    """Return each person's first measurement inside the outcome's window.

    Parameters
    ----------
    people : DataFrame
        With `person_id` and `index_date`, one row per person.
    measurements : DataFrame
        Accepted rows of the outcomes table: `person_id`, `outcome`, `measured_date`, `value`.
    outcome : Outcome
        The window is [index date + from_months, index date + before_months).

    Returns
    -------
    ndarray of float, shape (n,)
        NaN where no measurement falls in the window.
    """
    own = measurements[measurements["outcome"] == outcome.name]
    joined = people[["person_id", "index_date"]].merge(
        own[["person_id", "measured_date", "value"]], on="person_id", how="inner", validate="one_to_many"
    )
    opens = joined["index_date"] + pd.DateOffset(months=outcome.from_months)
    closes = joined["index_date"] + pd.DateOffset(months=outcome.before_months)
    inside = joined[(joined["measured_date"] >= opens) & (joined["measured_date"] < closes)]
    first = inside.sort_values(["person_id", "measured_date"], kind="stable").drop_duplicates("person_id")
    values = people["person_id"].map(first.set_index("person_id")["value"])
    return values.to_numpy(dtype=float, na_value=np.nan)
