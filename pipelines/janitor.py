"""The janitor: fails dead runs and deletes their temp files.

Dagster's launcher on one machine never notices that a run's process was killed: the run stays “started” and blocks
the queue. A run that holds no lock is given a number of looks to take one; looks are counted rather than timed,
because a clock may jump.
"""

import json

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    ResourceParam,
    RunsFilter,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)

from assets.storage.home import Home
from assets.storage.liveness import is_alive, sweep
from assets.storage.store import Store

SECONDS_BETWEEN_LOOKS = 60
LOOKS_WITHOUT_LOCK = 4
"""A process takes its lock within seconds; after this many looks it is dead."""
AT_WORK = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
WORDS = "The process of this run is dead: it was killed, or the machine went down. All writes are atomic, so it can be rerun."


def dead_runs(instance: DagsterInstance, home: Home, looks: dict[str, int]) -> tuple[list[str], dict[str, int]]:
    """Return runs whose process is dead, and the looks at unlocked runs.

    Parameters
    ----------
    looks : dict of str to int
        From the look before.
    """
    dead, counted = [], {}
    for run in instance.get_runs(RunsFilter(statuses=AT_WORK)):
        state = is_alive(home, run.run_id)
        if state is None:
            counted[run.run_id] = looks.get(run.run_id, 0) + 1
        if state is False or counted.get(run.run_id, 0) >= LOOKS_WITHOUT_LOCK:
            dead.append(run.run_id)
    return dead, counted


def close_dead_runs(instance: DagsterInstance, home: Home, looks: dict[str, int]) -> tuple[int, dict[str, int]]:
    """Report dead runs as failed; return how many, and the look counts."""
    dead, looks = dead_runs(instance, home, looks)
    closed = 0
    for run_id in dead:
        run = instance.get_run_by_id(run_id)
        if run is not None and run.status in AT_WORK:
            instance.report_run_failed(run, WORDS)
            closed += 1
    return closed, looks


@sensor(
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=DefaultSensorStatus.RUNNING,
    description="Lukker kørsler, hvis proces er død · Fails runs whose process is dead, and deletes leftover temp files.",
)
def janitor_sensor(context: SensorEvaluationContext, store: ResourceParam[Store]) -> SensorResult | SkipReason:
    """Fail dead runs and delete leftover temp files."""
    instance, home = context.instance, store.home
    if instance.run_launcher.supports_check_run_worker_health:
        return SkipReason("The run launcher monitors its own runs.")
    closed, looks = close_dead_runs(instance, home, json.loads(context.cursor) if context.cursor else {})
    if closed:
        context.log.warning("%s runs were marked as failed because their processes are dead.", closed)
    swept = sweep(home)
    if swept:
        context.log.warning("%s temp files were deleted.", swept)
    return SensorResult(cursor=json.dumps(looks, sort_keys=True))
