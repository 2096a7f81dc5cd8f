"""File names: what a delivered file's name says about it.

Belongs here: the little language of `files` in a protocol (`*`, `?`,
`{period}`, `{version}`) and what a name means in it. Does not belong here:
finding files, and what counts when several say the same (`assets.intake`).

A name is the only thing a sender and Trin share before the file is opened, so
order comes from it: the period a file is about and the version it is of.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from data_contracts.periods import period_end

PERIOD, VERSION = "{period}", "{version}"
_PERIOD_WORD = r"(?P<period>\d{4}(?:[-_ ]?[qk][1-4]|-\d{2}-\d{2}|-\d{2})?)"
# “_v2”, “ (2)”, “-2026-10-05” or nothing at all: the first version seldom has a number.
_VERSION_WORD = (
    r"(?P<version>(?:[ _-]*(?:rettet|version|ver|v)?[ _-]*\(?(?P<number>\d{4}-\d{2}-\d{2}|\d{1,4})\)?)|[ _-]*rettet)?"
)


@dataclass(frozen=True, slots=True)
class FileName:
    """What a name says.

    Attributes
    ----------
    slot : str
        The name without its version: files with the same slot are versions of the same thing.
    period_end : date or None
        Last day of the period the file is about.
    version : int
        0 where the name has none; dates count as yyyymmdd.
    """

    slot: str
    period_end: date | None
    version: int


def pattern_faults(pattern: str) -> str | None:
    """Return what is wrong with a pattern of file names, or None."""
    for word in re.findall(r"\{[^}]*\}?|\}", pattern):
        if word not in (PERIOD, VERSION):
            return "In file names only {period} and {version} may stand in braces."
    for word in (PERIOD, VERSION):
        if pattern.count(word) > 1:
            return f"{word} may stand once in a file name."
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
    period = groups.get("period")
    end = None if period is None else period_end(period)
    if period is not None and end is None:
        return None
    if end is not None:
        # Two spellings of a period are one period; whatever else stands in the name does not tell versions apart.
        return FileName(f"{pattern}:{end.isoformat()}", end, _version(groups))
    start, stop = match.span("version") if groups.get("version") else (0, 0)
    text = match.string
    return FileName(text[:start] + text[stop:], None, _version(groups))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


def _expression(pattern: str) -> str:
    parts = re.split(r"(\{period\}|\{version\}|\*|\?)", pattern)
    words = {PERIOD: _PERIOD_WORD, VERSION: _VERSION_WORD, "*": ".*", "?": "."}
    # Between placeholders the shortest text that fits, so that a version is read as one.
    return "".join(words.get(part, re.escape(part)) if part != "*" else ".*?" for part in parts)


def _version(groups: dict[str, str | None]) -> int:
    number = groups.get("number")
    if number:
        return int(number.replace("-", ""))
    return 1 if groups.get("version") else 0
