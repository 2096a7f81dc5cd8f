"""Versions: late, corrected and repeated files give the same tables in whatever order they come."""

from __future__ import annotations

import itertools
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assets.intake.delivery_log import read_delivery_log
from assets.intake.receipts import state_words
from assets.pseudonyms.keys import create_key
from assets.rights.retention import withdraw
from assets.rights.rotation import rotate
from assets.storage.home import Home
from data_contracts.calendar.quarters import Quarter
from data_contracts.protocol.file_names import read_name
from data_contracts.reading.faults import InputRefused
from tests.support.receiving import TABLES, take
from tests.support.runs import public_records, records, run_demo
from tests.support.small_study import PROTOCOL, small_rows, write_small_study

pytestmark = pytest.mark.slow

Q2, Q3 = Quarter(2026, 2), Quarter(2026, 3)
NAMED = PROTOCOL.replace('files: "people*.csv"', 'files: "people_{period}{version}.csv"').replace(
    "first_quarter: 2026Q3", "first_quarter: 2026Q2"
)
LISTS = NAMED.replace("format: csv", "each_file: replaces, format: csv")

NAMES = [
    ("aarhus_{period}{version}.csv", "Aarhus_2026Q3.csv", date(2026, 9, 30), 0),
    ("aarhus_{period}{version}.csv", "aarhus_2026K3_v2.csv", date(2026, 9, 30), 2),
    ("aarhus_{period}{version}.csv", "aarhus_2026-Q3 (3).csv", date(2026, 9, 30), 3),
    ("aarhus_{period}{version}.csv", "aarhus_2026Q3_rettet.csv", date(2026, 9, 30), 1),
    ("aarhus_{period}{version}.csv", "aarhus_2026Q3_2026-10-05.csv", date(2026, 9, 30), 20261005),
    ("aarhus_{period}.csv", "aarhus_2026-02.csv", date(2026, 2, 28), 0),
    ("aarhus_{period}.csv", "aarhus_2026.csv", date(2026, 12, 31), 0),
    ("people*{version}.csv", "people_b_v2.csv", None, 2),
    ("people*.csv", "people.csv", None, 0),
]


@pytest.mark.parametrize(("pattern", "name", "end", "version"), NAMES, ids=[n[1] for n in NAMES])
def test_a_name_says_period_and_version(pattern: str, name: str, end: date | None, version: int) -> None:
    said = read_name(pattern, name)
    assert said is not None
    assert (said.period_end, said.version) == (end, version)


@pytest.mark.parametrize("name", ["odense_2026Q3.csv", "aarhus_2026Q5.csv", "aarhus_2026-13.csv", "aarhus.csv"])
def test_other_names_are_not_meant(name: str) -> None:
    assert read_name("aarhus_{period}{version}.csv", name) is None


def drop(home: Home, name: str, rows: pd.DataFrame) -> None:
    rows.to_csv(home.inbox / "small" / name, index=False)


def fresh(folder: Path, protocol: str) -> Home:
    """Return a home for files to be taken into; nothing here needs Dagster's databases."""
    home = Home(folder / "home")
    home.prepare()
    create_key(home, demo=False)
    write_small_study(home, protocol=protocol).unlink()
    return home


def quarterly_files() -> dict[str, pd.DataFrame]:
    """Two quarters, each corrected once, and one row that stands in both."""
    rows = small_rows()
    first, second = rows.iloc[::2], pd.concat([rows.iloc[[0]], rows.iloc[1::2].assign(start="2025-02-01")])
    return {
        "people_2026Q2.csv": first.assign(mood=3),
        "people_2026Q2_v2.csv": first,
        "people_2026Q3.csv": second.iloc[1:].assign(age=44),
        "people_2026Q3_v2.csv": second,
    }


