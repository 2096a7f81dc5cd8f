"""Marks of a record's fields: whether and how they may be published.

A field without a mark is restricted. To publish one, define it in a public class with its kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Kind = Literal["as_is", "count", "effect", "share", "difference", "ratio", "own", "built", "declared_keys"]


@dataclass(frozen=True, slots=True)
class Public:
    """The mark of a field that may be published.

    Attributes
    ----------
    kind : str
        `as_is`: codes, labels and values not derived from people. `count`, `effect`, `share`, `difference` (standard
        deviations) and `ratio`: numbers, coarsened by the disclosure policy. `own`: rounded to the row's own
        `rounded_to`. `built`: recalculated from coarsened numbers. `declared_keys`: a mapping of
        which only keys declared in our files are published.
    """

    kind: Kind


AS_IS = Public("as_is")
COUNT = Public("count")
EFFECT = Public("effect")
SHARE = Public("share")
DIFFERENCE = Public("difference")
RATIO = Public("ratio")
OWN = Public("own")
BUILT = Public("built")
DECLARED_KEYS = Public("declared_keys")


def kind_of(field: FieldInfo) -> Kind | None:
    """Return a field's kind; None if it has no mark."""
    return next((mark.kind for mark in field.metadata if isinstance(mark, Public)), None)


def parts_of(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models in a field's type, including tuples and unions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from parts_of(inner)
