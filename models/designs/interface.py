"""What every design offers: a comparison without outcomes, then effects.

Belongs here: the interface and the shapes that pass through it. Does not
belong here: any particular design, nor the list of them (`registry.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol as Interface

import numpy as np
from numpy.typing import NDArray

from data_contracts.protocol import Outcome, Protocol
from models.calibration import SystematicError
from models.cohort import Cohort
from models.comparison import Comparison, Gate
from models.estimates import Estimate
from models.facts import DesignFacts
from models.hidden_bias import Benchmark, HiddenBias


@dataclass(frozen=True, slots=True)
class PlaceboEstimate:
    """An estimate on something the project cannot have changed.

    `deviation` is the standard deviation of that thing among comparison people.
    """

    covariate: str
    estimate: Estimate
    deviation: float = 0.0


@dataclass(frozen=True, slots=True)
class SpecificationEstimate:
    """What another declared specification gave.

    Attributes
    ----------
    name : str
    estimate : Estimate or None
    reason : str or None
        Why there is no number, or why it would not be shown alone; a code in `gates.yaml`.
    n_treated, n_control : int
    """

    name: str
    estimate: Estimate | None
    reason: str | None
    n_treated: int
    n_control: int


@dataclass(frozen=True, slots=True)
class SubgroupEstimate:
    """What was found for a part of the participants.

    Attributes
    ----------
    name : str
    estimate : Estimate or None
    reason : str or None
    n_treated, n_control : int
    q_value : float or None
        Benjamini-Hochberg over the subgroups that gave a number.
    """

    name: str
    estimate: Estimate | None
    reason: str | None
    n_treated: int
    n_control: int
    q_value: float | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """What a design found for one outcome.

    Attributes
    ----------
    outcome : str
    gate : Gate
        Closed when no number may be given; then every number is None or empty.
    primary : Estimate or None
    alternatives : tuple of Estimate
        The other declared estimators, in declared order.
    not_computed : tuple of (str, str)
        Declared estimators that gave no number, and why.
    placebo : tuple of PlaceboEstimate
    specifications : tuple of SpecificationEstimate
    subgroups : tuple of SubgroupEstimate
    systematic_error : SystematicError or None
        Learnt from at least five placebo outcomes.
    raw_difference : float or None
        Participants against everyone in the pool, unadjusted; never an effect.
    n_treated, n_control : int
        People with a weight and an outcome.
    missing_treated_share, missing_control_share : float or None
        Share of compared people without an outcome.
    fewest_unlike_others : int or None
        People, in the smaller of two groups, whose value differs from their group's commonest.
    outcome_deviation : float or None
        Standard deviation of the outcome among controls.
    predicted_shift : float or None
        Standardised difference in the outcome predicted from before the start, participants against the pool.
    predicted_shift_error : float or None
        Its standard error.
    lee_bounds, manski_bounds : (float, float) or None
        What the people without an outcome could hide; Manski's where the outcome has limits.
    hidden_bias : HiddenBias or None
        How much hidden bias the primary estimate bears.
    benchmark : Benchmark or None
        What a hidden factor as strong as the strongest measured covariate would do.
    """

    outcome: str
    gate: Gate
    n_treated: int
    n_control: int
    primary: Estimate | None = None
    alternatives: tuple[Estimate, ...] = ()
    not_computed: tuple[tuple[str, str], ...] = ()
    placebo: tuple[PlaceboEstimate, ...] = ()
    specifications: tuple[SpecificationEstimate, ...] = ()
    subgroups: tuple[SubgroupEstimate, ...] = ()
    systematic_error: SystematicError | None = None
    raw_difference: float | None = None
    missing_treated_share: float | None = None
    missing_control_share: float | None = None
    fewest_unlike_others: int | None = None
    outcome_deviation: float | None = None
    predicted_shift: float | None = None
    predicted_shift_error: float | None = None
    lee_bounds: tuple[float, float] | None = None
    manski_bounds: tuple[float, float] | None = None
    hidden_bias: HiddenBias | None = None
    benchmark: Benchmark | None = None


class Design(Interface):
    """A way to answer “compared with what?”."""

    name: str
    intended_rung: int
    needs_pool: bool

    def compare(self, cohort: Cohort, protocol: Protocol) -> Comparison:
        """Make the comparison; sees no outcome."""
        ...

    def estimate(self, comparison: Comparison, y: NDArray[np.float64], outcome: Outcome, protocol: Protocol) -> Effects:
        """Estimate one outcome; `y` has shape (n,) and NaN where the outcome is missing."""
        ...

    def facts(self, cohort_is_dated: bool, comparison: Comparison, outcome: Outcome, protocol: Protocol) -> DesignFacts:
        """Return the facts that decide the rung."""
        ...
