"""The `design.yaml` of each design, typed.

The file also contains the design's part of the ladder, which `data_contracts/ladder/ladder.py` reads (`version`,
`facts`, `rules`, `crosswalk`, `error_sources`), and its `limits`, `gate_reasons`, `measures` and `part_kinds`, which are
added to the files of that name. Keys that a design does not need may be left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from data_contracts.reading.design_folders import declarations


@dataclass(frozen=True, slots=True)
class DeclaredDesign:
    """A declared design.

    Attributes
    ----------
    rung : int
        The rung it aims at; facts decide which rung a result earns.
    name : dict of str to str
        By language.
    tables, may_use : tuple of str
        Tables that must be delivered, and tables that it reads if they are.
    counted : str
        What n counts.
    follows_people : bool
        Whether outcomes are measured after a person's start.
    section : str
        Key of its settings in a protocol.
    uses : tuple of str
        Settings it reads among those that not every design reads.
    must_declare : tuple of str
        Keys that a protocol must have in addition to those of every design: `outcome_window`, `smallest_worthwhile_effect`,
        `confounder_domains`.
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
"""Keys of `design.yaml` that other modules read."""


@cache
def declared_designs() -> dict[str, DeclaredDesign]:
    """Return every design by name, by rung from the top.

    Raises
    ------
    TypeError
        If a file lacks a key or has an unknown one.
    """
    found = {}
    for design, said in declarations().items():
        own = {key: value for key, value in said.items() if key not in ELSEWHERE}
        lists: dict[str, Any] = {key: tuple(value) for key, value in own.items() if isinstance(value, list)}
        found[design] = DeclaredDesign(**own | lists)
    return found
