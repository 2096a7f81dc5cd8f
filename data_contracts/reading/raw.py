"""Looking into a protocol that may be wrong."""

from __future__ import annotations

from typing import Any

from data_contracts.reading.safe_yaml import Path

Raw = dict[str, Any]
"""A file as `read_yaml` gives it, valid or not."""
Rows = dict[str, Raw]
"""Rows of a list by their name."""
RuleFault = tuple[Path, str, str]
"""Where something is wrong, what, and what to do about it."""


def rows_of(data: Raw, key: str) -> list[tuple[int, Raw]]:
    """Return the mappings of a list with their positions, nothing else."""
    value = data.get(key)
    return [(i, row) for i, row in enumerate(value) if isinstance(row, dict)] if isinstance(value, list) else []


def words_of(section: Raw, key: str) -> list[tuple[int, str]]:
    """Return the texts of a list, with their positions."""
    value = section.get(key)
    return [(i, word) for i, word in enumerate(value) if isinstance(word, str)] if isinstance(value, list) else []


def section_of(data: Raw, key: str) -> Raw:
    """Return a mapping, or an empty one."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def number_of(value: Any) -> float | None:
    """Return a number, or None if it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
