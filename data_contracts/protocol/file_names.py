"""File names: what a delivered file's name says about it.

A name is the only thing a sender and Trin share before the file is opened, so
order comes from it: the period a file is about and the version it is of.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from data_contracts.calendar.periods import period_end

PERIOD, VERSION = "{period}", "{version}"
_PERIOD_WORD = r"(?P<period>\d{4}(?:[-_ ]?[qk][1-4]|-\d{2}-\d{2}|-\d{2})?)"
# “_v2”, “ (2)”, “_2026-10-05”, “_20261005”, “_rettet” or nothing at all: the first version seldom has a number.
_VERSION_WORD = (
    r"(?P<version>(?:[ _-]*(?:version|ver|v)[ ._-]?(?P<number>\d{1,4})|[ _-]*\((?P<copy>\d{1,4})\)"
    r"|[ _-]+(?P<day>20\d{2}-?\d{2}-?\d{2}))?(?:[ _-]*rettet)?)"
)


@dataclass(frozen=True, slots=True)
class FileName:
    """What a name says.

    Attributes
    ----------
    series : str
        The name without period and version: files of one series are about the same people at different times.
    slot : str
        Series and period: files with the same slot are versions of the same thing.
    period_end : date or None
        Last day of the period the file is about.
    version : int
        0 where the name has none; dates count as yyyymmdd.
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
    """Return what a file's name says, or None if the pattern does not fit it.

    Parameters
    ----------
    pattern : str
        `files` of a delivery, e.g. `aarhus_{period}{version}.csv`.
    name : str

    Returns
    -------
    FileName or None
        Capitals do not count; nor does how å, æ and ø are encoded.
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
    # A quarter and its last month end on the same day and are two things.
    return FileName(series, f"{series}:{_label(period)}", end, version)


def _label(period: str | None) -> str:
    """Return a period in one spelling."""
    return "" if period is None else re.sub(r"[-_ ]?[qk]", "q", period)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


def _expression(pattern: str) -> str:
    parts = re.split(r"(\{period\}|\{version\}|\*|\?)", pattern)
    # Between placeholders the shortest text that fits, so that a version is read as one.
    words = {PERIOD: _PERIOD_WORD, VERSION: _VERSION_WORD, "*": ".*?", "?": "."}
    return "".join(words.get(part, re.escape(part)) for part in parts)


def _version(groups: dict[str, str | None]) -> int | None:
    """Return a version as a number, or None if it is a day that does not exist."""
    number = groups.get("number") or groups.get("copy")
    if number:
        return int(number)
    day = groups.get("day")
    if day:
        digits = day.replace("-", "")
        is_day = period_end(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}") is not None
        return int(digits) if is_day else None
    return 1 if "rettet" in (groups.get("version") or "") else 0
