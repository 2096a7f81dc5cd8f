"""How the other designs compare: one section of the protocol per rung but the fourth.

A protocol may hold sections of several designs; the one named by `design:` is
in force, so that changing the rung is changing one word and the tables.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from data_contracts.reading.parts import Name, Section, ShortText, Text

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
TrialEstimator = Literal["assigned_difference", "assigned_adjusted"]
PanelEstimator = Literal["group_time", "two_way_fixed_effects", "difference_in_differences", "before_after"]
BenchmarkMethod = Literal["reference_rate", "standardised_rate", "structural_rate", "synthetic_control"]


class TrialSettings(Section):
    """A randomised trial (rung 2): how lots were drawn, and how the groups are compared. Everybody counts where they were drawn."""

    assignment_list_sha256: Sha256 | None = Field(
        default=None,
        description="SHA-256 of the file with the draw, as `sha256sum` prints it, written here before outcomes are read. A list with another fingerprint is refused; without one nobody can know that the draw stood firm.",
    )
    drawn: Literal["simple", "blocked", "cluster", "waiting_list"] = Field(
        default="simple",
        description="`simple`: each person by herself. `blocked`: within the blocks of the list. `cluster`: whole clusters of the list. `waiting_list`: as simple, and the others got their place later.",
    )
    estimator: TrialEstimator = Field(
        default="assigned_difference",
        description="`assigned_difference`: difference between the groups as drawn. `assigned_adjusted`: with covariates and their interactions (Lin 2013).",
    )
    alternatives: tuple[TrialEstimator, ...] = Field(default=(), description="Shown beside it, never instead of it.")
    adjust_for: tuple[Name, ...] = Field(
        default=(), description="Register covariates from before the draw, for `assigned_adjusted`."
    )
    others_start_after_months: int | None = Field(
        default=None,
        ge=1,
        le=600,
        description="Waiting list: when the others got their place. The outcome's window must close by then.",
    )
    is_blinded: bool | None = Field(default=None, description="Whether people did not know what they got.")
    controls_get_attention: bool | None = Field(
        default=None, description="Whether the others were given as much attention by something else."
    )
    draws: int = Field(
        default=2000, ge=200, le=100_000, description="Draws of the randomisation test, from the protocol's seed."
    )


class PanelSettings(Section):
    """Units followed over time (rung 3): each is held against itself, and its change against that of units without the project."""

    period: Literal["month", "quarter", "year"] = Field(
        default="year", description="How long one wave is; outcomes are placed in it by their date, their mean counts."
    )
    units: Literal["people", "places"] = Field(
        default="people", description="`places`: schools, municipalities, states. People are protected more strictly."
    )
    estimator: PanelEstimator = Field(
        default="group_time",
        description="`group_time`: group-time effects (Callaway & Sant'Anna 2021). `two_way_fixed_effects`: one coefficient; misleading when starts are staggered and effects grow. `difference_in_differences`: mean before and after, one start. `before_after`: no comparison at all.",
    )
    alternatives: tuple[PanelEstimator, ...] = Field(default=(), description="Shown beside it, never instead of it.")
    compared_with: Literal["never_treated", "not_yet_treated"] = Field(
        default="never_treated", description="Who the change is held against, for `group_time`."
    )
    summary: Literal["simple", "dynamic"] = Field(
        default="simple",
        description="What `group_time` puts together: every group and time by size, or first each time since the start.",
    )
    weight: Name | None = Field(default=None, description="Numeric register covariate: how much each unit counts.")
    cluster: Name | None = Field(
        default=None, description="Register covariate whose units are dependent; without it each unit stands alone."
    )
    unemployment_change_share: float | None = Field(
        default=None, ge=-1, le=1, description="Change in local unemployment over the period, 0.02 is 2 points."
    )


class BenchmarkSettings(Section):
    """Held against a rate (rung 5)."""

    method: BenchmarkMethod = Field(
        default="reference_rate",
        description="`reference_rate`: a figure under comparison.reference_rates. `standardised_rate`: rates of the table by stratum, as if the others were composed like the participants. `structural_rate`: what places with such a structure usually reach. `synthetic_control`: a mixture of other places that ran alike before.",
    )
    strata: Name | None = Field(
        default=None, description="Categorical intake covariate whose levels are the strata of the rates."
    )
    own_places: tuple[ShortText, ...] = Field(
        default=(), description="Places of the rates table that the project is in; they are no part of the comparison."
    )
    starts_on: date | None = Field(
        default=None, description="First day with the project; earlier rates are before. For synthetic_control."
    )
    most_years_back: int | None = Field(
        default=None,
        ge=1,
        le=50,
        description="Leave out rates older than this; past years are compared with otherwise.",
    )


class SearchRule(Section):
    """How studies were searched for and chosen. Without it many studies are a narrative review."""

    searched_in: tuple[ShortText, ...] = Field(min_length=1, description="Databases, registers and people asked.")
    terms: ShortText = Field(description="Search words.")
    last_searched_on: date
    included_if: tuple[ShortText, ...] = Field(min_length=1, description="What a study must have to be included.")


class ReviewSettings(Section):
    """A systematic review (rung 1): which studies, and how they are pooled."""

    search: SearchRule | None = Field(default=None, description="How studies were searched for and chosen.")
    measure: Literal["as_delivered", "risk_ratio", "odds_ratio", "risk_difference"] = Field(
        default="as_delivered",
        description="How an effect is worked out from counts; `as_delivered` takes effect and standard error as they stand.",
    )
    model: Literal["random", "common"] = Field(
        default="random", description="`random`: studies differ. `common`: all measure the same effect."
    )
    between: Literal["reml", "dersimonian_laird"] = Field(
        default="reml", description="How the variance between studies is estimated."
    )
    interval: Literal["knapp_hartung", "normal"] = Field(
        default="knapp_hartung", description="Knapp & Hartung (2003) knows how few the studies are."
    )
    moderators: tuple[Name, ...] = Field(
        default=(), description="Covariates with `source: study` that may explain why studies differ."
    )
    minimum_rung: int | None = Field(
        default=None,
        ge=1,
        le=7,
        description="A sensitivity analysis without studies below this rung; they stay in the result.",
    )


class AssessmentSettings(Section):
    """Experts' judgement (rung 6): who judged, by which form, and how their answers are put together."""

    form_fixed_on: date | None = Field(
        default=None,
        description="When the questions were fixed. Later than the first answer is no structured judgement.",
    )
    scale: Literal["number", "category"] = Field(
        default="number", description="`category`: codes without order, such as diagnoses; only agreement is told."
    )
    categories: dict[str, Text] = Field(
        default_factory=dict, description="Code of a category → what it is called on pages."
    )
    aggregate: Literal["median", "linear_pool", "cooke"] = Field(
        default="median",
        description="`linear_pool`: mean of experts' distributions. `cooke`: weighted by how well they answered seed questions.",
    )
    seeds: dict[Name, float] = Field(
        default_factory=dict, description="Seed questions and their true answers, for `cooke`."
    )
    truth: float | None = Field(default=None, description="The true answer, when it has come to light.")
    naive_forecast: float | None = Field(
        default=None,
        description="What one would say without experts, e.g. last year's figure. Skill is measured against it.",
    )
    raters_have_interests: bool | None = Field(
        default=None,
        description="Whether any of them delivers or pays for the project. Undeclared counts against the result.",
    )


class PublishedAnswer(Section):
    """A published number beside one of the result's measures."""

    outcome: Name
    measure: Name = Field(description="A code of `data_contracts/results/measures.yaml`.")
    value: float
    source: ShortText
