"""Settings of a panel study."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from data_contracts.designs.settings import DesignSettings
from data_contracts.reading.parts import Name

PanelEstimator = Literal["group_time", "two_way_fixed_effects", "difference_in_differences", "before_after"]


class PanelSettings(DesignSettings):
    """Units followed over time (rung 3).

    Each is compared with itself, and its change with that of units without the project.
    """

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
        default="never_treated", description="Units that the change is compared with, for `group_time`."
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

    @property
    def has_places(self) -> bool:
        """Whether the units are places."""
        return self.units == "places"


SETTINGS = PanelSettings
