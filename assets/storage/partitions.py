"""The partitions of assets: project and quarter."""

from __future__ import annotations

from dagster import (
    AssetCheckExecutionContext,
    AssetExecutionContext,
    DynamicPartitionsDefinition,
    MultiPartitionKey,
    MultiPartitionsDefinition,
    TimeWindowPartitionsDefinition,
)

from data_contracts.calendar.quarters import Quarter, earliest_quarter

PROJECT_DIMENSION = "project"
projects_partitions = DynamicPartitionsDefinition(name=PROJECT_DIMENSION)
quarter_partitions = TimeWindowPartitionsDefinition(
    cron_schedule="0 0 1 1,4,7,10 *",
    start=earliest_quarter().partition_key,
    fmt="%Y-%m-%d",
    timezone="Europe/Copenhagen",
)
project_quarter = MultiPartitionsDefinition({"project": projects_partitions, "quarter": quarter_partitions})


def partition_of(context: AssetExecutionContext | AssetCheckExecutionContext) -> tuple[str, Quarter]:
    """Return the project and quarter of a context."""
    key = context.partition_key
    if not isinstance(key, MultiPartitionKey):
        raise TypeError("Stations before publication are partitioned by project and quarter.")
    dimensions = key.keys_by_dimension
    return dimensions["project"], Quarter.parse(dimensions["quarter"])


def partition_key(project: str, quarter: Quarter) -> MultiPartitionKey:
    """Return the key of a project's quarter."""
    return MultiPartitionKey({"project": project, "quarter": quarter.partition_key})
