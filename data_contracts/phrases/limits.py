"""Limits in texts, filled in from the YAML files that define them."""

from __future__ import annotations

import re
from functools import cache

from data_contracts.reading.knowledge import read_knowledge

BLANK = re.compile(r"\{limit\.([a-z_]+)(?::(percent))?\}")


@cache
def limits() -> dict[str, float]:
    """Return the limits of gates and disclosure by name."""
    gates: dict[str, float] = read_knowledge("gates")["limits"]
    disclosure = {k: v for k, v in read_knowledge("disclosure").items() if isinstance(v, int | float)}
    return gates | disclosure


def with_limits(text: str, language: str) -> str:
    """Return a text with its limits filled in.

    Placeholders are `{limit.minimum_treated}` or `{limit.smallest_equipoise:percent}`.

    Raises
    ------
    KeyError
        If there is no such limit.
    """

    def shown(found: re.Match[str]) -> str:
        value = limits()[found[1]] * (100 if found[2] else 1)
        written = f"{value:g}"
        return written.replace(".", ",") if language == "da" else written

    return BLANK.sub(shown, text)
