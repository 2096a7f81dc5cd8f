"""Dagster's own scheduler on a home: missed ticks, wrong clocks, summer time, and a scheduler that dies.

The scheduler, its storage and its code server are the real ones; only what they
take for the time is set. Runs are queued and not executed.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dagster import DagsterInstance
from dagster._core.scheduler.instigation import TickStatus
from dagster._core.test_utils import create_test_daemon_workspace_context, freeze_time
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._scheduler.scheduler import launch_scheduled_runs

from assets.storage.home import Home, write_json
from pipelines.running.demo import set_up
from pipelines.running.instance import open_instance, prepare_instance
from tests.support.places import ROOT
from tests.support.small_study import PROTOCOL

WORKSPACE = ROOT / "workspace.yaml"
COPENHAGEN = ZoneInfo("Europe/Copenhagen")
PROJECTS = ("first", "second", "third")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("scheduler")]


class Scheduler:
    """A scheduler that looks when told to; nothing is remembered from look to look but what is stored."""

    def __init__(self, context: WorkspaceProcessContext, home: Home) -> None:
        self.context, self.home = context, home
        self.instance: DagsterInstance = context.instance

    def look(self, *when: int) -> None:
        """Look once, at a Danish time."""
        self.look_at(datetime(*when, tzinfo=COPENHAGEN))  # type: ignore[misc, arg-type]

    def look_at(self, moment: datetime) -> None:
        """Look once."""
        moment = moment.astimezone(UTC)
        with freeze_time(moment):
            failures = [
                error for error in launch_scheduled_runs(self.context, logging.getLogger(), moment, {}) if error
            ]
        assert failures == []

    def asked(self) -> list[tuple[str, str]]:
        """Return project and first day of the quarter of every run that was asked for, in order of name."""
        runs = [run for run in self.instance.get_runs() if run.job_name == "quarterly_evaluation"]
        keys = [run.tags["dagster/partition"].split("|") for run in runs]
        return sorted((project, quarter) for project, quarter in keys)

    def make(self, quarter: str) -> None:
        """Leave what tells that a quarter was evaluated for every project."""
        for project in PROJECTS:
            write_json(self.home.restricted / "evidence" / "records" / project / f"{quarter}.json", [])

    def ticks(self, name: str) -> list[datetime]:
        """Return when a schedule's ticks were meant to be, Danish time."""
        (state,) = (s for s in self.instance.all_instigator_state() if s.instigator_name == name)
        found = self.instance.get_ticks(state.instigator_origin_id, state.selector_id)
        assert {tick.status for tick in found} <= {TickStatus.SUCCESS, TickStatus.SKIPPED}
        return sorted(datetime.fromtimestamp(tick.timestamp, COPENHAGEN) for tick in found)


