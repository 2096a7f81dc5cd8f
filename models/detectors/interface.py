"""The input and the output of detectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from data_contracts.ladder.ladder import State, error_sources
from data_contracts.phrases import LANGUAGES
from data_contracts.reading.limits import limit
from data_contracts.results.statements import OutcomeType, Quantity, Statement, Value, effect_value, says
from models.estimating.confidence_sequence import AlwaysValid
from models.values.comparison import BalanceLine, ComparisonDiagnostics
from models.values.design_findings import (
    AccountFindings,
    JudgementFindings,
    PanelFindings,
    RateFindings,
    SynthesisFindings,
    TrialFindings,
)
from models.values.effects import Effects

Direction = Literal["towards_effect", "towards_no_effect", "unknown"]


@dataclass(frozen=True, slots=True)
class CovariateFacts:
    """A covariate's name and unit.

    `is_earlier_outcome` is true if it is an earlier value of this outcome.
    """

    label: dict[str, str]
    is_binary: bool
    is_earlier_outcome: bool


@dataclass(frozen=True, slots=True)
class Conduct:
    """The conduct of a study: its plan and how it was carried out.

    A field is None where the fact is unknown.

    Attributes
    ----------
    outcome_type, outcome_direction : str
    unit : dict of str to str
        Of a numeric outcome, by language.
    smallest_worthwhile_effect : float or None
    outcome_source : str or None
        `register` or `self_report`.
    confidence_level : float
    intervention_facts_missing : int or None
        Of the six that describe an intervention.
    dose_missing_share : float or None
        Participants whose dose is not recorded, 0-1.
    counted_from : str or None
        `start` or `completion`.
    controls_have_index_date, inclusion_depends_on_follow_up : bool or None
    open_domains : tuple of str or None
        Domains that matter and that no covariate in the comparison represents; None if none were named.
    covariates_missing_share : float or None
        People who lack something the comparison rests on.
    outcomes_count, calculations_reported, calculations_run : int or None
    looks_count : int or None
        Scheduled looks up to and including this one.
    is_locked : bool
        The plan was recorded before outcomes were read.
    changed_keys : tuple of str
        What differs from the recorded plan.
    primary_outcome_changed : bool
    covariates : mapping of str to CovariateFacts
    """

    outcome_type: OutcomeType
    outcome_direction: str
    unit: dict[str, str] = field(default_factory=lambda: dict.fromkeys(LANGUAGES, ""))
    smallest_worthwhile_effect: float | None = None
    outcome_source: str | None = None
    confidence_level: float = field(default_factory=lambda: limit("papers.confidence_level"))
    intervention_facts_missing: int | None = None
    dose_missing_share: float | None = None
    counted_from: Literal["start", "completion"] | None = None
    controls_have_index_date: bool | None = None
    inclusion_depends_on_follow_up: bool | None = None
    open_domains: tuple[str, ...] | None = None
    covariates_missing_share: float | None = None
    outcomes_count: int | None = None
    calculations_reported: int | None = None
    calculations_run: int | None = None
    looks_count: int | None = None
    is_locked: bool = False
    changed_keys: tuple[str, ...] = ()
    primary_outcome_changed: bool = False
    covariates: Mapping[str, CovariateFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything a detector may look at for one result.

    What is None was not measured.

    Attributes
    ----------
    conduct : Conduct
    diagnostics : ComparisonDiagnostics or None
    balance : tuple of BalanceLine
    effects : Effects or None
    always_valid : AlwaysValid or None
        The interval that holds at every look.
    q_value : float or None
        Benjamini-Hochberg q of this outcome among all declared ones.
    synthesis, trial, panel, rate, judgement, account
        What only one kind of design can tell.
    """

    conduct: Conduct
    diagnostics: ComparisonDiagnostics | None = None
    balance: tuple[BalanceLine, ...] = ()
    effects: Effects | None = None
    always_valid: AlwaysValid | None = None
    q_value: float | None = None
    synthesis: SynthesisFindings | None = None
    trial: TrialFindings | None = None
    panel: PanelFindings | None = None
    rate: RateFindings | None = None
    judgement: JudgementFindings | None = None
    account: AccountFindings | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """The state of one error source.

    A critical source lowers certainty by two levels.
    """

    code: str
    state: State
    finding: tuple[Statement, ...]
    value: float | None = None
    threshold: float | None = None
    direction: Direction = "unknown"
    is_critical: bool = False


def threshold(code: str, name: str) -> float:
    """Return a threshold of `error_sources.yaml`."""
    return float(error_sources()[code].thresholds[name])


def found(code: str, *more: Statement, **values: Value) -> tuple[Statement, ...]:
    """Return the source's own finding with its blanks filled.

    Only where the source has a finding; further sentences follow it.
    """
    own = () if error_sources()[code].finding is None else (says(f"source:{code}", **values),)
    return (*own, *more)


def lacking(code: str, key: str, **values: Value) -> Detection:
    """Return `not_measured`, saying what the detector lacked."""
    return Detection(code, State.not_measured, (says("finding_no_answer", lacked=says(key, **values)),))


def leaves_out_zero(low: float, high: float) -> bool:
    """Return whether an interval leaves out zero."""
    return low > 0 or high < 0


DIGITS = 2
"""Significant digits of a numeric effect in a finding."""


def difference_of(conduct: Conduct, value: float) -> Quantity:
    """Return a difference in an outcome's unit, to be written coarsely."""
    digits = DIGITS if conduct.outcome_type == "numeric" else None
    unit = None if conduct.outcome_type == "binary" else conduct.unit
    return effect_value(value, conduct.outcome_type, unit, digits=digits)


def size_of(conduct: Conduct, value: float) -> Quantity:
    """Return a difference that is written without its plus sign."""
    return difference_of(conduct, value).model_copy(update={"is_signed": False})


def declared_size(conduct: Conduct, value: float) -> Quantity:
    """Return a size that the protocol declares."""
    return size_of(conduct, value).model_copy(update={"is_declared": True})
