"""Dagster's databases: whole or not there, whenever the process that makes them is killed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy

from assets.home import Home
from pipelines.instance import DATABASES, open_instance, prepare_instance
from pipelines.schedules import register_projects


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
