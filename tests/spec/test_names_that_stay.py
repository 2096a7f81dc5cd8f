"""Names that stay

Users of Trin link to its pages, read its files, call its commands and plan runs by the names of its assets. Code may move; these names stay. `tests/reference/names.json` stores them; a deliberate change is written in CHANGELOG.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.spec.names_now import IN_CODE, IN_HOMES, STORED, released_home

if TYPE_CHECKING:
    from assets.storage.home import Home

needs_the_demo = pytest.mark.slow
together = pytest.mark.xdist_group("demo")


def lines(value: Any, above: str = "") -> Iterator[str]:
    """Yield a tree of names as lines that can be compared and read."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from lines(below, f"{above} › {name}" if above else str(name))
    elif isinstance(value, list):
        for below in value:
            yield from lines(below, above)
    else:
        yield f"{above}: {value}" if above else str(value)


def assert_stays(kind: str, now: Any) -> None:
    """Assert that no name of a kind has been added, removed or changed."""
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    before, after = set(lines(stored.get(kind, {}))), set(lines(now))
    told = [f"  gone: {line}" for line in sorted(before - after)] + [
        f"  new:  {line}" for line in sorted(after - before)
    ]
    if not told and stored[kind] != now:
        told = ["  another order"]
    if told:
        sentence = f"if it is meant, write it in CHANGELOG.md and run: python -m tests.spec.names_now {kind}"
        pytest.fail("\n".join([f"Names of the kind “{kind}” changed:", *told, sentence]), pytrace=False)


@pytest.fixture(scope="module")
def released_once(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return released_home(tmp_path_factory.mktemp("names") / "home")


def test_assets_keep_their_names_and_groups() -> None:
    """Other systems, saved views and alerts refer to assets by key and group."""
    assert_stays("assets", IN_CODE["assets"]())


def test_checks_keep_their_names() -> None:
    """Checks are found by asset and name."""
    assert_stays("asset_checks", IN_CODE["asset_checks"]())


def test_jobs_keep_their_names() -> None:
    """Jobs are started by name."""
    assert_stays("jobs", IN_CODE["jobs"]())


def test_schedules_keep_their_names_and_times() -> None:
    """A stopped schedule stays stopped only under the same name; people plan by its time."""
    assert_stays("schedules", IN_CODE["schedules"]())


def test_sensors_keep_their_names() -> None:
    """A sensor's state is stored under its name."""
    assert_stays("sensors", IN_CODE["sensors"]())


def test_partitions_keep_their_dimensions() -> None:
    """Earlier results are found by project and quarter."""
    assert_stays("partitions", IN_CODE["partitions"]())


def test_the_code_location_stays_where_it_is() -> None:
    """Other workspace files name the location, and Dagster stores runs under it."""
    assert_stays("code_location", IN_CODE["code_location"]())


def test_verbs_keep_their_options() -> None:
    """Scripts that call `trin` keep working."""
    assert_stays("commands", IN_CODE["commands"]())


def test_exit_codes_keep_their_numbers() -> None:
    """Scripts that check exit codes keep working."""
    assert_stays("exit_codes", IN_CODE["exit_codes"]())


def test_environment_variables_keep_their_names() -> None:
    """Settings of services keep working."""
    assert_stays("environment", IN_CODE["environment"]())


def test_the_record_keeps_its_fields() -> None:
    """Readers of results find every field, with the same type."""
    assert_stays("record_schema", IN_CODE["record_schema"]())


def test_the_published_schema_keeps_its_fields() -> None:
    """The published schema has the same fields."""
    assert_stays("published_schema", IN_CODE["published_schema"]())


def test_the_protocol_keeps_its_keys() -> None:
    """Existing protocols can still be read."""
    assert_stays("protocol_schema", IN_CODE["protocol_schema"]())


def test_other_files_that_people_write_keep_their_keys() -> None:
    """Existing dossiers, accounts, judgements and site settings can still be read."""
    assert_stays("other_settings", IN_CODE["other_settings"]())


def test_delivered_tables_keep_their_columns() -> None:
    """Existing deliveries can still be read."""
    assert_stays("delivered_tables", IN_CODE["delivered_tables"]())


@needs_the_demo
@together
def test_pages_and_files_keep_their_addresses(demo_template: Home, released_once: Home) -> None:
    """Links to pages and files keep working."""
    assert_stays("published_files", IN_HOMES["published_files"](demo_template, released_once))


@needs_the_demo
@together
def test_public_tables_keep_their_columns(demo_template: Home, released_once: Home) -> None:
    """Spreadsheets and queries on public files keep working."""
    assert_stays("published_tables", IN_HOMES["published_tables"](demo_template, released_once))


@needs_the_demo
@together
def test_a_home_keeps_its_folders(demo_template: Home, released_once: Home) -> None:
    """Backups, permissions and scripts for a home keep working."""
    assert_stays("home_folders", IN_HOMES["home_folders"](demo_template, released_once))


def test_every_stored_kind_is_asked_for() -> None:
    """Every stored kind of name is tested."""
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert sorted(stored) == sorted([*IN_CODE, *IN_HOMES])
    text = Path(__file__).read_text(encoding="utf-8")
    assert [kind for kind in stored if f'assert_stays("{kind}"' not in text] == []
