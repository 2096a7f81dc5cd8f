"""Statements about a result: a code, and the values of its placeholders.

Findings, claims and reasons have this form in models and files. Values are coarsened before publication; `wording.py`
makes the sentence, and no code parses one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

OutcomeType = Literal["binary", "numeric", "ratio"]
QuantityKind = Literal["count", "number", "share", "distance", "shift", "effect"]


class Part(BaseModel):
    """Base of all parts of a record: frozen, without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(Part):
    """A text in Danish and English."""

    da: str
    en: str


class Quantity(Part):
    """A number in a sentence.

    Attributes
    ----------
    kind : str
        `count`; `number`, with its `decimals`; `share`, 0-1; `distance` and `shift`, standard deviations without and
        with their sign; `effect`, in the outcome's own unit.
    value : float or None
        None if it may not be published; the sentence without numbers is then used.
    decimals : int or None
        Of a number or an effect; None if the number's size decides.
    digits : int or None
        Significant digits that an effect is rounded to.
    outcome_type, unit : str, Bilingual or None
        Of an effect.
    is_signed : bool
        Whether positive values get a plus sign.
    is_declared : bool
        Whether it comes from the protocol, not from data, and is never coarsened.
    """

    kind: QuantityKind
    value: float | None
    decimals: int | None = None
    digits: int | None = None
    outcome_type: OutcomeType | None = None
    unit: Bilingual | None = None
    is_signed: bool = False
    is_declared: bool = False


class Words(Part):
    """A text from the protocol, a source or our files, e.g. a label."""

    kind: Literal["words"] = "words"
    da: str
    en: str


class Names(Part):
    """A list of phrases, by key.

    Attributes
    ----------
    codes : tuple of str
        Codes as in a statement.
    style : str
        `comma`; `lower`, the same in lower case; `steps`, actions separated by semicolons; `first`, actions that begin
        a sentence.
    """

    kind: Literal["names"] = "names"
    codes: tuple[str, ...]
    style: Literal["comma", "lower", "steps", "first"] = "comma"


class Sentences(Part):
    """A sequence of statements within another one."""

    kind: Literal["sentences"] = "sentences"
    statements: tuple[Statement, ...]


class Statement(Part):
    """A sentence: the key of its phrase, and values of its placeholders.

    Attributes
    ----------
    code : str
        Key of a phrase; or `source:`, `source_name:`, `cannot:`, `lift:`, `fact:`, `fact_lift:` or `gate:` followed by
        a code of the ladder's files.
    values : dict
        By placeholder.
    """

    kind: Literal["statement"] = "statement"
    code: str
    values: dict[str, Value] = Field(default_factory=dict)


Value = Annotated[Quantity | Words | Names | Sentences | Statement, Field()]
Sentences.model_rebuild()
Statement.model_rebuild()


def says(code: str, **values: Value | str) -> Statement:
    """Return a statement; a plain string is used in both languages."""
    filled = {name: Words(da=v, en=v) if isinstance(v, str) else v for name, v in values.items()}
    return Statement(code=code, values=filled)


def as_written(text: Mapping[str, str]) -> Statement:
    """Return a statement for a text of record version 1."""
    return Statement(code="as_written", values={"text": words_value(text)})


def words_value(text: Mapping[str, str]) -> Words:
    """Return a bilingual text as a value."""
    return Words(da=text["da"], en=text["en"])


def count_value(value: float | None) -> Quantity:
    """Return a number of people or things as a value."""
    return Quantity(kind="count", value=value)


def number_value(value: float | None, decimals: int, *, is_signed: bool = False) -> Quantity:
    """Return a number with decimals as a value."""
    return Quantity(kind="number", value=value, decimals=decimals, is_signed=is_signed)


def share_value(value: float | None) -> Quantity:
    """Return a share (0-1) as a value, shown in per cent."""
    return Quantity(kind="share", value=value)


def distance_value(value: float | None) -> Quantity:
    """Return a standardised difference without sign as a value."""
    return Quantity(kind="distance", value=value)


def shift_value(value: float | None) -> Quantity:
    """Return a standardised difference with sign as a value."""
    return Quantity(kind="shift", value=value)


def effect_value(
    value: float | None,
    outcome_type: OutcomeType,
    unit: Mapping[str, str] | None = None,
    *,
    decimals: int | None = None,
    digits: int | None = None,
    is_signed: bool = True,
) -> Quantity:
    """Return a difference in an outcome's unit as a value."""
    return Quantity(
        kind="effect",
        value=value,
        decimals=decimals,
        digits=digits,
        outcome_type=outcome_type,
        unit=None if unit is None else Bilingual(da=unit["da"], en=unit["en"]),
        is_signed=is_signed,
    )


def quantities(statement: Statement) -> Iterator[Quantity]:
    """Yield every number in a statement and in nested statements."""
    for value in statement.values.values():
        if isinstance(value, Quantity):
            yield value
        elif isinstance(value, Statement):
            yield from quantities(value)
        elif isinstance(value, Sentences):
            for one in value.statements:
                yield from quantities(one)
