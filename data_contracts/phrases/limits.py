"""Limits in texts, filled in from the YAML files that define them."""

from __future__ import annotations

import re

from data_contracts.reading.limits import limit

BLANK = re.compile(r"\{limit\.([a-z_]+(?:\.[a-z_]+)?)(?::(percent))?\}")


def with_limits(text: str, language: str) -> str:
    """Return a text with its limits filled in.

    Placeholders are `{limit.minimum_treated}`, `{limit.attrition.serious}`, `{limit.smallest_equipoise:percent}`.

    Raises
    ------
    KeyError
        If there is no such limit.
    """

    def shown(found: re.Match[str]) -> str:
        value = limit(found[1]) * (100 if found[2] else 1)
        written = f"{value:g}"
        return written.replace(".", ",") if language == "da" else written

    return BLANK.sub(shown, text)
