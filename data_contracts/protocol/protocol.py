"""The protocol: what a project evaluates, fixed before outcomes are read."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import Field, create_model, field_validator

from data_contracts.calendar.quarters import Quarter, earliest_quarter
from data_contracts.designs.declared import declared_designs
from data_contracts.designs.registry import section_of, sections
from data_contracts.designs.settings import DesignSettings
from data_contracts.protocol.comparison_settings import ComparisonSettings, EffectSettings
from data_contracts.protocol.deliveries import Delivery, SamePerson
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.parts import MunicipalityCode, Name, ProjectId, Section, ShortText, Text

LifePhase = Literal["childhood", "youth", "adulthood", "old_age"]


class PreventionLevel(StrEnum):
    """The stage of a problem at which a project intervenes."""

    before_the_problem = "before_the_problem"
    early = "early"
    treating = "treating"
    rehabilitating = "rehabilitating"


class Domain(StrEnum):
    """Domains of confounders: parts of life that may explain an outcome."""

    demography = "demography"
    place = "place"
    family = "family"
    upbringing = "upbringing"
    education = "education"
    employment = "employment"
    income = "income"
    health = "health"
    substance_use = "substance_use"
    violence = "violence"
    relations = "relations"
    housing = "housing"
    crime = "crime"
    debt = "debt"
    motivation = "motivation"


class Profile(Section):
    """The project's description of itself, shown on its pages."""

    goal: Text = Field(description="What is promised.")
    from_a_to_b: Text = Field(description="Where people stand when they start, and where they should end.")
    active_ingredient: Text = Field(description="What is believed to make the difference.")
    how_people_move_on: Text = Field(description="What happens when the project ends for a person.")
    partners: Text | None = Field(default=None, description="Which firms and others take part, and with what.")
    prevention_level: PreventionLevel = Field(description="When in the course of a problem the project steps in.")
    life_phases: tuple[LifePhase, ...] = Field(
        default=(),
        description="Phases of life the project meets people in. Their risk factors (`data_contracts/ladder/life_phases.yaml`) are looked for beside confounder_domains.",
    )
    payers: tuple[Literal["municipality", "region", "state", "person", "foundation"], ...] = Field(
        default=(), description="Who pays for the project."
    )


class Intervention(Section):
    """What is done, to whom and by whom.

    Six fields from the TIDieR checklist (Hoffmann 2014). Missing ones count against the result.
    """

    why: Text | None = Field(default=None, description="Theory or reason behind the intervention.")
    what: Text | None = Field(default=None, description="Activities and materials.")
    who_delivers: Text | None = Field(default=None, description="Who delivers it, with which training.")
    how: Text | None = Field(default=None, description="Individually, in groups, by phone…")
    where: Text | None = Field(default=None, description="The places and what they need.")
    how_much: Text | None = Field(default=None, description="How often, how long, how intensely.")
    dose: Name | None = Field(
        default=None,
        description="An intake covariate that tells how much each participant got. Without it nobody knows what was given.",
    )


class Covariate(Section):
    """A fact about a person from before the project starts."""

    name: Name = Field(description="Column name, lower case.")
    label: Text = Field(description="Shown on pages.")
    type: Literal["numeric", "binary", "categorical"] = Field(description="Binary is 0 or 1.")
    domain: Domain = Field(description="Which part of a life it stands for.")
    source: Literal["register", "intake", "study", "place"] = Field(
        description="`register`: known for participants and comparison people alike. `intake`: asked of participants only, so it can describe them but never be matched on. `study`: a column of the studies table. `place`: a column of the rates table."
    )
    minimum: float | None = Field(default=None, description="Smallest possible value; others are refused.")
    maximum: float | None = Field(default=None, description="Largest possible value; others are refused.")
    levels: tuple[str, ...] = Field(default=(), description="Allowed values of a categorical covariate.")
    required: bool = Field(default=True, description="Whether every row must have it.")
    pre_period_of: Name | None = Field(
        default=None,
        description="The outcome this is an earlier measurement of, if any. Such a covariate in the score lifts a result from 4b to 4a.",
    )