@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(order=st.permutations(sorted(quarterly_files())), cuts=st.lists(st.booleans(), min_size=4, max_size=4))
def test_any_order_of_arrival_gives_the_same_tables(
    tmp_path_factory: pytest.TempPathFactory, order: list[str], cuts: list[bool]
) -> None:
    """Files come one by one or several at once; the tables of both quarters are always the same."""
    home = fresh(tmp_path_factory.mktemp("order"), NAMED)
    files = quarterly_files()
    for name, alone in zip(order, cuts, strict=True):
        drop(home, name, files[name])
        if alone:
            take(home)
    found = {(t, str(q)): take(home).accepted(t, q) for t in TABLES for q in (Q2, Q3)}
    expected = fresh(tmp_path_factory.mktemp("expected"), NAMED)
    # The key differs from home to home; give this one the same.
    expected.key_file.write_bytes(home.key_file.read_bytes())
    for name in ("people_2026Q2_v2.csv", "people_2026Q3_v2.csv"):
        drop(expected, name, files[name])
    taken = take(expected)
    for (table, quarter), frame in found.items():
        pd.testing.assert_frame_equal(frame, taken.accepted(table, Quarter.parse(quarter)))


def test_a_wrong_twin_that_trusts_the_order_of_arrival_is_found_out(tmp_path: Path) -> None:
    """Without versions in the names the last file counts, and then the order does matter."""
    homes = []
    for i, order in enumerate(itertools.permutations(["v1", "v2"])):
        home = fresh(tmp_path / str(i), PROTOCOL)
        for version in order:
            drop(home, "people.csv", small_rows().assign(age=30 if version == "v1" else 40))
            take(home)
        homes.append(take(home).accepted("comparison_pool"))
    assert not homes[0]["age"].equals(homes[1]["age"])


def test_the_same_bytes_under_another_name_are_no_delivery(small_home: Home) -> None:
    content = (small_home.inbox / "small" / "people.csv").read_bytes()
    take(small_home)
    (small_home.inbox / "small" / "people_copy.csv").write_bytes(content)
    receipt = take(small_home).receipt
    assert (receipt.state, receipt.same_as) == ("same", 1)
    assert len(read_delivery_log(small_home, "small").entries) == 1


def test_a_corrected_file_says_how_it_differs(small_home: Home) -> None:
    take(small_home)
    rows = small_rows()
    rows.loc[0, "age"] = 61
    rows = pd.concat([rows.iloc[:-2], rows.iloc[[-1]].assign(id="p9999")])
    write_small_study(small_home, rows)
    taken = take(small_home)
    assert taken.receipt.replaces == 1
    changes = taken.of("comparison_pool").changes
    assert changes is not None
    assert (changes.new, changes.gone, changes.changed, changes.same) == (1, 2, 1, 357)
    assert len(taken.accepted("comparison_pool")) == 359


def test_an_old_version_that_comes_last_changes_nothing(tmp_path: Path) -> None:
    home = fresh(tmp_path, NAMED)
    drop(home, "people_2026Q3_v2.csv", small_rows())
    before = take(home).accepted("outcomes")
    drop(home, "people_2026Q3.csv", small_rows().assign(score=0))
    receipt = take(home).receipt
    assert (receipt.state, receipt.newer) == ("accepted", 1)
    pd.testing.assert_frame_equal(take(home).accepted("outcomes"), before)


def test_of_lists_that_are_sent_whole_the_latest_up_to_the_quarter_counts(tmp_path: Path) -> None:
    home = fresh(tmp_path, LISTS)
    drop(home, "people_2026Q2.csv", small_rows(60, 200))
    drop(home, "people_2026Q3.csv", small_rows(60, 300))
    taken = take(home)
    assert len(taken.accepted("comparison_pool", Q2)) == 260
    assert len(taken.accepted("comparison_pool", Q3)) == 360


def test_a_new_key_between_two_lists_leaves_them_one_series(tmp_path: Path) -> None:
    home = fresh(tmp_path, LISTS)
    drop(home, "people_2026Q2.csv", small_rows(60, 200))
    take(home)
    rotate(home)
    drop(home, "people_2026Q3.csv", small_rows(60, 100))
    taken = take(home)
    assert len(taken.accepted("comparison_pool", Q2)) == 260
    assert len(taken.accepted("comparison_pool", Q3)) == 160


def test_a_quarter_does_not_see_the_next_one(tmp_path: Path) -> None:
    home = fresh(tmp_path, NAMED)
    drop(home, "people_2026Q3.csv", small_rows().assign(start="2026-08-01"))
    taken = take(home)
    assert len(taken.accepted("participants", Q2)) == 0
    assert len(taken.accepted("participants", Q3)) == 60


