"""The people whose data a published number rests on."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.protocol.protocol import Outcome
from models.values.comparison import Comparison

COLUMNS = ("outcome", "cell", "person_id")
PLACE = "place_"
"""Cells that say where participants come from begin with it; the municipality's code follows."""


def population(comparison: Comparison, y: Any, outcome: Outcome) -> pd.DataFrame:
    """Return the people whose outcome is in a result.

    Parameters
    ----------
    y : ndarray of float, shape (n,), or what a design without one value per person places
        The outcome of each of the comparison's people.

    Returns
    -------
    DataFrame
        `outcome`, `cell`, `person_id`. A cell is a group (`treated`, `control`); of a yes-or-no outcome a group and
        an answer, for somebody whose answer is corrected changes two cells and no group. Participants stand once
        more by municipality, where it is known of all of them. Empty where nobody's own data are in the result.
    """
    people = comparison.people
    if "person_id" not in people or "weight" not in people or people.empty:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})
    treated = people["treated"].to_numpy(dtype=bool) if "treated" in people else np.ones(len(people), dtype=bool)
    used = people["weight"].to_numpy(dtype=float) > 0
    cells = pd.Series(np.where(treated, "treated", "control"), index=people.index)
    if isinstance(y, np.ndarray) and y.shape == (len(people),):
        used &= np.isfinite(y)
        if outcome.type == "binary":
            cells = cells + np.where(y == 1, "_yes", "_no")
    found = pd.DataFrame({"outcome": outcome.name, "cell": cells, "person_id": people["person_id"].astype("str")})[used]
    own = people[used & treated]
    if "municipality_code" in own and own["municipality_code"].notna().all():
        found = pd.concat([found, found.loc[own.index].assign(cell=PLACE + own["municipality_code"].astype("str"))])
    return found.drop_duplicates().sort_values(list(COLUMNS), kind="stable").reset_index(drop=True)


def dominance(comparison: Comparison, y: Any, outcome: Outcome) -> tuple[float, float] | None:
    """Return how much of a group's sum its largest members make up.

    Two shares: of its largest person, and of its two largest.

    Parameters
    ----------
    comparison, y, outcome
        As for `population`.

    Returns
    -------
    (float, float) or None
        Of the group in which it is most, sizes without their sign; None for a yes-or-no outcome, and where y is no
        number per person. A mean that one person decides discloses that person, however many others are in the
        group.
    """
    people = comparison.people
    if outcome.type == "binary" or not isinstance(y, np.ndarray) or y.shape != (len(people),) or "weight" not in people:
        return None
    treated = people["treated"].to_numpy(dtype=bool) if "treated" in people else np.ones(len(people), dtype=bool)
    used = (people["weight"].to_numpy(dtype=float) > 0) & np.isfinite(y)
    shares = []
    for group in (used & treated, used & ~treated):
        sizes = np.sort(np.abs(y[group]))[::-1]
        if sizes.sum() > 0:
            shares.append((float(sizes[0] / sizes.sum()), float(sizes[:2].sum() / sizes.sum())))
    if not shares:
        return None
    return max(first for first, _ in shares), max(two for _, two in shares)


def cells_of(rows: pd.DataFrame, outcome: str) -> dict[str, pd.Series]:
    """Return a result's cells by name, each with the people in it.

    Missing names stand for people who were erased.
    """
    own = rows[rows["outcome"] == outcome]
    return {str(cell): group["person_id"] for cell, group in own.groupby("cell", sort=True)}


def population_sha256(people: pd.Series) -> str:
    """Return the hash of the names of a cell's people.

    They are hashed in their order as text.
    """
    return hashlib.sha256("\n".join(sorted(people.dropna())).encode()).hexdigest()


def changed_by(before: pd.Series, now: pd.Series) -> int:
    """Count who is in one cell and not in the other.

    Parameters
    ----------
    before : Series of str
        As released; somebody who was erased since is a missing name, and counts as gone.

    Returns
    -------
    int
    """
    old, new = set(before.dropna()), set(now.dropna())
    return len(old ^ new) + int(before.isna().sum())
