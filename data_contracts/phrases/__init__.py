"""Phrases in Danish and English, and formatting of numbers in each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from data_contracts.phrases.limits import with_limits
from data_contracts.reading.design_folders import declarations, has_file, joined
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.safe_yaml import read_own

LANGUAGES = ("da", "en")
MINUS = "−"


@cache
def phrases(language: str) -> dict[str, str]:
    """Return every phrase of a language by key, with those of designs."""
    found = flattened(read_own("phrases", f"{language}.yaml"))
    for name, facts in read_knowledge("comparison_methods")["estimators"].items():
        found[f"estimator.{name}"] = facts["name"][language]
    for design in declarations():
        file = f"phrases.{language}.yaml"
        if has_file(design, file):
            found = joined(f"phrases of {design}", found, flattened(read_own("designs", design, file)))
    return {key: with_limits(text, language) for key, text in found.items()}


def flattened(texts: Mapping[str, str | Mapping[str, str]]) -> dict[str, str]:
    """Return phrases by key, with those of groups as `group.name`."""
    found: dict[str, str] = {}
    for key, text in texts.items():
        if isinstance(text, str):
            found[key] = text
        else:
            found |= {f"{key}.{name}": said for name, said in text.items()}
    return found


def phrase(language: str, key: str, **values: object) -> str:
    """Return a phrase with its placeholders filled.

    Raises
    ------
    KeyError
        If the key or a placeholder is unknown.
    """
    return phrases(language)[key].format_map(values) if values else phrases(language)[key]


def bilingual(key: str, **values: dict[str, str] | str) -> dict[str, str]:
    """Return a phrase in both languages; values may differ by language."""
    return {
        language: phrase(language, key, **{k: v[language] if isinstance(v, dict) else v for k, v in values.items()})
        for language in LANGUAGES
    }


def number_text(language: str, value: float, decimals: int) -> str:
    """Format a number: 1.234,5 in Danish, 1,234.5 in English.

    With the minus sign U+2212.
    """
    text = f"{abs(value):,.{decimals}f}"
    if language == "da":
        text = text.replace(",", " ").replace(".", ",").replace(" ", ".")
    is_zero = float(f"{abs(value):.{decimals}f}") == 0
    return text if value >= 0 or is_zero else MINUS + text


def date_text(language: str, day: date) -> str:
    """Format a date: “22. november 2026” or “22 November 2026”."""
    month = phrase(language, "month_names").split(", ")[day.month - 1]
    return phrase(language, "date_words", day=day.day, month=month, year=day.year)


def share_text(language: str, share: float) -> str:
    """Format a share as a percentage: 5 % in Danish, 5% in English."""
    text = number_text(language, share * 100, 0)
    return f"{text} %" if language == "da" else f"{text}%"


def number_words(value: float, decimals: int) -> dict[str, str]:
    """Format a number in both languages."""
    return {language: number_text(language, value, decimals) for language in LANGUAGES}


def share_words(value: float) -> dict[str, str]:
    """Format a share as whole per cent in both languages."""
    return {language: f"{number_text(language, value * 100, 0)} %" for language in LANGUAGES}


def decimals_for(rounded_to: float | None, outcome_type: str) -> int | None:
    """Return the decimals of a rounded number; None if its size decides."""
    if rounded_to is None:
        return None
    step = rounded_to * (100 if outcome_type == "binary" else 1)
    return max(0, -math.floor(math.log10(step) + 1e-9))


def difference_text(language: str, value: float, outcome_type: str, unit: str, decimals: int | None = None) -> str:
    """Format a difference with sign and unit, e.g. “+20 percentage points”."""
    if outcome_type == "ratio":  # stored as a logarithm, shown as a ratio
        return f"{number_text(language, math.exp(value), 2 if decimals is None else decimals)} {unit}".strip()
    if outcome_type == "binary":
        shown, unit = value * 100, phrase(language, "percentage_points")
        decimals = 0 if decimals is None else decimals
    else:
        shown = value
        decimals = (0 if abs(value) >= 10 else 2) if decimals is None else decimals
    text = number_text(language, shown, decimals)
    sign = "+" if shown > 0 and text.strip("0.,") != "" else ""
    return f"{sign}{text} {unit}".strip()


def interval_in(language: str, record: Mapping[str, Any], low: float | None, high: float | None) -> str:
    """Format an interval: “+13 to +21 percentage points”."""
    if low is None or high is None:
        return "–"
    unit = phrase(language, "percentage_points") if record["outcome_type"] == "binary" else record["unit"][language]
    first = difference_in(language, record, low).removesuffix(f" {unit}")
    return f"{first} {phrase(language, 'to_word')} {difference_in(language, record, high)}"


def difference_in(language: str, record: Mapping[str, Any], value: float) -> str:
    """Format a difference of a record with the decimals of its rounding."""
    decimals = decimals_for(record.get("rounded_to"), record["outcome_type"])
    return difference_text(language, value, record["outcome_type"], record["unit"][language], decimals)
