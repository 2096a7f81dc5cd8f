"""What each design reads, asks for and assumes: its `design.yaml`, typed.

The same file holds the design's part of the ladder, which `data_contracts/ladder/ladder.py` reads: `version`, `facts`,
`rules`, `crosswalk`, `error_sources`; and its own `limits`, `gate_reasons`, `measures` and `part_kinds`, which are rows of the
files of that name. Keys that a design does not need may be left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from data_contracts.reading.design_folders import declarations


@dataclass(frozen=True, slots=True)
class DeclaredDesign:
    """A design as it declares itself.

    Attributes
    ----------
    rung : int
        What its comparison is meant to be; what a result earns is decided by facts.
    name : dict of str to str
        By language.
    tables, may_use : tuple of str
        Delivered tables that it needs, and that it reads if they are delivered.
    counted : str
        What n counts.
    follows_people : bool
        Outcomes lie after a start.
    section : str
        Where its settings stand in a protocol.
    uses : tuple of str
        Settings it reads of those that not every design does.
    assumes, use_when, source, link : str
    must_declare : tuple of str
        What a protocol must say beyond what every design asks for: `outcome_window`, `smallest_worthwhile_effect`,
        `confounder_domains`.
    outcome_types : tuple of str
    example : str or None
        The demo project on its page.
    """

    rung: int
    name: dict[str, str]
    tables: tuple[str, ...]
    may_use: tuple[str, ...]
    counted: str
    follows_people: bool
    section: str
    uses: tuple[str, ...]
    assumes: str
    use_when: str
    source: str
    link: str
    must_declare: tuple[str, ...] = ()
    outcome_types: tuple[str, ...] = ("binary", "numeric")
    example: str | None = None


ELSEWHERE = frozenset(
    {"version", "facts", "rules", "crosswalk", "error_sources", "limits", "gate_reasons", "measures", "part_kinds"}
)
"""Keys of `design.yaml` that others read."""


@cache
def declared_designs() -> dict[str, DeclaredDesign]:
    """Return every design by name, from the top of the ladder down.

    Raises
    ------
    TypeError
        If a file lacks a key or holds one that nobody reads.
    """
    found = {}
    for design, said in declarations().items():
        own = {key: value for key, value in said.items() if key not in ELSEWHERE}
        lists: dict[str, Any] = {key: tuple(value) for key, value in own.items() if isinstance(value, list)}
        found[design] = DeclaredDesign(**own | lists)
    return found