@pytest.fixture(autouse=True)
def no_instance_left() -> None:
    """One instance and its code server serve the whole file; `context` closes them."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("scheduled") / "home")
    set_up(home, demo=False)
    for name in PROJECTS:
        (home.projects / name).mkdir(parents=True)
        (home.projects / name / "project.yaml").write_text(
            PROTOCOL.replace("id: small", f"id: {name}"), encoding="utf-8"
        )
    prepare_instance(home)
    return home


@pytest.fixture(scope="module")
def context(home: Home) -> Iterator[WorkspaceProcessContext]:
    with pytest.MonkeyPatch.context() as patch, open_instance(home) as instance:
        patch.setenv("TRIN_HOME", str(home.root))
        patch.setenv("DAGSTER_HOME", str(home.dagster))
        with create_test_daemon_workspace_context(WorkspaceFileTarget([str(WORKSPACE)]), instance) as made:
            yield made


@pytest.fixture
def scheduler(context: WorkspaceProcessContext, home: Home) -> Scheduler:
    shutil.rmtree(home.restricted / "evidence", ignore_errors=True)
    instance = context.instance
    instance.run_storage.wipe()
    instance.event_log_storage.wipe()
    instance.schedule_storage.wipe()  # type: ignore[union-attr]
    return Scheduler(context, home)


def of(*quarters: str) -> list[tuple[str, str]]:
    return sorted((project, quarter) for project in PROJECTS for quarter in quarters)


def test_a_quarter_is_asked_for_on_its_day_and_once(scheduler: Scheduler) -> None:
    scheduler.look(2026, 10, 14, 12)
    assert scheduler.asked() == []
    scheduler.look(2026, 10, 15, 5, 59)
    assert scheduler.asked() == []
    for minute in range(3):
        scheduler.look(2026, 10, 15, 6, minute)
    assert scheduler.asked() == of("2026-07-01")


def test_a_tick_that_was_missed_is_caught_up_once(scheduler: Scheduler) -> None:
    scheduler.look(2026, 10, 1)
    # The machine was off on the fifteenth, and for five weeks.
    for day in (20, 20, 21, 22):
        scheduler.look(2026, 11, day)
    assert scheduler.asked() == of("2026-07-01")


def test_a_year_that_was_missed_is_caught_up_quarter_by_quarter(scheduler: Scheduler) -> None:
    scheduler.look(2026, 10, 1)
    scheduler.make("2026-04-01")
    for day in (20, 21):
        scheduler.look(2027, 7, day)
    assert scheduler.asked() == of("2026-07-01", "2026-10-01", "2027-01-01", "2027-04-01")


@pytest.mark.parametrize("survives", range(len(PROJECTS)))
def test_a_scheduler_that_dies_in_a_tick_asks_for_the_rest_when_it_is_back(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch, survives: int
) -> None:
    class Killed(BaseException):
        pass

    submitted: list[str] = []
    really = DagsterInstance.submit_run

    def submit(instance: DagsterInstance, run_id: str, workspace: object) -> object:
        if len(submitted) == survives:
            raise Killed
        submitted.append(run_id)
        return really(instance, run_id, workspace)  # type: ignore[arg-type]

    scheduler.look(2026, 10, 1)
    monkeypatch.setattr(DagsterInstance, "submit_run", submit)
    with pytest.raises(Killed):
        scheduler.look(2026, 10, 15, 6)
    monkeypatch.undo()
    for minute in (1, 2):
        scheduler.look(2026, 10, 15, 6, minute)
    assert scheduler.asked() == of("2026-07-01")
    assert len(scheduler.ticks("quarterly_schedule")) == 1


def test_a_clock_that_goes_back_asks_for_nothing_twice(scheduler: Scheduler) -> None:
    scheduler.look(2026, 10, 1)
    scheduler.look(2026, 10, 20)
    for when in ((2026, 7, 1), (2026, 7, 16), (2026, 10, 14), (2026, 10, 16), (2027, 1, 14)):
        scheduler.look(*when)
    assert scheduler.asked() == of("2026-07-01")
    scheduler.look(2027, 1, 16)
    assert scheduler.asked() == of("2026-07-01", "2026-10-01")


def test_a_clock_that_was_a_year_ahead_for_a_while_asks_for_every_quarter_once(scheduler: Scheduler) -> None:
    scheduler.look(2026, 10, 16)
    scheduler.make("2026-07-01")
    scheduler.look(2027, 10, 16)
    ahead = scheduler.asked()
    assert ahead == of("2026-10-01", "2027-01-01", "2027-04-01", "2027-07-01")
    for _, quarter in ahead:
        scheduler.make(quarter)
    for when in ((2026, 10, 17), (2027, 1, 16), (2027, 4, 16), (2027, 10, 17)):
        scheduler.look(*when)
    assert scheduler.asked() == ahead
    scheduler.look(2028, 1, 16)
    assert scheduler.asked() == sorted(ahead + of("2027-10-01"))


@pytest.mark.parametrize(
    ("change", "hours"),
    [(datetime(2026, 3, 29, tzinfo=COPENHAGEN), 23), (datetime(2026, 10, 25, tzinfo=COPENHAGEN), 25)],
)
def test_every_night_has_one_tick_where_summer_time_begins_and_ends(
    scheduler: Scheduler, change: datetime, hours: int
) -> None:
    assert (change + timedelta(days=1)).astimezone(UTC) - change.astimezone(UTC) == timedelta(hours=hours)
    moment = (change - timedelta(days=2)).astimezone(UTC)
    while moment < (change + timedelta(days=3)).astimezone(UTC):
        scheduler.look_at(moment)
        moment += timedelta(minutes=90)
    ticks = scheduler.ticks("retention_schedule")
    assert [(tick.hour, tick.minute) for tick in ticks] == [(4, 30)] * 5
    assert [tick.date() for tick in ticks] == [(change + timedelta(days=i)).date() for i in range(-2, 3)]
