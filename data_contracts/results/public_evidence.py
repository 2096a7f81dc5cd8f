"""The grade, claims and provenance of a public record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, computed_field

from data_contracts.ladder.ladder import error_sources
from data_contracts.results.statements import Bilingual, Part, Statement, says
from data_contracts.results.worded import Worded
from data_contracts.results.wording import in_words
from data_contracts.results.zones import AS_IS, BUILT, DECLARED_KEYS

State = Literal["clear", "warning", "serious", "not_measured", "not_measurable"]


class ErrorSourceState(Worded):
    """What is known of one error source."""

    written: ClassVar[Mapping[str, str]] = {"finding": "finding_says"}

    code: Annotated[str, AS_IS]
    state: Annotated[State, AS_IS]
    metric: Annotated[str, AS_IS]
    value: Annotated[float | None, BUILT] = None
    threshold: Annotated[float | None, AS_IS] = None
    direction: Annotated[Literal["towards_effect", "towards_no_effect", "unknown"], AS_IS] = "unknown"
    is_critical: Annotated[bool, AS_IS] = Field(
        default=False, description="Takes two levels of certainty instead of one."
    )
    finding_says: Annotated[tuple[Statement, ...], BUILT]

    @computed_field
    @property
    def finding(self) -> Bilingual:
        """What was found."""
        return in_words(*self.finding_says)

    @computed_field
    @property
    def mitigation(self) -> Bilingual:
        """How to avoid it."""
        lift = error_sources()[self.code].lift
        return Bilingual(da=lift["da"], en=lift["en"])


class CertaintyStepRow(Worded):
    """A step of the reasoning that led to the certainty."""

    written: ClassVar[Mapping[str, str]] = {"text": "text_says"}

    kind: Annotated[str, AS_IS]
    change: Annotated[int, AS_IS]
    codes: Annotated[tuple[str, ...], AS_IS] = ()
    text_says: Annotated[Statement, AS_IS]

    @computed_field
    @property
    def text(self) -> Bilingual:
        """The step as text."""
        return in_words(self.text_says)


class CrosswalkRow(Part):
    """How another standard grades the same design."""

    standard: Annotated[str, AS_IS]
    grade: Annotated[Bilingual, AS_IS]
    strength: Annotated[int | None, AS_IS] = Field(default=None, description="3 strong to 0 not accepted.")


class LiftRow(Worded):
    """What it takes to reach the next rung or certainty."""

    written: ClassVar[Mapping[str, str]] = {"text": "text_says"}

    kind: Annotated[Literal["rung", "certainty"], AS_IS]
    reaches: Annotated[str, AS_IS]
    missing: Annotated[tuple[str, ...], AS_IS]
    effort: Annotated[int, AS_IS] = Field(
        ge=1, le=3, description="1 data that exist, 2 new data, 3 another way of running the project."
    )
    fields_per_participant: Annotated[float, AS_IS]
    minutes_per_participant: Annotated[float, AS_IS]
    text_says: Annotated[Statement, AS_IS]

    @computed_field
    @property
    def text(self) -> Bilingual:
        """What to do, what it achieves and what it costs."""
        return in_words(self.text_says)


class PlanChangeRow(Part):
    """A key of the protocol that differs from the locked plan."""

    key: Annotated[str, AS_IS]
    kind: Annotated[Literal["added", "removed", "changed"], AS_IS]
    before: Annotated[str | None, AS_IS]
    after: Annotated[str | None, AS_IS]


class TagChange(Worded):
    """A change since an earlier quarter's grade."""

    written: ClassVar[Mapping[str, str]] = {"text": "text_says"}

    since: Annotated[str, AS_IS]
    what: Annotated[Literal["rung", "certainty", "verdict", "error_source", "fact", "protocol"], AS_IS]
    name: Annotated[str | None, AS_IS] = None
    before: Annotated[str | None, AS_IS] = None
    after: Annotated[str | None, AS_IS] = None
    text_says: Annotated[Statement, AS_IS]

    @computed_field
    @property
    def text(self) -> Bilingual:
        """The change as text."""
        return in_words(self.text_says)


