"""A whole quarter in one run: each project a run of its own, and one that is refused stops no other."""

from __future__ import annotations

import pytest
from dagster import AssetCheckKey, AssetKey, DagsterInstance, DagsterRunStatus, RunsFilter

from assets.storage.home import Home
from data_contracts.calendar.quarters import Quarter
from pipelines.definitions import build_defs
from pipelines.running.instance import open_instance
from pipelines.whole_quarter import begun_by
from tests.support.small_study import PROTOCOL, small_rows

pytestmark = pytest.mark.slow
QUARTERS = (Quarter(2026, 2), Quarter(2026, 3))


def add(home: Home, name: str, *, first: str = "2026Q2", text: str = PROTOCOL) -> None:
    """Add a study whose people are all followed up."""
    folder = home.projects / name
    folder.mkdir(parents=True)
    text = text.replace("id: small", f"id: {name}").replace("first_quarter: 2026Q3", f"first_quarter: {first}")
    (folder / "project.yaml").write_text(text, encoding="utf-8")
    (home.inbox / name).mkdir(parents=True, exist_ok=True)
    small_rows().to_csv(home.inbox / name / "people.csv", index=False)


def evaluate_quarter(home: Home, instance: DagsterInstance, quarter: Quarter) -> bool:
    job = build_defs(home=home).resolve_job_def("evaluate_quarter")
    result = job.execute_in_process(partition_key=quarter.partition_key, instance=instance, raise_on_error=False)
    return result.success


def test_every_project_is_a_run_of_its_own_and_one_that_is_refused_stops_no_other(small_home: Home) -> None:
    add(small_home, "other")
    add(small_home, "later", first="2026Q3")
    add(small_home, "broken", text=PROTOCOL.replace("design: matched_control", "design: matched_contrl"))
    assert begun_by(small_home, QUARTERS[0]) == ["broken", "other"]
    assert begun_by(small_home, QUARTERS[1]) == ["broken", "later", "other", "small"]
    with open_instance(small_home) as instance:
        for quarter in QUARTERS:
            assert not evaluate_quarter(small_home, instance, quarter)  # at the end, and for one project's sake
        for run in instance.get_runs(RunsFilter(job_name="evaluate_quarter")):
            told = " ".join(str(entry.dagster_event) for entry in instance.all_logs(run.run_id) if entry.dagster_event)
            assert "projects/broken/project.yaml" in told
        runs = instance.get_runs(RunsFilter(job_name="quarterly_evaluation"))
        partitions = {run.tags["dagster/partition"] for run in runs}
        assert partitions == {"other|2026-04-01", "other|2026-07-01", "small|2026-07-01", "later|2026-07-01"}
        assert {run.status for run in runs} == {DagsterRunStatus.SUCCESS}
        key = AssetCheckKey(AssetKey(["deliveries", "participants"]), "meets_contract")
        records = instance.event_log_storage.get_asset_check_execution_history(key, limit=50)
        assert {record.partition for record in records} == partitions
    for name, quarter in (("other", QUARTERS[0]), ("small", QUARTERS[1])):
        path = small_home.restricted / "evidence" / "records" / name / f"{quarter.partition_key}.json"
        assert path.is_file()
    assert (small_home.published / "2026Q2" / "site" / "index.html").is_file()
