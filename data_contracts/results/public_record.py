"""The public record: one result as it may be published.

Each field is marked with how it is coarsened (`zones.py`). `models/disclosure/record.py` builds the record from a
restricted one, field by field, so fields that are not defined here are never published.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, computed_field

from data_contracts.results.public_evidence import Claims, Evidence, Provenance
from data_contracts.results.statements import Bilingual, OutcomeType, Part, Statement
from data_contracts.results.worded import Worded
from data_contracts.results.wording import in_words
from data_contracts.results.zones import AS_IS, BUILT, COUNT, DIFFERENCE, EFFECT, OWN, RATIO, SHARE

Status = Literal["estimated", "assessed", "told", "pooled_only", "not_estimable", "suppressed"]
"""`assessed`: a number from people's judgement. `told`: no number. `pooled_only`: a number that may enter a synthesis but is
never shown alone."""
Counted = Literal["people", "units", "studies", "raters", "cases"]


class Bounds(Part):
    """How strong unmeasured confounding must be to explain a result."""

    e_value: Annotated[float | None, BUILT] = None
    e_value_limit: Annotated[float | None, BUILT] = None
    rosenbaum_gamma: Annotated[float | None, RATIO] = Field(
        default=None, description="None where people are not in matched sets."
    )
    robustness_value: Annotated[float | None, SHARE] = Field(
        default=None, description="Cinelli and Hazlett; a share, 0-1."
    )
    robustness_limit: Annotated[float | None, SHARE] = None
    benchmark_label: Annotated[Bilingual | None, AS_IS] = Field(
        default=None, description="The strongest measured covariate."
    )
    benchmark_adjusted: Annotated[float | None, EFFECT] = Field(
        default=None, description="The regression's estimate, had a factor as strong as that one been left out."
    )
    ease: Annotated[float | None, DIFFERENCE] = Field(
        default=None, description="Expected absolute systematic error of the negative controls, as a log risk ratio."
    )
    negative_controls: Annotated[int | None, AS_IS] = None


class PublicDiagnostics(Bounds):
    """How similar the groups are; shares are 0-1."""

    max_smd_before: Annotated[float | None, DIFFERENCE] = None
    max_smd_after: Annotated[float | None, DIFFERENCE] = None
    effective_sample_size: Annotated[float | None, COUNT] = None
    overlap_share: Annotated[float | None, SHARE] = None
    propensity_auc: Annotated[float | None, DIFFERENCE] = None
    outcome_missing_treated_share: Annotated[float | None, SHARE] = None
    outcome_missing_control_share: Annotated[float | None, SHARE] = None
    minimal_detectable_effect: Annotated[float | None, EFFECT] = None


class PublicEstimate(Part):
    """Another estimate of the same effect; all declared ones are shown."""

    estimator: Annotated[str, AS_IS]
    estimate: Annotated[float | None, EFFECT] = None
    interval_low: Annotated[float | None, EFFECT] = None
    interval_high: Annotated[float | None, EFFECT] = None


class PublicSpecification(Worded, PublicEstimate):
    """The result of another declared comparison."""

    written: ClassVar[Mapping[str, str]] = {"reason": "reason_says"}

    name: Annotated[str, AS_IS]
    label: Annotated[Bilingual, AS_IS]
    reason_says: Annotated[Statement | None, AS_IS] = None

    @computed_field
    @property
    def reason(self) -> Bilingual | None:
        """Why there is no number, or why it is not shown alone."""
        return None if self.reason_says is None else in_words(self.reason_says)


class PublicPlacebo(Part):
    """A test on something the project cannot have changed, in its unit."""

    covariate: Annotated[str, AS_IS]
    label: Annotated[Bilingual, AS_IS]
    outcome_type: Annotated[Literal["binary", "numeric"], AS_IS]
    unit: Annotated[Bilingual, AS_IS]
    rounded_to: Annotated[float | None, BUILT] = None
    estimator: Annotated[str, AS_IS]
    estimate: Annotated[float | None, OWN] = None
    interval_low: Annotated[float | None, OWN] = None
    interval_high: Annotated[float | None, OWN] = None
    fails: Annotated[bool | None, AS_IS] = None


class PublicBalanceRow(Part):
    """Standardised mean difference of a covariate before and after."""

    covariate: Annotated[str, AS_IS]
    label: Annotated[Bilingual, AS_IS]
    smd_before: Annotated[float | None, DIFFERENCE]
    smd_after: Annotated[float | None, DIFFERENCE]


class PublicOverlapRow(Part):
    """A fifth of the participants by score, from the lowest.

    With the shares (0-1) of the other groups that have such scores.
    """

    pool_share: Annotated[float | None, SHARE]
    chosen_share: Annotated[float | None, SHARE]


class PlaceRow(Part):
    """The number of a result's participants from a municipality."""

    code: Annotated[str, AS_IS]
    name: Annotated[str, AS_IS]
    count: Annotated[int | None, BUILT]
    quarter: Annotated[str, AS_IS] = Field(
        description="Whose count it is: an earlier quarter's, where too few have changed since."
    )
    is_hidden: Annotated[bool, BUILT] = False


class KnownAnswerRow(Part):
    """A better answer to the same question, from another source."""

    label: Annotated[Bilingual, AS_IS]
    estimate: Annotated[float, AS_IS]
    standard_error: Annotated[float | None, AS_IS]
    source: Annotated[str, AS_IS]


class AttritionStep(Part):
    """People left after a selection step."""

    step: Annotated[str, AS_IS]
    treated: Annotated[int | None, COUNT]
    pool: Annotated[int | None, COUNT]


