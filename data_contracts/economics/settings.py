"""A project's account in money: the shape of `economics.yaml` in its folder.

The effect itself is not here: it comes from the evaluation, with its interval
and its rung. What would have happened anyway is measured by the control group,
so that it cannot be entered again.
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
    """A share with the range that is believable; 0-1."""

    value: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _range_holds_the_value(self) -> Share:
        self.range_faults(self.low, self.value, self.high)
        return self


class Years(Declared):
    """A number of years with the range that is believable."""

    value: float = Field(ge=0, le=LONGEST)
    low: float = Field(ge=0, le=LONGEST)
    high: float = Field(ge=0, le=LONGEST)

    @model_validator(mode="after")
    def _range_holds_the_value(self) -> Years:
        self.range_faults(self.low, self.value, self.high)
        return self


class Cost(Amount):
    """What the project costs."""

    name: Name
    label: Text
    per: Literal["participant", "project"] = Field(
        description="Per what. An amount without it means nothing; `project` needs participants."
    )
    participants: int | None = Field(
        default=None, ge=1, le=10**6, description="How many a cost of the project is shared by."
    )
    year: int = Field(
        default=0, ge=0, le=LONGEST, description="When it falls, in years after the start; 0 is the start."
    )
    paid_by: dict[Name, float] = Field(min_length=1, description="Payers and their shares, which make up 1.")

    @field_validator("participants", mode="before")
    @classmethod
    def _no_point_in_people(cls, value: Any) -> Any:
        return no_thousands_point(value)

    @model_validator(mode="after")
    def _is_paid(self) -> Cost:
        if min(self.amount, self.amount if self.low is None else self.low) < 0:
            raise ValueError("A cost is not below 0; who pays less says paid_by")
        if max(self.amount, self.amount if self.high is None else self.high) == 0:
            raise ValueError("A cost of nothing is none; leave it out, or give the range it may have")
        shares_make_up_one("paid_by", self.paid_by)
        if (self.per == "project") != (self.participants is not None):
            raise ValueError("A cost of the whole project needs participants; one per participant has none")
        return self


class Consequence(Declared):
    """What follows when one more person reaches an outcome: units of a price, a year."""

    outcome: Name = Field(description="An outcome of the protocol.")
    price: Name = Field(description="A price of the project or of the catalogue.")
    units_a_year: float = Field(
        ge=-1e4, le=1e4, description="Units more a year for one more who reaches the outcome; below 0 is fewer."
    )
    low: float | None = Field(default=None, ge=-1e4, le=1e4, description="The lowest that is believable; with high.")
    high: float | None = Field(default=None, ge=-1e4, le=1e4, description="The highest that is believable.")
    why_not_the_same: Reason | None = Field(
        default=None,
        description="Where two of an account could be one gain under two names (production twice, or a tax beside the "
        "work it is paid from): why they are not.",
    )

    @model_validator(mode="after")
    def _range_holds_the_units(self) -> Consequence:
        self.range_faults(self.low, self.units_a_year, self.high)
        return self


class Duration(Section):
    """How long an effect lasts."""

    full_years: Years = Field(description="Years in which the whole measured effect holds, from the first that counts.")
    drop_off: Share = Field(description="Share of the effect that is lost in each year after that.")
    horizon_years: int | None = Field(
        default=None, ge=1, le=LONGEST, description="Last year that counts; 10 if not said."
    )
    why_longer: Text | None = Field(default=None, description="Why the horizon is longer than ten years.")


class Proxy(Section):
    """A change for somebody that has no price, and what it is worth to them (SROI)."""

    name: Name
    stakeholder: Text
    change: Text
    outcome: Name
    counts: Name = Field(description="What is counted; a thing that a price counts already is refused.")
    value_a_year: Amount


class IndexYear(Section):
    """Consumer prices of a year that Trin does not know yet."""

    year: int = Field(ge=EARLIEST_YEAR, le=LATEST_YEAR)
    index: float = Field(ge=1, le=1e4, description="Mean of the year's months; 2015 = 100.")
    source: Text
    link: ShortText | None = Field(default=None, pattern=r"^https?://[^\s]+$", description="Where it can be read.")


class Scenario(Section):
    """A what-if: it is shown as a scenario, and never as an effect."""

    label: Text
    people: int = Field(ge=1, le=6 * 10**6, description="How many could be reached.")
    share_reached: float = Field(gt=0, le=1, description="0-1: a half is 0.5.")

    source: Text | None = Field(default=None, description="Who says so; without one it is an assumption.")
    is_illustrative: bool = Field(default=False, description="Invented to show how an account is made.")

    @field_validator("people", mode="before")
    @classmethod
    def _no_point_in_people(cls, value: Any) -> Any:
        return no_thousands_point(value)


class EconomicsSettings(Section):
    """A project's account in money."""

    economics_version: Literal["1"]
    report_price_year: int = Field(ge=EARLIEST_YEAR, le=LATEST_YEAR, description="The year's money the account is in.")
    costs: tuple[Cost, ...] = Field(min_length=1)
    consequences: tuple[Consequence, ...] = Field(min_length=1)
    duration: Duration
    displacement: Share = Field(description="Share that is lost by others: a job somebody else would have had.")
    attribution: Share = Field(description="Share of the effect that is this project's own and not another's.")
    deadweight: float = Field(
        default=0,
        description="Must be 0 where there is a comparison: the effect is what is left when that is taken off.",
    )
    tax_distortion: Literal["1", "1.1", "1.2"] = Field(
        default="1", description="1 since 2023; older values read old studies."
    )
    prices: tuple[Price, ...] = Field(
        default=(), description="The project's own prices; one of the same name replaces the catalogue's."
    )
    price_index: tuple[IndexYear, ...] = Field(
        default=(), description="Consumer prices of later years than Trin's own index."
    )
    payers: dict[Name, Text] = Field(default_factory=dict, description="Payers beside those that Trin knows.")
    proxies: tuple[Proxy, ...] = Field(default=(), description="For the social return; not for the account itself.")
    scenario: Scenario | None = None
