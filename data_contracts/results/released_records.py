"""Public records of releases that earlier versions made."""

from __future__ import annotations

from collections.abc import Mapping

from data_contracts.results.public_record import PublicRecord

RESTRICTED_IN_VERSION_1: Mapping[str, frozenset[str]] = {
    "": frozenset({"risk_ratio", "sites", "standard_error", "subgroups"}),
    "diagnostics": frozenset(
        {"detectable_smd", "fewest_unlike_others", "imbalance_p", "largest_share", "two_largest_share"}
    ),
    "balance": frozenset({"fewest"}),
    "alternatives": frozenset({"standard_error"}),
    "specifications": frozenset({"standard_error"}),
    "placebo": frozenset({"standard_error"}),
    "overlap": frozenset({"chosen_count", "pool_count"}),
}
"""Keys, always empty, that a public record of version 1 shared with the restricted one, by the part they are in."""


def read_public_record(data: Mapping[str, object]) -> PublicRecord:
    """Read a public record of any version.

    Raises
    ------
    ValidationError
        If it has other keys than its version had.
    """
    if data.get("record_version") != "1":
        return PublicRecord.model_validate(data)
    fields = {name: _without(value, name) for name, value in data.items() if name not in RESTRICTED_IN_VERSION_1[""]}
    return PublicRecord.model_validate(fields | {"record_version": "2"})


def _without(value: object, part: str) -> object:
    """Leave out the keys that version 2 has no place for."""
    dropped = RESTRICTED_IN_VERSION_1.get(part, frozenset())
    if isinstance(value, list):
        return [_without(one, part) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: inner for name, inner in value.items() if name not in dropped}
