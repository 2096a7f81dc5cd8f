"""Outcomes derived from several measurements."""

from __future__ import annotations

import pandas as pd

from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.knowledge import read_knowledge


def with_derived(measurements: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """Add the rows of derived outcomes to their source measurements.

    Parameters
    ----------
    measurements : DataFrame
        Accepted rows of the outcomes table.

    Returns
    -------
    DataFrame
        A day on which enough factors are present is 1, one on which so many are absent that the rest cannot make
        it so is 0. Where neither is certain there is no row: what is missing is not filled in.
    """
    parts = [measurements]
    for outcome in protocol.outcomes:
        if outcome.derived is None:
            continue
        rule = read_knowledge("derived_outcomes")["outcomes"][outcome.derived]
        names = list(rule["components"])
        own = measurements[measurements["outcome"].isin(names) & measurements["value"].notna()]
        if own.empty:
            continue
        wide = own.pivot_table(index=["person_id", "measured_date"], columns="outcome", values="value", aggfunc="first")
        wide = wide.reindex(columns=names)
        present, absent = (wide == 1).sum(axis=1), (wide == 0).sum(axis=1)
        is_so = present >= rule["at_least"]
        is_not = absent > len(names) - rule["at_least"]
        certain = is_so | is_not
        found = is_so[certain].astype(float).rename("value").reset_index()
        parts.append(found.assign(outcome=outcome.name)[list(measurements.columns)])
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else measurements
