"""The promise: what the protocol said before outcomes were read, and what it says now.

Belongs here: comparing two protocols key by key, and counting what one asks
for. Does not belong here: where the promise is kept (the ledger).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from data_contracts.protocol import Protocol

LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class PlanChange:
    """One key that differs from the promise.

    Attributes
    ----------
    key : str
        Path with dots; members of lists go by their own name where they have one.
    kind : str
    before, after : str or None
        As JSON, cut at 80 characters; None where the key was not there.
    """

    key: str
    kind: Literal["added", "removed", "changed"]
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class LockState:
    """What is known of the protocol's lock when outcomes were read.

    Attributes
    ----------
    is_locked, is_unchanged : bool
    changes : tuple of PlanChange
        Empty also where an old lock holds only the promise's hash.
    calculations_run : int or None
        Under every version of the plan that has read outcomes.
    """

    is_locked: bool
    is_unchanged: bool
    changes: tuple[PlanChange, ...] = ()
    calculations_run: int | None = None


def calculations_of(protocol: Protocol) -> int:
    """Return how many estimates a protocol asks for: outcomes times calculations, specifications and subgroups."""
    declared = protocol.effects
    each = 1 + len(declared.alternatives) + len(declared.specifications) + len(declared.subgroups)
    return len(protocol.outcomes) * each


def plan_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[PlanChange, ...]:
    """Compare two plans key by key.

    Parameters
    ----------
    before, after : mapping
        As `Protocol.plan` gives them.

    Returns
    -------
    tuple of PlanChange
        Sorted by key.
    """
    old, new = _flat(before), _flat(after)
    found = []
    for key in sorted({*old, *new}):
        first, second = old.get(key), new.get(key)
        if first == second:
            continue
        kind: Literal["added", "removed", "changed"] = "changed"
        if first is None:
            kind = "added"
        elif second is None:
            kind = "removed"
        found.append(PlanChange(key, kind, _cut(first), _cut(second)))
    return tuple(found)


def has_other_primary_outcome(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether another outcome is primary now, or the same one is defined in another way."""
    return _primary(before) != _primary(after)


TEXTS = ("label", "smallest_worthwhile_effect")


def _primary(plan: Mapping[str, Any]) -> dict[str, Any] | None:
    for outcome in plan.get("outcomes", ()):
        if outcome.get("primary"):
            return {key: value for key, value in outcome.items() if key not in TEXTS}
    return None


def _flat(value: Any, path: str = "") -> dict[str, str]:
    """Spread a plan over its keys; lists whose members have names go by those, others are one value."""
    if isinstance(value, Mapping) and value:
        rows: dict[str, str] = {}
        for key, inner in value.items():
            rows |= _flat(inner, f"{path}.{key}" if path else str(key))
        return rows
    if isinstance(value, list | tuple) and value and all(isinstance(v, Mapping) and "name" in v for v in value):
        rows = {}
        for member in value:
            rows |= _flat({k: v for k, v in member.items() if k != "name"} or "", f"{path}.{member['name']}")
        order = json.dumps([member["name"] for member in value])
        return rows | {f"{path} (names)": order}
    return {path: json.dumps(value, ensure_ascii=False, sort_keys=True)}


def _cut(value: str | None) -> str | None:
    return value if value is None or len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"
