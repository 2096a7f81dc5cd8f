"""The ledger: plans locked before outcomes were read, and their runs."""

from __future__ import annotations

from assets.storage.home import Home, locked, read_json, write_json
from data_contracts.protocol.protocol import Protocol
from models.evidence.plan_lock import LockState, calculation_ids, has_other_primary_outcome, plan_changes


def lock_protocol(home: Home, protocol: Protocol) -> tuple[LockState, bool]:
    """Record a plan before its outcomes are read, and every later plan.

    Returns
    -------
    (LockState, bool)
        How the plan differs from the locked one, and whether its primary outcome differs.
    """
    path = home.ledger / "protocol_locks" / f"{protocol.id}.json"
    plan, plan_sha256, asked = protocol.plan, protocol.plan_sha256, calculation_ids(protocol)
    with locked(path.with_suffix(".lock")):
        lock = read_json(path) or {}
        if "protocol_sha256" not in lock:
            # Outcomes were already read, so a lock made now guarantees nothing.
            is_late = any(home.ledger.glob(f"runs/*/{protocol.id}.json"))
            lock = {"project": protocol.id, "protocol_sha256": plan_sha256, "promised": plan, "is_late": is_late}
        known = sorted({*lock.get("calculations", ()), *asked})
        if known != lock.get("calculations"):
            lock |= {"calculations": known}
            write_json(path, lock)
    promised = lock.get("promised")
    is_unchanged = lock["protocol_sha256"] == plan_sha256
    state = LockState(
        is_locked=not lock.get("is_late", False),
        is_unchanged=is_unchanged,
        changes=() if is_unchanged or promised is None else plan_changes(promised, plan),
        calculations_run=len(known),
    )
    return state, promised is not None and has_other_primary_outcome(promised, plan)
