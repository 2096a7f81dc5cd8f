"""In-process runs of a quarter through Dagster, for the command line."""

from __future__ import annotations

import atexit
import functools
import gc
import hashlib
import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagster import AssetKey, DagsterInstance, Failure, JobDefinition
from dagster._core.events import DagsterEventType

from assets.intake.delivery_log import (
    in_force_digest,
    pending_refusals,
    read_delivery_log,
    register_path,
    unmark_stale,
)
from assets.intake.receipts import FileReceipt
from assets.intake.reception import take_in
from assets.project_files.accounts import ECONOMICS
from assets.project_files.site_settings import SITE_SETTINGS, site_settings
from assets.rights.retention import enforce_retention
from assets.storage.clock import today
from assets.storage.code_version import code_version
from assets.storage.dagster_failures import UNEXPECTED, only_kind_and_place
from assets.storage.home import Home, locked, read_json, refused_by_computer, write_json
from assets.storage.partitions import partition_key
from data_contracts.calendar.quarters import Quarter
from data_contracts.home_files.site_settings import missing_settings
from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.faults import InputRefused
from pipelines.graph import build_graph
from pipelines.janitor import close_dead_runs
from pipelines.jobs import PUBLISHED_LATER
from pipelines.running.instance import open_instance, prepare_instance
from pipelines.schedules import last_closed_quarter, register_projects

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True)
class ProjectRun:
    """The outcome of one project's run.

    Attributes
    ----------
    state : {'made', 'unchanged', 'refused', 'failed'}
    messages : tuple of str
        Why it was refused or failed, and warnings, in readable form.
    quarter : str
        The quarter that was run; late and corrected files cause more than one.
    receipts : tuple of FileReceipt
        Files received in this run.
    has_unanswered : bool
        Whether a refused file has not been replaced.
    """

    project: str
    state: str
    messages: tuple[str, ...] = ()
    quarter: str = ""
    receipts: tuple[FileReceipt, ...] = ()
    has_unanswered: bool = False


