"""Settings of a protocol that its design does not read."""

from __future__ import annotations

from data_contracts.designs.declared import declared_designs
from data_contracts.protocol.protocol import Protocol

SPLIT = ("comparison", "effects")
"""Sections of which each design reads a part."""
NOTHING_SAID = ("none", "of_the_design")
"""Values of required keys that leave the choice to the design."""


def unused_settings(protocol: Protocol) -> tuple[str, ...]:
    """Return declared settings that have no effect, by path and section.

    Returns
    -------
    tuple of str
        E.g. `("effects.alternatives", "panel")`, sorted. Settings left at their default are not declared.
    """
    designs = declared_designs()
    uses = set(designs[protocol.design].uses)
    some_use = {key.split(".")[0] for design in designs.values() for key in design.uses}
    declared = protocol.plan
    names = {key for key in declared if key in some_use}
    for section in names & set(SPLIT):
        if any(used.startswith(f"{section}.") for used in uses):
            said = {key for key, value in declared[section].items() if value not in NOTHING_SAID}
            names |= {f"{section}.{key}" for key in said}
            names.discard(section)
    return tuple(sorted(names - uses))
