"""A dossier: studies and claims about a project that exist on paper.

Anything that a source does not state is omitted, and omissions count against the study. The numbers are the source's
own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from data_contracts.ladder.ladder import DesignFact, design_facts
from data_contracts.protocol.protocol import Domain
from data_contracts.reading.parts import Name, ProjectId, Section, ShortText, Text

PERSON_NUMBER = re.compile(r"(?<!\d)\d{6}[- ]?\d{4}(?!\d)")
Link = Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=400)]


class Source(Section):
    """Bibliographic details of the study."""

    title: ShortText = Field(description="Title of the report or text.")
    authors: ShortText | None = Field(default=None, description="Who wrote it.")
    publisher: ShortText = Field(description="Who published it.")
    year: int = Field(ge=1900, le=2200, description="Year of publication.")
    link: Link | None = Field(default=None, description="Link to the source.")
    paid_by: ShortText | None = Field(default=None, description="Who ordered or paid for it.")
    read: Literal["full", "abstract", "second_hand"] = Field(
        description="How much of the source the author of this file has read."
    )


class PaperOutcome(Section):
    """The outcome that was measured."""

    label: Text = Field(description="Shown on pages.")
    type: Literal["binary", "numeric", "money"] = Field(description="Share of people, a mean, or an amount in kroner.")
    direction: Literal["higher_is_better", "lower_is_better"] = "higher_is_better"
    unit: Text | None = Field(default=None, description="Unit of a numeric outcome.")
    source: Literal["register", "self_report"] | None = Field(default=None, description="How the outcome was measured.")


MOST_PEOPLE = 1_000_000_000
ROUNDING = 0.02
"""Tolerance between a printed difference and its printed shares, because both are rounded."""


class Reported(Section):
    """The numbers that the source reports; shares are from 0 to 1."""

    treated_value: float | None = Field(default=None, description="Participants' share or mean.")
    control_value: float | None = Field(default=None, description="The comparison group's share or mean.")
    estimate: float | None = Field(default=None, description="The difference, if the source states it.")
    standard_error: float | None = Field(default=None, gt=0)
    interval_low: float | None = None
    interval_high: float | None = None
    n_treated: int | None = Field(
        default=None, ge=1, le=MOST_PEOPLE, description="Number of participants behind the result."
    )
    n_control: int | None = Field(
        default=None, ge=1, le=MOST_PEOPLE, description="Number of people in the comparison group."
    )
    finding: Literal["better", "worse", "no_clear_difference", "not_read"] | None = Field(
        default=None,
        description="The source's conclusion in words; `not_read`: a result exists, but has not been read here.",
    )

    @model_validator(mode="after")
    def _interval_is_whole(self) -> Reported:
        if (self.interval_low is None) != (self.interval_high is None):
            raise ValueError("An interval needs both interval_low and interval_high")
        if self.interval_low is not None and self.interval_high is not None:
            if self.interval_low >= self.interval_high:
                raise ValueError("interval_low must be below interval_high")
            value = self.difference
            if value is not None and not self.interval_low <= value <= self.interval_high:
                raise ValueError("The interval must contain the difference")
        if self.finding == "not_read" and self.difference is not None:
            raise ValueError("finding cannot be not_read when numbers are given; state the finding")
        return self

    @property
    def difference(self) -> float | None:
        """The source's own difference, or the one between its two values."""
        if self.estimate is not None or self.treated_value is None or self.control_value is None:
            return self.estimate
        return self.treated_value - self.control_value


class Money(Section):
    """An amount with the context needed to interpret it."""

    amount_dkk: float = Field(gt=0, le=1e15, description="The amount.")
    per: Text | None = Field(
        default=None, description="Per what: participant, mother helped to self-support, year, country."
    )
    payer: Text | None = Field(default=None, description="Who pays.")
    price_year: int | None = Field(default=None, ge=1900, le=2200)
    ratio: float | None = Field(
        default=None,
        gt=1,
        le=1000,
        description="Kroner returned for each krone paid, if the source states it next to the amount.",
    )
    is_modelled: bool = Field(
        description="Whether the amount is calculated from assumptions rather than from the participants' own outcomes."
    )


