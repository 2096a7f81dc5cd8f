"""What detectors are given and what they answer.

Belongs here: the shapes and the small words detectors share. Does not belong
here: any detector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from data_contracts.ladder import State, error_sources
from data_contracts.phrases import LANGUAGES, bilingual, difference_text, number_words
from data_contracts.protocol import Outcome, Protocol
from models.comparison import BalanceLine, ComparisonDiagnostics
from models.designs.interface import Effects

Direction = Literal["towards_effect", "towards_no_effect", "unknown"]


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything a detector may look at for one result.

    Attributes
    ----------
    protocol : Protocol
    outcome : Outcome
    diagnostics : ComparisonDiagnostics
    balance : tuple of BalanceLine
    effects : Effects
    looks_count : int
        Scheduled looks up to and including this quarter.
    protocol_is_locked : bool
        A lock was recorded before outcomes were read.
    protocol_is_unchanged : bool
        The protocol equals the locked one.
    q_value : float or None
        Benjamini-Hochberg q of this outcome among all declared ones.
    """

    protocol: Protocol
    outcome: Outcome
    diagnostics: ComparisonDiagnostics
    balance: tuple[BalanceLine, ...]
    effects: Effects
    looks_count: int
    protocol_is_locked: bool
    protocol_is_unchanged: bool
    q_value: float | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """What is known of one error source."""

    code: str
    state: State
    finding: dict[str, str]
    value: float | None = None
    threshold: float | None = None
    direction: Direction = "unknown"


def threshold(code: str, name: str) -> float:
    """Return a threshold of `error_sources.yaml`."""
    return float(error_sources()[code].thresholds[name])


def found(code: str, **values: dict[str, str] | str) -> dict[str, str]:
    """Return the source's own finding sentence with its blanks filled, in both languages."""
    texts = error_sources()[code].finding
    return {
        language: texts[language].format_map({k: v[language] if isinstance(v, dict) else v for k, v in values.items()})
        for language in LANGUAGES
    }


def lacking(code: str, key: str, **values: dict[str, str] | str) -> Detection:
    """Return `not_measured`, saying what the detector lacked."""
    lacked = bilingual(key, **values)
    return Detection(code, State.not_measured, bilingual("finding_no_answer", lacked=lacked))


def difference_words(outcome: Outcome, value: float) -> dict[str, str]:
    """Write a difference in an outcome's unit, coarsely enough to be published."""
    if outcome.type == "binary":
        return {language: difference_text(language, value, "binary", "") for language in LANGUAGES}
    units = {"da": outcome.unit.da, "en": outcome.unit.en} if outcome.unit else {"da": "", "en": ""}
    return {
        language: difference_text(language, two_digits(value), "numeric", units[language]) for language in LANGUAGES
    }


def two_digits(value: float) -> float:
    """Round to two significant digits."""
    return float(f"{value:.2g}")


def smd_words(value: float) -> dict[str, str]:
    """Write a standardised difference with two decimals, without its sign."""
    return number_words(abs(value), 2)
