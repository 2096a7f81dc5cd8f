"""A dossier: studies and claims about a project that exist only on paper.

Belongs here: the shape of a file in a project's `dossier/`. Does not belong
here: tagging them (models).

Everything that a source does not say is left out; what is left out counts
against the study. The numbers are the source's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from data_contracts.ladder import DesignFact, design_facts
from data_contracts.protocol_parts import Name, ProjectId, Section, ShortText, Text

Link = Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=400)]


class Source(Section):
    """Where the study is."""

    title: ShortText = Field(description="Title of the report or text.")
    authors: ShortText | None = Field(default=None, description="Who wrote it.")
    publisher: ShortText = Field(description="Who published it.")
    year: int = Field(ge=1900, le=2200, description="Year of publication.")
    link: Link | None = Field(default=None, description="Where it can be read.")
    paid_by: ShortText | None = Field(default=None, description="Who ordered or paid for it.")
    read: Literal["full", "abstract", "second_hand"] = Field(
        description="How much of the source was read by whoever filled in this file."
    )


class PaperOutcome(Section):
    """What was measured."""

    label: Text = Field(description="Shown on pages.")
    type: Literal["binary", "numeric", "money"] = Field(description="Share of people, a mean, or an amount in kroner.")
    direction: Literal["higher_is_better", "lower_is_better"] = "higher_is_better"
    unit: Text | None = Field(default=None, description="Of a numeric outcome.")
    source: Literal["register", "self_report"] | None = Field(default=None, description="Where it comes from.")


class Reported(Section):
    """The numbers the source gives; shares are 0-1."""

    treated_value: float | None = Field(default=None, description="Participants' share or mean.")
    control_value: float | None = Field(default=None, description="What it is compared with.")
    estimate: float | None = Field(default=None, description="The difference, if the source works it out itself.")
    standard_error: float | None = Field(default=None, gt=0)
    interval_low: float | None = None
    interval_high: float | None = None
    n_treated: int | None = Field(default=None, ge=0, description="Participants behind the number.")
    n_control: int | None = Field(default=None, ge=0, description="People compared with.")
    finding: Literal["better", "worse", "no_clear_difference", "not_read"] | None = Field(
        default=None,
        description="What the source says in words; `not_read`: there is a result, and nobody here has read it.",
    )

    @model_validator(mode="after")
    def _interval_is_whole(self) -> Reported:
        if (self.interval_low is None) != (self.interval_high is None):
            raise ValueError("An interval needs both interval_low and interval_high")
        return self


class Money(Section):
    """An amount, and what must be known before it means anything."""

    amount_dkk: float = Field(description="The amount.")
    per: Text | None = Field(
        default=None, description="Per what: participant, mother helped to self-support, year, country."
    )
    payer: Text | None = Field(default=None, description="Whose money.")
    price_year: int | None = Field(default=None, ge=1900, le=2200)
    is_modelled: bool = Field(description="Worked out from assumptions, not from the participants' own outcomes.")


class PaperConduct(Section):
    """How the study was done, as far as the source says."""

    intervention_facts_missing: int | None = Field(default=None, ge=0, le=6, description="Of TIDieR's six.")
    counted_from: Literal["start", "completion"] | None = Field(
        default=None, description="Who counts as a participant."
    )
    open_domains: tuple[Name, ...] | None = Field(
        default=None, description="Domains that matter and were not measured."
    )
    outcomes_count: int | None = Field(default=None, ge=1)
    calculations_reported: int | None = Field(default=None, ge=1)
    looks_count: int | None = Field(default=None, ge=1)
    lost_treated_share: float | None = Field(default=None, ge=0, le=1)
    lost_control_share: float | None = Field(default=None, ge=0, le=1)
    smallest_worthwhile_effect: float | None = Field(default=None, gt=0)
    author_has_interest: bool | None = Field(default=None, description="The author delivers or pays for the project.")
    raters_agree: float | None = Field(default=None, description="Agreement beyond chance.")
    rivals_recorded_count: int | None = Field(default=None, ge=0)
    rivals_tested_count: int | None = Field(default=None, ge=0)


class PaperStudy(Section):
    """One study or claim on paper."""

    dossier_version: Literal["1"] = Field(description="Version of this format.")
    id: ProjectId = Field(description="Name of the study, and of its file.")
    name: Text = Field(description="Shown on pages.")
    claim: Text = Field(description="What is claimed, in short and in own words.")
    about: Literal["this_project", "another_project"] = Field(description="Whether it is about this project.")
    note: Text | None = Field(default=None, description="What a reader must know about it.")
    source: Source
    outcome: PaperOutcome
    reports: Reported = Reported()
    money: Money | None = None
    claimed_rung: int | None = Field(default=None, ge=1, le=7, description="What it is quoted as.")
    facts: dict[Name, bool | int | str] = Field(
        default_factory=dict,
        description="Design facts the source states, by their name in `design_facts.yaml`; what it does not state is left out.",
    )
    conduct: PaperConduct = PaperConduct()

    @field_validator("facts", mode="before")
    @classmethod
    def _facts_are_known(cls, facts: Any) -> Any:
        """Read each fact as its kind; a hand-written file holds texts."""
        if not isinstance(facts, dict):
            return facts
        known = design_facts()
        return {name: _fact(name, value, known) for name, value in facts.items()}


def _fact(name: str, value: Any, known: Mapping[str, DesignFact]) -> bool | int | str:
    if name not in known:
        raise ValueError(f"There is no design fact {name}. Known: {', '.join(known)}")
    text = str(value).lower()
    if known[name].at_least is not None:
        if not text.isdigit():
            raise ValueError(f"The design fact {name} is a whole number")
        return int(text)
    if name.endswith("_sha256"):
        return text
    if text not in ("true", "false"):
        raise ValueError(f"The design fact {name} is true or false")
    return text == "true"
