"""Limits that decide what is said, by name, from the YAML that holds them."""

from __future__ import annotations

from functools import cache
from typing import Any

from data_contracts.reading.design_folders import joined
from data_contracts.reading.knowledge import read_knowledge

SECTIONS = {
    "certainty": ("ladder", "certainty"),
    "claims": ("ladder", "claims"),
    "lifting": ("ladder", "lifting"),
    "papers": ("ladder", "papers"),
    "alike": ("crosswalk", "alike"),
    "bias": ("risk_of_bias", "limits"),
    "lint": ("claim_words", "limits"),
    "economics": ("economics", None),
}
"""First part of a name: the file and the section that hold its limits; None for the file's own numbers."""


@cache
def limits() -> dict[str, float]:
    """Return every limit by name.

    Returns
    -------
    dict of str to float
        Gates' (with those of designs) and disclosure's by their name alone; an error source's thresholds as
        `attrition.serious`; others with the section they stand in, as `certainty.large_risk_ratio`.
    """
    found = joined("limits", _numbers(read_knowledge("gates")["limits"]), _numbers(read_knowledge("disclosure")))
    for code, row in read_knowledge("error_sources")["sources"].items():
        found = joined("limits", found, _named(code, row["thresholds"]))
    for section, (file, key) in SECTIONS.items():
        data = read_knowledge(file)
        found = joined("limits", found, _named(section, data if key is None else data[key]))
    return found


def limit(name: str) -> float:
    """Return one limit.

    Raises
    ------
    KeyError
        If no file holds it.
    """
    return limits()[name]


def _named(section: str, rows: dict[str, Any]) -> dict[str, float]:
    return {f"{section}.{name}": value for name, value in _numbers(rows).items()}


def _numbers(rows: dict[str, Any]) -> dict[str, float]:
    return {
        name: value for name, value in rows.items() if isinstance(value, int | float) and not isinstance(value, bool)
    }
