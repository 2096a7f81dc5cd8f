"""The designs' sections of a protocol and their rules, found in their folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from data_contracts.designs.declared import declared_designs
from data_contracts.designs.settings import DesignSettings
from data_contracts.reading.design_folders import own_module
from data_contracts.reading.raw import Raw, Rows, RuleFault

Rules = Callable[[Raw, Rows, Rows], Iterator[RuleFault]]


@cache
def sections() -> dict[str, type[DesignSettings]]:
    """Return the shape of each design's own section by its name in a protocol.

    Designs that follow people come first, then the others; each from the top of the ladder down. A design without
    `settings.py` reads sections that others read too.
    """
    found = {}
    designs = declared_designs()
    for name in sorted(designs, key=lambda name: not designs[name].follows_people):
        module = own_module("data_contracts", name, "settings")
        if module is not None:
            found[designs[name].section] = module.SETTINGS
    return found


def section_of(kind: type[DesignSettings]) -> str:
    """Return the name in a protocol of a design's section."""
    return next(name for name, own in sections().items() if own is kind)


def own_rules(design: str) -> Rules | None:
    """Return the function `faults` of a design's `rules.py`, or None if it has none."""
    module = own_module("data_contracts", design, "rules")
    return None if module is None else module.faults
