"""Everything Dagster is told: assets, checks, jobs, schedules, sensors, resources.

Belongs here: putting the parts together. Does not belong here: the parts.

`build_defs(**overrides)` gives a fresh set for a test; `defs` is what
`workspace.yaml` loads.
"""

from __future__ import annotations

import warnings
from datetime import timedelta
from typing import Any

from dagster import (
    AssetSpec,
    BetaWarning,
    Definitions,
    FreshnessPolicy,
    PreviewWarning,
    in_process_executor,
    map_asset_specs,
)

with warnings.catch_warnings():
    # Partitioned checks are a preview of Dagster's, partition mappings a beta; the version is pinned exactly.
    warnings.simplefilter("ignore", PreviewWarning)
    warnings.simplefilter("ignore", BetaWarning)
    from assets.cohort import cohort
    from assets.comparison import comparison
    from assets.deliveries import delivery_assets, delivery_checks
    from assets.dossier import dossier
    from assets.economics import accounts
    from assets.effects import effects
    from assets.evidence import records
    from assets.publication import results, site
    from assets.registers.balance import every_register_covariate_is_alike
    from assets.synthesis import portfolio

from assets.storage.home import Home
from assets.storage.store import Store
from pipelines.janitor import janitor_sensor
from pipelines.jobs import publication_job, quarterly_evaluation, retention_job
from pipelines.notices import failure_notice
from pipelines.schedules import LAG_DAYS, quarterly_schedule, retention_schedule
from pipelines.sensors import drop_folder_sensor, publication_sensor
from pipelines.whole_quarter import whole_quarter_job


def resources_for(home: Home) -> dict[str, Any]:
    """Return the resources of a home."""
    store = Store(home_folder=str(home.root))
    return {"store": store, "io_manager": store}


OWNERS = {"deliveries": "team:data", "publication": "team:publication"}
EVERYBODY_ELSE = "team:evidence"
KINDS = {
    "deliveries": {"parquet"},
    "cohort": {"pandas"},
    "comparison": {"scikitlearn"},
    "effects": {"statsmodels"},
    "evidence": {"json"},
    "synthesis": {"statsmodels"},
    "economics": {"numpy"},
    "publication": {"html", "duckdb"},
}


LONGEST_QUARTER, LAG = timedelta(days=92), timedelta(days=LAG_DAYS)
FRESH = FreshnessPolicy.time_window(warn_window=LONGEST_QUARTER + LAG / 2, fail_window=LONGEST_QUARTER + LAG)
"""A quarter is evaluated some days after it closed; when the next has been due as long and nothing was made, it is late."""


def _labelled(spec: AssetSpec) -> AssetSpec:
    """Say who answers for an asset, what it is made with, by its station, and when what people read is late."""
    station = spec.key.path[0]
    labelled = spec.replace_attributes(owners=[OWNERS.get(station, EVERYBODY_ELSE)], kinds=KINDS[station])
    if station in ("evidence", "publication"):
        return labelled.replace_attributes(freshness_policy=FRESH)
    return labelled


def build_defs(**overrides: Any) -> Definitions:
    """Return a fresh set of definitions.

    Parameters
    ----------
    **overrides
        `home`: a Home instead of the environment's; anything else replaces an argument of `Definitions`.

    Returns
    -------
    Definitions
    """
    home = overrides.pop("home", None) or Home.from_environment()
    arguments: dict[str, Any] = {
        "assets": map_asset_specs(
            _labelled,
            [*delivery_assets, cohort, comparison, effects, records, dossier, portfolio, accounts, results, site],
        ),
        "asset_checks": [*delivery_checks, every_register_covariate_is_alike],
        "jobs": [quarterly_evaluation, publication_job, whole_quarter_job, retention_job],
        "schedules": [quarterly_schedule, retention_schedule],
        "sensors": [drop_folder_sensor, publication_sensor, janitor_sensor, failure_notice],
        "resources": resources_for(home),
        "executor": in_process_executor,
    }
    return Definitions(**(arguments | overrides))


defs = build_defs()
