"""Two sections of the protocol: `comparison` and `effects`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.parts import Name, Section, ShortText, Text

Method = Literal[
    "nearest_neighbour",
    "optimal_pairs",
    "full_matching",
    "subclassification",
    "coarsened_exact",
    "inverse_probability",
    "overlap_weights",
    "entropy_balancing",
    "reference_rate",
    "none",
]
BEYOND_COMPARISONS = ("difference_to_rate", "of_the_design")
"""Estimators of designs that compare no groups."""
if TYPE_CHECKING:
    Estimator = str
else:
    Estimator = Literal[(*read_knowledge("comparison_methods")["estimators"], *BEYOND_COMPARISONS)]
Estimand = Literal["att", "ate", "ato"]


class ScoreTerm(Section):
    """A term of the score in addition to the covariates.

    A square, a curve, fewer levels, or a product of two covariates.
    """

    covariate: Name | None = Field(default=None, description="A score covariate.")
    shape: Literal["square", "spline"] | None = Field(
        default=None, description="`square` adds its square; `spline` lets it bend, straight beyond the outer knots."
    )
    knots: int | None = Field(
        default=None, ge=3, le=7, description="Knots of a spline, at quantiles (Harrell 2015, table 2.3)."
    )
    most_levels: int | None = Field(
        default=None,
        ge=2,
        le=50,
        description="Keep this many of a categorical covariate's commonest levels; the rest become one.",
    )
    interaction: tuple[Name, ...] = Field(
        default=(), max_length=2, description="Two score covariates whose product enters."
    )


class ReferenceRate(Section):
    """A rate to compare participants with, if there are no other people."""

    outcome: Name = Field(description="Which outcome the rate is of.")
    value: float = Field(description="The rate as a share, or the mean in the outcome's unit.")
    source: ShortText = Field(description="Where the rate comes from.")
    people_count: int | None = Field(
        default=None, ge=1, le=1_000_000_000, description="How many people the rate rests on, if known."
    )


class ComparisonSettings(Section):
    """How the comparison is made.

    Each method has a page in `docs/methods/`.
    """

    method: Method = Field(
        description="How the groups are made alike; `reference_rate` has no comparison people, only a rate. `none` where the design has its own section."
    )
    estimand: Estimand = Field(
        default="att",
        description="Whose effect is asked for. `att`: participants'. `ate`: everybody's. `ato`: that of people who could have been in either group.",
    )
    score_covariates: tuple[Name, ...] = Field(default=(), description="Register covariates in the propensity score.")
    score_terms: tuple[ScoreTerm, ...] = Field(default=(), description="Terms beyond the covariates themselves.")
    score_model: Literal["logit", "boosted_trees"] = Field(
        default="logit",
        description="`logit`: maximum likelihood. `boosted_trees`: gradient boosting, each person scored by trees that never saw them.",
    )
    ratio: int = Field(default=1, ge=1, le=20, description="Controls per participant.")
    replace: bool = Field(default=False, description="Whether a control may be used more than once.")
    order: Literal["largest_score", "smallest_score", "closest", "random"] = Field(
        default="largest_score",
        description="Whom nearest_neighbour serves first; `random` is drawn from the protocol's seed.",
    )
    caliper_sd_logit: float | None = Field(
        default=None,
        gt=0,
        description="Greatest distance in standard deviations of the logit of the score. Required for nearest_neighbour: it decides who is left out.",
    )
    calipers: dict[Name, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict,
        description="Numeric covariate → greatest distance in its own unit within a matched set, e.g. `{age_years: 2}`.",
    )
    mahalanobis: tuple[Name, ...] = Field(
        default=(),
        description="Of the controls within the caliper choose the one nearest in these covariates (Mahalanobis distance) instead of in the score.",
    )
    exact: tuple[Name, ...] = Field(default=(), description="Covariates that must be equal within a matched set.")
    subclasses: int | None = Field(
        default=None, ge=2, le=50, description="For subclassification: how many, cut at the participants' quantiles."
    )
    cuts: dict[Name, tuple[float, ...]] = Field(
        default_factory=dict,
        description="For coarsened_exact: covariate → cut points, each the first value of the next class; an empty list means exactly equal.",
    )
    trimming: Literal["none", "common_support", "score_range"] = Field(
        default="none",
        description="Whom to leave out before weighting or matching. `common_support`: outside the other group's range of scores. `score_range`: score below 0.1 or above 0.9 (Crump 2009).",
    )
    missing_covariates: Literal["refuse", "indicator", "impute"] = Field(
        default="refuse",
        description="`refuse`: people with a missing covariate leave the cohort, and are counted. `indicator`: fill with the mean and add a column that says so. `impute`: fill with the mean only; where a score is cross-fitted, the mean of the people it is learnt from.",
    )
    other_programme: Name | None = Field(
        default=None,
        description="Binary register covariate: took part in another programme. Shows contaminated controls.",
    )
    reference_rates: tuple[ReferenceRate, ...] = Field(default=(), description="For `reference_rate`.")


class Subgroup(Section):
    """A part of the participants whose effect is declared in advance."""

    name: Name = Field(description="Name of the subgroup.")
    label: Text = Field(description="Shown on pages.")
    covariate: Name = Field(description="A register covariate that decides who belongs.")
    at_least: float | None = None
    at_most: float | None = None
    one_of: tuple[str, ...] = ()


class Specification(Section):
    """Another reasonable comparison, declared in advance.

    All are shown, and none is chosen afterwards.
    """

    name: Name = Field(description="Name of the specification.")
    label: Text = Field(description="Shown on pages.")
    comparison: ComparisonSettings = Field(description="As the protocol's own `comparison:`, complete.")
    estimator: Estimator = Field(description="The estimator that goes with it.")


class EffectSettings(Section):
    """What is estimated, decided before outcomes are read."""

    estimator: Estimator = Field(
        description="The one whose number is the result. `of_the_design` where the design's own section names it."
    )
    alternatives: tuple[Estimator, ...] = Field(
        default=(), description="Other reasonable estimators: all are shown, none is chosen afterwards."
    )
    specifications: tuple[Specification, ...] = Field(
        default=(), description="Other reasonable comparisons, with their estimators."
    )
    subgroups: tuple[Subgroup, ...] = Field(
        default=(), description="Parts of the participants; their number counts against each of them."
    )
    learner: Literal["linear", "boosted_trees"] = Field(
        default="linear", description="What `cross_fitted` learns outcomes and scores with."
    )
    interval: Literal["analytic", "cluster_bootstrap"] = Field(
        default="analytic",
        description="`cluster_bootstrap`: percentiles of 999 draws of whole matched sets, from the protocol's seed.",
    )
    confidence_level: float = Field(default=0.95, ge=0.8, le=0.999)
