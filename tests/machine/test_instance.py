"""Dagster's databases: whole or not there, whenever the process that makes them is killed; opened once, not for every question."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy
from dagster import DagsterInstance, job, op

from assets.storage.home import Home
from pipelines.running.instance import DATABASES, open_instance, prepare_instance
from pipelines.running.kept_connections import MOST_KEPT
from pipelines.schedules import register_projects
from tests.machine.test_machine_faults import a_started_run

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.prepare()
    prepare_instance(made)
    return made


def prepare_and_die(home: Home, statements: int) -> None:
    """Prepare the instance in a process of its own that dies after so many statements, as if killed."""
    child = os.fork()
    if child == 0:
        left = [statements]

        def count(*arguments: object) -> None:
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)

        sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", count)
        prepare_instance(home)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize("statements", [0, 5, 20, 40, 60, 80])
def test_an_instance_whose_making_was_killed_can_be_made_again(tmp_path: Path, statements: int) -> None:
    home = Home(tmp_path)
    home.prepare()
    prepare_and_die(home, statements)
    assert not (home.dagster / DATABASES[-1]).exists()
    prepare_instance(home)
    with open_instance(home) as instance:
        assert register_projects(instance, home) == []
        assert instance.get_runs() == []
    assert [p.name for p in tmp_path.glob(".*")] == []


def test_databases_that_are_there_are_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()
    prepare_instance(home)
    with open_instance(home) as instance:
        instance.add_dynamic_partitions("project", ["kept"])
    prepare_instance(home)
    with open_instance(home) as instance:
        assert list(instance.get_dynamic_partitions("project")) == ["kept"]


def test_somebody_with_a_database_of_their_own_gets_no_other(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()
    (home.dagster / "dagster.yaml").write_text("storage: {postgres: {postgres_url: postgresql://db/dagster}}\n")
    prepare_instance(home)
    assert [p.name for p in home.dagster.iterdir()] == ["dagster.yaml"]


def open_files(folder: Path) -> list[str]:
    """Return which files of a folder this process holds open."""
    held = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if (target := os.readlink(link)).startswith(str(folder)):
                held.append(target)
    return held


def connections_of(work: Callable[[], object]) -> int:
    """Count how many databases are opened by some work."""
    opened: list[str] = []

    def count(connection: object, *rest: object) -> None:
        opened.append(str(connection))

    sqlalchemy.event.listen(sqlalchemy.pool.Pool, "connect", count)
    try:
        work()
    finally:
        sqlalchemy.event.remove(sqlalchemy.pool.Pool, "connect", count)
    return len(opened)


def ask(instance: DagsterInstance, times: int) -> None:
    for i in range(times):
        instance.add_dynamic_partitions("project", [f"p{i}"])
        assert instance.has_dynamic_partition("project", f"p{i}")
        assert instance.get_runs() == []


def test_a_database_is_opened_once_and_not_for_every_question(home: Home) -> None:
    with open_instance(home) as instance:
        assert connections_of(lambda: ask(instance, 20)) <= 2
    # Dagster's own classes on the same folder see the same, and open it every time.
    (home.dagster / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with open_instance(home) as theirs:
        assert len(theirs.get_dynamic_partitions("project")) == 20
        assert connections_of(lambda: ask(theirs, 20)) >= 60


def test_an_instance_that_is_closed_holds_no_file(home: Home) -> None:
    with open_instance(home) as instance:
        ask(instance, 1)
        assert open_files(home.dagster)
    assert open_files(home.dagster) == []


def test_only_some_runs_are_kept_open(home: Home) -> None:
    with open_instance(home) as instance:
        log = instance.event_log_storage
        for i in range(3 * MOST_KEPT):
            assert log.get_logs_for_run(f"run-{i}") == []
        assert len({path for path in open_files(home.dagster) if path.endswith(".db")}) <= MOST_KEPT + 2
        assert log.get_logs_for_run("run-0") == []


def test_a_forked_process_opens_its_own_and_leaves_its_parents(home: Home) -> None:
    with open_instance(home) as instance:
        ask(instance, 1)
        child = os.fork()
        if child == 0:
            instance.add_dynamic_partitions("project", ["of-the-child"])
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert set(instance.get_dynamic_partitions("project")) == {"p0", "of-the-child"}
        instance.add_dynamic_partitions("project", ["after"])
        assert instance.has_dynamic_partition("project", "after")


def test_many_threads_ask_at_once(home: Home) -> None:
    with open_instance(home) as instance, ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda i: instance.add_dynamic_partitions("project", [f"t{i}"]), range(64)))
        assert len(done) == 64
        assert len(instance.get_dynamic_partitions("project")) == 64


def test_two_processes_write_at_once(home: Home) -> None:
    children = []
    for number in range(2):
        child = os.fork()
        if child == 0:
            with open_instance(home) as instance:
                for i in range(40):
                    instance.add_dynamic_partitions("project", [f"{number}-{i}"])
            os._exit(0)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    with open_instance(home) as instance:
        assert len(instance.get_dynamic_partitions("project")) == 80


def test_a_home_that_was_moved_writes_where_it_is(home: Home, tmp_path: Path) -> None:
    with open_instance(home) as instance:
        ask(instance, 1)
    moved = Home(home.root.rename(tmp_path / "elsewhere"))
    with open_instance(moved) as instance:
        assert list(instance.get_dynamic_partitions("project")) == ["p0"]
    assert not home.root.exists()


def test_wiping_leaves_an_instance_that_works(home: Home) -> None:
    with open_instance(home) as instance:
        assert instance.event_log_storage.get_logs_for_run("run-0") == []
        instance.event_log_storage.wipe()
        assert instance.event_log_storage.get_logs_for_run("run-0") == []
        ask(instance, 1)


def test_a_runs_database_is_a_copy_of_one_that_dagster_made(home: Home, tmp_path: Path) -> None:
    def schema(path: Path) -> list[tuple[str, ...]]:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            version = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            mode = connection.execute("PRAGMA journal_mode").fetchall()
            return [*connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name"), *version, *mode]

    with open_instance(home) as instance:
        for run in ("first", "second"):
            assert instance.event_log_storage.get_logs_for_run(run) == []
    runs = home.dagster / "history" / "runs"
    (home.dagster / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with open_instance(home) as theirs:
        assert theirs.event_log_storage.get_logs_for_run("third") == []
    assert schema(runs / "first.db") == schema(runs / "second.db") == schema(runs / "third.db")
    assert [path.name for path in runs.glob(".*")] == []


def test_what_a_run_prints_is_stored_nowhere(home: Home) -> None:
    printed = "printed-by-a-library-4711"

    @op
    def speak() -> None:
        print(printed)
        print(printed, file=sys.stderr)

    @job
    def speaking() -> None:
        speak()

    with open_instance(home) as instance:
        assert speaking.execute_in_process(instance=instance).success
    kept = [path for path in home.root.rglob("*") if path.is_file() and printed.encode() in path.read_bytes()]
    assert kept == []
    # Dagster's own way would have kept it.
    (home.dagster / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with open_instance(home) as theirs:
        assert speaking.execute_in_process(instance=theirs).success
    assert any(printed.encode() in path.read_bytes() for path in home.root.rglob("*") if path.is_file())


def test_whoever_looks_on_sees_a_run_while_it_works(home: Home) -> None:
    seen: list[str] = []
    with open_instance(home) as working, open_instance(home) as looking:
        run = working.get_run_by_id(a_started_run(working))
        assert run is not None
        looking.watch_event_logs(run.run_id, None, lambda entry, cursor: seen.append(entry.message))
        for number in range(3):
            working.report_engine_event(f"step {number}", run)
            for _ in range(100):
                if any(f"step {number}" in message for message in seen):
                    break
                time.sleep(0.1)
            assert any(f"step {number}" in message for message in seen)
