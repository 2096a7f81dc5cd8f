"""The adapter from frozen values to JSON data, and back by type.

Dataclasses and models, nested as they are, go through pydantic: tuples become lists, enums their values. Other
fields are marked where they are declared: `LeftOut` is stored elsewhere or not at all, `Known` is a float that
may be unknown.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, JsonValue, PlainSerializer, TypeAdapter
from pydantic.annotated_handlers import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

Value = TypeVar("Value")


class _AsItIs:
    """Marker of a field that is kept unchecked.

    JSON cannot represent the value.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.any_schema()


LeftOut = Annotated[Value, _AsItIs(), Field(exclude=True)]
"""A field that is not part of the data: an array, a frame, or what is stored under another key."""


def _nan_where_unknown(value: float | None) -> float:
    return math.nan if value is None else value


def _null_where_unknown(value: float) -> float | None:
    return None if math.isnan(value) else value


Known = Annotated[float, BeforeValidator(_nan_where_unknown), PlainSerializer(_null_where_unknown)]
"""A float that is NaN where nobody knows it, and null in the data."""


_made: dict[Any, TypeAdapter[Any]] = {}


def _adapter_of(kind: Any) -> TypeAdapter[Any]:
    """Return the cached adapter of a type."""
    if kind not in _made:
        _made[kind] = TypeAdapter(kind)
    return _made[kind]


def as_data(value: object) -> dict[str, JsonValue]:
    """Return a dataclass or a model as data.

    Returns
    -------
    dict
        What `json.dumps` writes, without the fields that are `LeftOut`.
    """
    found: dict[str, JsonValue] = _adapter_of(type(value)).dump_python(value, mode="json", by_alias=True)
    return found


def read_as(kind: type[Value], data: object) -> Value:
    """Read a value back from its data.

    Parameters
    ----------
    kind : type
        A dataclass, a model, or a list or tuple of them.
    data
        As `as_data` gives it; keys that the type does not have are ignored.

    Raises
    ------
    ValidationError
        If the data are not of this type.
    """
    found: Value = _adapter_of(kind).validate_python(data)
    return found
