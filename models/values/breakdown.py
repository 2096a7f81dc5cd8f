"""Breakdown of an effect, and the numbers and texts beside it."""

from __future__ import annotations

from dataclasses import dataclass

from models.values.estimates import Estimate


@dataclass(frozen=True, slots=True)
class SpecificationEstimate:
    """Estimate of another declared specification.

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
    """Estimate for a subgroup of the participants.

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
    """A number about a comparison, shown beside its effect.

    A code of `measures.yaml`, the value, and an interval where there is one.
    """

    code: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ResultPart:
    """One component of a result.

    A study, a time, a block, or a rival explanation.

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
        Included in the whole but must not be shown alone.
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
class Fifth:
    """A fifth of the participants by propensity score.

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


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Everything that is shown around an effect.

    Attributes
    ----------
    specifications : tuple of SpecificationEstimate
    subgroups : tuple of SubgroupEstimate
    sites : tuple of SubgroupEstimate
        By municipality, named by its code.
    places : tuple of (str, int)
        Participants by municipality code.
    fifths : tuple of Fifth
        Where register and comparison group lie among the participants' scores.
    measures : tuple of Measure
    parts : tuple of ResultPart
    texts : tuple of dict
        Text shown where there is no number, in Danish and English.
    """

    specifications: tuple[SpecificationEstimate, ...] = ()
    subgroups: tuple[SubgroupEstimate, ...] = ()
    sites: tuple[SubgroupEstimate, ...] = ()
    places: tuple[tuple[str, int], ...] = ()
    fifths: tuple[Fifth, ...] = ()
    measures: tuple[Measure, ...] = ()
    parts: tuple[ResultPart, ...] = ()
    texts: tuple[dict[str, str], ...] = ()
