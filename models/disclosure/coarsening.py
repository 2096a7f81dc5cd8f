"""Public parts built from restricted ones.

Fields are taken by name, and each is coarsened by its kind.

Only fields that the public class names are read, so that an overlooked field cannot leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel

from data_contracts.ladder.ladder import design_facts
from data_contracts.results.statements import (
    Names,
    Quantity,
    Sentences,
    Statement,
    Value,
    Words,
)
from data_contracts.results.wording import blanks_of_code
from data_contracts.results.zones import Kind, kind_of, parts_of
from data_contracts.tables.declared import TABLES
from models.disclosure.policy import Policy, nearest, safe_count, to_step

Public = TypeVar("Public", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Rounding:
    """The rounding of one result's numbers.

    Attributes
    ----------
    policy : Policy
    effect_step, share_step : float
        What differences in the outcome's unit, and shares of people, are rounded to.
    decimals : int
        Of standardised differences.
    counts_people : bool
        Whether its counts are people, or units, studies, raters and cases that are no secret.
    hides_numbers : bool
        Whether nothing that rests on people is shown.
    """

    policy: Policy
    effect_step: float
    share_step: float
    decimals: int
    counts_people: bool
    hides_numbers: bool = False

    def number(self, kind: Kind, value: float | None) -> float | None:
        """Return a number as coarse as its kind asks; None where it is hidden."""
        if value is None or (self.hides_numbers and kind != "count"):
            return None
        if kind == "effect":
            return to_step(value, self.effect_step)
        if kind == "share":
            return to_step(value, self.share_step)
        if kind == "difference":
            return round(value, self.decimals)
        if kind == "ratio":
            return round(value, 1)
        if isinstance(value, int):
            return safe_count(value, self.policy) if self.counts_people else value
        return float(nearest(value, self.policy.round_counts_to))


def opened(public: type[Public], part: BaseModel, rounding: Rounding, **built: Any) -> Public:
    """Build a public part from a restricted one.

    Parameters
    ----------
    public : type
        The public class; its fields and their kinds decide what is read.
    **built
        Fields that are worked out elsewhere; every field of the kind `built` that has no default is among them.
    """
    fields = dict(built)
    for name, kind, inner in _fields_of(public):
        if name in built or kind == "built":
            continue
        given = getattr(part, name)
        if kind is None and inner is not None:
            fields[name] = _nested(inner, given, rounding)
        elif kind == "as_is":
            fields[name] = given if inner is None else _nested(inner, given, rounding)
        elif kind == "declared_keys":
            fields[name] = _declared(given)
        elif kind is not None:
            fields[name] = rounding.number(kind, given)
    return public(**fields)


@cache
def _fields_of(public: type[BaseModel]) -> tuple[tuple[str, Kind | None, type[BaseModel] | None], ...]:
    """Return a public class's fields, their kinds and nested models."""
    return tuple(
        (name, kind_of(field), next(parts_of(field.annotation), None)) for name, field in public.model_fields.items()
    )


def _nested(public: type[BaseModel], given: Any, rounding: Rounding) -> Any:
    if given is None:
        return None
    if isinstance(given, tuple):
        return tuple(_nested(public, one, rounding) for one in given)
    if isinstance(given, Statement):
        return opened_statement(given)
    if issubclass(public, Words) or not any(kind for _, kind, _ in _fields_of(public)):
        return public(**{name: getattr(given, name) for name in public.model_fields})
    return opened(public, given, rounding)


def _declared(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a mapping says of declared facts and tables.

    Only facts and tables that our own files declare are kept.
    """
    return {name: value for name, value in given.items() if name in design_facts() or name in TABLES}


def opened_statement(statement: Statement, rounding: Rounding | None = None) -> Statement:
    """Return a statement with its numbers coarsened or hidden.

    Only the blanks of its phrase are kept.

    Parameters
    ----------
    rounding : Rounding, optional
        None for what rests on nobody's data.
    """
    names = blanks_of_code(statement.code)
    values = {name: _value(value, rounding) for name, value in statement.values.items() if name in names}
    return Statement(code=statement.code, values=values)


def _value(value: Value, rounding: Rounding | None) -> Value:
    if isinstance(value, Statement):
        return opened_statement(value, rounding)
    if isinstance(value, Sentences):
        return Sentences(statements=tuple(opened_statement(one, rounding) for one in value.statements))
    if isinstance(value, Words):
        return Words(da=value.da, en=value.en)
    if isinstance(value, Names):
        return Names(codes=value.codes, style=value.style)
    return _quantity(value, rounding)


def _quantity(quantity: Quantity, rounding: Rounding | None) -> Quantity:
    kept = {name: getattr(quantity, name) for name in Quantity.model_fields}
    if rounding is None or quantity.is_declared or quantity.value is None:
        return Quantity(**kept)
    if rounding.hides_numbers:
        return Quantity(**kept | {"value": None})
    value = quantity.value
    # A placebo in a separate unit has its own step; it is written with two digits.
    is_own_unit = quantity.kind == "effect" and quantity.unit is None and quantity.outcome_type == "numeric"
    if quantity.kind == "effect" and not is_own_unit:
        value = to_step(value, rounding.effect_step)
    elif quantity.kind == "share":
        value = to_step(value, rounding.share_step)
    elif quantity.kind in ("distance", "shift"):
        value = round(value, rounding.decimals)
    return Quantity(**kept | {"value": value})
