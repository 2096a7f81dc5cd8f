"""Sensors for new files in the inbox and for new results.

A file counts as arrived when its size and modification time are the same at two ticks, so that files still being
copied are skipped. The cursor stores what was seen, never file content.
"""

import hashlib
import json
import os
from datetime import UTC, datetime

from dagster import (
    AssetKey,
    DefaultSensorStatus,
    EventLogEntry,
    ResourceParam,
    RunRequest,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    asset_sensor,
    sensor,
)

from assets.intake.arrivals import waiting_files
from assets.intake.delivery_log import read_delivery_log
from assets.storage.home import Home
from assets.storage.partitions import partition_key
from assets.storage.store import Store
from data_contracts.calendar.quarters import Quarter
from data_contracts.reading.faults import InputRefused
from pipelines.jobs import PUBLISHED_LATER, publication_job, quarterly_evaluation
from pipelines.schedules import last_closed_quarter, register_projects

SECONDS_BETWEEN_LOOKS = 30


def inbox_state(home: Home, project: str) -> dict[str, list[int]]:
    """Return size and modification time of a project's files.

    Names are hashed, because they may identify people.
    """
    state = {}
    for path in waiting_files(home.inbox / project):
        try:
            status = path.lstat()
        except OSError:
            continue  # removed meanwhile; the error would put its name into Dagster's log
        name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
        state[name] = [status.st_size, status.st_mtime_ns]
    return state


@sensor(
    job=quarterly_evaluation,
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=DefaultSensorStatus.RUNNING,
    description="Nye filer i indbakken, og kvartaler, de ændrer · New files in the inbox, once they have stopped growing, and the quarters they affect.",
)
def drop_folder_sensor(context: SensorEvaluationContext, store: ResourceParam[Store]) -> SensorResult | SkipReason:
    """Request a run of every project whose inbox changed and settled."""
    cursor = json.loads(context.cursor) if context.cursor else {}
    quarter = last_closed_quarter(_now())
    requests = []
    following: dict[str, dict[str, object]] = {}
    for project in register_projects(context.instance, store.home):
        try:
            state = inbox_state(store.home, project)
        except OSError as error:
            # One unreadable folder must not block the other projects' files.
            context.log.error(f"{project}: its inbox cannot be read ({type(error).__name__}).")
            if project in cursor:
                following[project] = cursor[project]
            continue
        done_elsewhere = state if _is_evaluated(store.home, project, quarter, state) else {}
        before = cursor.get(project, {"seen": {}, "done": done_elsewhere})
        is_stable = state == before["seen"] and all(size > 0 for size, _ in state.values())
        done = before["done"]
        if state and is_stable and state != done:
            digest = hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]
            requests.append(
                RunRequest(run_key=f"{project}:{quarter}:{digest}", partition_key=partition_key(project, quarter))
            )
            done = state
        following[project] = {"seen": state, "done": done}
        for text in _stale(store.home, project):
            older = Quarter.parse(text)
            if older != quarter:
                requests.append(
                    RunRequest(
                        run_key=f"{project}:{older}:{_changes(store.home, project)}",
                        partition_key=partition_key(project, older),
                    )
                )
    return SensorResult(run_requests=requests, cursor=json.dumps(following, sort_keys=True))


def _stale(home: Home, project: str) -> tuple[str, ...]:
    """Return quarters affected by late or corrected files."""
    try:
        return read_delivery_log(home, project).stale
    except InputRefused:
        return ()  # the project's own run reports the damaged register


def _changes(home: Home, project: str) -> str:
    """Return a key per change of a register, to request a quarter once."""
    register = read_delivery_log(home, project)
    withdrawn = sum(entry.state == "withdrawn" for entry in register.entries)
    return f"{register.next_number}-{register.erasures}-{withdrawn}"


def _is_evaluated(home: Home, project: str, quarter: Quarter, state: dict[str, list[int]]) -> bool:
    """Return whether the quarter has run since its files last changed."""
    mark = home.ledger / "runs" / str(quarter) / f"{project}.json"
    return bool(state) and mark.is_file() and mark.stat().st_mtime_ns > max(changed for _, changed in state.values())


def _now() -> datetime:
    return datetime.now(UTC)


@asset_sensor(
    asset_key=AssetKey(["evidence", "records"]),
    job=publication_job,
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=DefaultSensorStatus.RUNNING,
    description="Nyt bevis · New evidence: rebuilds the quarter's pages.",
)
def publication_sensor(context: SensorEvaluationContext, asset_event: EventLogEntry) -> RunRequest | SkipReason:
    """Request publication of the quarter with a new result."""
    materialization = asset_event.asset_materialization
    if materialization is None or materialization.partition is None:
        return SkipReason("The event has no quarter.")
    run = context.instance.get_run_by_id(asset_event.run_id)
    if run is not None and PUBLISHED_LATER.items() <= run.tags.items():
        return SkipReason("The run that started this one builds the pages when all projects are done.")
    key = materialization.partition
    quarter = Quarter.parse(getattr(key, "keys_by_dimension", {}).get("quarter") or key.split("|")[1])
    return RunRequest(run_key=f"publish:{quarter}:{context.cursor}", partition_key=quarter.partition_key)