def default_quarter() -> Quarter:
    """Return the last closed quarter in Danish time."""
    return last_closed_quarter(datetime.now(UTC))


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(home: Home, protocol: Protocol, quarter: Quarter) -> str:
    """Return a hash of everything that a project's result depends on.

    It covers protocol, judgements, dossier, the files in use, key and code.
    """
    parts = [
        code_version(),
        *(_file_hash(path) for path in sorted((home.projects / protocol.id).rglob("*.yaml"))),
        _file_hash(home.key_file) if home.key_file.is_file() else "",
        in_force_digest(read_delivery_log(home, protocol.id), protocol, quarter),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _mark(home: Home, quarter: Quarter, name: str) -> Path:
    return home.ledger / "runs" / str(quarter) / f"{name}.json"


def _read_mark(path: Path) -> Any:
    """Return the stored fingerprint; a damaged one counts as missing."""
    try:
        return read_json(path)
    except InputRefused:
        return None


def run_quarter(
    home: Home, quarter: Quarter, projects: list[str], *, again: bool, told: Callable[[str, str], None]
) -> Generator[ProjectRun]:
    """Evaluate projects, then publish the quarter if anything changed.

    Parameters
    ----------
    again : bool
        Run even if nothing changed.
    told : callable
        Called with project and station as work goes on.

    Yields
    ------
    ProjectRun
        One per project and quarter, and one named `publication` per quarter whose pages were built. Quarters that
        late or corrected files have changed are run as well.
    """
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    home.prepare()
    with _only_run(home) as instance:
        yield from run_on(home, instance, quarter, projects, again=again, told=told)


def run_on(
    home: Home,
    instance: DagsterInstance,
    quarter: Quarter,
    projects: list[str],
    *,
    again: bool,
    told: Callable[[str, str], None] = lambda project, station: None,
) -> Generator[ProjectRun]:
    """Run a quarter on an open instance; see `run_quarter`."""
    definitions = build_graph(home)
    register_projects(instance, home)
    runner = _Runner(home, instance, definitions.resolve_job_def("quarterly_evaluation"), again, told)
    publication = definitions.resolve_job_def("publish_quarter")
    touched = {quarter}
    for project in projects:
        yield runner.evaluate(project, quarter)
        _set_libraries_aside()
        for older in runner.stale_quarters(project, but=quarter):
            touched.add(older)
            yield runner.evaluate(project, older)
    for one in sorted(touched, reverse=True):
        told("publication", "publication")
        try:
            published = _publish(home, one, publication, instance, again and one == quarter)
        except OSError as error:
            published = ProjectRun("publication", "failed", (refused_by_computer(error),), str(one))
        if published is not None:
            yield published


@functools.cache
def _set_libraries_aside() -> None:
    """Freeze loaded objects, so that garbage collection skips them.

    Libraries hold half a million objects for the life of the process; scanning them took a sixth of a run.
    """
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # otherwise DuckDB reports leaks at exit, for objects never collected


@contextmanager
def _only_run(home: Home) -> Iterator[DagsterInstance]:
    """Open the home's instance under a lock; a second run waits.

    Two processes that create Dagster's database at once conflict.
    """
    with locked(home.ledger / "run.lock"):
        prepare_instance(home)
        with open_instance(home) as instance:
            if not instance.run_launcher.supports_check_run_worker_health:
                # Without a daemon nothing else closes killed runs.
                close_dead_runs(instance, home, {})
            yield instance


def needed_assets(job: JobDefinition, protocol: Protocol) -> list[AssetKey]:
    """Return a run's assets: every station, and the tables of its protocol.

    Other delivered tables are empty for this design, and the store returns them as empty without a step.
    """
    named = {delivery.table for delivery in protocol.deliveries}
    keys = job.asset_layer.executable_asset_keys
    return sorted(key for key in keys if key.path[0] != "deliveries" or key.path[1] in named)


@dataclass(frozen=True, slots=True)
class _Runner:
    """Runner of single projects on an open instance."""

    home: Home
    instance: DagsterInstance
    job: JobDefinition
    again: bool
    told: Callable[[str, str], None]

    def delete_expired(self, project: str) -> None:
        """Delete expired rows, for homes where no daemon does it nightly."""
        with suppress(InputRefused):  # evaluating the project reports the fault
            enforce_retention(self.home, self.home.protocol(project), today())

    def stale_quarters(self, project: str, *, but: Quarter) -> list[Quarter]:
        """Return other quarters with changed input rows, oldest first."""
        try:
            stale = read_delivery_log(self.home, project).stale
        except InputRefused:
            return []  # evaluating the project has reported it
        return [quarter for quarter in map(Quarter.parse, stale) if quarter != but]

    def evaluate(self, project: str, quarter: Quarter) -> ProjectRun:
        """Receive waiting files and run the quarter if anything changed.

        The outcome says whether a refused file is still unanswered. An I/O error fails this project only.
        """
        try:
            self.delete_expired(project)
            return self._answered(project, self._evaluate(project, quarter))
        except OSError as error:
            return ProjectRun(project, "failed", (refused_by_computer(error),), str(quarter))

    def _answered(self, project: str, outcome: ProjectRun) -> ProjectRun:
        refused = {receipt.number for receipt in outcome.receipts if receipt.state == "refused"}
        if not refused:
            return outcome
        register = read_delivery_log(self.home, project)
        waiting = {entry.number for entry in pending_refusals(register, self.home.protocol(project))}
        nameless = {entry.number for entry in register.entries if entry.state == "refused" and not entry.uses}
        return replace(outcome, has_unanswered=bool(refused & (waiting | nameless)))

    def _evaluate(self, project: str, quarter: Quarter) -> ProjectRun:
        home, spoken = self.home, str(quarter)
        self.told(project, "deliveries")
        receipts: tuple[FileReceipt, ...] = ()
        try:
            protocol = home.protocol(project)
            with only_kind_and_place():
                receipts = tuple(take_in(home, protocol))
            current = fingerprint(home, protocol, quarter)
        except InputRefused as refused:
            return ProjectRun(project, "refused", tuple(str(fault) for fault in refused.faults), spoken, receipts)
        except Failure as failure:
            is_refused = UNEXPECTED not in (failure.description or "")
            words = tuple((failure.description or "").splitlines())
            return ProjectRun(project, "refused" if is_refused else "failed", words, spoken, receipts)
        mark = _mark(home, quarter, project)
        evidence = home.restricted / "evidence" / "records" / project / f"{quarter.partition_key}.json"
        if not self.again and _read_mark(mark) == {"fingerprint": current} and evidence.is_file():
            unmark_stale(home, project, spoken)
            return ProjectRun(project, "unchanged", (), spoken, receipts)
        result = self.job.execute_in_process(
            asset_selection=needed_assets(self.job, protocol),
            partition_key=partition_key(project, quarter),
            instance=self.instance,
            raise_on_error=False,
            run_config=QUIET,
            tags=PUBLISHED_LATER,
        )
        failures = tuple(dict.fromkeys(_failure_words(result.all_events)))
        if not result.success or failures:
            is_refused = bool(failures) and not any(UNEXPECTED in words for words in failures)
            words = failures or ("The run failed; see its log in the Dagster UI.",)
            return ProjectRun(project, "refused" if is_refused else "failed", words, spoken, receipts)
        # The fingerprint from before the run, so that files that arrived meanwhile count as new next time.
        write_json(mark, {"fingerprint": current})
        return ProjectRun(project, "made", tuple(_warnings(result.all_events)), spoken, receipts)


def _failure_words(events: Any) -> Iterator[str]:
    """Yield the failure messages of a run, without tracebacks."""
    for event in events:
        if event.event_type == DagsterEventType.STEP_FAILURE:
            data = event.step_failure_data
            failure = data.user_failure_data
            if failure is not None and failure.description:
                yield from failure.description.splitlines()
            elif data.error is not None and data.error.cls_name != "DagsterAssetCheckFailedError":
                kind = data.error.cause.cls_name if data.error.cause else data.error.cls_name
                yield f"{event.step_key}: {UNEXPECTED} {kind or 'error'}; see the details in the Dagster UI."
        if event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed and check.severity.value == "ERROR":
                yield f"{'/'.join(check.asset_key.path)}: {check.description}"


def _warnings(events: Any) -> Iterator[str]:
    for event in events:
        if event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed:
                yield f"{'/'.join(check.asset_key.path)}: {check.description}"


def _publish(
    home: Home, quarter: Quarter, job: JobDefinition, instance: DagsterInstance, again: bool
) -> ProjectRun | None:
    settings = home.root / SITE_SETTINGS
    parts = [code_version(), _site_version(), _file_hash(settings) if settings.is_file() else ""]
    for project in home.project_ids():
        evidence = home.restricted / "evidence"
        made = [
            evidence / table / project / f"{when.partition_key}.json"
            for table, when in (("records", quarter), ("dossier", quarter), ("records", quarter.shifted(-1)))
        ]
        if made[0].is_file():
            seen = [*made, register_path(home, project), home.projects / project / ECONOMICS]
            parts.append(f"{project}={','.join(_file_hash(path) if path.is_file() else '' for path in seen)}")
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    mark = _mark(home, quarter, "publication")
    results = home.restricted / "results" / str(quarter) / "results.json"
    is_there = results.is_file() and (home.published / str(quarter) / "site" / "index.html").is_file()
    if not again and is_there and _read_mark(mark) == {"fingerprint": digest}:
        return None
    result = job.execute_in_process(
        partition_key=quarter.partition_key, instance=instance, raise_on_error=False, run_config=QUIET
    )
    if not result.success:
        return ProjectRun("publication", "failed", tuple(_failure_words(result.all_events)), str(quarter))
    write_json(mark, {"fingerprint": digest})
    empty = ", ".join(missing_settings(site_settings(home).model_dump()))
    notes = (f"{SITE_SETTINGS}: {empty} not filled in yet; the pages state what is missing.",) if empty else ()
    return ProjectRun("publication", "made", notes, str(quarter))


def _site_version() -> str:
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parent.parent.parent / "dashboards"
    for path in sorted(p for p in root.rglob("*") if p.suffix in (".py", ".html", ".css", ".js")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
