"""Effects of one outcome, passed from designs to detectors and tag."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from models.values.breakdown import Breakdown
from models.values.comparison import StoredGate
from models.values.design_findings import DesignFindings
from models.values.doubt import Doubt
from models.values.estimates import Estimate

Counted = Literal["people", "units", "studies", "raters", "cases"]
"""What n counts."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Results of a design for one outcome.

    Attributes
    ----------
    outcome : str
    gate : Gate
        Closed when no number may be given; then every number is None or empty.
    n_treated, n_control : int
        People with a weight and an outcome.
    kind : str
        `estimate`; `assessed`: a number from expert judgement; `told`: a description without a number.
    primary : Estimate or None
    alternatives : tuple of Estimate
        The other declared estimators, in declared order.
    not_computed : tuple of (str, str)
        Declared estimators that gave no number, and why.
    raw_difference : float or None
        Participants against everyone in the pool, unadjusted; never an effect.
    doubt : Doubt
        What detectors read of bias, loss and the people behind.
    breakdown : Breakdown
        What is shown around it.
    design : DesignFindings
        Findings that only one kind of design provides to detectors.
    """

    outcome: str
    gate: StoredGate
    n_treated: int
    n_control: int
    kind: Literal["estimate", "assessed", "told"] = "estimate"
    primary: Estimate | None = None
    alternatives: tuple[Estimate, ...] = ()
    not_computed: tuple[tuple[str, str], ...] = ()
    raw_difference: float | None = None
    doubt: Doubt = field(default_factory=Doubt)
    breakdown: Breakdown = field(default_factory=Breakdown)
    design: DesignFindings = field(default_factory=DesignFindings)
