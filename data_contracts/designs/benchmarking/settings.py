"""Settings of benchmarking."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from data_contracts.designs.settings import DesignSettings
from data_contracts.reading.parts import Name, ShortText

BenchmarkMethod = Literal["reference_rate", "standardised_rate", "structural_rate", "synthetic_control"]


class BenchmarkSettings(DesignSettings):
    """Comparison with a rate (rung 5)."""

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


SETTINGS = BenchmarkSettings