class Outcome(Section):
    """What should change for a person."""

    name: Name = Field(description="Name used in the outcomes table.")
    label: Text = Field(description="Shown on pages, e.g. “In work or education after 12 months”.")
    type: Literal["binary", "numeric", "ratio"] = Field(
        description="Binary is 0 or 1. `ratio` is for reviews of risk or odds ratios: 1 is no difference."
    )
    unit: Text | None = Field(default=None, description="Unit of a numeric outcome, e.g. dollars.")
    from_months: int = Field(
        default=0, ge=0, le=600, description="The window opens this many months after the index date."
    )
    before_months: int = Field(
        default=600,
        ge=1,
        le=600,
        description="…and closes before this many. The first measurement inside the window counts. Designs that follow people from a start must say both.",
    )
    direction: Literal["higher_is_better", "lower_is_better"] = Field(description="Which way is good for the person.")
    primary: bool = Field(default=False, description="Exactly one outcome is primary.")
    chosen_by: Literal["funder", "participants", "project"] = Field(description="Who wanted this outcome.")
    source: Literal["register", "self_report"] = Field(description="Self-reports weigh less.")
    smallest_worthwhile_effect: float | None = Field(
        default=None,
        gt=0,
        description="The smallest difference that would matter, in the outcome's own unit (0.05 is 5 percentage points; of a ratio, 0.9 or 1.1). Only a case study and a classification may do without.",
    )
    minimum: float | None = Field(default=None, description="Smallest possible value.")
    maximum: float | None = Field(default=None, description="Largest possible value.")
    derived: Literal["social_exclusion"] | None = Field(
        default=None,
        description="Worked out from several measurements of the same day instead of delivered. `social_exclusion`: at least three of poverty, few_relations, little_work_or_politics, little_leisure, poor_health, each delivered as 0 or 1.",
    )


class EligibilityRule(Section):
    """A condition of the target group.

    Applied to participants and comparison people alike.
    """

    covariate: Name = Field(description="A register covariate.")
    at_least: float | None = None
    at_most: float | None = None
    one_of: tuple[str, ...] = ()


class Placebo(Section):
    """Something the project cannot have changed, treated as an outcome.

    It should show no effect.
    """

    covariate: Name = Field(description="A register covariate measured before the start.")
    leave_out: tuple[Name, ...] = Field(
        description="Covariates left out of the score in this test, the placebo itself included."
    )


class KnownAnswer(Section):
    """A better answer to the same question, shown with the result as a check."""

    outcome: Name
    label: Text
    estimate: float
    standard_error: float | None = None
    source: ShortText


class PublishedAnswer(Section):
    """A published number to show with one of the result's measures."""

    outcome: Name
    measure: Name = Field(description="A code of `data_contracts/results/measures.yaml`.")
    value: float
    source: ShortText


class Evaluation(Section):
    """When results are calculated."""

    first_quarter: str = Field(
        description=f"First reporting quarter, e.g. 2025Q1, from {earliest_quarter()} on. Every quarter since counts as a look."
    )
    follow_up_months: int = Field(
        ge=0, le=600, description="People enter the cohort when this many months have passed by quarter end."
    )
    shares_people_with: ProjectId | None = Field(
        default=None,
        description="Another project with some of the same people. What they found is pooled as one study with several effects.",
    )
    planned_participants: int = Field(
        default=120,
        ge=10,
        le=10_000_000,
        description="Participants expected at the last look. The interval that holds at every look is tightest there; it holds whatever is written here.",
    )

    @field_validator("first_quarter")
    @classmethod
    def _is_quarter(cls, value: str) -> str:
        quarter = Quarter.parse(value)
        if quarter.year > 2200:
            raise ValueError("The year must be at most 2200")
        return str(quarter)


LAYOUT_KEYS = (
    "files",
    "each_file",
    "format",
    "delimiter",
    "encoding",
    "sheet",
    "header_row",
    "rows_to_drop",
    "expected_shifts",
    "retention_until",
)


if TYPE_CHECKING:
    Design = str
else:
    Design = Literal[tuple(declared_designs())]


