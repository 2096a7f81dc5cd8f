"""The ledger: what was promised before outcomes were read, and what was run.

Belongs here: the protocol lock. Does not belong here: the protocol's content.
"""

from __future__ import annotations

from assets.home import Home, locked, read_json, write_json
from models.tagging import LockState


def lock_protocol(home: Home, project: str, protocol_sha256: str) -> LockState:
    """Record a project's protocol the first time its outcomes are about to be read.

    Parameters
    ----------
    home : Home
    project : str
    protocol_sha256 : str

    Returns
    -------
    LockState
        Whether the protocol is the one that was locked.
    """
    path = home.ledger / "protocol_locks" / f"{project}.json"
    with locked(path.with_suffix(".lock")):
        lock = read_json(path)
        if lock is None:
            lock = {"project": project, "protocol_sha256": protocol_sha256}
            write_json(path, lock)
    return LockState(is_locked=True, is_unchanged=lock["protocol_sha256"] == protocol_sha256)
