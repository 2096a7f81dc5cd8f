"""The interface of all designs.

A design makes a comparison without outcomes, then estimates effects.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from typing import Protocol as Interface

import pandas as pd

from data_contracts.protocol.protocol import Outcome, Protocol
from models.evidence.plan_lock import LockState
from models.evidence.record import DesignSummary
from models.evidence.rung import DesignFacts
from models.people.cohort import Cohort
from models.values.comparison import Comparison
from models.values.effects import Counted, Effects

Tables = Mapping[str, pd.DataFrame]


def summary_of(design: Design, protocol: Protocol) -> DesignSummary:
    """Return what the record of a result must know of its design."""
    return DesignSummary(design.intended_rung, design.estimator(protocol), design.counted(protocol))


class Design(Interface):
    """A way to answer “compared with what?”.

    What it reads and assumes is in `designs.yaml`.
    """

    name: str
    intended_rung: int

    def cohort(self, tables: Tables, protocol: Protocol, quarter_end: date, named: Collection[str]) -> Cohort:
        """Select who is studied, without seeing an outcome.

        `named` are the pseudonyms of all participants, refused rows included.
        """
        ...

    def compare(self, cohort: Cohort, protocol: Protocol, tables: Tables) -> Comparison:
        """Make the comparison; up to rung 4 it sees no outcome.

        `tables` hold rates, studies, ratings and codings.
        """
        ...

    def values(self, people: pd.DataFrame, measurements: pd.DataFrame, outcome: Outcome, protocol: Protocol) -> Any:
        """Place measurements; what comes out is what `estimate` takes."""
        ...

    def estimate(self, comparison: Comparison, y: Any, outcome: Outcome, protocol: Protocol) -> Effects:
        """Estimate one outcome from what `values` returned."""
        ...

    def facts(
        self,
        cohort_is_dated: bool,
        comparison: Comparison,
        outcome: Outcome,
        protocol: Protocol,
        *,
        lock: LockState | None = None,
        effects: Effects | None = None,
    ) -> DesignFacts:
        """Return the facts that decide the rung."""
        ...

    def estimator(self, protocol: Protocol) -> str:
        """Return the declared estimator whose number is the result."""
        ...

    def counted(self, protocol: Protocol) -> Counted:
        """Return what n counts."""
        ...
