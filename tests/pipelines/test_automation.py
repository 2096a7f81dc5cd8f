"""Real ticks of the schedule and the sensors, on a real Dagster instance."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest
from dagster import (
    DagsterInstance,
    Definitions,
    RunRequest,
    SensorResult,
    StaticPartitionsDefinition,
    asset,
    build_schedule_context,
    build_sensor_context,
    partition_loading_context,
)

from assets.intake.arrivals import waiting_files
from assets.intake.delivery_log import unmark_stale
from assets.rights.retention import withdraw
from assets.storage.home import Home, write_json
from assets.storage.store import Store, parquet_bytes
from data_contracts.calendar.quarters import Quarter
from pipelines.definitions import build_defs
from pipelines.graph import resources_for
from pipelines.running.demo import set_up
from pipelines.running.instance import open_instance
from pipelines.schedules import due_quarters, last_closed_quarter, quarterly_schedule
from pipelines.sensors import drop_folder_sensor, inbox_state
from tests.support.receiving import take
from tests.support.small_study import small_rows, write_small_study

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


@pytest.mark.parametrize(
    ("moment", "quarter"),
    [
        (datetime(2026, 10, 15, 6, tzinfo=COPENHAGEN), Quarter(2026, 3)),
        (datetime(2027, 1, 1, 0, 5, tzinfo=COPENHAGEN), Quarter(2026, 4)),
        # New year in Denmark, still December in UTC.
        (datetime(2026, 12, 31, 23, 30, tzinfo=ZoneInfo("UTC")), Quarter(2026, 4)),
        (datetime(2026, 12, 31, 22, 30, tzinfo=ZoneInfo("UTC")), Quarter(2026, 3)),
        # Summer time ended in the night before.
        (datetime(2026, 10, 25, 2, 30, tzinfo=COPENHAGEN), Quarter(2026, 3)),
    ],
)
def test_the_last_closed_quarter_is_danish(moment: datetime, quarter: Quarter) -> None:
    assert last_closed_quarter(moment) == quarter


def test_quarters_count_as_calendars_do() -> None:
    assert Quarter.parse("2026Q3") == Quarter.parse("2026-07-01") == Quarter.parse("2026K3")
    assert str(Quarter(2026, 1).shifted(-1)) == "2025Q4"
    assert Quarter(2026, 3).end.isoformat() == "2026-09-30"
    assert Quarter(2026, 3).minus(Quarter(2025, 4)) == 3
    with pytest.raises(ValueError, match="2026Q3"):
        Quarter.parse("2026-07-02")


def tick(home: Home, instance: DagsterInstance, moment: datetime) -> list[RunRequest]:
    repository = build_defs(home=home).get_repository_def()
    # Closed at once: a context collected later puts an instance that is gone back in force, for whatever runs next.
    with (
        build_schedule_context(
            instance=instance,
            scheduled_execution_time=moment,
            resources=resources_for(home),
            repository_def=repository,
        ) as context,
        partition_loading_context(dynamic_partitions_store=instance),
    ):
        return quarterly_schedule.evaluate_tick(context).run_requests or []


def test_a_tick_asks_for_every_project_and_the_quarter_that_closed(small_home: Home) -> None:
    with open_instance(small_home) as instance:
        requests = tick(small_home, instance, datetime(2026, 10, 15, 6, tzinfo=COPENHAGEN))
        assert [r.partition_key for r in requests] == ["small|2026-07-01"]
        # A tick that was missed and is caught up weeks later still means its own quarter.
        late = tick(small_home, instance, datetime(2026, 7, 15, 6, tzinfo=COPENHAGEN))
        assert [r.partition_key for r in late] == ["small|2026-04-01"]
        assert {r.run_key for r in requests}.isdisjoint({r.run_key for r in late})


def test_a_project_without_results_is_asked_for_the_closed_quarter_and_others_for_what_they_missed(
    small_home: Home,
) -> None:
    closed = Quarter(2026, 3)
    records = small_home.restricted / "evidence" / "records" / "small"
    assert due_quarters(small_home, "small", closed) == [closed]
    for stray in ("notes", "2026-02-31", ".2026-01-01"):
        write_json(records / f"{stray}.json", [])
    assert due_quarters(small_home, "small", closed) == [closed]
    write_json(records / "2027-01-01.json", [])  # a later quarter than the closed one tells nothing
    assert due_quarters(small_home, "small", closed) == [closed]
    write_json(records / "2025-01-01.json", [])
    assert due_quarters(small_home, "small", closed) == [closed.shifted(-i) for i in (5, 4, 3, 2, 1, 0)]
    write_json(records / "2026-04-01.json", [])
    assert due_quarters(small_home, "small", closed) == [closed]
    write_json(records / "2026-07-01.json", [])
    assert due_quarters(small_home, "small", closed) == [closed]


def test_a_home_without_projects_is_skipped_in_words(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    set_up(home, demo=False)
    with (
        open_instance(home) as instance,
        build_schedule_context(
            instance=instance,
            scheduled_execution_time=datetime(2026, 10, 15, 6, tzinfo=COPENHAGEN),
            resources=resources_for(home),
        ) as context,
    ):
        assert "no projects" in (quarterly_schedule.evaluate_tick(context).skip_message or "")


def asked(home: Home, instance: DagsterInstance, cursor: str | None) -> tuple[list[RunRequest], str]:
    repository = build_defs(home=home).get_repository_def()
    with (
        build_sensor_context(
            instance=instance, cursor=cursor, resources=resources_for(home), repository_def=repository
        ) as context,
        partition_loading_context(dynamic_partitions_store=instance),
    ):
        result = drop_folder_sensor.evaluate_tick(context)
    return result.run_requests or [], result.cursor or ""


def look(home: Home, instance: DagsterInstance, cursor: str | None) -> tuple[list[str], str]:
    requests, following = asked(home, instance, cursor)
    return [str(request.partition_key) for request in requests], following


def test_a_file_counts_when_it_stands_still(small_home: Home) -> None:
    file = small_home.inbox / "small" / "people.csv"
    with open_instance(small_home) as instance:
        requests, cursor = look(small_home, instance, None)
        assert requests == []  # seen for the first time: it may still be growing
        with file.open("a") as handle:
            handle.write("\n")
        requests, cursor = look(small_home, instance, cursor)
        assert requests == []  # it grew
        requests, cursor = look(small_home, instance, cursor)
        assert len(requests) == 1
        assert requests[0].startswith("small|")
        requests, cursor = look(small_home, instance, cursor)
        assert requests == []  # nothing new
        os.utime(file, ns=(1, 1))
        _, cursor = look(small_home, instance, cursor)
        requests, cursor = look(small_home, instance, cursor)
        assert len(requests) == 1


def test_a_quarter_is_asked_for_once_per_file_taken_back(small_home: Home) -> None:
    old = Quarter(2025, 1)
    take(small_home)
    write_small_study(small_home, small_rows().assign(score=40.0))
    take(small_home)
    write_json(small_home.restricted / "evidence" / "records" / "small" / f"{old.partition_key}.json", [])
    keys = []
    with open_instance(small_home) as instance:
        for number in (1, 2):
            withdraw(small_home, "small", number)
            for _ in range(2):  # until the run it asked for is done it asks for the same one
                (request,), _ = asked(small_home, instance, None)
                assert request.partition_key == f"small|{old.partition_key}"
                keys.append(request.run_key)
            unmark_stale(small_home, "small", str(old))
    assert keys[0] == keys[1] != keys[2] == keys[3]


def test_an_empty_file_is_waited_for(small_home: Home) -> None:
    (small_home.inbox / "small" / "people_late.csv").touch()
    with open_instance(small_home) as instance:
        cursor: str | None = None
        for _ in range(3):
            requests, cursor = look(small_home, instance, cursor)
            assert requests == []


def test_the_cursor_holds_no_file_name(small_home: Home) -> None:
    (small_home.inbox / "small" / "0101901234.csv").write_text("x")
    with open_instance(small_home) as instance:
        _, cursor = look(small_home, instance, None)
    assert "0101901234" not in cursor
    assert isinstance(SensorResult(cursor=cursor).cursor, str)


def test_a_file_taken_back_while_the_sensor_looks_is_no_error(
    small_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = waiting_files(small_home.inbox / "small")
    gone = small_home.inbox / "small" / "0101901234.csv"
    monkeypatch.setattr("pipelines.sensors.waiting_files", lambda folder: [*there, gone])
    assert len(inbox_state(small_home, "small")) == 1


def test_a_name_in_an_old_encoding_does_not_stop_the_sensor(small_home: Home) -> None:
    path = small_home.inbox / "small" / "people.csv"
    os.rename(path, os.fsencode(path.parent) + b"/people_\xe5rhus.csv")
    assert len(inbox_state(small_home, "small")) == 1


def test_a_table_that_cannot_be_stored_is_not_quoted(small_home: Home) -> None:
    """Arrow says which cell it stumbled over; Dagster keeps whatever an exception says."""
    frame = pd.DataFrame({"amount": [1.0, "0101901234"]})

    @asset(partitions_def=StaticPartitionsDefinition(["2026-07-01"]))
    def people() -> pd.DataFrame:
        return frame

    with pytest.raises(pa.ArrowException, match="0101901234"):
        parquet_bytes(frame)
    with DagsterInstance.ephemeral() as instance:
        definitions = Definitions([people], resources={"io_manager": Store(home_folder=str(small_home.root))})
        job = definitions.resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(instance=instance, raise_on_error=False, partition_key="2026-07-01")
        told = str([instance.all_logs(result.run_id), result.all_events])
    assert not result.success
    assert "Its message is withheld" in told
    assert "0101901234" not in told
