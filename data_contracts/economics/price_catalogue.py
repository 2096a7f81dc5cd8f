"""Prices: unit cost, payers, receivers, price level and source.

A price is positive; its direction follows from who pays and who receives it. A transfer has payers and receivers, so
that society neither gains nor loses; a service has payers only; production has receivers only.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.parts import Name, Section, ShortText, Text
from data_contracts.reading.section_reading import read_section

EARLIEST_YEAR, LATEST_YEAR = 1990, 2100
ROUNDING = 1e-9


NARROWEST = 1e-3
"""A range narrower than this share of its value counts as no range."""
FEWEST_LETTERS = 10


class Reason(Text):
    """A reason in words, long enough to be assessed."""

    @model_validator(mode="after")
    def _says_something(self) -> Reason:
        if any(sum(letter.isalpha() for letter in text) < FEWEST_LETTERS for text in (self.da, self.en)):
            raise ValueError("Give a reason in words, at least ten letters in each language")
        return self


def no_thousands_point(value: Any) -> Any:
    """Refuse a number whose point may be a thousands separator.

    Raises
    ------
    ValueError
    """
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,3}(\.\d{3})+", value.strip()):
        raise ValueError("A point before three digits could mean thousands; write 36000, or 36.0")
    return value


class Declared(Section):
    """A declared number with its source and its range.

    `why_certain` gives the reason where low and high are equal.
    """

    source: Text | None = Field(
        default=None, description="Source of the figure. Without one, the account states that no source was given."
    )
    link: ShortText | None = Field(default=None, pattern=r"^https?://[^\s]+$", description="Link to the source.")
    is_illustrative: bool = Field(default=False, description="Whether the figure is invented for demonstration.")
    why_certain: Reason | None = Field(
        default=None,
        description="Why low and high are equal, for example because the price is fixed by contract. Required when they are equal.",
    )

    def range_faults(self, low: float | None, value: float, high: float | None) -> None:
        """Refuse an incomplete, inconsistent or unexplained empty range.

        Raises
        ------
        ValueError
        """
        if (low is None) != (high is None):
            raise ValueError("A range needs both low and high")
        if low is None or high is None:
            return
        if not low <= value <= high:
            raise ValueError("The range must contain the value: low <= value <= high")
        if high - low <= NARROWEST * abs(value) and self.why_certain is None:
            raise ValueError(
                "Low and high are equal, which claims certainty; give a range, or give the reason in why_certain"
            )


class Amount(Declared):
    """An amount with its year, its range and its source."""

    amount: float = Field(ge=-1e9, le=1e9, description="Kroner per unit. A negative amount needs why_negative.")
    low: float | None = Field(
        default=None,
        ge=-1e9,
        le=1e9,
        description="Lowest plausible amount; requires high. If both are missing, the range is 50 % below to 50 % above.",
    )
    high: float | None = Field(default=None, ge=-1e9, le=1e9, description="Highest plausible amount.")
    price_year: int = Field(
        ge=EARLIEST_YEAR, le=LATEST_YEAR, description="Price level: the year whose prices the amount is in."
    )
    why_negative: Reason | None = Field(default=None, description="Why the amount is negative.")

    @field_validator("amount", "low", "high", mode="before")
    @classmethod
    def _no_thousands_point(cls, value: Any) -> Any:
        return no_thousands_point(value)

    @model_validator(mode="after")
    def _range_holds_the_amount(self) -> Amount:
        if min(self.amount, self.amount if self.low is None else self.low) < 0 and self.why_negative is None:
            raise ValueError("A price must be positive; a negative price needs why_negative")
        self.range_faults(self.low, self.amount, self.high)
        return self


class Price(Amount):
    """The price of one more unit of a consequence."""

    name: Name = Field(description="Name used by consequences.")
    label: Text = Field(description="Shown on pages.")
    unit: Text = Field(description="The unit, in the singular.")
    units: Text | None = Field(default=None, description="The unit, in the plural. Default: the same as unit.")
    kind: Literal["transfer", "service", "production"] = Field(
        description="`transfer`: money moved between payers; `service`: a resource consumed; `production`: output created."
    )
    most_a_year: float | None = Field(
        default=None, gt=0, description="Maximum units per person and year, for example 12 months."
    )
    counts: Name = Field(
        description="What is counted. Two consequences that count the same thing are refused as double counting."
    )
    paid_by: dict[Name, float] = Field(default_factory=dict, description="Payers and their shares, which sum to 1.")
    received_by: dict[Name, float] = Field(
        default_factory=dict, description="Recipients and their shares, which sum to 1."
    )

    @model_validator(mode="after")
    def _goes_one_way(self) -> Price:
        wanted = {"transfer": (True, True), "service": (True, False), "production": (False, True)}[self.kind]
        for name, shares, is_wanted in (
            ("paid_by", self.paid_by, wanted[0]),
            ("received_by", self.received_by, wanted[1]),
        ):
            if bool(shares) != is_wanted:
                raise ValueError(f"A {self.kind} {'needs' if is_wanted else 'has no'} {name}")
            shares_make_up_one(name, shares)
        return self


class PriceCatalogue(Section):
    """A set of prices with a version."""

    version: ShortText
    is_illustrative: bool = False
    note: Text | None = None
    prices: tuple[Price, ...] = Field(min_length=1)


def shares_make_up_one(name: str, shares: dict[str, float]) -> None:
    """Refuse shares that are not positive or do not sum to 1.

    Raises
    ------
    ValueError
    """
    if any(share <= 0 for share in shares.values()):
        raise ValueError(f"Shares of {name} must be above 0")
    if shares and abs(sum(shares.values()) - 1) > ROUNDING:
        raise ValueError(f"Shares of {name} must sum to 1")


@cache
def illustrative_catalogue() -> PriceCatalogue:
    """Return Trin's own catalogue, whose amounts are marked as invented."""
    text = files("data_contracts").joinpath("economics", "prices.yaml").read_text(encoding="utf-8")
    return read_section(text, "prices.yaml", PriceCatalogue)


@cache
def price_index() -> dict[int, float]:
    """Return the consumer price index by year, as the mean of its months."""
    months = read_knowledge("economics")["price_index"]["months"]
    return {int(year): sum(values) / len(values) for year, values in months.items()}
