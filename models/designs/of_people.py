"""The shared base of designs that follow people to an outcome."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.protocol.protocol import Outcome, Protocol
from models.designs.interface import Tables
from models.people.cohort import Cohort, build_cohort
from models.people.outcomes import outcome_values
from models.values.effects import Counted


class OfPeople:
    """A base for designs of people with an outcome after a start.

    It has participants, perhaps a pool, and the first measurement in the outcome's window.
    """

    name: str
    reads_pool = False

    def cohort(self, tables: Tables, protocol: Protocol, quarter_end: date, named: Collection[str]) -> Cohort:
        """Select participants and, where the design reads it, the pool.

        Both are selected by calendar and protocol.
        """
        pool = tables["comparison_pool"] if self.reads_pool else None
        return build_cohort(tables["participants"], pool, protocol, quarter_end, named)

    def values(
        self, people: pd.DataFrame, measurements: pd.DataFrame, outcome: Outcome, protocol: Protocol
    ) -> NDArray[np.float64]:
        """Return each person's first measurement in the window, shape (n,).

        NaN where there is none.
        """
        return outcome_values(people, measurements, outcome)

    def estimator(self, protocol: Protocol) -> str:
        """Return the estimator declared under `effects`."""
        return protocol.effects.estimator

    def counted(self, protocol: Protocol) -> Counted:
        """Return people."""
        return "people"
