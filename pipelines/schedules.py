"""Schedules: when quarters are evaluated and rows expire.

Registers are late, so a quarter is evaluated some days after it closed. The quarter is derived from the tick's own
time, so a tick that is caught up evaluates the quarter it was meant for. Of several missed ticks Dagster catches up
only the last; that one requests every quarter since the last result.
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

from assets.intake.delivery_log import evaluated_quarters
from assets.storage.home import Home
from assets.storage.partitions import PROJECT_DIMENSION, partition_key
from assets.storage.store import Store
from data_contracts.calendar.quarters import Quarter, schedule_lag_days
from pipelines.jobs import quarterly_evaluation, retention_job

TIME_ZONE = "Europe/Copenhagen"
LAG_DAYS = schedule_lag_days()


def last_closed_quarter(moment: datetime) -> Quarter:
    """Return the last quarter that had ended at a moment, Danish time."""
    return Quarter.containing(moment.astimezone(ZoneInfo(TIME_ZONE)).date()).shifted(-1)


def register_projects(instance: DagsterInstance, home: Home) -> list[str]:
    """Register the home's projects as partitions, and return their ids."""
    projects = home.project_ids()
    instance.add_dynamic_partitions(PROJECT_DIMENSION, projects)
    return projects


def due_quarters(home: Home, project: str, closed: Quarter) -> list[Quarter]:
    """Return a project's due quarters, oldest first.

    These are the closed quarter, and quarters missed since the last result.

    Parameters
    ----------
    closed : Quarter
        The last closed quarter.

    Returns
    -------
    list of Quarter
        Only the closed quarter if the project has no result yet; earlier ones must be requested.
    """
    missed = [n for quarter in evaluated_quarters(home, project) if (n := closed.minus(quarter)) >= 0]
    return [closed.shifted(-i) for i in reversed(range(max(1, min(missed, default=1))))]


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
    """Request one run per project and due quarter."""
    quarter = last_closed_quarter(context.scheduled_execution_time)
    projects = register_projects(context.instance, store.home)
    if not projects:
        yield SkipReason("The home has no projects.")
    for project in projects:
        for due in due_quarters(store.home, project, quarter):
            yield RunRequest(
                run_key=f"{project}:{due}",
                partition_key=partition_key(project, due),
                tags={"trin/quarter": str(due)},
            )


retention_schedule = ScheduleDefinition(
    name="retention_schedule",
    job=retention_job,
    cron_schedule="30 4 * * *",
    execution_timezone=TIME_ZONE,
    default_status=DefaultScheduleStatus.RUNNING,
    description="Hver nat · Every night: deletes rows past their retention date.",
)
