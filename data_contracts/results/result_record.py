"""The result record: one result, with everything needed to judge it.

No field holds a number without its doubt: interval, counts, rung and error
sources stand in the same record.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["estimated", "assessed", "told", "pooled_only", "not_estimable", "suppressed"]
"""`assessed`: a number that people judged. `told`: no number at all. `pooled_only`: one that may count among others in a
synthesis, and is never shown alone."""


class Part(BaseModel):
    """Base of every part: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(Part):
    """A text in Danish and English."""

    da: str
    en: str


class Diagnostics(Part):
    """How alike the groups are; shares are 0-1."""

    max_smd_before: float | None = None
    max_smd_after: float | None = None
    effective_sample_size: float | None = None
    overlap_share: float | None = None
    propensity_auc: float | None = None
    outcome_missing_treated_share: float | None = None
    outcome_missing_control_share: float | None = None
    minimal_detectable_effect: float | None = None
    fewest_unlike_others: int | None = Field(default=None, description="Restricted zone only.")
    largest_share: float | None = Field(default=None, description="Restricted zone only.")
    two_largest_share: float | None = Field(default=None, description="Restricted zone only.")
    e_value: float | None = None
    e_value_limit: float | None = None
    rosenbaum_gamma: float | None = Field(default=None, description="None where people are not in matched sets.")
    robustness_value: float | None = Field(default=None, description="Cinelli and Hazlett; a share, 0-1.")
    robustness_limit: float | None = None
    benchmark_label: Bilingual | None = Field(default=None, description="The strongest measured covariate.")
    benchmark_adjusted: float | None = Field(
        default=None, description="The regression's estimate, had a factor as strong as that one been left out."
    )
    ease: float | None = Field(
        default=None, description="Expected absolute systematic error of the negative controls, as a log risk ratio."
    )
    negative_controls: int | None = None
    detectable_smd: float | None = Field(default=None, description="Restricted zone only.")
    imbalance_p: float | None = Field(default=None, description="Restricted zone only.")


class AlternativeEstimate(Part):
    """Another estimate of the same thing; all that were declared are shown."""

    estimator: str
    estimate: float | None = None
    standard_error: float | None = None
    interval_low: float | None = None
    interval_high: float | None = None


class Specification(AlternativeEstimate):
    """What another declared comparison gave."""

    name: str
    label: Bilingual
    reason: Bilingual | None = None


class SubgroupResult(Specification):
    """What was found for a part of the participants; restricted zone only."""

    n_treated: int
    n_control: int
    q_value: float | None = None


class RiskRatioRow(Part):
    """How many times as common a binary outcome is; restricted zone only."""

    value: float
    interval_low: float
    interval_high: float


class PlaceboResult(Part):
    """A test on something the project cannot have changed, in that thing's own unit."""

    covariate: str
    label: Bilingual
    outcome_type: Literal["binary", "numeric"]
    unit: Bilingual
    rounded_to: float | None = None
    estimator: str
    estimate: float | None = None
    standard_error: float | None = None
    interval_low: float | None = None
    interval_high: float | None = None
    fails: bool | None = None


class BalanceRow(Part):
    """Standardised mean difference of one covariate before and after."""

    covariate: str
    label: Bilingual
    smd_before: float | None
    smd_after: float | None
    fewest: int | None = Field(default=None, description="Restricted zone only.")


class OverlapRow(Part):
    """A fifth of the participants, the least likely to take part first; shares of other groups with such a score, 0-1."""

    pool_share: float | None
    chosen_share: float | None
    pool_count: int | None = Field(default=None, description="Restricted zone only.")
    chosen_count: int | None = Field(default=None, description="Restricted zone only.")


class PlaceRow(Part):
    """How many of a result's participants come from a municipality."""

    code: str
    name: str
    count: int | None
    quarter: str = Field(description="Whose count it is: an earlier quarter's, where too few have changed since.")
    is_hidden: bool = False


class KnownAnswerRow(Part):
    """A better answer to the same question, from elsewhere."""

    label: Bilingual
    estimate: float
    standard_error: float | None
    source: str


class AttritionStep(Part):
    """People left after a step of restriction."""

    step: str
    treated: int | None
    pool: int | None


class ErrorSourceState(Part):
    """What is known of one error source."""

    code: str
    state: Literal["clear", "warning", "serious", "not_measured", "not_measurable"]
    metric: str
    value: float | None = None
    threshold: float | None = None
    direction: Literal["towards_effect", "towards_no_effect", "unknown"] = "unknown"
    is_critical: bool = Field(default=False, description="Takes two levels of certainty instead of one.")
    finding: Bilingual
    mitigation: Bilingual


class MeasureRow(Part):
    """A number that says something of the comparison, beside its effect; a code of `measures.yaml`."""

    code: str
    value: float | None
    interval_low: float | None = None
    interval_high: float | None = None
    published_value: float | None = None
    published_source: str | None = None


class PartRow(Part):
    """One thing the result is made of: a study, a time, a block, a rival explanation."""

    kind: str
    label: Bilingual
    estimate: float | None = None
    interval_low: float | None = None
    interval_high: float | None = None
    weight_share: float | None = None
    count: int | None = None
    is_hidden: bool = False


class CertaintyStepRow(Part):
    """One step of the reasoning that led to the certainty."""

    kind: str
    change: int
    codes: tuple[str, ...] = ()
    text: Bilingual


class CrosswalkRow(Part):
    """How another standard grades the same design."""

    standard: str
    grade: Bilingual
    strength: int | None = Field(default=None, description="3 strong to 0 not accepted.")


