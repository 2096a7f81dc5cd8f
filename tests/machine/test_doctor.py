"""`trin doctor` in the states it is for: it looks at everything it can, says what mends it, and never gives up half-way."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from assets.intake.delivery_log import evaluated_quarters
from assets.storage.home import Home, read_json, write_json
from assets.storage.liveness import alive_path, hold
from data_contracts.calendar.quarters import Quarter
from data_contracts.reading.faults import InputRefused
from pipelines.command_line.main import trin
from pipelines.running.instance import prepare_instance
from tests.support.receiving import take
from tests.support.runs import run_demo

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one small study that was evaluated; copied before anything is done to it."""
    from pipelines.running.demo import set_up
    from tests.support.small_study import write_small_study

    home = Home(tmp_path_factory.mktemp("evaluated") / "home")
    set_up(home, demo=False)
    prepare_instance(home)
    write_small_study(home)
    assert {outcome.state for outcome in run_demo(home, projects=["small"])} == {"made"}
    return home.root


@pytest.fixture
def home(evaluated: Path, tmp_path: Path) -> Home:
    shutil.copytree(evaluated, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


def said(home: Home) -> str:
    done = CliRunner().invoke(trin, ["doctor", "--home", str(home.root)])
    assert "Traceback" not in done.output
    assert "Unexpected error" not in done.output
    # The last part is reached whatever is wrong before it.
    assert "dagster" in done.output.lower()
    return f"{done.exit_code} {' '.join(done.output.split())}"


def test_a_home_in_order_is_in_order(home: Home) -> None:
    assert said(home).startswith("0 ")
    assert home.root.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["dagster.yaml", "history/runs.db", "history/runs/index.db"])
def test_a_broken_folder_of_dagsters_is_named_and_can_be_moved_away(home: Home, name: str) -> None:
    for beside in (home.dagster / name).parent.glob(f"{Path(name).name}-*"):
        beside.unlink()
    (home.dagster / name).write_bytes(b"telemetry: [\n" + b"\x00\xff noise" * 999)
    words = said(home)
    assert words.startswith("1 ")
    assert "dagster/ cannot be checked" in words
    assert "move dagster/ away" in words
    shutil.rmtree(home.dagster)
    assert "dagster/ is missing" in said(home)
    assert {outcome.state for outcome in run_demo(home, projects=["small"])} <= {"made", "unchanged"}
    assert said(home).startswith("0 ")


def test_rows_that_were_taken_in_are_looked_at(home: Home) -> None:
    stored = sorted((home.received / "small").glob("*.parquet"))[0]
    content = bytearray(stored.read_bytes())
    content[len(content) // 3] ^= 1
    stored.write_bytes(content)
    assert f"{stored.name} is damaged or missing. Restore it from backup; it cannot be rebuilt." in said(home)
    stored.unlink()
    assert f"{stored.name} is damaged or missing" in said(home)


def test_a_register_that_is_damaged_is_not_to_be_removed(home: Home) -> None:
    register = home.ledger / "deliveries" / "small.json"
    register.write_text("{")
    words = said(home)
    assert "ledger/deliveries/small.json: The stored file is damaged" in words
    assert "remove it" not in words
    with pytest.raises(InputRefused) as refused:
        read_json(home.restricted / "evidence" / "x.json") or read_json(register)
    assert "it cannot be rebuilt" in refused.value.faults[0].fix


def test_a_stored_partition_without_its_sum_is_named(home: Home) -> None:
    record = home.restricted / "evidence" / "records" / "small" / "2026-07-01.json"
    record.with_name(record.name + ".sha256").unlink()
    assert "has no .sha256 beside it" in said(home)
    results = home.restricted / "results" / "2026Q3" / "results.json"
    results.write_bytes(results.read_bytes().replace(b"matched", b"watched"))
    assert "results/2026Q3/results.json fails its checksum" in said(home)


def test_a_real_key_in_the_home_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    key = home.root / "keys" / "pseudonym.key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    monkeypatch.setenv("TRIN_KEY_FILE", str(key))
    assert "The key is in the same folder as the data" in said(home)
    monkeypatch.delenv("TRIN_KEY_FILE")
    home.key_location.write_bytes(b"/caf\xe9/x\n")
    assert "keys/location.txt: This file is not UTF-8 text." in said(home)


@pytest.mark.parametrize("name", ["inbox", "quarantine", "keys", "ledger"])
def test_every_private_folder_is_private(home: Home, name: str) -> None:
    (home.root / name).chmod(0o777)
    assert f"chmod 700 {home.root / name}" in said(home).replace(" ", "").replace("chmod700", "chmod 700 ")


def test_a_home_that_others_may_write_in_is_named(home: Home) -> None:
    home.root.chmod(0o777)
    assert "Other users can write to it" in said(home)


def test_settings_that_store_what_runs_print_are_named(home: Home) -> None:
    (home.dagster / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    assert "output of runs is stored" in said(home)


def test_somebodys_own_file_among_results_is_no_quarter(home: Home) -> None:
    folder = home.restricted / "evidence" / "records" / "small"
    for stray in ("notes", "2026-02-31", "2026Q9"):
        write_json(folder / f"{stray}.json", {})
    assert evaluated_quarters(home, "small") == [Quarter(2026, 3)]
    done = CliRunner().invoke(trin, ["withdraw", "small", "1", "--home", str(home.root)])
    assert "unexpected" not in done.output


def test_a_head_that_is_no_head_is_refused_in_words(home: Home) -> None:
    (home.ledger / "audit.head").write_text("[]")
    take(home)
    outcome = next(iter(run_demo(home, again=True, projects=["small"])))
    assert outcome.state == "refused"
    assert "The end of this chain does not match its recorded head" in " ".join(outcome.messages)


def test_a_run_that_was_killed_is_closed_by_the_next(home: Home) -> None:
    from pipelines.running.instance import open_instance
    from tests.machine.test_machine_faults import a_started_run

    with open_instance(home) as instance:
        run = a_started_run(instance)
    file = hold(home, run)
    assert file is not None
    file.close()  # as when its process dies
    assert alive_path(home, run).exists()
    assert "1 runs whose process is dead" in said(home)
    run_demo(home, projects=["small"])
    assert said(home).startswith("0 ")
