"""Rows as tidy tables: texts in two columns, and columns that stay when there is no row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from data_contracts.phrases import LANGUAGES


def frame(rows: list[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows as a frame; an empty one keeps its columns."""
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(columns))


def by_language(name: str, text: Mapping[str, str] | None) -> dict[str, str | None]:
    """Spread a text over one column a language."""
    return {f"{name}_{language}": None if text is None else text[language] for language in LANGUAGES}
