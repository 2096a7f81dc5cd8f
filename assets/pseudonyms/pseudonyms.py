"""Pseudonyms: identifiers are read, replaced and discarded.

HMAC-SHA-256 with a 32-byte key, separated by project: the same person has different pseudonyms in two evaluations, and
without the key the ten million person numbers cannot be tried exhaustively.
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
"""Prefix of people added after a rotation, in place of a sort number; sorts after every digit."""


@dataclass(frozen=True, slots=True)
class Identified:
    """The outcome of replacing identifiers, one entry each.

    Attributes
    ----------
    pseudonyms : list of str or None
        None where the identifier is missing or cannot be one.
    lost_zero : list of bool
        Whether it is a person number without its leading zero.
    erased : list of bool
        Whether the person was erased and must not come back.
    """

    pseudonyms: list[str | None]
    lost_zero: list[bool]
    erased: list[bool]


@dataclass(frozen=True, slots=True)
class Pseudonymiser:
    """Replacement of one project's identifiers by pseudonyms.

    Attributes
    ----------
    project : str
        Separates evaluations.
    scheme : {'cpr', 'cpr_test', 'local'}
    tombstones : collection of str
        Of people who were erased.
    known : mapping of str to str
        Digest to pseudonym of everyone known at the last key rotation. They keep their sort
        order, so that ties are broken as before. Empty before the first rotation.
    """

    key: PseudonymKey
    project: str
    scheme: str
    tombstones: Collection[str] = ()
    known: Mapping[str, str] = field(default_factory=dict)

    def replace(self, identifiers: Iterable[str | None]) -> Identified:
        """Replace identifiers by pseudonyms."""
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
        """Return the pseudonym of a canonical identifier."""
        digest = self.key.digest(f"trin:1:{self.project}:", canonical.encode())
        if not self.key.is_rotated:
            return f"{self.key.key_id}-{digest}"
        return self.known.get(digest) or f"{self.key.key_id}-{NEWCOMER}-{digest}"

    def tombstone(self, canonical: str) -> str:
        """Return an erased person's tombstone, which only recognises them."""
        return self.key.digest(f"trin:tombstone:{self.project}:", canonical.encode())


def canonical_identifier(text: str, scheme: str) -> str | None:
    """Return an identifier in canonical form, or None if it is invalid.

    A person number needs ten digits and a real date; the modulus-11 check is not made, since
    numbers without it have been given out since 2007.
    """
    if scheme == "local":
        # Invisible characters left by copying must not change the identifier.
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
    """Return whether a text is a person number without its leading zero.

    Spreadsheets drop the zero when they read the number as numeric.
    """
    if scheme == "local":
        return False
    digits = _SEPARATORS.sub("", text)
    return len(digits) == 9 and canonical_identifier("0" + digits, scheme) is not None


def _century(seventh: int, year: int) -> int:
    """Return the century from the seventh digit and the year (CPR table)."""
    if seventh <= 3:
        return 1900
    if seventh in (4, 9):
        return 2000 if year <= 36 else 1900
    return 2000 if year <= 57 else 1800
