"""The comparison between participants and others, and its quality."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, Field, PlainSerializer

from data_contracts.ladder.ladder import gate_reasons
from data_contracts.reading.knowledge import read_knowledge


@dataclass(frozen=True, slots=True)
class Gate:
    """Decision whether a number may be given.

    Attributes
    ----------
    reason : str or None
        Code in `gates.yaml`, or None if the gate is open.
    """

    reason: str | None = None

    @property
    def is_open(self) -> bool:
        """True when a number may be computed, if only for pooling."""
        return self.reason is None or self.is_pooled_only

    @property
    def is_pooled_only(self) -> bool:
        """True when the number may be used in a synthesis but not shown alone."""
        return self.reason in read_knowledge("gates")["pooled_only"]

    @property
    def text(self) -> dict[str, str] | None:
        """The reason in Danish and English."""
        if self.reason is None:
            return None
        return gate_reasons()[self.reason]


def _gate_of(reason: Gate | str | None) -> Gate:
    return reason if isinstance(reason, Gate) else Gate(reason)


def _reason_of(gate: Gate) -> str | None:
    return gate.reason


StoredGate = Annotated[Gate, BeforeValidator(_gate_of), PlainSerializer(_reason_of), Field(alias="gate_reason")]
"""A gate that is stored as its reason."""


def no_pairs() -> pd.DataFrame:
    """Return an empty table of pairs, for designs without matched pairs."""
    return pd.DataFrame({"treated": np.empty(0, np.int64), "control": np.empty(0, np.int64), "distance": np.empty(0)})


def gate_limits() -> dict[str, float]:
    """Return the limits of `gates.yaml`."""
    limits: dict[str, float] = read_knowledge("gates")["limits"]
    return limits


Kind = Literal["covariate", "square", "score"]


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """One column of the design matrix before and after.

    Attributes
    ----------
    covariate, column : str
    smd_before, smd_after : float
        Standardised mean differences, the denominator fixed before matching.
    fewest : int or None
        Smallest part of a group with or without a yes-or-no column; None for other columns.
    kind : str
        `covariate`, or `square` and `score` for the additional columns that are checked.
    variance_ratio_before, variance_ratio_after : float or None
        None for yes-or-no columns.
    ks_before, ks_after : float or None
        Kolmogorov-Smirnov distance.
    """

    covariate: str
    column: str
    smd_before: float
    smd_after: float
    fewest: int | None = None
    kind: Kind = "covariate"
    variance_ratio_before: float | None = None
    variance_ratio_after: float | None = None
    ks_before: float | None = None
    ks_after: float | None = None


@dataclass(frozen=True, slots=True)
class ComparisonDiagnostics:
    """Diagnostics of a comparison, known before outcomes are read.

    Shares are 0-1.

    Attributes
    ----------
    n_treated, n_pool : int
        People who entered.
    n_compared_treated, n_compared_control : int
        People with a weight above zero.
    effective_controls : float
        Kish's effective number of controls.
    max_smd_before, max_smd_after : float or None
    analysed_shift_smd : float or None
        Largest standardised difference between compared and all participants.
    overlap_share : float or None
        Smallest share of either group in equipoise.
    propensity_auc : float or None
    other_programme_share : float or None
        Weighted share of controls in another programme; None if unknown.
    score_columns : tuple of str
    columns_left_out : tuple of (str, str)
        Columns not used and why.
    left_out : tuple of (str, int, int)
        Why people are not compared, with the number of participants and of comparison people.
    imbalance_p : float or None
        Family-wise p-value of the hypothesis that no covariate is further apart than the allowed difference.
    balance_power : float or None
        Power to see a difference that matters.
    detectable_smd : float or None
        Smallest effect, in standard deviations of the outcome, that the groups are large enough to show.
    """

    n_treated: int
    n_pool: int
    n_compared_treated: int
    n_compared_control: int
    effective_controls: float
    max_smd_before: float | None = None
    max_smd_after: float | None = None
    analysed_shift_smd: float | None = None
    overlap_share: float | None = None
    propensity_auc: float | None = None
    other_programme_share: float | None = None
    score_columns: tuple[str, ...] = ()
    columns_left_out: tuple[tuple[str, str], ...] = ()
    left_out: tuple[tuple[str, int, int], ...] = ()
    imbalance_p: float | None = None
    balance_power: float | None = None
    detectable_smd: float | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The counterfactual, built without outcomes.

    Attributes
    ----------
    people : DataFrame
        The cohort with `propensity_logit`, `weight` (0 if left out), `cluster` (its matched set or stratum; -1 if left
        out) and `left_out` (why; empty for those compared).
    pairs : DataFrame
        `treated` and `control`, rows of `people`, with their `distance`; empty unless people were matched one by one.
    balance : tuple of BalanceLine
    diagnostics : ComparisonDiagnostics
    estimand : str
        `att`, `ate` or `ato`; `…_restricted` when people of the target population were left out; or `difference_to_rate`.
    gate : Gate
    details : dict
        Details specific to one design, as plain data.
    """

    people: pd.DataFrame
    pairs: pd.DataFrame
    balance: tuple[BalanceLine, ...]
    diagnostics: ComparisonDiagnostics
    estimand: str
    gate: Gate
    details: dict[str, Any] = field(default_factory=dict)