def test_a_late_file_makes_the_old_quarter_anew_and_says_so(tmp_path: Path) -> None:
    home = fresh(tmp_path, NAMED)
    drop(home, "people_2026Q2.csv", small_rows())
    list(run_demo(home, quarter=Q2))
    list(run_demo(home, quarter=Q3))
    before = records(home, Q2)["small.2026Q2.score"]
    assert (before["restated_times"], before["restated_because"]) == (0, None)
    corrected = small_rows().assign(score=lambda r: r["score"] + 2 * r["club"])
    drop(home, "people_2026Q2_v2.csv", corrected)
    outcomes = run_demo(home, quarter=Q3)
    assert {(o.project, o.quarter) for o in outcomes if o.state == "made"} == {
        ("small", "2026Q3"),
        ("small", "2026Q2"),
        ("publication", "2026Q3"),
        ("publication", "2026Q2"),
    }
    after = records(home, Q2)["small.2026Q2.score"]
    assert after["estimate"] == pytest.approx(before["estimate"] + 2)
    assert (after["restated_times"], after["restated_because"]) == (1, "deliveries")
    assert public_records(home, Q2)["small.2026Q2.score"]["restated_because"] == "deliveries"
    assert read_delivery_log(home, "small").stale == ()
    page = home.published / "2026Q2" / "site" / "resultat" / "small.2026Q2.score.html"
    assert "leverancer kom sent" in page.read_text()
    assert {o.state for o in run_demo(home, quarter=Q3)} == {"unchanged"}


def test_a_file_about_a_new_quarter_leaves_the_old_one_alone(tmp_path: Path) -> None:
    home = fresh(tmp_path, NAMED)
    drop(home, "people_2026Q2.csv", small_rows())
    list(run_demo(home, quarter=Q2))
    more = small_rows(30, 30, seed=9).assign(id=lambda r: "n" + r["id"], start="2026-07-10", test_day="2026-09-01")
    drop(home, "people_2026Q3.csv", more)
    assert {o.quarter for o in run_demo(home, quarter=Q3)} == {"2026Q3"}
    assert read_delivery_log(home, "small").stale == ()


def test_a_refused_file_is_tried_again_when_the_protocol_is_corrected(small_home: Home) -> None:
    wrong = PROTOCOL.replace("person_id: id", "person_id: number")
    write_small_study(small_home, protocol=wrong)
    assert take(small_home).receipt.is_sealed
    (small_home.projects / "small" / "project.yaml").write_text(PROTOCOL)
    taken = take(small_home)
    assert taken.receipt.state == "accepted"
    assert len(taken.accepted("participants")) == 60
    assert not list((small_home.quarantine / "small" / "sealed").iterdir())


def test_a_file_read_under_an_earlier_protocol_is_asked_for_again(small_home: Home) -> None:
    take(small_home)
    changed = PROTOCOL.replace("measured_date: test_day", "measured_date: start")
    (small_home.projects / "small" / "project.yaml").write_text(changed)
    with pytest.raises(InputRefused, match="read under an earlier version of the protocol"):
        take(small_home).table("outcomes")
    write_small_study(small_home, protocol=changed)
    assert take(small_home).receipt.state == "accepted"  # the same bytes, read differently, are no copy


def test_other_totals_to_pass_over_are_another_reading(small_home: Home) -> None:
    take(small_home)
    changed = PROTOCOL.replace("format: csv", "rows_to_drop: [p0001], format: csv")
    (small_home.projects / "small" / "project.yaml").write_text(changed)
    with pytest.raises(InputRefused, match="read under an earlier version of the protocol"):
        take(small_home).table("outcomes")
    write_small_study(small_home, protocol=changed)
    assert len(take(small_home).accepted("outcomes")) == 359


def test_a_line_that_left_the_protocol_is_not_silently_forgotten(small_home: Home) -> None:
    take(small_home)
    changed = PROTOCOL.replace("people*.csv", "folk*.csv")
    (small_home.projects / "small" / "project.yaml").write_text(changed)
    with pytest.raises(InputRefused, match="trin withdraw small 1"):
        take(small_home).table("participants")


def test_a_file_taken_back_no_longer_counts(small_home: Home) -> None:
    first = take(small_home).accepted("outcomes")
    write_small_study(small_home, small_rows().assign(score=40.0))
    assert take(small_home).receipt.state == "accepted"
    withdraw(small_home, "small", 2)
    pd.testing.assert_frame_equal(take(small_home).accepted("outcomes"), first)
    with pytest.raises(InputRefused, match="Files that can be withdrawn: 1"):
        withdraw(small_home, "small", 2)
    assert not list((small_home.received / "small").glob("0002-*"))


