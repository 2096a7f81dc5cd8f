"""The graph of assets: one direction, and no outcome before its time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dagster import AssetKey, DagsterInstance, Definitions

from assets.storage.home import Home
from data_contracts.tables.declared import TABLES
from pipelines.definitions import build_defs
from tests.support.places import ROOT

STATIONS = ["deliveries", "cohort", "comparison", "effects", "evidence", "synthesis", "economics", "publication"]
OUTCOMES = AssetKey(["deliveries", "outcomes"])


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Definitions]:
    # Dagster resolves definitions against the process's latest instance, so one must be open.
    with DagsterInstance.ephemeral():
        yield build_defs(home=Home(tmp_path_factory.mktemp("home")))


def ancestors(definitions: Definitions, key: AssetKey) -> set[AssetKey]:
    graph = definitions.resolve_asset_graph()
    found: set[AssetKey] = set()
    waiting = [key]
    while waiting:
        for parent in graph.get(waiting.pop()).parent_keys:
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def test_assets_jobs_and_automation_are_these(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert sorted("/".join(key.path) for key in graph.get_all_asset_keys()) == [
        "cohort/attrition",
        "cohort/people",
        "comparison/diagnostics",
        "comparison/groups",
        "comparison/pairs",
        "deliveries/assignment",
        "deliveries/codings",
        "deliveries/comparison_pool",
        "deliveries/outcomes",
        "deliveries/participants",
        "deliveries/rates",
        "deliveries/ratings",
        "deliveries/studies",
        "economics/accounts",
        "effects/estimates",
        "effects/populations",
        "evidence/dossier",
        "evidence/records",
        "publication/results",
        "publication/site",
        "synthesis/portfolio",
    ]
    assert sorted(job.name for job in definitions.resolve_all_job_defs() if not job.name.startswith("__")) == [
        "enforce_retention",
        "evaluate_quarter",
        "publish_quarter",
        "quarterly_evaluation",
    ]
    schedule = definitions.resolve_schedule_def("quarterly_schedule")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 15 1,4,7,10 *", "Europe/Copenhagen")


def test_every_asset_says_who_answers_for_it_and_what_it_is_made_with(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.owners, key
        assert node.kinds, key
        assert node.description, key


def test_what_people_read_is_late_when_a_quarter_was_not_made(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        policy = graph.get(key).freshness_policy
        assert (policy is not None) == (key.path[0] in ("evidence", "publication")), key
        if policy is not None:
            assert policy.fail_window.to_timedelta().days == 92 + 14


def test_nothing_before_effects_has_seen_an_outcome(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        if STATIONS.index(key.path[0]) < STATIONS.index("effects"):
            assert OUTCOMES not in ancestors(definitions, key), key
    assert OUTCOMES in ancestors(definitions, AssetKey(["effects", "estimates"]))


def test_data_runs_one_way(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.group_name == key.path[0]
        for parent in node.parent_keys:
            assert STATIONS.index(parent.path[0]) <= STATIONS.index(key.path[0])


def test_every_delivered_table_has_a_blocking_check_per_partition(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    checks = [c for c in graph.asset_check_keys if c.asset_key.path[0] == "deliveries"]
    assert {c.asset_key.path[-1] for c in checks} == set(TABLES)
    for check in checks:
        node = graph.get(check)
        assert node.blocking
        assert node.partitions_def is not None


def test_every_run_has_a_longest_time(definitions: Definitions) -> None:
    for name in ("publish_quarter", "quarterly_evaluation"):
        assert definitions.resolve_job_def(name).tags["dagster/max_runtime"] == "3600"


def test_models_for_comparison_are_given_no_outcomes() -> None:
    """A wrong import would be the quiet way past the graph."""
    for room in ("assets/cohort.py", "assets/comparison.py", "models/people/cohort.py", "models/comparing/nearest.py"):
        text = (ROOT / room).read_text(encoding="utf-8")
        assert "models.people.outcomes" not in text
        assert "outcome_values" not in text
