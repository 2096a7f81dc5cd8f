"""Dagster definitions: the asset graph, schedules and sensors.

`build_defs(**overrides)` gives a fresh set for a test; `defs` is what
`workspace.yaml` loads.
"""

from __future__ import annotations

from typing import Any

from dagster import Definitions

from assets.storage.home import Home
from pipelines.graph import build_graph
from pipelines.janitor import janitor_sensor
from pipelines.jobs import retention_job
from pipelines.notices import failure_notice
from pipelines.schedules import quarterly_schedule, retention_schedule
from pipelines.sensors import drop_folder_sensor, publication_sensor
from pipelines.whole_quarter import whole_quarter_job


def build_defs(**overrides: Any) -> Definitions:
    """Return a fresh set of definitions.

    Parameters
    ----------
    **overrides
        `home`: a Home instead of the environment's; anything else replaces an argument of `Definitions`.
    """
    home = overrides.pop("home", None) or Home.from_environment()
    arguments: dict[str, Any] = {
        "jobs": [whole_quarter_job, retention_job],
        "schedules": [quarterly_schedule, retention_schedule],
        "sensors": [drop_folder_sensor, publication_sensor, janitor_sensor, failure_notice],
    }
    return build_graph(home, **(arguments | overrides))


defs = build_defs()
