"""The shared base of designs that study no participants."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import numpy as np
import pandas as pd

from data_contracts.protocol.protocol import Outcome, Protocol
from models.designs.interface import Tables
from models.people.cohort import PEOPLE_COLUMNS, Cohort
from models.values.comparison import Comparison, ComparisonDiagnostics, Gate, no_pairs


class WithoutPeople:
    """A base for designs in which nobody is followed from a start."""

    def cohort(self, tables: Tables, protocol: Protocol, quarter_end: date, named: Collection[str]) -> Cohort:
        """Return a cohort of nobody."""
        return Cohort(pd.DataFrame({name: [] for name in PEOPLE_COLUMNS}), (), False)

    def values(self, people: pd.DataFrame, measurements: pd.DataFrame, outcome: Outcome, protocol: Protocol) -> None:
        """Return nothing: the comparison holds all that is known."""


def comparison_of(material: pd.DataFrame, count: int, estimand: str, reason: str | None) -> Comparison:
    """Return a comparison whose rows are studies, answers or codings.

    Parameters
    ----------
    count : int
        Studies, raters or cases.
    reason : str or None
        Why the gate is closed.
    """
    rows = material.reset_index(drop=True)
    rows = rows.assign(propensity_logit=np.nan, weight=1.0, cluster=-1, left_out="")
    diagnostics = ComparisonDiagnostics(count, 0, count, 0, 0.0)
    return Comparison(rows, no_pairs(), (), diagnostics, estimand, Gate(reason))
