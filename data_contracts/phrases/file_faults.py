"""Faults of delivered files, in Danish and English."""

from __future__ import annotations

from difflib import get_close_matches

from data_contracts.phrases import phrase
from data_contracts.reading.faults import Fault, InputRefused

SHORTEST_BEGINNING = 3
LONGEST_HEADER = 40
MOST_DIGITS = 4


def file_fault(code: str, file: str = "", line: int | None = None, **values: object) -> Fault:
    """Return a fault from the phrases `fault_<code>` and `remedy_<code>`.

    Parameters
    ----------
    file : str
        The file's name, safe to show.
    line : int or None
        Row in the file.
    **values
        Placeholders of both phrases; never a delivered value.
    """
    (da, da_fix), (en, en_fix) = (
        (phrase(language, f"fault_{code}", **values), phrase(language, f"remedy_{code}", **values))
        for language in ("da", "en")
    )
    return Fault(en, en_fix, file, line, danish=(da, da_fix), code=code)


def refused_file(code: str, file: str = "", line: int | None = None, **values: object) -> InputRefused:
    """Return an exception with one such fault."""
    return InputRefused([file_fault(code, file, line, **values)])


def missing_column(column: str, present: list[str], file: str) -> Fault:
    """Return the fault of a missing column, with the most similar header."""
    found = _nearest(column, present)
    # A header with digits or many words may be somebody's data, so it is not quoted.
    if found is None or len(found) > LONGEST_HEADER or sum(c.isdigit() for c in found) > MOST_DIGITS:
        return file_fault("missing_column", file, column=column)
    return file_fault("renamed_column", file, column=column, found=found)


def _nearest(column: str, present: list[str]) -> str | None:
    """Return the most similar header, or one that contains the column."""
    plain = {_letters(name): name for name in present if _letters(name)}
    own = _letters(column)
    longer = [
        name
        for letters, name in plain.items()
        if min(len(own), len(letters)) >= SHORTEST_BEGINNING and (letters.startswith(own) or own.startswith(letters))
    ]
    if len(longer) == 1:
        return longer[0]
    close = get_close_matches(own, list(plain), n=1, cutoff=0.6)
    return plain[close[0]] if close else None


def _letters(name: str) -> str:
    """Return a name in lower case without spaces and signs.

    “beloeb” and “beløb” are the same.
    """
    text = name.lower()
    for letter, spelt in (("æ", "ae"), ("ø", "oe"), ("å", "aa")):
        text = text.replace(letter, spelt)
    return "".join(c for c in text if c.isalnum())
