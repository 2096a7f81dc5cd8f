"""Effects of one outcome, as they pass from designs to detectors and the tag."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from models.doubt.hidden_bias import Benchmark, HiddenBias
from models.doubt.negative_controls import SystematicError
from models.values.comparison import StoredGate
from models.values.design_findings import DesignFindings
from models.values.estimates import Estimate

Counted = Literal["people", "units", "studies", "raters", "cases"]
"""What n counts."""


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
class Measure:
    """A number that says something of a comparison, beside its effect: a code of `measures.yaml`, and its interval if it has one."""

    code: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One thing a result is made of: a study, a time, a block, a rival explanation.

    Attributes
    ----------
    kind : str
        A key of `parts` in `measures.yaml`.
    label : dict of str to str
    value : float or None
        In the unit of the result, or a share where the kind says so.
    low, high : float or None
    weight_share : float or None
        Of the result, 0-1.
    count : int or None
        People or units it rests on.
    is_hidden : bool
        It counts in the whole and may not be shown alone.
    """

    kind: str
    label: dict[str, str]
    value: float | None = None
    low: float | None = None
    high: float | None = None
    weight_share: float | None = None
    count: int | None = None
    is_hidden: bool = False


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
    sites : tuple of SubgroupEstimate
        By municipality, named by its code.
    places : tuple of (str, int)
        Participants by municipality code.
    fifths : tuple of Fifth
        Where register and comparison group lie among the participants' scores.
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
    dominance : (float, float) or None
        How much of a group's sum its largest person, and its two largest, make up.
    hidden_bias : HiddenBias or None
        How much hidden bias the primary estimate bears.
    benchmark : Benchmark or None
        What a hidden factor as strong as the strongest measured covariate would do.
    kind : str
        `estimate`; `assessed`: a number that people judged; `told`: no number at all.
    measures : tuple of Measure
    parts : tuple of Part
    texts : tuple of dict
        What is told where there is no number, in Danish and English.
    design : DesignFindings
        What only one kind of design can tell detectors.
    """

    outcome: str
    gate: StoredGate
    n_treated: int
    n_control: int
    primary: Estimate | None = None
    alternatives: tuple[Estimate, ...] = ()
    not_computed: tuple[tuple[str, str], ...] = ()
    placebo: tuple[PlaceboEstimate, ...] = ()
    specifications: tuple[SpecificationEstimate, ...] = ()
    subgroups: tuple[SubgroupEstimate, ...] = ()
    sites: tuple[SubgroupEstimate, ...] = ()
    places: tuple[tuple[str, int], ...] = ()
    fifths: tuple[Fifth, ...] = ()
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
    dominance: tuple[float, float] | None = None
    hidden_bias: HiddenBias | None = None
    benchmark: Benchmark | None = None
    kind: Literal["estimate", "assessed", "told"] = "estimate"
    measures: tuple[Measure, ...] = ()
    parts: tuple[Part, ...] = ()
    texts: tuple[dict[str, str], ...] = ()
    design: DesignFindings = field(default_factory=DesignFindings)


@dataclass(frozen=True, slots=True)
class Fifth:
    """A fifth of the participants, by how likely somebody like them was to take part.

    Attributes
    ----------
    pool_count, pool_share : int, float
        People of the register with such a score, and their share of all of them.
    chosen_count, chosen_share : int, float
        People who are compared with, and their share by weight.
    """

    pool_count: int
    pool_share: float
    chosen_count: int
    chosen_share: float
