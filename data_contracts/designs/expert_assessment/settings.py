"""Settings of an expert assessment."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from data_contracts.designs.settings import DesignSettings
from data_contracts.reading.parts import Name, Text


class AssessmentSettings(DesignSettings):
    """Expert judgement (rung 6): raters, form, and how answers are combined."""

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

    def known_words(self, table: str, outcomes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """Return what may be asked: outcomes and seed questions."""
        return {"outcome": (*outcomes, *self.seeds)} if table == "ratings" else {}

    def has_free_values(self, table: str) -> bool:
        """Return True if answers are codes of categories."""
        return table == "ratings" and self.scale == "category"


SETTINGS = AssessmentSettings
