"""What stations keep for the stations after them, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

import pandas as pd
from pydantic import BeforeValidator, PlainSerializer

from assets.storage.effect_records import effects_from, effects_record
from data_contracts.results.paper_record import PaperRecord
from models.evidence.paper_study import DossierVerdict
from models.evidence.plan_lock import LockState
from models.people.cohort import IntakeShare, Step
from models.values.comparison import BalanceLine, Comparison, ComparisonDiagnostics, StoredGate
from models.values.effects import Effects

StoredEffects = Annotated[Effects, BeforeValidator(effects_from), PlainSerializer(effects_record)]
"""Effects in the shape of `effect_records.py`."""


@dataclass(frozen=True, slots=True)
class KeptCohort:
    """What is kept of a cohort beside its people.

    Attributes
    ----------
    input_sha256 : dict of str to str
        Hash of each table it was made from.
    """

    steps: tuple[Step, ...]
    covariates_dated_before_index: bool
    intake: tuple[IntakeShare, ...]
    input_sha256: dict[str, str]


@dataclass(frozen=True, slots=True)
class KeptComparison:
    """What is kept of a comparison beside its people and pairs.

    Attributes
    ----------
    input_sha256 : dict of str to str
        Hash of each table it was made from, beside the cohort.
    """

    balance: tuple[BalanceLine, ...]
    diagnostics: ComparisonDiagnostics
    estimand: str
    gate: StoredGate
    details: dict[str, Any]
    input_sha256: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, made: Comparison, input_sha256: dict[str, str]) -> KeptComparison:
        """Return what is kept of a comparison."""
        return cls(made.balance, made.diagnostics, made.estimand, made.gate, made.details, input_sha256)

    def of_people(self, people: pd.DataFrame, pairs: pd.DataFrame) -> Comparison:
        """Return the whole comparison, with its people and pairs."""
        return Comparison(people, pairs, self.balance, self.diagnostics, self.estimand, self.gate, self.details)


@dataclass(frozen=True, slots=True)
class KeptEffects:
    """What is kept of effects beside the people behind them.

    Attributes
    ----------
    lock : LockState
        Of the plan, when outcomes were read.
    input_sha256 : dict of str to str
        Hash of the outcomes.
    """

    effects: tuple[StoredEffects, ...]
    protocol_sha256: str
    lock: LockState
    has_other_primary_outcome: bool
    input_sha256: dict[str, str]


@dataclass(frozen=True, slots=True)
class KeptDossier:
    """A project's dossier: its tagged studies, and their summary."""

    project: str
    studies: tuple[PaperRecord, ...]
    together: DossierVerdict