class BiasAnswer(Part):
    """A question of a risk-of-bias instrument, and the check that answered."""

    question: Annotated[str, AS_IS]
    text: Annotated[Bilingual, AS_IS]
    answer: Annotated[str, AS_IS]
    answered_by: Annotated[Literal["pipeline", "person", "nobody"], AS_IS]
    check: Annotated[str, AS_IS] = Field(description="Which check gave the answer; `signed` for a person's.")
    because: Annotated[Bilingual, AS_IS]


class BiasDomain(Part):
    """A domain of a risk-of-bias instrument."""

    domain: Annotated[str, AS_IS]
    name: Annotated[Bilingual, AS_IS]
    judgement: Annotated[str, AS_IS]
    answers: tuple[BiasAnswer, ...]


class RiskOfBias(Part):
    """A risk-of-bias instrument, answered by checks and signed judgements."""

    instrument: Annotated[Literal["robins_i", "rob_2"], AS_IS]
    version: Annotated[str, AS_IS]
    overall: Annotated[str, AS_IS]
    signed_by: Annotated[str | None, AS_IS] = None
    domains: tuple[BiasDomain, ...]


class Evidence(Worded):
    """The grade: rung, certainty and error sources."""

    written: ClassVar[Mapping[str, str]] = {
        "why": "why_says",
        "crosswalk_disagreement": "disagreement_says",
        "next_step": "next_step_says",
    }

    rung: Annotated[int, AS_IS] = Field(ge=1, le=7)
    rung_detail: Annotated[str, AS_IS]
    claimed_rung: Annotated[int | None, AS_IS] = None
    facts: Annotated[dict[str, bool], DECLARED_KEYS] = Field(
        description="Every fact that may decide a rung, and whether it holds."
    )
    certainty: Annotated[Literal["high", "moderate", "low", "very_low"], AS_IS]
    certainty_steps: tuple[CertaintyStepRow, ...]
    why_says: Annotated[tuple[Statement, ...], AS_IS]
    error_sources: tuple[ErrorSourceState, ...]
    crosswalk: tuple[CrosswalkRow, ...]
    disagreement_says: Annotated[Statement | None, AS_IS] = None
    risk_of_bias: RiskOfBias | None = None
    protocol_changes: tuple[PlanChangeRow, ...] = ()
    lifts: tuple[LiftRow, ...] = ()
    next_step_says: Annotated[Statement, AS_IS] = Field(default=says("lift_nothing"))
    changes: tuple[TagChange, ...] = Field(default=(), description="Against the quarter before.")
    ruleset_version: Annotated[str, AS_IS]

    @computed_field
    @property
    def why(self) -> tuple[Bilingual, ...]:
        """The facts that decided the rung, and those missing for a higher one."""
        return tuple(in_words(statement) for statement in self.why_says)

    @computed_field
    @property
    def crosswalk_disagreement(self) -> Bilingual | None:
        """Where standards disagree on the same facts."""
        return None if self.disagreement_says is None else in_words(self.disagreement_says)

    @computed_field
    @property
    def next_step(self) -> Bilingual:
        """The first thing to do."""
        return in_words(self.next_step_says)


class Claims(Worded):
    """What may be said, and what may not."""

    written: ClassVar[Mapping[str, str]] = {"can": "can_says", "cannot": "cannot_says"}

    can_says: Annotated[tuple[Statement, ...], BUILT]
    cannot_says: Annotated[tuple[Statement, ...], BUILT]
    verdict: Annotated[str, BUILT]

    @computed_field
    @property
    def can(self) -> tuple[Bilingual, ...]:
        """What may be said."""
        return tuple(in_words(statement) for statement in self.can_says)

    @computed_field
    @property
    def cannot(self) -> tuple[Bilingual, ...]:
        """What may not be said."""
        return tuple(in_words(statement) for statement in self.cannot_says)

    @computed_field
    @property
    def verdict_text(self) -> Bilingual:
        """The verdict as text."""
        return in_words(says(f"verdict_{self.verdict}"))


class Provenance(Part):
    """What is needed to reproduce the number."""

    code_version: Annotated[str, AS_IS]
    contract_versions: Annotated[dict[str, str], DECLARED_KEYS]
    protocol_sha256: Annotated[str, AS_IS]
    input_sha256: Annotated[str, AS_IS]
    seed: Annotated[int, AS_IS]