@pytest.mark.parametrize("is_cut", [True, False], ids=["cut", "a flipped bit"])
def test_damaged_rows_are_taken_back_and_sent_again(small_home: Home, is_cut: bool) -> None:
    """The delivery is deleted once it is read, so running the quarter again cannot bring its rows back."""
    take(small_home)
    for path in (small_home.received / "small").glob("*.parquet"):
        content = bytearray(path.read_bytes())
        content[200] ^= 0x10  # among the pseudonyms
        path.write_bytes(content[:300] if is_cut else content)
    with pytest.raises(InputRefused) as refused:
        take(small_home).table("participants")
    (fault,) = refused.value.faults
    assert fault.file == "restricted/received/small/0001-0.parquet"
    assert "trin withdraw small 1" in fault.fix
    withdraw(small_home, "small", 1)
    write_small_study(small_home)
    assert take(small_home).receipt.state == "accepted"
    assert len(take(small_home).accepted("participants")) == 60


def test_a_killed_intake_leaves_nothing_that_counts(small_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the rows were written and before the register knew: the file is still there, and is taken in once."""
    from assets.intake import arrivals, reception

    saved = small_home.inbox / "small" / "people.csv"
    copy = small_home.root / "copy.csv"
    shutil.copy(saved, copy)

    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(reception, "write_delivery_log", killed)
    with pytest.raises(KeyboardInterrupt):
        take(small_home)
    monkeypatch.undo()
    assert (saved.parent / arrivals.ASIDE / saved.name).exists()
    assert read_delivery_log(small_home, "small").entries == ()
    assert take(small_home).receipt.number == 1
    assert len(list((small_home.received / "small").glob("*.parquet"))) == 3
    # Killed after the register knew, before the file was gone.
    shutil.copy(copy, saved)
    assert take(small_home).receipt.state == "same"


def test_a_file_that_still_grows_is_left_alone(small_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from assets.intake import arrivals

    path = small_home.inbox / "small" / "people.csv"
    monkeypatch.setattr(arrivals, "QUIET_SECONDS", 5.0)

    def meanwhile(seconds: float) -> None:
        with path.open("a") as file:
            file.write("p9999,0,2025-01-15,0751,30,50,a,3,2025-09-01,60\n")

    monkeypatch.setattr(arrivals.time, "sleep", meanwhile)
    assert take(small_home).receipts == []
    assert path.exists()
    monkeypatch.setattr(arrivals, "QUIET_SECONDS", 0.0)
    assert take(small_home).of("comparison_pool").total == 361


@pytest.mark.parametrize("name", [".people.csv", "~$people.csv", "people.csv.part", "people.tmp"])
def test_half_made_files_of_other_programs_are_not_meant(small_home: Home, name: str) -> None:
    take(small_home)
    path = small_home.inbox / "small" / name
    path.write_text("x")
    assert take(small_home).receipts == []
    assert path.exists()


def test_an_empty_file_may_be_the_beginning_of_one(small_home: Home) -> None:
    import os

    path = small_home.inbox / "small" / "people_late.csv"
    path.touch()
    assert len(take(small_home).receipts) == 1  # people.csv alone
    os.utime(path, (1, 1))
    assert take(small_home).receipt.state == "refused"


def test_the_first_line_of_a_receipt_says_what_became_of_the_file(tmp_path: Path) -> None:
    from assets.intake.reception import examine

    home = fresh(tmp_path, NAMED)
    rows = small_rows().astype({"mood": "str"})
    rows.loc[0, "mood"] = "9"
    drop(home, "people_2026Q3_v2.csv", rows)
    trial = examine(home, home.protocol("small"), home.inbox / "small" / "people_2026Q3_v2.csv")
    assert "Intet er gemt" in state_words(trial, "da")
    assert "taget i brug. Afviste rækker: 1." in state_words(take(home).receipt, "da")
    drop(home, "people_2026Q3.csv", small_rows())
    late = take(home).receipt
    assert "ikke i brug: en nyere udgave, nr. 1, gælder" in state_words(late, "da")
    assert "afløser" not in (home.quarantine / "small" / "0002.da.md").read_text()
