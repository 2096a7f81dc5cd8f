"""Settings of the example of an interrupted series."""

from __future__ import annotations

from pydantic import Field

from data_contracts.designs.settings import DesignSettings


class InterruptionSettings(DesignSettings):
    """An interrupted series (rung 3, an example): what else happened."""

    other_events: int | None = Field(default=None, ge=0, description="Other events at the interruption; none is 0.")


SETTINGS = InterruptionSettings
