"""Sealed files: refused files, stored encrypted for a limited time.

A refused file is retried when the protocol changes, so that a mistake in the protocol does not require a new delivery.
It is deleted after thirty days, and whenever a person is erased.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from assets.pseudonyms.keys import PseudonymKey
from assets.storage.home import Home, write_atomically

KEPT_DAYS = 30
LARGEST_SEALED_BYTES = 100_000_000


def _box(key: PseudonymKey) -> Fernet:
    secret = hashlib.sha256(b"trin sealed files:" + b"".join(key.secrets)).digest()
    return Fernet(base64.urlsafe_b64encode(secret))


def sealed_path(home: Home, project: str, number: int) -> Path:
    """Return the path of a sealed file."""
    return home.quarantine / project / "sealed" / f"{number:04d}.sealed"


def seal(home: Home, project: str, number: int, name: str, content: bytes, key: PseudonymKey) -> bool:
    """Encrypt and store a refused file; return False if it is too large."""
    if len(content) > LARGEST_SEALED_BYTES:
        return False
    text = name.encode() + b"\0" + content
    write_atomically(sealed_path(home, project, number), _box(key).encrypt(text))
    return True


def unseal(home: Home, project: str, number: int, key: PseudonymKey) -> tuple[str, bytes] | None:
    """Return a sealed file's name and content, or None if it is missing."""
    try:
        text = _box(key).decrypt(sealed_path(home, project, number).read_bytes())
    except (OSError, InvalidToken):
        return None
    name, _, content = text.partition(b"\0")
    return name.decode(), content


def sealed_numbers(home: Home, project: str) -> list[int]:
    """Return the numbers of sealed files."""
    return sorted(int(p.stem) for p in (home.quarantine / project / "sealed").glob("*.sealed"))


def drop_sealed(home: Home, project: str, number: int) -> None:
    """Delete a sealed file."""
    sealed_path(home, project, number).unlink(missing_ok=True)