class LiftRow(Part):
    """What it takes to get one step further."""

    kind: Literal["rung", "certainty"]
    reaches: str
    missing: tuple[str, ...]
    effort: int = Field(ge=1, le=3, description="1 data that exist, 2 new data, 3 another way of running the project.")
    fields_per_participant: float
    minutes_per_participant: float
    text: Bilingual


class PlanChangeRow(Part):
    """One key of the protocol that differs from the locked one."""

    key: str
    kind: Literal["added", "removed", "changed"]
    before: str | None
    after: str | None


class TagChange(Part):
    """What is different from an earlier quarter's tag."""

    since: str
    what: Literal["rung", "certainty", "verdict", "error_source", "fact", "protocol"]
    name: str | None = None
    before: str | None = None
    after: str | None = None
    text: Bilingual


class BiasAnswer(Part):
    """One question of a risk-of-bias instrument and the check that answered it."""

    question: str
    text: Bilingual
    answer: str
    answered_by: Literal["pipeline", "person", "nobody"]
    check: str = Field(description="Which check gave the answer; `signed` for a person's.")
    because: Bilingual


class BiasDomain(Part):
    """One domain of a risk-of-bias instrument."""

    domain: str
    name: Bilingual
    judgement: str
    answers: tuple[BiasAnswer, ...]


class RiskOfBias(Part):
    """A risk-of-bias instrument, filled in as far as the pipeline and signed judgements reach."""

    instrument: Literal["robins_i", "rob_2"]
    version: str
    overall: str
    signed_by: str | None = None
    domains: tuple[BiasDomain, ...]


class Evidence(Part):
    """The tag."""

    rung: int = Field(ge=1, le=7)
    rung_detail: str
    claimed_rung: int | None = None
    facts: dict[str, bool] = Field(description="Every fact that may decide a rung, and whether it holds.")
    certainty: Literal["high", "moderate", "low", "very_low"]
    certainty_steps: tuple[CertaintyStepRow, ...]
    why: tuple[Bilingual, ...]
    error_sources: tuple[ErrorSourceState, ...]
    crosswalk: tuple[CrosswalkRow, ...]
    crosswalk_disagreement: Bilingual | None = None
    risk_of_bias: RiskOfBias | None = None
    protocol_changes: tuple[PlanChangeRow, ...] = ()
    lifts: tuple[LiftRow, ...] = ()
    next_step: Bilingual
    changes: tuple[TagChange, ...] = Field(default=(), description="Against the quarter before.")
    ruleset_version: str


class Claims(Part):
    """What may and may not be said."""

    can: tuple[Bilingual, ...]
    cannot: tuple[Bilingual, ...]
    verdict: str
    verdict_text: Bilingual


class Provenance(Part):
    """How to get the same number again."""

    code_version: str
    contract_versions: dict[str, str]
    protocol_sha256: str
    input_sha256: str
    seed: int


class ResultRecord(Part):
    """One result of one project in one quarter."""

    record_version: Literal["1"] = "1"
    result_id: str = Field(pattern=r"^[a-z0-9-]{1,41}\.\d{4}Q[1-4]\.[a-z0-9_-]{1,41}$", description="Names the page.")
    project: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")
    project_name: Bilingual
    organisation: str
    data_note: Literal["synthetic", "public_microdata", "confidential"]
    municipalities: tuple[str, ...]
    quarter: str = Field(pattern=r"^\d{4}Q[1-4]$")
    outcome: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")
    outcome_label: Bilingual
    outcome_type: Literal["binary", "numeric", "ratio"]
    outcome_direction: Literal["higher_is_better", "lower_is_better"]
    outcome_chosen_by: str
    unit: Bilingual
    primary: bool
    status: Status
    status_reason: Bilingual | None = None
    highest_supported_rung: int | None = None
    design: str
    compared_with: Bilingual
    estimand: str
    estimator: str
    estimate: float | None = None
    standard_error: float | None = None
    interval_low: float | None = None
    interval_high: float | None = None
    interval_method: str | None = None
    always_valid_low: float | None = Field(default=None, description="The interval that holds at every look.")
    always_valid_high: float | None = None
    always_valid_tuned_for: int | None = Field(default=None, description="Participants at which it is tightest.")
    looks_count: int | None = None
    confidence_level: float
    raw_difference: float | None = None
    treated_value: float | None = None
    control_value: float | None = None
    n_treated: int | None
    n_control: int | None
    n_dropped: int | None
    counted: Literal["people", "units", "studies", "raters", "cases"] = Field(
        default="people", description="What the counts count."
    )
    rounded_to: float | None = None
    restated_times: int = Field(default=0, description="How often the number has changed since it was first published.")
    restated_because: Literal["deliveries", "protocol", "method"] | None = None
    repeats_quarter: str | None = Field(
        default=None, description="The quarter whose released numbers stand, because too few people have changed since."
    )
    diagnostics: Diagnostics
    balance: tuple[BalanceRow, ...] = ()
    alternatives: tuple[AlternativeEstimate, ...] = ()
    specifications: tuple[Specification, ...] = ()
    subgroups: tuple[SubgroupResult, ...] = ()
    sites: tuple[SubgroupResult, ...] = Field(default=(), description="By municipality; restricted zone only.")
    risk_ratio: RiskRatioRow | None = None
    placebo: tuple[PlaceboResult, ...] = ()
    known_answers: tuple[KnownAnswerRow, ...] = ()
    flow: tuple[AttritionStep, ...] = ()
    overlap: tuple[OverlapRow, ...] = ()
    places: tuple[PlaceRow, ...] = Field(default=(), description="Participants by municipality.")
    measures: tuple[MeasureRow, ...] = ()
    parts: tuple[PartRow, ...] = ()
    texts: tuple[Bilingual, ...] = Field(default=(), description="What is told where there is no number.")
    evidence: Evidence
    claims: Claims
    provenance: Provenance
