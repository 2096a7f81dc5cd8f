"""Reports to Dagster that stored rows changed outside a run."""

from __future__ import annotations

from dagster import AssetKey, AssetMaterialization

from assets.storage.home import Home
from data_contracts.tables.declared import TABLES
from pipelines.running.instance import open_instance


def tell_dagster(home: Home, projects: list[str]) -> None:
    """Report changed rows for every materialised partition of projects."""
    if not projects or not (home.dagster / "dagster.yaml").exists():
        return
    with open_instance(home) as instance:
        for table in TABLES:
            key = AssetKey(["deliveries", table])
            for partition in sorted(instance.get_materialized_partitions(key)):
                if str(partition).rpartition("|")[0] in projects:
                    event = AssetMaterialization(key, partition=partition, description="Rows were removed.")
                    instance.report_runless_asset_event(event)
