"""Periods as Danish registers write them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from data_contracts.calendar.quarters import Quarter

_MONTHS = ("jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
_FULL_MONTHS = (
    "januar",
    "februar",
    "marts",
    "april",
    "maj",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "december",
)
_QUARTER_FIRST = re.compile(r"([1-4])\. ?(?:kvt|kvartal)\.? (\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[-_ ]?[kq]0?([1-4])")
_MONTH_NUMBER = re.compile(r"(\d{4})(?:m|-)(\d{2})")
_MONTH_WORD = re.compile(r"([a-zæøå]+)\.? (\d{4})")


def period_end(text: str) -> date | None:
    """Return the last day of a period, or None if it cannot be parsed.

    Parameters
    ----------
    text : str
        `2010`, `2010K1`, `2010Q1`, `1. kvt. 2010`, `2010M01`, `2010-01`, `jan. 2010`, `2010-01-31`.
    """
    plain = " ".join(text.lower().split())
    try:
        for pattern, turned in ((_QUARTER_FIRST, True), (_YEAR_FIRST, False)):
            match = pattern.fullmatch(plain)
            if match:
                year, number = (match[2], match[1]) if turned else (match[1], match[2])
                return Quarter(int(year), int(number)).end
        match = _MONTH_NUMBER.fullmatch(plain)
        if match:
            return _month_end(int(match[1]), int(match[2]))
        match = _MONTH_WORD.fullmatch(plain)
        if match and (match[1] in _MONTHS or match[1] in _FULL_MONTHS):
            return _month_end(int(match[2]), _MONTHS.index(match[1][:3]) + 1)
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", plain):
            return date.fromisoformat(plain)
        if re.fullmatch(r"\d{4}", plain):
            return date(int(plain), 12, 31)
    except ValueError:
        return None
    return None


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])
