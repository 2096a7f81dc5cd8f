"""Rows as tidy tables, with a column per language and fixed columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from data_contracts.phrases import LANGUAGES


def frame(rows: list[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows as a frame; an empty frame has the columns too."""
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(columns))


def by_language(name: str, text: Mapping[str, str] | None) -> dict[str, str | None]:
    """Return a bilingual text as one column per language."""
    return {f"{name}_{language}": None if text is None else text[language] for language in LANGUAGES}
