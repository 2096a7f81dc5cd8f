"""Possible bias of an effect, as detectors read it."""

from __future__ import annotations

from dataclasses import dataclass

from models.doubt.hidden_bias import Benchmark, HiddenBias
from models.doubt.negative_controls import SystematicError
from models.values.estimates import Estimate


@dataclass(frozen=True, slots=True)
class PlaceboEstimate:
    """An estimate on an outcome that the project cannot have changed.

    `deviation` is the standard deviation of that outcome among comparison people.
    """

    covariate: str
    estimate: Estimate
    deviation: float = 0.0


@dataclass(frozen=True, slots=True)
class Doubt:
    """Bias, loss and influential people behind an effect.

    Attributes
    ----------
    placebo : tuple of PlaceboEstimate
    systematic_error : SystematicError or None
        Estimated from at least five placebo outcomes.
    hidden_bias : HiddenBias or None
        How much hidden bias the primary estimate bears.
    benchmark : Benchmark or None
        What a hidden factor as strong as the strongest measured covariate would do.
    missing_treated_share, missing_control_share : float or None
        Share of compared people without an outcome.
    lee_bounds, manski_bounds : (float, float) or None
        What the people without an outcome could hide; Manski's where the outcome has limits.
    predicted_shift : float or None
        Standardised difference in the outcome predicted from before the start, participants against the pool.
    predicted_shift_error : float or None
        Its standard error.
    outcome_deviation : float or None
        Standard deviation of the outcome among controls.
    fewest_unlike_others : int or None
        People, in the smaller of two groups, whose value differs from their group's commonest.
    dominance : (float, float) or None
        How much of a group's sum its largest person, and its two largest, make up.
    """

    placebo: tuple[PlaceboEstimate, ...] = ()
    systematic_error: SystematicError | None = None
    hidden_bias: HiddenBias | None = None
    benchmark: Benchmark | None = None
    missing_treated_share: float | None = None
    missing_control_share: float | None = None
    lee_bounds: tuple[float, float] | None = None
    manski_bounds: tuple[float, float] | None = None
    predicted_shift: float | None = None
    predicted_shift_error: float | None = None
    outcome_deviation: float | None = None
    fewest_unlike_others: int | None = None
    dominance: tuple[float, float] | None = None
