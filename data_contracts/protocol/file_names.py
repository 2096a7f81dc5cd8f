"""Names of delivered files: the period and version they give.

The name is all that sender and Trin share before a file is opened, so it decides the order of files.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from data_contracts.calendar.periods import period_end

PERIOD, VERSION = "{period}", "{version}"
_PERIOD_WORD = r"(?P<period>\d{4}(?:[-_ ]?[qk][1-4]|-\d{2}-\d{2}|-\d{2})?)"
# “_v2”, “ (2)”, “_2026-10-05”, “_20261005”, “_rettet” or nothing: first versions seldom have a number.
_VERSION_WORD = (
    r"(?P<version>(?:[ _-]*(?:version|ver|v)[ ._-]?(?P<number>\d{1,4})|[ _-]*\((?P<copy>\d{1,4})\)"
    r"|[ _-]+(?P<day>20\d{2}-?\d{2}-?\d{2}))?(?:[ _-]*rettet)?)"
)


@dataclass(frozen=True, slots=True)
class FileName:
    """The parts of a file's name.

    Attributes
    ----------
    series : str
        The name without period and version. Files of a series are about the same people at different times.
    slot : str
        Series and period. Files with the same slot are versions of each other.
    period_end : date or None
        Last day of the period the file is about.
    version : int
        0 if the name has none; a date counts as yyyymmdd.
    """

    series: str
    slot: str
    period_end: date | None
    version: int


def pattern_faults(pattern: str) -> str | None:
    """Return what is wrong with a pattern of file names, or None."""
    for word in re.findall(r"\{[^}]*\}?|\}", pattern):
        if word not in (PERIOD, VERSION):
            return "Only {period} and {version} may be in braces in a file name."
    for word in (PERIOD, VERSION):
        if pattern.count(word) > 1:
            return f"{word} may occur only once in a file name."
    return None


def read_name(pattern: str, name: str) -> FileName | None:
    """Return the parts of a file's name; None if the pattern does not match.

    Parameters
    ----------
    pattern : str
        `files` of a delivery, e.g. `aarhus_{period}{version}.csv`.

    Returns
    -------
    FileName or None
        Case does not matter, nor how å, æ and ø are encoded.
    """
    match = re.fullmatch(_expression(_plain(pattern)), _plain(name))
    if match is None:
        return None
    groups = match.groupdict()
    version = _version(groups)
    if version is None:
        return None
    period = groups.get("period")
    end = None if period is None else period_end(period)
    if period is not None and end is None:
        return None
    spans = sorted(((*match.span(name), name) for name in ("period", "version") if groups.get(name)), reverse=True)
    series = match.string
    for start, stop, name in spans:
        series = series[:start] + ("|" if name == "period" else "") + series[stop:]
    # A quarter and its last month end on the same day but are different periods.
    return FileName(series, f"{series}:{_label(period)}", end, version)


def _label(period: str | None) -> str:
    """Return the canonical spelling of a period."""
    return "" if period is None else re.sub(r"[-_ ]?[qk]", "q", period)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


def _expression(pattern: str) -> str:
    parts = re.split(r"(\{period\}|\{version\}|\*|\?)", pattern)
    # Text between placeholders matches non-greedily, so that a version is found.
    words = {PERIOD: _PERIOD_WORD, VERSION: _VERSION_WORD, "*": ".*?", "?": "."}
    return "".join(words.get(part, re.escape(part)) for part in parts)


def _version(groups: dict[str, str | None]) -> int | None:
    """Return a version as a number; None if it is not a valid date."""
    number = groups.get("number") or groups.get("copy")
    if number:
        return int(number)
    day = groups.get("day")
    if day:
        digits = day.replace("-", "")
        is_day = period_end(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}") is not None
        return int(digits) if is_day else None
    return 1 if "rettet" in (groups.get("version") or "") else 0
