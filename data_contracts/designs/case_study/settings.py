"""Settings of a case study (rung 7), fixed before cases are coded."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from data_contracts.designs.settings import DesignSettings
from data_contracts.reading.parts import Name, Section, Text


class Condition(Section):
    """A property that a case has or does not have."""

    name: Name = Field(description="The item's name in the codings table.")
    label: Text


class Explanation(Section):
    """An explanation of what happened: the project, or a rival."""

    name: Name
    label: Text
    is_project: bool = Field(default=False, description="Exactly one explanation is the project's own.")
    prior: float = Field(
        gt=0, lt=1, description="How likely it was thought to be before the cases were read; they add up to 1."
    )


class TracingTest(Section):
    """A trace that is expected under one explanation and not another.

    The probabilities decide which of the four tests it is.
    """

    name: Name = Field(description="The item's name in the codings table; 1 if the trace was found.")
    label: Text
    explains: Name = Field(description="The explanation it is a test of.")
    found_if_true: float = Field(gt=0, lt=1, description="How likely the trace is if that explanation holds.")
    found_if_false: float = Field(gt=0, lt=1, description="How likely it is if any other holds.")

    @property
    def kind(self) -> Literal["straw_in_the_wind", "hoop", "smoking_gun", "doubly_decisive"]:
        """Van Evera's name for the test.

        It depends on whether the trace is nearly certain if the explanation is true, and nearly impossible if it is
        not.
        """
        is_certain, is_unique = self.found_if_true >= NEARLY_CERTAIN, self.found_if_false <= 1 - NEARLY_CERTAIN
        if is_certain:
            return "doubly_decisive" if is_unique else "hoop"
        return "smoking_gun" if is_unique else "straw_in_the_wind"


NEARLY_CERTAIN = 0.9


class CaseSettings(DesignSettings):
    """A case study (rung 7), whose result is a text and never an effect."""

    conditions: tuple[Condition, ...] = Field(
        default=(),
        max_length=8,
        description="For the qualitative comparative analysis (crisp sets): what might lead to the outcome.",
    )
    consistency: float = Field(
        default=1.0, gt=0.5, le=1, description="Share of a combination's cases that must have the outcome."
    )
    explanations: tuple[Explanation, ...] = Field(default=(), description="The project's and its rivals.")
    tests: tuple[TracingTest, ...] = Field(default=(), description="Traces looked for in every case.")
    are_people: bool = Field(
        default=True, description="Whether a case is a person; such cases are protected more strictly."
    )
    author_has_interests: bool | None = Field(
        default=None, description="Whether the author delivers or pays for the project."
    )

    def known_words(self, table: str, outcomes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """Return what may be coded in a case."""
        if table != "codings":
            return {}
        return {"item": (*(c.name for c in self.conditions), *(t.name for t in self.tests), *outcomes)}


SETTINGS = CaseSettings
