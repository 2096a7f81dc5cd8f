"""A person who withdraws leaves nothing behind, and a new key leaves every number as it was."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from dagster import DagsterInstance

from assets.intake.delivery_log import read_delivery_log
from assets.pseudonyms.identities import places_path, pseudonymiser_for, read_tombstones, rotation_path
from assets.pseudonyms.keys import read_key
from assets.rights.erasure import erase
from assets.rights.retention import enforce_retention
from assets.rights.rotation import rotate
from assets.storage.home import Home
from data_contracts.reading.faults import InputRefused
from pipelines.command_line.main import trin
from pipelines.running.instance import open_instance
from tests.support.large_home import erase_from, large_home
from tests.support.receiving import everything_written, take
from tests.support.runs import records, run_demo
from tests.support.small_study import PROTOCOL, small_rows, write_small_study

RESULT = "small.2026Q3.score"
PERSON = "p0007"


def pseudonym(home: Home, identifier: str) -> str:
    return pseudonymiser_for(home, home.protocol("small")).pseudonym(identifier)


@pytest.mark.slow
def test_erasing_reaches_every_table_and_stops_late_files(small_home: Home) -> None:
    rows = small_rows().astype({"mood": "str"})
    rows.loc[[7, 20], "mood"] = "9"  # the person stands in quarantine, too
    write_small_study(small_home, rows)
    run_demo(small_home)
    name = pseudonym(small_home, PERSON)
    assert name.encode() in everything_written(small_home)
    certificate = erase(small_home, [small_home.protocol("small")], [PERSON, "p0003"])
    (done,) = certificate.projects
    assert (done.asked, done.found, done.hits_left) == (2, 2, 0)
    assert done.rows_removed >= 6
    assert done.stale_quarters == ("2026Q3",)
    assert name.rpartition("-")[2].encode() not in everything_written(small_home)
    # A late file does not bring her back, whatever it is called; nobody can read there that she is meant.
    (small_home.inbox / "small" / "people_late.csv").write_bytes(rows.iloc[:30].to_csv(index=False).encode())
    taken = take(small_home)
    assert taken.of("comparison_pool").total == 28
    assert name.rpartition("-")[2].encode() not in everything_written(small_home)
    assert "som har trukket sig" in (small_home.quarantine / "small" / "0002.da.md").read_text()
    run_demo(small_home)
    result = records(small_home)[RESULT]
    assert result["n_treated"] < 60
    assert result["restated_because"] == "deliveries"
    assert name.rpartition("-")[2].encode() not in everything_written(small_home)


def test_what_waits_in_the_inbox_is_read_without_the_person(small_home: Home) -> None:
    erase(small_home, [small_home.protocol("small")], [PERSON])
    assert list((small_home.inbox / "small").iterdir()) == []
    assert pseudonym(small_home, PERSON).encode() not in everything_written(small_home)
    assert len(take(small_home).accepted("participants")) == 59


def test_a_tombstone_cannot_be_made_without_the_key_and_is_no_pseudonym(small_home: Home) -> None:
    erase(small_home, [small_home.protocol("small")], [PERSON])
    (stone,) = read_tombstones(small_home, "small")
    assert stone not in pseudonym(small_home, PERSON)
    assert len(stone) == 32


@pytest.mark.slow
def test_the_certificate_names_nobody(small_home: Home) -> None:
    run_demo(small_home)
    text = CliRunner().invoke(trin, ["erase", "--yes", "--home", str(small_home.root)], input=f"{PERSON}\n").output
    assert "1 / 1" in text
    assert PERSON not in text
    certificate = json.loads((small_home.ledger / "erasures" / "0001.json").read_text())
    assert certificate["projects"][0]["hits_left"] == 0
    danish = (small_home.ledger / "erasures" / "0001.da.md").read_text()
    assert "Attest nr. 1" in danish
    assert "2026Q3" in danish


def test_erasing_through_a_pipe_must_be_meant(small_home: Home) -> None:
    result = CliRunner().invoke(trin, ["erase", "--home", str(small_home.root)], input=f"{PERSON}\n")
    assert result.exit_code == 2
    assert "cannot be undone" in result.output
    assert read_tombstones(small_home, "small") == set()


def test_an_identifier_that_can_be_nobodys_erases_nobody(small_home: Home) -> None:
    protocol = PROTOCOL.replace("identifier_scheme: local", "identifier_scheme: cpr")
    write_small_study(small_home, protocol=protocol)
    with pytest.raises(InputRefused, match="Identifier 2 is not valid") as refused:
        erase(small_home, [small_home.protocol("small")], ["0101901234", "101901234"])
    assert "leading zero" in str(refused.value)
    assert "101901234" not in str(refused.value)
    assert not (small_home.ledger / "erasures").exists()


@pytest.mark.slow
def test_dagster_shows_what_rests_on_erased_rows_as_out_of_date(small_home: Home) -> None:
    run_demo(small_home)
    outcome = CliRunner().invoke(trin, ["erase", "--yes", "--home", str(small_home.root)], input=f"{PERSON}\n")
    assert outcome.exit_code == 0
    with open_instance(small_home) as instance:
        assert _is_stale(instance)
    run_demo(small_home)
    with open_instance(small_home) as instance:
        assert not _is_stale(instance)


def _is_stale(instance: DagsterInstance) -> bool:
    from dagster import AssetKey

    def last(*key: str) -> float:
        event = instance.get_latest_materialization_event(AssetKey(key))
        assert event is not None
        return event.timestamp

    return last("deliveries", "participants") > last("evidence", "records")


@pytest.mark.slow
def test_erasing_very_many_people_leaves_none_of_them(tmp_path: Path) -> None:
    home = large_home(tmp_path, 20_000)
    names = [pseudonym(home, f"p{i:07d}") for i in (0, 7, 19_999)]
    done = erase_from(home, 20_000)
    assert done.found == 20_000
    assert done.hits_left == 0
    written = everything_written(home)
    assert not any(name.rpartition("-")[2].encode() in written for name in names)


def spoiled_ties(home: Home) -> None:
    """Many people with the same covariates, so that ties decide who is matched."""
    rng = np.random.default_rng(3)
    rows = small_rows()
    rows["age"] = rng.choice([20.0, 30.0], len(rows))
    rows["earlier"] = rng.choice([40.0, 50.0], len(rows))
    write_small_study(home, rows)


@pytest.mark.slow
def test_rotation_changes_every_pseudonym_and_no_number(small_home: Home) -> None:
    spoiled_ties(small_home)
    run_demo(small_home)
    before = records(small_home)[RESULT]
    old_key, old_name = read_key(small_home, allow_demo=False), pseudonym(small_home, PERSON)
    for turn in range(2):  # a second rotation carries the places on
        done = rotate(small_home)
        assert done.people == {"small": 360}
        assert old_name.rpartition("-")[2].encode() not in everything_written(small_home), turn
        run_demo(small_home, again=True)
        after = records(small_home)[RESULT]
        for name in before:
            if name != "provenance":
                assert after[name] == before[name], name
    assert old_key.key_id.encode() not in (small_home.restricted / "received" / "small" / "0001-0.parquet").read_bytes()
    assert len(small_home.key_file.read_bytes()) == 96


@pytest.mark.long
def test_a_wrong_twin_that_forgets_the_places_changes_numbers(small_home: Home) -> None:
    spoiled_ties(small_home)
    run_demo(small_home)
    before = records(small_home)[RESULT]["estimate"]
    changed = False
    for seed in range(3):  # another key altogether: other pseudonyms, another order, other ties
        (small_home.key_file).write_bytes(bytes([seed]) * 32)
        spoiled_ties(small_home)
        for path in (small_home.ledger / "deliveries").glob("*.json"):
            path.unlink()
        run_demo(small_home, again=True)
        changed = records(small_home)[RESULT]["estimate"] != before
        if changed:
            break
    assert changed


def test_after_a_rotation_the_same_people_are_known_again(small_home: Home) -> None:
    content = (small_home.inbox / "small" / "people.csv").read_bytes()
    take(small_home)
    erase(small_home, [small_home.protocol("small")], [PERSON])
    rotate(small_home)
    (small_home.inbox / "small" / "people.csv").write_bytes(content)
    assert take(small_home).receipt.state == "same"
    corrected = small_rows().assign(age=99)
    newcomer = corrected.iloc[[100]].assign(id="p9999")
    write_small_study(small_home, pd.concat([corrected, newcomer]))
    taken = take(small_home)
    changes = taken.of("comparison_pool").changes
    assert changes is not None
    assert (changes.new, changes.gone, changes.same) == (1, 0, 0)  # the erased person stays away
    people = taken.accepted("comparison_pool")["person_id"]
    assert people.iloc[-1].split("-")[1] == "n"  # who comes after a rotation stands behind those with a place


def test_an_interrupted_rotation_is_finished_by_asking_again(small_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from assets.rights import rotation

    take(small_home)
    real = rotation.with_other_names
    turns = []

    def killed(path: Path, names: dict[str, str]) -> None:
        turns.append(path)
        if len(turns) == 2:
            raise KeyboardInterrupt
        real(path, names)

    monkeypatch.setattr(rotation, "with_other_names", killed)
    with pytest.raises(KeyboardInterrupt):
        rotate(small_home)
    monkeypatch.undo()
    write_small_study(small_home)
    with pytest.raises(InputRefused, match="trin key rotate"):
        take(small_home)  # nothing is read with half a key
    rotate(small_home)
    assert not rotation_path(small_home).exists()
    assert take(small_home).receipt.state == "same"
    taken = take(small_home)
    assert len(taken.accepted("comparison_pool")) == 360
    names = set(taken.accepted("comparison_pool")["person_id"])
    assert set(taken.accepted("outcomes")["person_id"]) == names
    assert names == set(pd.read_parquet(places_path(small_home, "small"))["person_id"])


@pytest.mark.slow
def test_rows_are_deleted_the_day_after_their_last(small_home: Home) -> None:
    protocol = PROTOCOL.replace("outcome_columns:", 'retention_until: "2026-12-31", outcome_columns:')
    write_small_study(small_home, protocol=protocol)
    run_demo(small_home)
    plan = small_home.protocol("small")
    assert enforce_retention(small_home, plan, date(2026, 12, 31)) == []
    assert enforce_retention(small_home, plan, date(2027, 1, 1)) == [1]
    assert enforce_retention(small_home, plan, date(2027, 1, 1)) == []
    assert len(take(small_home).accepted("participants")) == 60
    with pytest.raises(InputRefused, match="deleted at the protocol's retention_until"):
        take(small_home).table("outcomes")
    assert records(small_home)[RESULT]["status"] == "estimated"  # results stand
    assert not (small_home.restricted / "deliveries" / "outcomes" / "small" / "2026-07-01.parquet").exists()


def test_a_sealed_file_is_kept_thirty_days(small_home: Home) -> None:
    write_small_study(small_home, protocol=PROTOCOL.replace("person_id: id", "person_id: number"))
    assert take(small_home).receipt.is_sealed
    plan = small_home.protocol("small")
    sealed = small_home.quarantine / "small" / "sealed" / "0001.sealed"
    enforce_retention(small_home, plan, date(2026, 11, 14))
    assert sealed.exists()
    enforce_retention(small_home, plan, date(2026, 11, 15))
    assert not sealed.exists()


def test_the_scheduled_job_enforces_retention(small_home: Home) -> None:
    from pipelines.definitions import build_defs

    protocol = PROTOCOL.replace("outcome_columns:", 'retention_until: "2026-01-31", outcome_columns:')
    write_small_study(small_home, protocol=protocol)
    take(small_home, day=date(2026, 1, 15))
    definitions = build_defs(home=small_home)
    with open_instance(small_home) as instance:
        result = definitions.resolve_job_def("enforce_retention").execute_in_process(instance=instance)
    assert result.success
    assert [use.rows == "" for use in read_delivery_log(small_home, "small").entries[0].uses] == [False, False, True]


def test_nothing_of_a_key_is_left_open(small_home: Home) -> None:
    take(small_home)
    rotate(small_home)
    assert small_home.key_file.stat().st_mode & 0o777 == 0o600
    assert sorted(p.name for p in small_home.key_file.parent.glob(f"{small_home.key_file.name}*")) == [
        small_home.key_file.name
    ]
    assert os.access(small_home.key_file, os.R_OK)
