"""Settings of a systematic review."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from data_contracts.designs.settings import DesignSettings
from data_contracts.reading.parts import Name, Section, ShortText


class SearchRule(Section):
    """How studies were searched for and selected.

    Without it, several studies are a narrative review.
    """

    searched_in: tuple[ShortText, ...] = Field(min_length=1, description="Databases, registers and people asked.")
    terms: ShortText = Field(description="Search words.")
    last_searched_on: date
    included_if: tuple[ShortText, ...] = Field(min_length=1, description="What a study must have to be included.")


class ReviewSettings(DesignSettings):
    """A systematic review (rung 1): the studies, and how they are pooled."""

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


SETTINGS = ReviewSettings
