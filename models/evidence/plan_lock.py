"""The promise: what the protocol said before outcomes were read.

It is compared with what the protocol says now.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from data_contracts.designs.declared import declared_designs
from data_contracts.protocol.protocol import Protocol

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
    """The state of the protocol's lock when outcomes were read.

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


def calculation_ids(protocol: Protocol) -> tuple[str, ...]:
    """Return a mark for every estimate that a protocol asks for.

    Each outcome in each way gets one, whatever they are called.

    A calculation keeps its mark while what it does is the same, so that an added subgroup, or a corrected word,
    changes none of the other marks.
    """
    plan = _without_texts(protocol.plan)
    people = {key: plan.get(key) for key in ("eligibility", "same_person", "treated_defined_by", "covariates", "seed")}
    effects = dict(plan.get("effects", {}))
    shared = {key: effects.get(key) for key in ("learner", "interval", "confidence_level")}
    ways = _own_ways(protocol, plan)
    ways += [{k: v for k, v in row.items() if k != "name"} for row in effects.get("specifications", ())]
    ways += [
        ways[0] | {"subgroup": {k: v for k, v in row.items() if k != "name"}} for row in effects.get("subgroups", ())
    ]
    marks = []
    for outcome in plan["outcomes"]:
        measured = {key: value for key, value in outcome.items() if key in MEASURING_KEYS}
        for way in ways:
            text = json.dumps([people, shared, measured, way], sort_keys=True)
            marks.append(hashlib.sha256(text.encode()).hexdigest()[:16])
    return tuple(dict.fromkeys(marks))


def _own_ways(protocol: Protocol, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the declared estimator and its alternatives.

    Each has the settings of the design that is in force.
    """
    section = declared_designs()[protocol.design].section
    effects = plan.get("effects", {})
    if section == "comparison" or (section == "benchmark" and section not in plan):
        names = [effects.get("estimator", "difference_to_rate"), *effects.get("alternatives", ())]
        return [{"comparison": plan["comparison"], "estimator": name} for name in names]
    own = dict(plan.get(section, {}))
    names = [own.pop("estimator", None), *own.pop("alternatives", ())]
    return [{"design": protocol.design, "settings": own, "estimator": name} for name in names]


MEASURING_KEYS = ("name", "type", "from_months", "before_months", "direction")


def _without_texts(value: Any) -> Any:
    """Leave out what is only said of a thing; names of things stay."""
    if isinstance(value, Mapping):
        return {k: _without_texts(v) for k, v in value.items() if not _is_text(v)}
    if isinstance(value, list | tuple):
        return [_without_texts(v) for v in value]
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"da", "en"}


def is_only_words(key: str) -> bool:
    """Return whether a changed key is only a text for people to read.

    Such texts decide nothing.
    """
    return key.endswith((".da", ".en"))


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
    """Return whether another outcome is primary now.

    The same outcome defined in another way counts as another.
    """
    return _primary(before) != _primary(after)


TEXTS = ("label", "smallest_worthwhile_effect")


def _primary(plan: Mapping[str, Any]) -> dict[str, Any] | None:
    for outcome in plan.get("outcomes", ()):
        if outcome.get("primary"):
            return {key: value for key, value in outcome.items() if key not in TEXTS}
    return None


def _flat(value: Any, path: str = "") -> dict[str, str]:
    """Spread a plan over its keys.

    Lists whose members have names are spread by name; others are one value.
    """
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
