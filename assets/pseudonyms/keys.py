"""The key file: the secrets behind pseudonyms, and its location.

The file contains one key of 32 bytes, and one more for every rotation. The first replaces an identifier; each later
one replaces the pseudonym before it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path

from assets.storage.home import Home, write_atomically
from data_contracts.reading.faults import Fault, InputRefused

KEY_BYTES = 32
DEMO_KEY = hashlib.sha256(b"trin demo key: synthetic data only").digest()
CHECKOUT = Path(__file__).resolve().parent.parent.parent
NAME = "pseudonym key"


@dataclass(frozen=True, slots=True)
class PseudonymKey:
    """Secrets, oldest first, and the key id in every pseudonym."""

    secrets: tuple[bytes, ...]
    key_id: str

    @classmethod
    def of(cls, content: bytes) -> PseudonymKey:
        """Return the key from a file's content."""
        secrets = tuple(content[i : i + KEY_BYTES] for i in range(0, len(content), KEY_BYTES))
        return cls(secrets, hashlib.sha256(b"trin key id:" + content).hexdigest()[:6])

    @property
    def is_rotated(self) -> bool:
        """Whether the key has been rotated."""
        return len(self.secrets) > 1

    @property
    def is_demo(self) -> bool:
        """Whether this is the public demo key."""
        return self.secrets[0] == DEMO_KEY and not self.is_rotated

    def digest(self, purpose: str, content: bytes) -> str:
        """Return a keyed digest of content, as 32 hexadecimal digits."""
        found = hmac.digest(self.secrets[0], purpose.encode() + content, "sha256").hex()[:32]
        return self.carried(found, self.secrets[1:])

    @staticmethod
    def carried(digest: str, secrets: tuple[bytes, ...]) -> str:
        """Return a digest after applying later keys."""
        for secret in secrets:
            digest = hmac.digest(secret, b"trin:rotate:" + digest.encode(), "sha256").hex()[:32]
        return digest


def key_path(home: Home, *, demo: bool) -> Path:
    """Return the path of a home's new key.

    The demo key is inside the home, every other key outside everything that Trin writes.
    """
    if demo or "TRIN_KEY_FILE" in os.environ:
        return home.key_file
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    mark = hashlib.sha256(str(home.root).encode()).hexdigest()[:8]
    return settings / "trin" / f"{home.root.name}-{mark}.key"


def create_key(home: Home, *, demo: bool) -> Path:
    """Create a home's key if missing: random, or the public demo key.

    Parameters
    ----------
    demo : bool
        The demo key is the same everywhere, so that demo results are too. It protects no one.

    Returns
    -------
    Path
        The key's path.
    """
    if home.key_file.exists():
        return home.key_file
    path = key_path(home, demo=demo)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(path, DEMO_KEY if demo else os.urandom(KEY_BYTES), 0o600)
    if not demo and "TRIN_KEY_FILE" not in os.environ:
        write_atomically(home.key_location, f"{path}\n".encode(), 0o600)
    return path


def _others_may_read(status: os.stat_result) -> bool:
    """Return whether other users may read a key.

    On Kubernetes a secret is a file owned by root that the service's own group may read and nobody may change.
    """
    is_handed_over = status.st_uid == 0 != os.geteuid() and status.st_gid in {os.getegid(), *os.getgroups()}
    return bool(status.st_mode & (0o037 if is_handed_over else 0o077))


def read_key(home: Home, *, allow_demo: bool) -> PseudonymKey:
    """Read a home's key.

    Parameters
    ----------
    allow_demo : bool
        Whether the data are synthetic or public, so that the demo key may be used.

    Raises
    ------
    InputRefused
        If the key is missing, has the wrong size, can be read by others, is beside confidential data, or is the
        demo key for confidential data.
    """
    path = home.key_file
    try:
        status = path.stat()
        content = path.read_bytes()
    except OSError:
        fix = "Run “trin init”, or set TRIN_KEY_FILE to the path of the key."
        raise InputRefused([Fault("The key file cannot be read.", fix, NAME)]) from None
    if _others_may_read(status):
        raise InputRefused([Fault("Other users can read the key file.", "Run chmod 600 on it.", NAME)])
    if not content or len(content) % KEY_BYTES:
        raise InputRefused(
            [Fault("The key file must contain keys of exactly 32 bytes.", "Restore it from backup.", NAME)]
        )
    key = PseudonymKey.of(content)
    if allow_demo:
        return key
    if key.secrets[0] == DEMO_KEY:
        what = "This home uses the public demo key, which protects no one."
        fix = "Create a home for real data without --demo: trin init --home NEW."
        raise InputRefused([Fault(what, fix, NAME)])
    for folder in (home.root, CHECKOUT):
        if path.resolve().is_relative_to(folder):
            what = "The key is in the same folder as the data or the program, so a copy of the folder includes both."
            fix = "Move it elsewhere, and set TRIN_KEY_FILE to its new path."
            raise InputRefused([Fault(what, fix, NAME)])
    return key
