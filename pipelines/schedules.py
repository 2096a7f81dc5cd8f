"""Schedules: when a quarter is evaluated.

Belongs here: the calendar of runs. Does not belong here: what a run does.

Registers are late, so a quarter is evaluated some days after it closed. The
quarter comes from the tick's own time, so a tick that was missed and caught up
evaluates the quarter it was meant for.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from dagster import (
    DagsterInstance,
    DefaultScheduleStatus,
    ResourceParam,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    schedule,
)

from assets.home import Home
from assets.partitions import PROJECT_DIMENSION, partition_key
from assets.store import Store
from data_contracts.quarters import Quarter
from pipelines.jobs import quarterly_evaluation, retention_job

TIME_ZONE = "Europe/Copenhagen"
LAG_DAYS = 14


def last_closed_quarter(moment: datetime) -> Quarter:
    """Return the last quarter that had ended at a moment, Danish time."""
    return Quarter.containing(moment.astimezone(ZoneInfo(TIME_ZONE)).date()).shifted(-1)


def register_projects(instance: DagsterInstance, home: Home) -> list[str]:
    """Tell Dagster which projects exist, and return their ids."""
    projects = home.project_ids()
    instance.add_dynamic_partitions(PROJECT_DIMENSION, projects)
    return projects


@schedule(
    cron_schedule=f"0 6 {LAG_DAYS + 1} 1,4,7,10 *",
    job=quarterly_evaluation,
    execution_timezone=TIME_ZONE,
    default_status=DefaultScheduleStatus.RUNNING,
    description=f"{LAG_DAYS} dage efter kvartalets udgang · {LAG_DAYS} days after a quarter closes: every project, the last closed quarter.",
)
def quarterly_schedule(
    context: ScheduleEvaluationContext, store: ResourceParam[Store]
) -> Iterator[RunRequest | SkipReason]:
    """Ask for one run per project."""
    quarter = last_closed_quarter(context.scheduled_execution_time)
    projects = register_projects(context.instance, store.home)
    if not projects:
        yield SkipReason("There are no projects in the home.")
    for project in projects:
        yield RunRequest(
            run_key=f"{project}:{quarter}",
            partition_key=partition_key(project, quarter),
            tags={"trin/quarter": str(quarter)},
        )


retention_schedule = ScheduleDefinition(
    name="retention_schedule",
    job=retention_job,
    cron_schedule="30 4 * * *",
    execution_timezone=TIME_ZONE,
    default_status=DefaultScheduleStatus.RUNNING,
    description="Hver nat · Every night: rows whose last day has passed are deleted.",
)