class MeasureRow(Part):
    """A number about the comparison besides its effect (`measures.yaml`)."""

    code: Annotated[str, AS_IS]
    value: Annotated[float | None, BUILT]
    interval_low: Annotated[float | None, BUILT] = None
    interval_high: Annotated[float | None, BUILT] = None
    published_value: Annotated[float | None, AS_IS] = None
    published_source: Annotated[str | None, AS_IS] = None


class PartRow(Part):
    """A part of the result: a study, time, block or rival explanation."""

    kind: Annotated[str, AS_IS]
    label: Annotated[Bilingual, AS_IS]
    estimate: Annotated[float | None, BUILT] = None
    interval_low: Annotated[float | None, BUILT] = None
    interval_high: Annotated[float | None, BUILT] = None
    weight_share: Annotated[float | None, BUILT] = None
    count: Annotated[int | None, BUILT] = None
    is_hidden: Annotated[bool, BUILT] = False


class Judged(Worded):
    """Fields that claims are based on, of results and of studies on paper."""

    written: ClassVar[Mapping[str, str]] = {"status_reason": "status_says"}

    project: Annotated[str, AS_IS] = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")
    project_name: Annotated[Bilingual, AS_IS]
    quarter: Annotated[str, AS_IS]
    outcome_label: Annotated[Bilingual, AS_IS]
    outcome_type: Annotated[OutcomeType, AS_IS]
    outcome_direction: Annotated[Literal["higher_is_better", "lower_is_better"], AS_IS]
    unit: Annotated[Bilingual, AS_IS]
    status: Annotated[Status, BUILT]
    status_says: Annotated[Statement | None, BUILT] = Field(default=None, description="Why there is no number.")
    confidence_level: Annotated[float, AS_IS]
    estimate: Annotated[float | None, EFFECT] = None
    interval_low: Annotated[float | None, EFFECT] = None
    interval_high: Annotated[float | None, EFFECT] = None
    always_valid_low: Annotated[float | None, EFFECT] = Field(
        default=None, description="The interval that holds at every look."
    )
    always_valid_high: Annotated[float | None, EFFECT] = None
    looks_count: Annotated[int | None, AS_IS] = None
    treated_value: Annotated[float | None, EFFECT] = None
    control_value: Annotated[float | None, BUILT] = None
    n_treated: Annotated[int | None, COUNT]
    n_control: Annotated[int | None, COUNT]
    rounded_to: Annotated[float | None, BUILT] = None
    texts: Annotated[tuple[Bilingual, ...], AS_IS] = Field(
        default=(), description="What is told where there is no number."
    )
    diagnostics: Bounds
    evidence: Evidence
    claims: Claims

    @computed_field
    @property
    def status_reason(self) -> Bilingual | None:
        """Why there is no number, as text."""
        return None if self.status_says is None else in_words(self.status_says)


class PublicRecord(Judged):
    """A result of one project in one quarter, as it may be published."""

    record_version: Annotated[Literal["1", "2"], AS_IS] = "2"
    result_id: Annotated[str, AS_IS] = Field(
        pattern=r"^[a-z0-9-]{1,41}\.\d{4}Q[1-4]\.[a-z0-9_-]{1,41}$", description="Names the page."
    )
    organisation: Annotated[str, AS_IS]
    data_note: Annotated[Literal["synthetic", "public_microdata", "confidential"], AS_IS]
    municipalities: Annotated[tuple[str, ...], AS_IS]
    quarter: Annotated[str, AS_IS] = Field(pattern=r"^\d{4}Q[1-4]$")
    outcome: Annotated[str, AS_IS] = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")
    outcome_chosen_by: Annotated[str, AS_IS]
    primary: Annotated[bool, AS_IS]
    highest_supported_rung: Annotated[int | None, AS_IS] = None
    design: Annotated[str, AS_IS]
    compared_with: Annotated[Bilingual, AS_IS]
    estimand: Annotated[str, AS_IS]
    estimator: Annotated[str, AS_IS]
    interval_method: Annotated[str | None, AS_IS] = None
    always_valid_tuned_for: Annotated[int | None, AS_IS] = Field(
        default=None, description="Participants at which it is tightest."
    )
    raw_difference: Annotated[float | None, EFFECT] = None
    n_dropped: Annotated[int | None, COUNT]
    counted: Annotated[Counted, AS_IS] = Field(default="people", description="What the counts count.")
    restated_times: Annotated[int, AS_IS] = Field(
        default=0, description="How often the number has changed since it was first published."
    )
    restated_because: Annotated[Literal["deliveries", "protocol", "method"] | None, AS_IS] = None
    repeats_quarter: Annotated[str | None, AS_IS] = Field(
        default=None,
        description="The quarter whose released numbers are repeated, because too few people have changed.",
    )
    diagnostics: PublicDiagnostics
    balance: tuple[PublicBalanceRow, ...] = ()
    alternatives: tuple[PublicEstimate, ...] = ()
    specifications: tuple[PublicSpecification, ...] = ()
    placebo: tuple[PublicPlacebo, ...] = ()
    known_answers: tuple[KnownAnswerRow, ...] = ()
    flow: tuple[AttritionStep, ...] = ()
    overlap: tuple[PublicOverlapRow, ...] = ()
    places: tuple[PlaceRow, ...] = Field(default=(), description="Participants by municipality.")
    measures: tuple[MeasureRow, ...] = ()
    parts: tuple[PartRow, ...] = ()
    provenance: Provenance
