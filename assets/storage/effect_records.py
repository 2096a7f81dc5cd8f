"""Effects as stored: flat, what only one design found under its name."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from models.designs.registry import OWN_FINDINGS
from models.values.adapter import as_data, read_as
from models.values.design_findings import DesignFindings, OwnFindings
from models.values.effects import Effects

GROUPS = ("doubt", "breakdown")
"""Groups of fields that are stored beside the others, as they were before they were groups."""


def effects_record(effects: Effects) -> dict[str, JsonValue]:
    """Return the effects of one outcome as data."""
    shared = {name: value for name, value in as_data(effects).items() if name not in GROUPS}
    return shared | as_data(effects.doubt) | as_data(effects.breakdown) | {"design": _design_record(effects.design)}


def effects_from(record: Effects | Mapping[str, object]) -> Effects:
    """Read effects back from their record."""
    if isinstance(record, Effects):
        return record
    groups = dict.fromkeys(GROUPS, record)  # each takes the keys that are its own
    return read_as(Effects, {**record, **groups, "design": _design_from(record["design"])})


def _design_record(design: DesignFindings) -> dict[str, JsonValue]:
    if design.own is None:
        return as_data(design)
    name = next(name for name, kind in OWN_FINDINGS.items() if isinstance(design.own, kind))
    return as_data(design) | {"own": {name: as_data(design.own)}}


def _design_from(record: object) -> DesignFindings:
    if not isinstance(record, dict):
        raise ValueError("The findings of a design are not a mapping.")
    own: list[OwnFindings] = [read_as(OWN_FINDINGS[name], row) for name, row in record.get("own", {}).items()]
    return read_as(DesignFindings, {**record, "own": own[0] if own else None})
