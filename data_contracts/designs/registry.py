"""Each design's section of a protocol and its rules, found by listing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from data_contracts.designs.declared import declared_designs
from data_contracts.designs.settings import DesignSettings
from data_contracts.reading.design_folders import own_parts
from data_contracts.reading.raw import Raw, Rows, RuleFault

Rules = Callable[[Raw, Rows, Rows], Iterator[RuleFault]]


@cache
def sections() -> dict[str, type[DesignSettings]]:
    """Return the class of each design's section by its name in a protocol.

    Designs that follow people come first, then the others; each by rung from the top. A design without `settings.py`
    reads shared sections only.
    """
    designs, own = declared_designs(), own_parts("data_contracts", "settings", "SETTINGS")
    return {designs[name].section: own[name] for name in sorted(own, key=lambda name: not designs[name].follows_people)}


def section_of(kind: type[DesignSettings]) -> str:
    """Return the name of a design's section in a protocol."""
    return next(name for name, own in sections().items() if own is kind)


@cache
def own_rules() -> dict[str, Rules]:
    """Return the function `faults` in each design's `rules.py`."""
    return own_parts("data_contracts", "rules", "faults")
