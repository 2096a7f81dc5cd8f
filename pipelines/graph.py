"""The asset graph: assets, checks, jobs and the resources of a home.

Schedules, sensors and the whole-quarter job are added in `definitions.py`, so that code that runs the graph does not
depend on what triggers it.
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
from pipelines.jobs import publication_job, quarterly_evaluation
from pipelines.schedules import LAG_DAYS

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
"""Warns half a lag after the longest quarter without a new result, and fails after a whole lag."""


def build_graph(home: Home, **more: Any) -> Definitions:
    """Return assets, checks, jobs and resources of a home.

    Parameters
    ----------
    **more
        Further arguments of `Definitions`; `jobs` are added to those of the graph, anything else replaces its own.
    """
    arguments: dict[str, Any] = {
        "assets": map_asset_specs(
            _labelled,
            [*delivery_assets, cohort, comparison, effects, records, dossier, portfolio, accounts, results, site],
        ),
        "asset_checks": [*delivery_checks, every_register_covariate_is_alike],
        "resources": resources_for(home),
        "executor": in_process_executor,
    }
    jobs = [quarterly_evaluation, publication_job, *more.pop("jobs", ())]
    return Definitions(**(arguments | {"jobs": jobs} | more))


def resources_for(home: Home) -> dict[str, Any]:
    """Return the resources of a home."""
    store = Store(home_folder=str(home.root))
    return {"store": store, "io_manager": store}


def _labelled(spec: AssetSpec) -> AssetSpec:
    """Add owners, kinds and a freshness policy to an asset."""
    station = spec.key.path[0]
    labelled = spec.replace_attributes(owners=[OWNERS.get(station, EVERYBODY_ELSE)], kinds=KINDS[station])
    if station in ("evidence", "publication"):
        return labelled.replace_attributes(freshness_policy=FRESH)
    return labelled
