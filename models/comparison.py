"""The comparison: what participants are held up against, and how good it is.

Belongs here: the frozen result of a design's outcome-free half. Does not
belong here: how any design makes it (`designs/`) or what it shows (`effects`).
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from data_contracts.ladder import read_knowledge


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a number may be given at all.

    Attributes
    ----------
    reason : str or None
        Code in `gates.yaml`, or None if the gate is open.
    """

    reason: str | None = None

    @property
    def is_open(self) -> bool:
        """True when a number may be given."""
        return self.reason is None

    @property
    def text(self) -> dict[str, str] | None:
        """The reason in Danish and English."""
        if self.reason is None:
            return None
        reasons: dict[str, dict[str, str]] = read_knowledge("gates")["reasons"]
        return reasons[self.reason]


def gate_limits() -> dict[str, float]:
    """Return the limits of `gates.yaml`."""
    limits: dict[str, float] = read_knowledge("gates")["limits"]
    return limits


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """One column of the design matrix before and after.

    `fewest` is the smallest part of a group with or without a yes-or-no column; None for other columns.
    """

    covariate: str
    column: str
    smd_before: float
    smd_after: float
    fewest: int | None = None


@dataclass(frozen=True, slots=True)
class ComparisonDiagnostics:
    """What is known of a comparison before any outcome is read; shares are 0-1.

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


@dataclass(frozen=True, slots=True)
class Comparison:
    """The counterfactual, made without outcomes.

    Attributes
    ----------
    people : DataFrame
        The cohort with `propensity_logit`, `weight` (0 if left out) and `cluster` (-1 if left out).
    balance : tuple of BalanceLine
    diagnostics : ComparisonDiagnostics
    estimand : str
        `att`, `att_restricted` when participants were left out, or `difference_to_rate`.
    gate : Gate
    """

    people: pd.DataFrame
    balance: tuple[BalanceLine, ...]
    diagnostics: ComparisonDiagnostics
    estimand: str
    gate: Gate
