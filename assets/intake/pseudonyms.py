"""Pseudonyms: an identifier is read, replaced and forgotten.

Belongs here: checking identifiers, the key file and the keyed hash. Does not
belong here: storing anything but the key.

HMAC-SHA-256 with a 32-byte key, separated by project: the same person has
different pseudonyms in two evaluations, and without the key all ten million
person numbers cannot be tried.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assets.home import write_atomically
from data_contracts.faults import Fault, InputRefused

KEY_BYTES = 32
DEMO_KEY = hashlib.sha256(b"trin demo key: synthetic data only").digest()
_SEPARATORS = re.compile(r"[\s-]")
_LOCAL = re.compile(r"[^\x00-\x1f]{1,64}")


@dataclass(frozen=True, slots=True)
class PseudonymKey:
    """A key and the id that stands in every pseudonym made with it."""

    secret: bytes
    key_id: str


def create_key(path: Path, *, demo: bool) -> None:
    """Create a key file if there is none: random, or the public demo key.

    Parameters
    ----------
    path : Path
        Written with mode 0600.
    demo : bool
        The demo key is the same everywhere, so that demo results are too. It protects nobody.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(path, DEMO_KEY if demo else os.urandom(KEY_BYTES), 0o600)


def read_key(path: Path, *, allow_demo: bool) -> PseudonymKey:
    """Read the key file.

    Parameters
    ----------
    path : Path
    allow_demo : bool
        Whether the project's data are synthetic or public, so that the demo key may be used.

    Raises
    ------
    InputRefused
        If the key is missing, has the wrong size, can be read by others, or is the demo key for confidential data.
    """
    name = "pseudonym key"
    try:
        status = path.stat()
        secret = path.read_bytes()
    except OSError:
        fix = "Run “trin init”, or point TRIN_KEY_FILE at the key."
        raise InputRefused([Fault("The key file cannot be read.", fix, name)]) from None
    if status.st_mode & 0o077:
        raise InputRefused([Fault("Others can read the key file.", "Run: chmod 600 on it.", name)])
    if len(secret) != KEY_BYTES:
        raise InputRefused([Fault("The key file must hold exactly 32 bytes.", "Restore it from backup.", name)])
    if secret == DEMO_KEY and not allow_demo:
        what = "This home has the public demo key, which protects nobody."
        fix = "Start a home for real data: trin --home NEW init."
        raise InputRefused([Fault(what, fix, name)])
    key_id = hashlib.sha256(b"trin key id:" + secret).hexdigest()[:6]
    return PseudonymKey(secret, key_id)


def pseudonymise(identifiers: Iterable[str | None], scheme: str, project: str, key: PseudonymKey) -> list[str | None]:
    """Replace identifiers by pseudonyms.

    Parameters
    ----------
    identifiers : iterable of str or None
    scheme : {'cpr', 'cpr_test', 'local'}
    project : str
        Separates evaluations.
    key : PseudonymKey

    Returns
    -------
    list of str or None
        None where the identifier is missing or cannot be one.
    """
    domain = f"trin:1:{project}:".encode()
    found: list[str | None] = []
    for identifier in identifiers:
        canonical = None if identifier is None else canonical_identifier(identifier, scheme)
        if canonical is None:
            found.append(None)
            continue
        digest = hmac.new(key.secret, domain + canonical.encode(), hashlib.sha256).hexdigest()
        found.append(f"{key.key_id}-{digest[:32]}")
    return found


def canonical_identifier(text: str, scheme: str) -> str | None:
    """Return an identifier in one form, or None if it cannot be one.

    A person number needs ten digits and a real date; the modulus-11 check is not made, since
    numbers without it have been given out since 2007.
    """
    if scheme == "local":
        stripped = text.strip()
        return stripped if _LOCAL.fullmatch(stripped) else None
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


def _century(seventh: int, year: int) -> int:
    """The official table of the CPR office: the seventh digit and the year give the century."""
    if seventh <= 3:
        return 1900
    if seventh in (4, 9):
        return 2000 if year <= 36 else 1900
    return 2000 if year <= 57 else 1800