class ProtocolBeginning(Section):
    """The keys of a protocol that precede the designs' sections."""

    protocol_version: Literal["1"] = Field(description="Version of this format.")
    id: ProjectId = Field(description="The project's id; also the name of its folder and inbox.")
    name: Text
    organisation: str = Field(min_length=1, max_length=200)
    data_note: Literal["synthetic", "public_microdata", "confidential"] = Field(
        default="confidential", description="What kind of data this is; synthetic data are marked wherever they show."
    )
    profile: Profile
    intervention: Intervention
    municipalities: tuple[MunicipalityCode, ...] = Field(default=(), description='Municipality codes, e.g. "0751".')
    design: Design = Field(description="What the result is compared with; each has a page under `docs/designs/`.")
    claimed_rung: int | None = Field(
        default=None, ge=1, le=7, description="The rung the project says it is on. Kept beside the earned one."
    )
    identifier_scheme: Literal["cpr", "cpr_test", "local"] = Field(
        description="`cpr`: Danish person numbers. `cpr_test`: numbers with 60 added to the day, which no person has. `local`: the project's own ids."
    )
    treated_defined_by: Literal["start", "completion"] = Field(
        default="start",
        description="Who counts as a participant. Counting only those who completed builds the result into the group.",
    )
    eligibility: tuple[EligibilityRule, ...] = ()
    same_person: SamePerson = SamePerson()
    outcomes: tuple[Outcome, ...] = Field(min_length=1)
    covariates: tuple[Covariate, ...] = ()
    confounder_domains: tuple[Domain, ...] = Field(
        default=(),
        description="The domains that matter for this outcome, measured or not. One without a covariate stays on the result as an error source.",
    )
    comparison: ComparisonSettings = ComparisonSettings(method="none")
    effects: EffectSettings = EffectSettings(estimator="of_the_design")


# Designs' sections are found in `data_contracts/designs/`; `Protocol.settings` returns them with their types.
if TYPE_CHECKING:
    WithDesigns = ProtocolBeginning
else:
    WithDesigns = create_model(
        "WithDesigns", __base__=ProtocolBeginning, **{name: (kind, kind()) for name, kind in sections().items()}
    )

Settings = TypeVar("Settings", bound=DesignSettings)


class Protocol(WithDesigns):
    """An evaluation protocol: all that is decided before outcomes are read."""

    placebo_outcomes: tuple[Placebo, ...] = ()
    known_answers: tuple[KnownAnswer, ...] = ()
    published_answers: tuple[PublishedAnswer, ...] = ()
    evaluation: Evaluation
    deliveries: tuple[Delivery, ...] = Field(min_length=1)
    seed: int = Field(default=2026, ge=0, le=2**31 - 1, description="Recorded with every result.")

    def settings(self, kind: type[Settings]) -> Settings:
        """Return a design's section by its class, e.g. `TrialSettings`."""
        section: Settings = getattr(self, section_of(kind))
        return section

    def with_settings(self, section: DesignSettings) -> Protocol:
        """Return the protocol with a design's section replaced."""
        return self.model_copy(update={section_of(type(section)): section})

    @property
    def design_sections(self) -> tuple[DesignSettings, ...]:
        """The sections of all designs; only the declared design's is used."""
        return tuple(getattr(self, name) for name in sections())

    @property
    def units_are_places(self) -> bool:
        """Whether the units are places, whose binary outcomes are shares."""
        section = getattr(self, declared_designs()[self.design].section)
        return isinstance(section, DesignSettings) and section.has_places

    @property
    def sha256(self) -> str:
        """Hash of the content.

        Comments, order of keys, blank lines and keys left at their default do not matter.
        """
        content = json.dumps(self._declared(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def plan_sha256(self) -> str:
        """Hash of the plan."""
        return hashlib.sha256(json.dumps(self.plan, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def plan(self) -> dict[str, Any]:
        """What was promised, without names, layout and retention of files."""
        content = self._declared()
        for delivery in content["deliveries"]:
            for key in LAYOUT_KEYS:
                delivery.pop(key, None)
        return content

    def _declared(self) -> dict[str, Any]:
        """Return what differs from defaults.

        Otherwise a key added in a later version would make an unchanged plan look changed.
        """
        return self.model_dump(mode="json", exclude_defaults=True)

    @property
    def primary_outcome(self) -> Outcome:
        """The one primary outcome."""
        return next(outcome for outcome in self.outcomes if outcome.primary)

    @property
    def delivered_outcomes(self) -> tuple[str, ...]:
        """Names of measurements: outcomes, and parts of derived ones."""
        rules = read_knowledge("derived_outcomes")["outcomes"]
        names: list[str] = []
        for outcome in self.outcomes:
            names += [outcome.name] if outcome.derived is None else list(rules[outcome.derived]["components"])
        return tuple(dict.fromkeys(names))

    @property
    def register_covariates(self) -> tuple[Covariate, ...]:
        """Covariates known for participants and comparison people alike."""
        return tuple(c for c in self.covariates if c.source == "register")

    @property
    def intake_covariates(self) -> tuple[Covariate, ...]:
        """Covariates asked of participants only."""
        return tuple(c for c in self.covariates if c.source == "intake")

    def covariate(self, name: str) -> Covariate:
        """Return a covariate by name; raise KeyError if there is none."""
        for covariate in self.covariates:
            if covariate.name == name:
                return covariate
        raise KeyError(name)
