"""What is said of a result, as a code and the values that fill its blanks.

Findings, claims and reasons pass through models and files in this form. Values are coarsened before anything is
published; `wording.py` makes the sentence, and nothing reads a sentence back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

OutcomeType = Literal["binary", "numeric", "ratio"]
QuantityKind = Literal["count", "number", "share", "distance", "shift", "effect"]


class Part(BaseModel):
    """Base of everything in a record: frozen, and unknown keys are refused."""

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
        None where it may not be published: the sentence is then the one without numbers.
    decimals : int or None
        Of a number or an effect; None lets the number itself decide.
    digits : int or None
        Significant digits that an effect is rounded to before it is written.
    outcome_type, unit : str, Bilingual or None
        Of an effect.
    is_signed : bool
        Whether it is written with a plus sign.
    is_declared : bool
        Whether the protocol gives it: it rests on nobody's data and is never coarsened.
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
    """A text that the protocol, a source or a list of ours gives: a label, a claim, a name."""

    kind: Literal["words"] = "words"
    da: str
    en: str


class Names(Part):
    """Phrases of ours, by key, listed one after the other.

    Attributes
    ----------
    codes : tuple of str
        As a statement's.
    style : str
        `comma`; `lower`, the same in small letters; `steps`, things to do, with semicolons; `first`, steps that begin
        a sentence.
    """

    kind: Literal["names"] = "names"
    codes: tuple[str, ...]
    style: Literal["comma", "lower", "steps", "first"] = "comma"


class Sentences(Part):
    """Statements, one after the other, within another one."""

    kind: Literal["sentences"] = "sentences"
    statements: tuple[Statement, ...]


class Statement(Part):
    """One sentence: the key of its phrase, and what fills the phrase's blanks.

    Attributes
    ----------
    code : str
        A key of the phrases; or `source:`, `source_name:`, `cannot:`, `lift:`, `fact:`, `fact_lift:`, `gate:` and a
        code of the ladder's files.
    values : dict
        By name of the blank.
    """

    kind: Literal["statement"] = "statement"
    code: str
    values: dict[str, Value] = Field(default_factory=dict)


Value = Annotated[Quantity | Words | Names | Sentences | Statement, Field()]
Sentences.model_rebuild()
Statement.model_rebuild()


def says(code: str, **values: Value | str) -> Statement:
    """Return a statement; a plain text fills a blank as it is in both languages."""
    filled = {name: Words(da=v, en=v) if isinstance(v, str) else v for name, v in values.items()}
    return Statement(code=code, values=filled)


def as_written(text: Mapping[str, str]) -> Statement:
    """Return the statement for a text that an earlier version wrote and nobody can take apart."""
    return Statement(code="as_written", values={"text": words_value(text)})


def words_value(text: Mapping[str, str]) -> Words:
    """Return a text in two languages as a value."""
    return Words(da=text["da"], en=text["en"])


def count_value(value: float | None) -> Quantity:
    """Return a number of people or things as a value."""
    return Quantity(kind="count", value=value)


def number_value(value: float | None, decimals: int, *, is_signed: bool = False) -> Quantity:
    """Return a number with its decimals as a value."""
    return Quantity(kind="number", value=value, decimals=decimals, is_signed=is_signed)


def share_value(value: float | None) -> Quantity:
    """Return a share, 0-1, as a value; it is written in per cent."""
    return Quantity(kind="share", value=value)


def distance_value(value: float | None) -> Quantity:
    """Return a standardised difference without its sign as a value."""
    return Quantity(kind="distance", value=value)


def shift_value(value: float | None) -> Quantity:
    """Return a standardised difference with its sign as a value."""
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
    """Yield every number in a statement, those of statements within it too."""
    for value in statement.values.values():
        if isinstance(value, Quantity):
            yield value
        elif isinstance(value, Statement):
            yield from quantities(value)
        elif isinstance(value, Sentences):
            for one in value.statements:
                yield from quantities(one)
