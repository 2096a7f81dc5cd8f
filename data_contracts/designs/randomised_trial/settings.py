"""Settings of a randomised trial."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from data_contracts.designs.settings import DesignSettings
from data_contracts.reading.parts import Name

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
TrialEstimator = Literal["assigned_difference", "assigned_adjusted"]


class TrialSettings(DesignSettings):
    """A randomised trial (rung 2): the draw, and how groups are compared.

    Everybody counts in the group they were assigned to.
    """

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

    def required_columns(self, table: str) -> tuple[str, ...]:
        """Return the column of strata or units that were randomised."""
        drawn_by = {"blocked": "block", "cluster": "cluster"}.get(self.drawn)
        return (drawn_by,) if table == "assignment" and drawn_by is not None else ()

    def file_sha256(self, table: str) -> str | None:
        """Return the SHA-256 of the list named in the protocol."""
        return self.assignment_list_sha256 if table == "assignment" else None


SETTINGS = TrialSettings
