"""Pseudonyms: an identifier is read, replaced and forgotten.

HMAC-SHA-256 with a 32-byte key, separated by project: the same person has
different pseudonyms in two evaluations, and without the key all ten million
person numbers cannot be tried.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from assets.pseudonyms.keys import PseudonymKey

_SEPARATORS = re.compile(r"[\s-]")
_LOCAL = re.compile(r"[^\x00-\x1f]{1,64}")
NEWCOMER = "n"
"""Stands where people known at a rotation have their place in line; sorts behind every digit."""


@dataclass(frozen=True, slots=True)
class Identified:
    """What became of identifiers, one entry each.

    Attributes
    ----------
    pseudonyms : list of str or None
        None where the identifier is missing or cannot be one.
    lost_zero : list of bool
        Whether it would be a person number with a zero in front.
    erased : list of bool
        Whether the person was erased and must not come back.
    """

    pseudonyms: list[str | None]
    lost_zero: list[bool]
    erased: list[bool]


@dataclass(frozen=True, slots=True)
class Pseudonymiser:
    """Replaces the identifiers of one project.

    Attributes
    ----------
    key : PseudonymKey
    project : str
        Separates evaluations.
    scheme : {'cpr', 'cpr_test', 'local'}
    tombstones : collection of str
        Of people who were erased.
    known : mapping of str to str
        Digest to pseudonym of everybody known when the key was last rotated: they keep their place in
        line, so that no tie is broken differently afterwards. Empty before the first rotation.
    """

    key: PseudonymKey
    project: str
    scheme: str
    tombstones: Collection[str] = ()
    known: Mapping[str, str] = field(default_factory=dict)

    def replace(self, identifiers: Iterable[str | None]) -> Identified:
        """Replace identifiers by pseudonyms.

        Parameters
        ----------
        identifiers : iterable of str or None

        Returns
        -------
        Identified
        """
        found = Identified([], [], [])
        for identifier in identifiers:
            canonical = None if identifier is None else canonical_identifier(identifier, self.scheme)
            is_short = canonical is None and identifier is not None and has_lost_zero(identifier, self.scheme)
            found.lost_zero.append(is_short)
            if canonical is None:
                found.pseudonyms.append(None)
                found.erased.append(False)
                continue
            found.erased.append(bool(self.tombstones) and self.tombstone(canonical) in self.tombstones)
            found.pseudonyms.append(self.pseudonym(canonical))
        return found

    def pseudonym(self, canonical: str) -> str:
        """Return the pseudonym of an identifier in its one form."""
        digest = self.key.digest(f"trin:1:{self.project}:", canonical.encode())
        if not self.key.is_rotated:
            return f"{self.key.key_id}-{digest}"
        return self.known.get(digest) or f"{self.key.key_id}-{NEWCOMER}-{digest}"

    def tombstone(self, canonical: str) -> str:
        """Return what is kept of an erased person: enough to know her again, nothing to find her by."""
        return self.key.digest(f"trin:tombstone:{self.project}:", canonical.encode())


def canonical_identifier(text: str, scheme: str) -> str | None:
    """Return an identifier in one form, or None if it cannot be one.

    A person number needs ten digits and a real date; the modulus-11 check is not made, since
    numbers without it have been given out since 2007.
    """
    if scheme == "local":
        # Marks that nobody sees, left by copying, make nobody somebody else.
        visible = "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf")
        stripped = " ".join(visible.split())
        is_name = _LOCAL.fullmatch(stripped) and any(c.isalnum() for c in stripped) and not stripped.startswith("#")
        return stripped if is_name else None
    digits = _SEPARATORS.sub("", text)
    if not re.fullmatch(r"[0-9]{10}", digits):
        return None
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    if scheme == "cpr_test":
        day -= 60
    try:
        date(_century(int(digits[6]), year) + year, month, day)
    except ValueError:
        return None
    return digits


def has_lost_zero(text: str, scheme: str) -> bool:
    """Whether a text would be a person number with a zero in front: a spreadsheet took it for a number."""
    if scheme == "local":
        return False
    digits = _SEPARATORS.sub("", text)
    return len(digits) == 9 and canonical_identifier("0" + digits, scheme) is not None


def _century(seventh: int, year: int) -> int:
    """The official table of the CPR office: the seventh digit and the year give the century."""
    if seventh <= 3:
        return 1900
    if seventh in (4, 9):
        return 2000 if year <= 36 else 1900
    return 2000 if year <= 57 else 1800