class PaperConduct(Section):
    """How the study was conducted, as far as the source states it."""

    intervention_facts_missing: int | None = Field(
        default=None, ge=0, le=6, description="How many of TIDieR's six items are missing."
    )
    counted_from: Literal["start", "completion"] | None = Field(
        default=None, description="Who counts as a participant."
    )
    open_domains: tuple[Domain, ...] | None = Field(
        default=None, description="Relevant domains that were not measured."
    )
    outcomes_count: int | None = Field(default=None, ge=1)
    calculations_reported: int | None = Field(default=None, ge=1)
    looks_count: int | None = Field(default=None, ge=1)
    lost_treated_share: float | None = Field(default=None, ge=0, lt=1)
    lost_control_share: float | None = Field(default=None, ge=0, lt=1)
    smallest_worthwhile_effect: float | None = Field(default=None, gt=0)
    author_has_interest: bool | None = Field(
        default=None, description="Whether the author delivers or pays for the project."
    )
    raters_agree: float | None = Field(default=None, ge=-1, le=1, description="Agreement beyond chance.")
    rivals_recorded_count: int | None = Field(default=None, ge=0)
    rivals_tested_count: int | None = Field(default=None, ge=0)


class PaperStudy(Section):
    """One study or claim on paper."""

    dossier_version: Literal["1"] = Field(description="Version of this format.")
    id: ProjectId = Field(description="Name of the study, and of its file.")
    name: Text = Field(description="Shown on pages.")
    claim: Text = Field(description="The claim, in brief and in your own words.")
    about: Literal["this_project", "another_project"] = Field(description="Whether it is about this project.")
    note: Text | None = Field(default=None, description="What readers must know about the study.")
    source: Source
    outcome: PaperOutcome
    reports: Reported = Reported()
    money: Money | None = None
    claimed_rung: int | None = Field(default=None, ge=1, le=7, description="The rung it is quoted as having.")
    facts: dict[Name, bool | int | str] = Field(
        default_factory=dict,
        description="Design facts the source states, by their name in `design_facts.yaml`; omit those it does not state.",
    )
    conduct: PaperConduct = PaperConduct()

    @model_validator(mode="after")
    def _numbers_fit(self) -> PaperStudy:
        own = self.reports
        if self.outcome.type == "binary":
            for name in ("treated_value", "control_value"):
                value = getattr(own, name)
                if value is not None and not 0 <= value <= 1:
                    raise ValueError(f"{name} must be a share between 0 and 1, e.g. 0.32")
            if own.estimate is not None and not -1 <= own.estimate <= 1:
                raise ValueError("estimate must be a difference of shares, between -1 and 1")
        if None not in (own.estimate, own.treated_value, own.control_value):
            apart = abs((own.estimate or 0.0) - ((own.treated_value or 0.0) - (own.control_value or 0.0)))
            limit = ROUNDING * (1.0 if self.outcome.type == "binary" else abs(own.treated_value or 1.0) or 1.0)
            if apart > limit:
                raise ValueError("estimate is not the difference of treated_value and control_value")
        if (self.conduct.rivals_tested_count or 0) > (self.conduct.rivals_recorded_count or 0):
            raise ValueError("rivals_tested_count is larger than rivals_recorded_count; correct one of them")
        if PERSON_NUMBER.search(f"{self.id} {self.name} {self.claim} {self.note} {self.outcome} {self.source.title}"):
            raise ValueError("A text contains what may be a person number; remove it")
        return self

    @field_validator("facts", mode="before")
    @classmethod
    def _facts_are_known(cls, facts: Any) -> Any:
        """Convert each fact to its type, because YAML values are strings."""
        if not isinstance(facts, dict):
            return facts
        known = design_facts()
        return {name: _fact(name, value, known) for name, value in facts.items()}


def _fact(name: str, value: Any, known: Mapping[str, DesignFact]) -> bool | int | str:
    if name not in known:
        raise ValueError(f"There is no design fact {name}. Known: {', '.join(known)}")
    text = str(value).lower()
    if known[name].at_least is not None:
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise ValueError(f"The design fact {name} must be a whole number")
        return int(text)
    if name.endswith("_sha256"):
        if re.fullmatch(r"[0-9a-f]{64}", text) is None:
            raise ValueError(f"The design fact {name} must be a SHA-256 hash of 64 hexadecimal digits, or be omitted")
        return text
    if text not in ("true", "false"):
        raise ValueError(f"The design fact {name} must be true or false")
    return text == "true"
