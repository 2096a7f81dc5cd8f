"""Changes: how a file differs from the one it replaces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd

from assets.intake.receipts import Changes
from data_contracts.protocol.deliveries import Delivery
from data_contracts.protocol.table_contract import TableContract
from data_contracts.tables.declared import declared_tables

LARGEST_SHIFT = 30.0
"""A change from kroner to øre moves a median a hundredfold, from days to months thirtyfold."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The differences between two versions of a table.

    Attributes
    ----------
    earliest : date or None
        Earliest day on which a row differs; None if such a row has no day.
    """

    changes: Changes
    earliest: date | None

    @property
    def is_nothing(self) -> bool:
        """Whether no row differs."""
        return self.changes.new == self.changes.gone == self.changes.changed == 0


def compare(before: pd.DataFrame | None, after: pd.DataFrame, contract: TableContract) -> Difference:
    """Compare the accepted rows of two versions of a table.

    Parameters
    ----------
    before : DataFrame or None
        None if there was none; then every row is new.
    """
    columns = [column.name for column in contract.columns]
    key = list(contract.key)
    rows = after.loc[after["is_accepted"], columns]
    day = declared_tables()[contract.table].date_column
    if before is None:
        return Difference(Changes(len(rows), 0, 0, 0), _earliest(rows[day]))
    if not set(columns) <= set(before.columns):
        # It was read under an earlier version of the protocol, so rows cannot be compared.
        return Difference(Changes(len(rows), 0, 0, 0), None)
    earlier = before.loc[before["is_accepted"], columns].astype(rows.dtypes)
    both = rows.merge(earlier, on=columns, how="outer", indicator=True)
    unlike = both[both["_merge"] != "both"]
    keys_after = set(map(tuple, unlike.loc[unlike["_merge"] == "left_only", key].astype("str").to_numpy()))
    keys_before = set(map(tuple, unlike.loc[unlike["_merge"] == "right_only", key].astype("str").to_numpy()))
    changed = len(keys_after & keys_before)
    changes = Changes(
        new=len(keys_after) - changed,
        gone=len(keys_before) - changed,
        changed=changed,
        same=int((both["_merge"] == "both").sum()),
    )
    return Difference(changes, _earliest(unlike[day]))


def _earliest(days: pd.Series) -> date | None:
    if len(days) == 0 or days.isna().any():
        return None
    return pd.Timestamp(days.min()).date()


def drifted_columns(
    before: pd.DataFrame, after: pd.DataFrame, contract: TableContract, delivery: Delivery
) -> Iterator[str]:
    """Yield columns whose median changed thirtyfold between two files.

    Parameters
    ----------
    before, after : DataFrame
        Stored rows of an earlier file, and of the current one.
    delivery : Delivery
        Declares which columns are expected to change.

    Yields
    ------
    str
        Column; for outcomes `value`, once per outcome.
    """
    for column in contract.columns:
        if column.kind != "number" or column.name in delivery.expected_shifts or column.name not in before:
            continue
        by_outcome = contract.table == "outcomes"
        groups = sorted(set(after["outcome"].dropna())) if by_outcome else [None]
        for group in groups:
            medians = []
            for frame in (before, after):
                chosen = frame["is_accepted"] if group is None else frame["is_accepted"] & (frame["outcome"] == group)
                medians.append(abs(frame.loc[chosen, column.name].median()))
            old, new = medians
            if old > 0 and new > 0 and max(old / new, new / old) >= LARGEST_SHIFT:
                yield column.name
