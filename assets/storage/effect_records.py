"""Effects as they are stored: flat, and what one design found under its name."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from models.designs.registry import OWN_FINDINGS
from models.values.adapter import as_data, read_as
from models.values.design_findings import DesignFindings, OwnFindings
from models.values.effects import Effects


def effects_record(effects: Effects) -> dict[str, JsonValue]:
    """Return the effects of one outcome as data."""
    return as_data(effects) | {"design": _design_record(effects.design)}


def effects_from(record: Effects | Mapping[str, object]) -> Effects:
    """Read effects back from their record."""
    if isinstance(record, Effects):
        return record
    return read_as(Effects, {**record, "design": _design_from(record["design"])})


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
