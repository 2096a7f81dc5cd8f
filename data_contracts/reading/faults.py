"""Faults: what is wrong, where, and what to do about it.

A fault never contains a delivered cell value or an identifier. Faults of protocols are in English, like the keys of
protocols; faults of delivered files are read by caseworkers, so they have a Danish text as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in an input.

    Attributes
    ----------
    what : str
        What is wrong, in words a non-programmer can act on.
    fix : str
        What to do next.
    file : str
        Name of the file as a person would look for it.
    line : int or None
        1-based line in a text file.
    where : str
        Place inside the file: a key path, a column or a rule.
    danish : (str, str) or None
        `what` and `fix` in Danish, where the fault has them.
    code : str
        Which of the faults of files it is.
    """

    what: str
    fix: str
    file: str = ""
    line: int | None = None
    where: str = ""
    danish: tuple[str, str] | None = None
    code: str = ""

    def in_language(self, language: str) -> str:
        """Return what is wrong, where and what to do, without the file's name."""
        what, fix = self.danish if language == "da" and self.danish else (self.what, self.fix)
        row = "" if self.line is None else f"{'Række' if language == 'da' else 'Row'} {self.line}: "
        return f"{row}{what} {fix}".strip()

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place = f"{place}, line {self.line}" if place else f"line {self.line}"
        if self.where:
            place = f"{place}: {self.where}" if place else self.where
        return f"{place}: {self.what} {self.fix}".strip(": ").strip()


class InputRefused(Exception):
    """Exception for an unusable input, with every fault found.

    Parameters
    ----------
    faults : iterable of Fault
        At least one fault.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return a "Did you mean …?" sentence, or an empty string.

    Parameters
    ----------
    word : str
        The word that was not known.
    known : iterable of str
        The words that are.
    """
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean “{close[0]}”?" if close else ""
