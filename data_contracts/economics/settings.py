"""A project's account in money: the schema of `economics.yaml`.

The effect itself is not entered here: it comes from the evaluation, with its interval and its rung. The control group
measures what would have happened anyway, so that cannot be entered either.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from data_contracts.economics.price_catalogue import (
    EARLIEST_YEAR,
    LATEST_YEAR,
    Amount,
    Declared,
    Price,
    Reason,
    no_thousands_point,
    shares_make_up_one,
)
from data_contracts.reading.parts import Name, Section, ShortText, Text

LONGEST = 100


class Share(Declared):
    """A share from 0 to 1 with its plausible range."""

    value: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _range_holds_the_value(self) -> Share:
        self.range_faults(self.low, self.value, self.high)
        return self


class Years(Declared):
    """A number of years with its plausible range."""

    value: float = Field(ge=0, le=LONGEST)
    low: float = Field(ge=0, le=LONGEST)
    high: float = Field(ge=0, le=LONGEST)

    @model_validator(mode="after")
    def _range_holds_the_value(self) -> Years:
        self.range_faults(self.low, self.value, self.high)
        return self


class Cost(Amount):
    """One cost of the project."""

    name: Name
    label: Text
    per: Literal["participant", "project"] = Field(
        description="Whether the amount is per participant or for the whole project; `project` requires participants."
    )
    participants: int | None = Field(
        default=None, ge=1, le=10**6, description="Number of participants who share a cost of the whole project."
    )
    year: int = Field(
        default=0, ge=0, le=LONGEST, description="Year in which the cost falls, counted from the start; 0 is the first."
    )
    paid_by: dict[Name, float] = Field(min_length=1, description="Payers and their shares, which sum to 1.")

    @field_validator("participants", mode="before")
    @classmethod
    def _no_point_in_people(cls, value: Any) -> Any:
        return no_thousands_point(value)

    @model_validator(mode="after")
    def _is_paid(self) -> Cost:
        if min(self.amount, self.amount if self.low is None else self.low) < 0:
            raise ValueError("A cost cannot be negative; use paid_by to say who pays")
        if max(self.amount, self.amount if self.high is None else self.high) == 0:
            raise ValueError("A cost of 0 has no meaning; remove it, or give its range in low and high")
        shares_make_up_one("paid_by", self.paid_by)
        if (self.per == "project") != (self.participants is not None):
            raise ValueError("A cost per project needs participants; a cost per participant must not have it")
        return self


class Consequence(Declared):
    """Price units per year for each person who reaches an outcome."""

    outcome: Name = Field(description="An outcome of the protocol.")
    price: Name = Field(description="A price of the project or of the catalogue.")
    units_a_year: float = Field(
        ge=-1e4,
        le=1e4,
        description="Additional units per year for each additional person who reaches the outcome; negative means fewer.",
    )
    low: float | None = Field(default=None, ge=-1e4, le=1e4, description="Lowest plausible value; requires high.")
    high: float | None = Field(default=None, ge=-1e4, le=1e4, description="Highest plausible value.")
    why_not_the_same: Reason | None = Field(
        default=None,
        description="Why this is not double counting, where two entries could be the same gain (production twice, or a tax and the "
        "work it is paid from).",
    )

    @model_validator(mode="after")
    def _range_holds_the_units(self) -> Consequence:
        self.range_faults(self.low, self.units_a_year, self.high)
        return self


class Duration(Section):
    """The duration of an effect."""

    full_years: Years = Field(description="Years in which the full measured effect lasts, from the first year counted.")
    drop_off: Share = Field(description="Share of the effect lost in each later year.")
    horizon_years: int | None = Field(default=None, ge=1, le=LONGEST, description="Last year counted; 10 by default.")
    why_longer: Text | None = Field(default=None, description="Why the horizon is longer than ten years.")


class Proxy(Section):
    """A change without a market price, valued for a stakeholder (SROI)."""

    name: Name
    stakeholder: Text
    change: Text
    outcome: Name
    counts: Name = Field(description="What is counted; refused if a price already counts it.")
    value_a_year: Amount


class IndexYear(Section):
    """Consumer price index of a year after Trin's own index ends."""

    year: int = Field(ge=EARLIEST_YEAR, le=LATEST_YEAR)
    index: float = Field(ge=1, le=1e4, description="Mean of the year's months; 2015 = 100.")
    source: Text
    link: ShortText | None = Field(default=None, pattern=r"^https?://[^\s]+$", description="Link to the source.")


class Scenario(Section):
    """A what-if, always shown as a scenario and never as an effect."""

    label: Text
    people: int = Field(ge=1, le=6 * 10**6, description="How many people could be reached.")
    share_reached: float = Field(gt=0, le=1, description="Share from 0 to 1; one half is 0.5.")

    source: Text | None = Field(
        default=None, description="Source of the figure; without one it is labelled an assumption."
    )
    is_illustrative: bool = Field(default=False, description="Whether the figure is invented for demonstration.")

    @field_validator("people", mode="before")
    @classmethod
    def _no_point_in_people(cls, value: Any) -> Any:
        return no_thousands_point(value)


class EconomicsSettings(Section):
    """A project's account in money."""

    economics_version: Literal["1"]
    report_price_year: int = Field(
        ge=EARLIEST_YEAR,
        le=LATEST_YEAR,
        description="Price level of the account: all amounts are converted to this year's prices.",
    )
    costs: tuple[Cost, ...] = Field(min_length=1)
    consequences: tuple[Consequence, ...] = Field(min_length=1)
    duration: Duration
    displacement: Share = Field(
        description="Share of the effect that displaces others, for example a job that another person would have got."
    )
    attribution: Share = Field(description="Share of the effect attributable to this project rather than to others.")
    deadweight: float = Field(
        default=0,
        description="Must be 0 where there is a comparison, because the effect is already net of it.",
    )
    tax_distortion: Literal["1", "1.1", "1.2"] = Field(
        default="1", description="1 since 2023; the other values are for reading older studies."
    )
    prices: tuple[Price, ...] = Field(
        default=(), description="The project's own prices; a price with the same name replaces the catalogue's."
    )
    price_index: tuple[IndexYear, ...] = Field(
        default=(), description="Consumer price index for years after Trin's own index ends."
    )
    payers: dict[Name, Text] = Field(default_factory=dict, description="Payers in addition to the predefined ones.")
    proxies: tuple[Proxy, ...] = Field(
        default=(), description="Used for the social return only, not for the account itself."
    )
    scenario: Scenario | None = None
