"""Design facts: what was really done, as far as the stations saw it.

A fact that is missing counts as false, so removing one can never raise a rung.
"""

from __future__ import annotations

from dataclasses import Field, asdict, make_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from data_contracts.ladder.ladder import DesignFact, RungRule, design_facts, rung_rules

Fact = bool | int | str | None
BLANK: dict[str, Fact] = {"count": 0, "hash": None, "yes_or_no": False}

if TYPE_CHECKING:

    class DesignFacts:
        """Verified facts about one result; each is explained where it is declared."""

        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

        def __init__(self, **facts: Fact) -> None: ...
        def __getattr__(self, name: str) -> Fact: ...
else:
    # Its fields are the facts that the ladder and the designs declare, so that a design can bring its own.
    DesignFacts = make_dataclass(
        "DesignFacts",
        [(name, Fact, BLANK[fact.kind]) for name, fact in design_facts().items()],
        frozen=True,
        slots=True,
        namespace={"__doc__": "Verified facts about one result.", "__module__": __name__},
    )


def held(facts: DesignFacts) -> dict[str, bool]:
    """Return for every fact whether it holds.

    A count holds from the number that the rules ask for.
    """
    return {name: _holds(value, design_facts()[name]) for name, value in asdict(facts).items()}


def _holds(value: Fact, fact: DesignFact) -> bool:
    if fact.at_least is not None:
        return isinstance(value, int) and value >= fact.at_least
    return bool(value)


def earned_rung(facts: DesignFacts) -> str:
    """Return the detail (e.g. `4a`) of the first rule whose needs are all met.

    Total: every combination of facts has an answer, for the last rule needs nothing.
    """
    return rule_for(held(facts)).detail


def rule_for(holds: dict[str, bool]) -> RungRule:
    """Return the first rule whose needs are all met."""
    return next(rule for rule in rung_rules() if all(holds[name] for name in rule.needs))


@cache
def rule_of(detail: str) -> RungRule:
    """Return the rule of a detail such as `4a`."""
    return next(rule for rule in rung_rules() if rule.detail == detail)


def rung_number(detail: str) -> int:
    """Return 4 for `4a`."""
    return int(detail[0])
