"""What a careless sender, an unlucky moment or a sly file can do to deliveries, and what must come of it."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from assets.intake.delivery_log import read_delivery_log
from assets.intake.reading.delivery import masked
from assets.pseudonyms.identities import pseudonymiser_for
from assets.rights.erasure import erase
from assets.rights.retention import enforce_retention, withdraw
from assets.rights.rotation import rotate
from assets.storage.home import Home
from data_contracts.calendar.quarters import Quarter
from data_contracts.protocol.reading import read_protocol
from data_contracts.reading.faults import InputRefused
from pipelines.command_line.main import trin
from tests.assets.intake.test_versions import LISTS, NAMED, drop, fresh
from tests.support.receiving import everything_written, take
from tests.support.small_study import PROTOCOL, small_rows, write_small_study

pytestmark = pytest.mark.slow

Q2, Q3 = Quarter(2026, 2), Quarter(2026, 3)


def protocol_of(home: Home, text: str) -> None:
    (home.projects / "small" / "project.yaml").write_text(text, encoding="utf-8")


def ages(home: Home, quarter: Quarter = Q3) -> set[float]:
    return set(take(home).accepted("comparison_pool", quarter)["age"])


def test_a_sender_may_go_back_to_what_was_sent_first(tmp_path: Path) -> None:
    for names in (["people.csv"] * 3, ["people_2026Q3.csv", "people_2026Q3_v2.csv", "people_2026Q3_v3.csv"]):
        home = fresh(tmp_path / names[1], NAMED if names[1] != names[0] else PROTOCOL)
        for name, age in zip(names, (30, 40, 30), strict=True):
            drop(home, name, small_rows().assign(age=age))
            take(home)
        assert ages(home) == {30.0}


def test_the_same_list_may_come_back_in_a_later_quarter(tmp_path: Path) -> None:
    home = fresh(tmp_path, LISTS.replace("first_quarter: 2026Q2", "first_quarter: 2026Q1"))
    for name, count in (("people_2026Q1.csv", 300), ("people_2026Q2.csv", 200), ("people_2026Q3.csv", 300)):
        drop(home, name, small_rows(60, count))
        take(home)
    assert len(take(home).accepted("comparison_pool", Q3)) == 360


def test_two_senders_in_one_pattern_are_two(tmp_path: Path) -> None:
    rows = small_rows()
    for each in ("adds", "replaces"):
        text = NAMED.replace("people_{period}{version}.csv", "*_{period}{version}.csv")
        home = fresh(tmp_path / each, text.replace("format: csv", f"each_file: {each}, format: csv"))
        drop(home, "aarhus_2026Q3.csv", rows.iloc[::2])
        drop(home, "odense_2026Q3.csv", rows.iloc[1::2])
        assert len(take(home).accepted("comparison_pool")) == 360, each


def test_a_quarter_and_its_last_month_are_two_things(tmp_path: Path) -> None:
    home = fresh(tmp_path, NAMED)
    drop(home, "people_2026Q3.csv", small_rows().iloc[::2])
    drop(home, "people_2026-09.csv", small_rows().iloc[1::2])
    assert len(take(home).accepted("comparison_pool")) == 360


def test_a_file_that_comes_while_another_is_read_is_not_lost(small_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from assets.intake import reception

    real = reception.read_table
    seen: list[int] = []

    def meanwhile(*arguments: object, **options: object) -> object:
        if not seen:
            seen.append(1)
            write_small_study(small_home, small_rows().assign(age=77))
        return real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(reception, "read_table", meanwhile)
    take(small_home)
    assert (small_home.inbox / "small" / "people.csv").exists()
    assert ages(small_home) == {77.0}


def workbook(rows: pd.DataFrame, change: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(list(rows.columns))
    for row in rows.itertuples(index=False):
        book.active.append(list(row))
    if change is not None:
        change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


XLSX = PROTOCOL.replace("people*.csv", "people*.xlsx").replace("format: csv", "format: xlsx")
PARQUET = PROTOCOL.replace("people*.csv", "people*.parquet").replace("format: csv", "format: parquet")


def send_workbook(home: Home, content: bytes, text: str = XLSX) -> None:
    write_small_study(home, protocol=text).unlink()
    (home.inbox / "small" / "people.xlsx").write_bytes(content)


def test_a_number_that_means_not_known_means_it_in_every_format(small_home: Home) -> None:
    rows = small_rows()
    rows.loc[:9, "age"] = 99
    text = XLSX.replace("format: xlsx", 'null_values: ["", "99"], format: xlsx')
    send_workbook(
        small_home,
        workbook(rows),
        text.replace("type: numeric, domain: demography", "type: numeric, required: false, domain: demography"),
    )
    pool = take(small_home).accepted("comparison_pool")
    assert pool["age"].isna().sum() == 10
    assert not (pool["age"] == 99).any()


def test_a_percentage_is_no_number(small_home: Home) -> None:
    def percent(book: openpyxl.Workbook) -> None:
        book.active["E5"].value = 0.5
        book.active["E5"].number_format = "0 %"

    send_workbook(small_home, workbook(small_rows(), percent))
    assert list(take(small_home).rules("comparison_pool")) == ["readable(age)"]


@pytest.mark.parametrize("text", ["0.500", "0.125", "00.125", "-0.250"])
def test_a_decimal_point_is_not_taken_for_thousands(small_home: Home, text: str) -> None:
    rows = small_rows().astype({"age": "str"})
    rows["age"], rows["earlier"], rows["score"] = "30", "50", "1"
    rows.loc[4, "age"] = text
    write_small_study(small_home, rows, PROTOCOL.replace("format: csv", 'decimal: ",", format: csv'))
    assert list(take(small_home).rules("comparison_pool")) == ["readable(age)"]


def test_what_the_protocol_now_allows_is_taken_in_when_it_comes_again(small_home: Home) -> None:
    rows = small_rows()
    rows.loc[:5, "group"] = "d"
    path = write_small_study(small_home, rows)
    content = path.read_bytes()
    assert take(small_home).of("comparison_pool").accepted == 354
    protocol_of(small_home, PROTOCOL.replace("levels: [a, b, c]", "levels: [a, b, c, d]"))
    path.write_bytes(content)
    assert take(small_home).receipt.state == "accepted"
    assert len(take(small_home).accepted("comparison_pool")) == 360


def test_a_start_in_the_future_is_taken_in_when_it_has_come(small_home: Home) -> None:
    rows = small_rows()
    rows.loc[:1, "start"] = "2026-10-20"
    path = write_small_study(small_home, rows)
    content = path.read_bytes()
    assert take(small_home, day=date(2026, 10, 15)).of("participants").accepted == 58
    path.write_bytes(content)
    assert take(small_home, day=date(2026, 11, 1)).of("participants").accepted == 60
    # In two files, the accepted copy counts, whatever the files are called.
    (small_home.inbox / "small" / "people_b.csv").write_bytes(content + b"\n")
    take(small_home, day=date(2026, 10, 16))
    assert len(take(small_home).accepted("participants", Quarter(2026, 4))) == 60


def test_long_numbers_keep_every_digit_beside_a_gap(small_home: Home) -> None:
    rows = small_rows()
    rows["id"] = pd.Series([9007199254740993 + i for i in range(len(rows))], dtype="Int64")
    rows.loc[200, "id"] = pd.NA
    write_small_study(small_home, protocol=PARQUET).unlink()
    rows.assign(start=rows["start"], club=rows["club"]).to_parquet(small_home.inbox / "small" / "people.parquet")
    assert take(small_home).accepted("comparison_pool")["person_id"].nunique() == 359


def test_text_days_in_parquet_are_read_as_declared(small_home: Home) -> None:
    rows = small_rows().assign(start="15-01-2025", test_day="01-09-2025")
    write_small_study(
        small_home, protocol=PARQUET.replace("format: parquet", "date_format: dd-mm-yyyy, format: parquet")
    ).unlink()
    rows.to_parquet(small_home.inbox / "small" / "people.parquet")
    assert set(take(small_home).accepted("participants")["index_date"]) == {pd.Timestamp(2025, 1, 15)}


@pytest.mark.parametrize("cell", [" 1", "1,0", "１", "1.00"])
def test_a_mark_that_almost_says_who_took_part_is_not_passed_over(small_home: Home, cell: str) -> None:
    rows = small_rows().astype({"club": "str"})
    rows.loc[3, "club"] = f'"{cell}"' if "," in cell else cell
    path = write_small_study(small_home, rows)
    path.write_text(path.read_text().replace('"""1,0"""', '"1,0"'), encoding="utf-8")
    receipt = take(small_home).receipt
    if receipt.state == "accepted":
        assert receipt.tables[0].accepted == 60  # the same number, written otherwise
    else:
        assert "almost say “1”" in str(receipt.faults[0])
        assert receipt.faults[0].line == 5


def test_rows_that_are_not_chosen_are_counted(small_home: Home) -> None:
    assert take(small_home).of("participants").not_chosen == 300
    assert "ikke vælger: 300" in (small_home.quarantine / "small" / "0001.da.md").read_text()


def test_marks_nobody_sees_make_nobody_somebody_else(small_home: Home) -> None:
    rows = small_rows()
    rows.loc[0, "id"] = "\ufeffp0000"
    rows.loc[1, "id"] = "p0001\u200b"
    rows.loc[2, "id"] = "#REF!"
    write_small_study(small_home, rows)
    taken = take(small_home)
    people = pseudonymiser_for(small_home, small_home.protocol("small"))
    found = set(taken.accepted("participants")["person_id"])
    assert {people.pseudonym("p0000"), people.pseudonym("p0001")} <= found
    assert taken.rules("participants") == {"identifier(person_id)": (4,)}


def test_a_row_without_a_place_costs_nobody_her_other_rows() -> None:
    from models.people.same_person import one_place_per_person, one_start_per_person

    rows = pd.DataFrame(
        {
            "person_id": "a",
            "index_date": pd.to_datetime(["2025-01-01", "2025-02-01", "2025-03-01"]),
            "municipality_code": [None, "0461", "0751"],
        }
    )
    assert len(one_start_per_person(one_place_per_person(rows, "earliest_start"), "earliest_start")) == 1


def killed_at(monkeypatch: pytest.MonkeyPatch, module: object, name: str, work: Callable[[], object]) -> None:
    """Run something that dies where it calls a function."""

    def die(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, name, die)
    with pytest.raises(KeyboardInterrupt):
        work()
    monkeypatch.undo()


def results(home: Home, *quarters: Quarter) -> None:
    for quarter in quarters:
        path = home.restricted / "evidence" / "records" / "small" / f"{quarter.partition_key}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[]")


def test_an_interrupted_erasure_is_finished_and_old_quarters_are_marked(
    small_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assets.rights import erasure

    take(small_home)
    results(small_home, Q2, Q3)
    protocol = small_home.protocol("small")
    killed_at(monkeypatch, erasure, "without_people", lambda: erase(small_home, [protocol], ["p0007"]))
    (done,) = erase(small_home, [protocol], ["p0007"]).projects
    assert done.erased_before == 1
    assert done.stale_quarters == ("2026Q2", "2026Q3")
    assert read_delivery_log(small_home, "small").stale == ("2026Q2", "2026Q3")
    name = pseudonymiser_for(small_home, protocol).pseudonym("p0007")
    assert name.encode() not in everything_written(small_home)


def test_an_interrupted_withdrawal_leaves_no_rows(small_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from assets.rights import retention

    take(small_home)
    killed_at(monkeypatch, retention, "_delete_rows", lambda: withdraw(small_home, "small", 1))
    take(small_home)
    assert not list((small_home.received / "small").glob("*.parquet"))


def test_an_interrupted_retention_is_finished_by_whoever_comes_next(
    small_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assets.rights import retention

    text = PROTOCOL.replace("outcome_columns:", 'retention_until: "2026-12-31", outcome_columns:')
    write_small_study(small_home, protocol=text)
    take(small_home)
    plan = small_home.protocol("small")
    later = date(2027, 1, 1)
    killed_at(monkeypatch, retention, "_delete_rows", lambda: enforce_retention(small_home, plan, later))
    take(small_home)
    assert len(list((small_home.received / "small").glob("*.parquet"))) == 2


def test_what_may_not_be_kept_is_not_taken_in(small_home: Home) -> None:
    text = PROTOCOL.replace("outcome_columns:", 'retention_until: "2026-01-31", outcome_columns:')
    write_small_study(small_home, protocol=text)
    receipt = take(small_home).receipt
    assert "may not be kept after 2026-01-31" in str(receipt.faults[0])
    assert not receipt.is_sealed


def test_an_interrupted_rotation_keeps_sealed_files(small_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from assets.rights import rotation

    write_small_study(small_home, protocol=PROTOCOL.replace("person_id: id", "person_id: number"))
    assert take(small_home).receipt.is_sealed
    killed_at(monkeypatch, rotation, "seal", lambda: rotate(small_home))
    rotate(small_home)
    protocol_of(small_home, PROTOCOL)
    assert take(small_home).receipt.state == "accepted"


def test_a_damaged_table_is_told_before_anything_is_changed(small_home: Home) -> None:
    take(small_home)
    path = small_home.received / "small" / "0001-0.parquet"
    path.write_bytes(path.read_bytes()[:300])
    key = small_home.key_file.read_bytes()
    for work in (lambda: rotate(small_home), lambda: erase(small_home, [small_home.protocol("small")], ["p0001"])):
        with pytest.raises(InputRefused, match="stored table is damaged"):
            work()
    assert small_home.key_file.read_bytes() == key
    assert not (small_home.ledger / "rotation.json").exists()
    assert not (small_home.ledger / "tombstones").exists()


def test_a_project_whose_folder_is_gone_is_not_passed_over(small_home: Home) -> None:
    take(small_home)
    (small_home.projects / "small").rename(small_home.root / "elsewhere")
    result = CliRunner().invoke(trin, ["erase", "--yes", "--home", str(small_home.root)], input="p0001\n")
    assert result.exit_code == 3
    assert "small" in result.output
    assert CliRunner().invoke(trin, ["withdraw", "small", "1", "--home", str(small_home.root)]).exit_code == 0


def test_a_list_of_identifiers_may_begin_with_a_mark(small_home: Home) -> None:
    take(small_home)
    arguments = ["erase", "--yes", "--home", str(small_home.root)]
    assert CliRunner().invoke(trin, arguments, input=b"p0001\xe5\n").exit_code == 3
    result = CliRunner().invoke(trin, arguments, input="\ufeffp0001\n".encode())
    assert "1 / 1" in result.output


@pytest.mark.parametrize("header", ["cpr 2510537817", "id 2510537817"])
def test_a_header_with_a_person_number_is_not_repeated(small_home: Home, header: str) -> None:
    write_small_study(small_home, small_rows().rename(columns={"id": header}))
    receipt = take(small_home).receipt
    assert receipt.state == "refused"
    assert b"2510537817" not in everything_written(small_home)


def test_a_file_without_a_header_is_not_quoted(small_home: Home) -> None:
    path = write_small_study(small_home, small_rows().assign(group="grouptherapy Anna"))
    path.write_text(path.read_text().partition("\n")[2])
    receipt = take(small_home).receipt
    assert receipt.state == "refused"
    assert "Anna" not in " ".join(str(fault) for fault in receipt.faults)


@pytest.mark.parametrize("mark", ["", "-", "+", ",", "=", "(", " ", "_", ".", "x", "–"])
def test_person_numbers_in_file_names_are_masked_whatever_stands_between(mark: str) -> None:
    assert "1234" not in masked(f"liste 010195{mark}1234.csv")


@pytest.mark.parametrize("name", ["people_2026Q3_20261005.csv", "people_2026-09-30_v2.csv", "aarhus_2026K3 (2).csv"])
def test_periods_and_versions_stay_readable(name: str) -> None:
    assert masked(name) == name


def test_a_person_number_with_a_comma_is_no_amount(small_home: Home) -> None:
    rows = small_rows().astype({"age": "str"})
    rows["age"], rows["earlier"], rows["score"] = "30", "50", "1"
    rows.loc[4, "age"] = '"251154,6471"'
    path = write_small_study(
        small_home, rows, PROTOCOL.replace("format: csv", 'decimal: ",", delimiter: ";", format: csv')
    )
    path.write_text(path.read_text().replace('"""251154,6471"""', "251154|6471").replace(",", ";").replace("|", ","))
    assert list(take(small_home).rules("comparison_pool")) == ["readable(age)"]
    assert b"251154" not in everything_written(small_home)


def test_a_name_in_an_old_encoding_is_read(small_home: Home) -> None:
    path = small_home.inbox / "small" / "people.csv"
    os.rename(path, os.fsencode(path.parent) + b"/people_\xe5rhus.csv")
    taken = take(small_home)
    assert (taken.receipt.state, taken.receipt.file) == ("accepted", "people_århus.csv")


def test_a_covariate_may_change_its_kind(small_home: Home) -> None:
    take(small_home)
    changed = PROTOCOL.replace("type: categorical, levels: [a, b, c], domain: family", "type: numeric, domain: family")
    rows = small_rows()
    rows["group"] = rows["group"].map({"a": 1, "b": 2, "c": 3})
    write_small_study(small_home, rows, changed)
    assert take(small_home).receipt.state == "accepted"
    assert set(take(small_home).accepted("comparison_pool")["group"]) == {1.0, 2.0, 3.0}


def test_files_under_a_new_name_take_the_place_of_the_old(small_home: Home) -> None:
    path = small_home.inbox / "small" / "people.csv"
    content = path.read_bytes()
    take(small_home)
    protocol_of(small_home, PROTOCOL.replace("people*.csv", "folk*.csv"))
    with pytest.raises(InputRefused, match="a delivery that the protocol no longer declares"):
        take(small_home).table("participants")
    (small_home.inbox / "small" / "folk.csv").write_bytes(content)
    assert len(take(small_home).accepted("participants")) == 60


def test_a_protocol_changed_and_changed_back_asks_for_nothing(small_home: Home) -> None:
    path = small_home.inbox / "small" / "people.csv"
    content = path.read_bytes()
    take(small_home)
    protocol_of(small_home, PROTOCOL.replace("measured_date: test_day", "measured_date: start"))
    path.write_bytes(content)
    take(small_home)
    protocol_of(small_home, PROTOCOL)
    assert len(take(small_home).accepted("outcomes")) == 360


def test_rows_that_were_deleted_may_be_delivered_again(small_home: Home) -> None:
    path = small_home.inbox / "small" / "people.csv"
    content = path.read_bytes()
    text = PROTOCOL.replace("outcome_columns:", 'retention_until: "2026-12-31", outcome_columns:')
    protocol_of(small_home, text)
    take(small_home)
    enforce_retention(small_home, small_home.protocol("small"), date(2027, 1, 1))
    protocol_of(small_home, text.replace("2026-12-31", "2031-12-31"))
    path.write_bytes(content)
    take(small_home)
    assert len(take(small_home).accepted("outcomes")) == 360


def test_a_correction_of_the_unit_asks_for_the_only_earlier_file_to_be_taken_out(small_home: Home) -> None:
    write_small_study(small_home, small_rows().assign(earlier=lambda r: r["earlier"] * 100))
    take(small_home)
    write_small_study(small_home)
    receipt = take(small_home).receipt
    assert receipt.state == "refused"
    assert "take that one out first" in str(receipt.faults[0])
    withdraw(small_home, "small", 1)
    write_small_study(small_home)
    assert take(small_home).receipt.state == "accepted"


@pytest.mark.parametrize("names", ["[]", "[id, id]", '""'])
def test_a_column_needs_a_name(names: str) -> None:
    with pytest.raises(InputRefused, match="name of a column"):
        read_protocol(PROTOCOL.replace("person_id: id,", f"person_id: {names},", 1))


def test_a_refused_file_is_in_the_exit_code(small_home: Home) -> None:
    home = ["--home", str(small_home.root)]
    assert CliRunner().invoke(trin, ["run", *home, "--quarter", "2026Q3"]).exit_code == 0
    (small_home.inbox / "small" / "odense.csv").write_text("a\n1\n")
    assert CliRunner().invoke(trin, ["run", *home, "--quarter", "2026Q3"]).exit_code == 3


def test_files_nobody_takes_in_are_counted(small_home: Home) -> None:
    (small_home.inbox / "small" / "Q3").mkdir()
    (small_home.inbox / "small" / "Q3" / "people.csv").write_text("x")
    (small_home.inbox / "unknown.csv").write_text("x")
    result = CliRunner().invoke(trin, ["status", "--home", str(small_home.root)])
    assert "2 files are ignored" in result.output
