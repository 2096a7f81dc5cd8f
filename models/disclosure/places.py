"""The municipalities that a result's participants come from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from data_contracts.results.public_record import PlaceRow
from models.disclosure.policy import Policy, safe_count
from models.disclosure.populations import PLACE
from models.disclosure.table_suppression import Table, hidden_groups


def places_of(people: pd.DataFrame, outcome: str) -> tuple[tuple[str, int], ...]:
    """Return participants in a result by municipality.

    Parameters
    ----------
    people : DataFrame
        As `populations.population` gives it.

    Returns
    -------
    tuple of (str, int)
        Municipality code and people, in the code's order; empty where fewer than two places are known.
    """
    own = people[(people["outcome"] == outcome) & people["cell"].str.startswith(PLACE)]
    counts = own["cell"].str.removeprefix(PLACE).value_counts().sort_index()
    return tuple((str(code), int(count)) for code, count in counts.items()) if len(counts) > 1 else ()


def open_places(rows: Sequence[PlaceRow], policy: Policy) -> tuple[PlaceRow, ...]:
    """Return participants by municipality as they may be published.

    They are published beside their total.

    Returns
    -------
    tuple of PlaceRow
        Rounded, and without a count where it is hidden. Empty where nothing is left to say. A reader is taken to
        know the total exactly: other numbers of a result may narrow it down.
    """
    counts = np.array([row.count for row in rows], dtype=int)
    if len(counts) < 2:
        return ()
    groups = np.vstack([np.eye(len(counts), dtype=bool), np.ones(len(counts), dtype=bool)])
    is_total = np.arange(len(groups)) == len(counts)
    hidden = hidden_groups(Table(counts, groups, known=is_total, tells=np.zeros_like(is_total)), policy)[:-1]
    if hidden.all():
        return ()
    return tuple(
        PlaceRow(
            code=row.code,
            name=row.name,
            count=None if is_hidden else safe_count(row.count, policy),
            quarter=row.quarter,
            is_hidden=bool(is_hidden),
        )
        for row, is_hidden in zip(rows, hidden, strict=True)
    )
