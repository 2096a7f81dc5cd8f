"""Reading what arrives: nothing is guessed, nothing is partly loaded, nothing identifying is kept."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from assets.intake.reading.cells import parse_columns
from assets.intake.reading.delivery import masked
from assets.intake.reading.readers import read_delivery
from assets.pseudonyms.keys import DEMO_KEY, read_key
from assets.pseudonyms.pseudonyms import Pseudonymiser, canonical_identifier
from assets.storage.home import Home
from assets.storage.rows import content_sha256
from data_contracts.protocol.deliveries import Delivery
from data_contracts.protocol.table_contract import Column, TableContract
from data_contracts.reading.faults import InputRefused
from pipelines.running.demo import set_up
from tests.support.receiving import TABLES, everything_written, take
from tests.support.small_study import PROTOCOL, small_rows, write_small_study


def delivery(**options: object) -> Delivery:
    return Delivery.model_validate({"table": "outcomes", "files": "x", "format": "csv"} | options)


def column(name: str, kind: str) -> Column:
    return Column(name, kind, True, "", "", "")  # type: ignore[arg-type]


def parsed(cells: list[object], kind: str, **options: object) -> list[object]:
    contract = TableContract("t", "1", (column("v", kind),), ("v",), 0.05)
    frame = pd.DataFrame({"v": cells, "row_in_file": range(len(cells))})
    values = parse_columns(frame, contract, delivery(**options))["v"]
    return [None if pd.isna(v) else v for v in values]


def test_danish_numbers_are_danish() -> None:
    assert parsed(["1.234,56", "1.234", "2,5", "1,234.5", "abc", "", "nan", "inf"], "number", decimal=",") == [
        1234.56,
        1234.0,
        2.5,
        None,
        None,
        None,
        None,
        None,
    ]
    # With a decimal point no comma is accepted: “51,914” is more likely 51.914 than fifty-one thousand.
    assert parsed(["1234.56", "1.234", "51,914"], "number") == [1234.56, 1.234, None]


def test_dates_are_read_in_the_declared_format_only() -> None:
    march = pd.Timestamp("2024-04-03")
    assert parsed(["03-04-2024", "2024-04-03", "31-02-2024", ""], "date", date_format="dd-mm-yyyy") == [
        march,
        None,
        None,
        None,
    ]


def test_declared_words_mean_not_known() -> None:
    assert parsed(["..", "NA", "5"], "number", null_values=["", ".."]) == [None, None, 5.0]


REFUSED = [
    ("an empty file", b"", {}, "empty"),
    ("only a header", b"a,b\n", {}, "no rows"),
    ("a cut last line", b"a,b\n1,2\n3\n", {}, "1 cells, the header 2"),
    ("one cell too many", b"a,b\n1,2,3\n", {}, "3 cells, the header 2"),
    ("the wrong separator", b"a;b\n1;2,5\n", {}, "seems to use “;”"),
    ("a last line without its end", b"a,b\n1,2\n3,4", {}, "may have been cut"),
    ("letters broken on the way", "a,b\n1,sÃ¸nder\n".encode(), {}, "were broken"),
    ("an open quote", b'a,b\n1,"2\n', {}, "cannot be read as CSV"),
    ("a NUL byte", b"a,b\n1,\x00\n", {}, "NUL"),
    ("the wrong encoding", "a,b\n1,ø\n".encode("cp1252"), {}, "not utf-8"),
    ("a column that stands twice", b"a,a\n1,2\n", {}, "same name"),
    ("not a workbook", b"PK nonsense", {"format": "xlsx"}, "not an XLSX"),
    ("not Parquet", b"PAR1 nonsense", {"format": "parquet"}, "not Parquet"),
]


@pytest.mark.parametrize(("story", "content", "options", "said"), REFUSED, ids=[r[0] for r in REFUSED])
def test_what_cannot_be_read_is_refused_whole(story: str, content: bytes, options: dict, said: str) -> None:
    with pytest.raises(InputRefused, match=said):
        read_delivery(content, "x", delivery(**options))


def workbook(fill) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_formulas_are_refused_and_sheets_are_chosen() -> None:
    def formula(book: openpyxl.Workbook) -> None:
        book.active.append(["a"])
        book.active.append(["=1+1"])

    with pytest.raises(InputRefused, match="formula"):
        read_delivery(workbook(formula), "x", delivery(format="xlsx"))

    def two(book: openpyxl.Workbook) -> None:
        book.active.title = "Data"
        book.active.append(["a"])
        book.active.append(["0101"])
        book.create_sheet("More")

    with pytest.raises(InputRefused, match="2 sheets"):
        read_delivery(workbook(two), "x", delivery(format="xlsx"))
    assert read_delivery(workbook(two), "x", delivery(format="xlsx", sheet="Data")).frame["a"].tolist() == ["0101"]
    with pytest.raises(InputRefused, match="no sheet “Dat” among"):
        read_delivery(workbook(two), "x", delivery(format="xlsx", sheet="Dat"))


PERSON_NUMBERS = [
    ("a plain number", "0101901234", "cpr", True),
    ("with a hyphen", "010190-1234", "cpr", True),
    ("a lost leading zero", "101901234", "cpr", False),
    ("no such day", "3102901234", "cpr", False),
    ("29 February 2000", "2902004123", "cpr", True),
    ("29 February 1900", "2902000123", "cpr", False),
    ("failing modulus 11, as many do since 2007", "0101901111", "cpr", True),
    ("sixty added to the day, real numbers asked for", "6101901234", "cpr", False),
    ("sixty added to the day", "6101901234", "cpr_test", True),
    ("a real number where test numbers are asked for", "0101901234", "cpr_test", False),
    ("an id of the project's own", " a-17 ", "local", True),
    ("nothing but spaces", "   ", "local", False),
]


@pytest.mark.parametrize(("story", "text", "scheme", "is_good"), PERSON_NUMBERS, ids=[p[0] for p in PERSON_NUMBERS])
def test_identifiers(story: str, text: str, scheme: str, is_good: bool) -> None:
    assert (canonical_identifier(text, scheme) is not None) == is_good


def people_of(home: Home, project: str = "p", scheme: str = "cpr") -> Pseudonymiser:
    return Pseudonymiser(read_key(home, allow_demo=False), project, scheme)


def test_pseudonyms_depend_on_key_and_project_but_not_on_spelling(tmp_path: Path) -> None:
    one, two = Home(tmp_path / "one"), Home(tmp_path / "two")
    for home in (one, two):
        set_up(home, demo=False)
    first = people_of(one).replace(["010190-1234"]).pseudonyms
    assert first == people_of(one).replace(["0101901234 "]).pseudonyms
    assert first != people_of(one, "q").replace(["0101901234"]).pseudonyms
    assert first != people_of(two).replace(["0101901234"]).pseudonyms
    assert first[0] is not None
    assert first[0].startswith(read_key(one, allow_demo=False).key_id + "-")


def test_a_key_that_protects_nobody_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "elsewhere" / "key"
    path.parent.mkdir()
    monkeypatch.setenv("TRIN_KEY_FILE", str(path))
    home = Home(tmp_path / "home")
    with pytest.raises(InputRefused, match="cannot be read"):
        read_key(home, allow_demo=True)
    path.write_bytes(DEMO_KEY)
    path.chmod(0o644)
    with pytest.raises(InputRefused, match="Other users can read"):
        read_key(home, allow_demo=True)
    path.chmod(0o600)
    with pytest.raises(InputRefused, match="demo key"):
        read_key(home, allow_demo=False)
    path.write_bytes(b"short")
    with pytest.raises(InputRefused, match="32 bytes"):
        read_key(home, allow_demo=True)
    inside = home.root / "keys" / "own.key"
    inside.parent.mkdir(parents=True)
    inside.write_bytes(b"k" * 32)
    inside.chmod(0o600)
    monkeypatch.setenv("TRIN_KEY_FILE", str(inside))
    with pytest.raises(InputRefused, match="same folder as the data"):
        read_key(home, allow_demo=False)
    assert read_key(home, allow_demo=True).key_id


def test_a_key_that_a_cluster_hands_over_is_read_and_one_that_others_may_read_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret is mounted as a file of root's that the service's own group may read."""
    if os.geteuid() != 0:
        pytest.skip("only root may give a file to another user and group, which is what a cluster does")
    home = Home(tmp_path / "home")
    key = tmp_path / "pseudonym.key"
    key.write_bytes(bytes(range(32)))
    os.chown(key, 0, 10001)
    monkeypatch.setenv("TRIN_KEY_FILE", str(key))
    monkeypatch.setattr(os, "geteuid", lambda: 10001)
    for group, mode, is_read in (
        (10001, 0o440, True),
        (10001, 0o460, False),  # the group may change it
        (10001, 0o444, False),  # everybody may read it
        (10002, 0o440, False),  # another service's group may
    ):
        key.chmod(mode)
        monkeypatch.setattr(os, "getegid", lambda group=group: group)
        if is_read:
            assert read_key(home, allow_demo=True).key_id
        else:
            with pytest.raises(InputRefused, match="Other users can read"):
                read_key(home, allow_demo=True)


def test_a_key_for_real_data_lies_outside_the_home(small_home: Home) -> None:
    assert not small_home.key_file.is_relative_to(small_home.root)
    assert small_home.key_file.stat().st_mode & 0o777 == 0o600


def test_one_file_feeds_three_tables(small_home: Home) -> None:
    taken = take(small_home)
    found = {t: len(taken.accepted(t)) for t in TABLES}
    assert {t: n for t, n in found.items() if n} == {"participants": 60, "comparison_pool": 360, "outcomes": 360}
    assert list((small_home.inbox / "small").iterdir()) == []  # identifiers do not stay in the inbox


def test_order_of_rows_and_files_leaves_no_trace(small_home: Home) -> None:
    one = take(small_home).accepted("comparison_pool")
    rows = small_rows().sample(frac=1, random_state=1)
    folder = small_home.inbox / "small"
    rows.iloc[:100].to_csv(folder / "people_b.csv", index=False)
    rows.iloc[90:].to_csv(folder / "people_a.csv", index=False)  # ten rows arrive twice
    two = take(small_home).accepted("comparison_pool")
    pd.testing.assert_frame_equal(one, two)
    assert content_sha256(one) == content_sha256(two)


def test_bad_rows_go_to_quarantine_with_a_receipt_that_holds_no_value(small_home: Home) -> None:
    rows = small_rows().astype({"age": "str", "mood": "str", "id": "str"})
    rows.loc[3, "age"] = "secret-words"
    rows.loc[4, "mood"] = "7707077"
    rows.loc[5, "id"] = rows.loc[6, "id"]
    rows.loc[[5, 6], "mood"] = ["1", "2"]  # the same person, told differently
    rows["diary"] = "what she said"
    write_small_study(small_home, rows)
    protocol = PROTOCOL.replace(
        "columns: {person_id: id, index_date: start,", "columns: {person_id: id, index_date: start, mood: mood,"
    )
    (small_home.projects / "small" / "project.yaml").write_text(protocol)
    taken = take(small_home)
    assert taken.rules("participants") == {
        "range(mood)": (6,),
        "unique(person_id, index_date, municipality_code)": (7, 8),
    }
    assert {r.split("(")[0] for r in taken.rules("comparison_pool")} == {"readable", "unique"}
    assert "diary" in taken.of("participants").dropped_columns
    folder = small_home.quarantine / "small"
    everything = b"".join(p.read_bytes() for p in folder.iterdir() if p.suffix in (".md", ".json"))
    for secret in (b"secret-words", b"7707077", b"what she said", b"p0004", b"p0006"):
        assert secret not in everything
    receipt = json.loads((folder / "0001.json").read_text())
    assert receipt["tables"][0]["accepted_rows"] == receipt["tables"][0]["rows"] - 3
    danish = (folder / "0001.da.md").read_text()
    assert "Rækkenumre" in danish
    assert "| 7, 8 |" in danish
    assert "(id, start, place)" in danish  # columns are called what the file calls them
    assert next(folder.glob("*participants.refused.parquet")).stat().st_mode & 0o777 == 0o600


def test_a_missing_column_refuses_the_file_and_suggests(small_home: Home) -> None:
    write_small_study(small_home, small_rows().rename(columns={"earlier": "Earlier score"}))
    taken = take(small_home)
    assert taken.receipt.state == "refused"
    assert "“Earlier score”" in str(taken.receipt.faults[0])
    assert "Filen har en, der hedder “Earlier score”" in taken.receipt.faults[0].in_language("da")
    with pytest.raises(InputRefused, match="was refused, and no other file has replaced it"):
        taken.table("participants")  # although that table could have been read: nothing is partly loaded


def test_no_file_is_said_in_words(small_home: Home) -> None:
    (small_home.inbox / "small" / "people.csv").unlink()
    with pytest.raises(InputRefused, match=r"No file “people\*\.csv” has arrived"):
        take(small_home).table("participants")


def test_numbers_in_file_names_are_masked() -> None:
    assert masked("0101901234.csv") == "######.csv"
    assert masked("Jobklub 010101-1234.csv") == "Jobklub ######.csv"
    assert masked("101901234.csv") == "######.csv"
    for name in ("010190 - 9875.csv", "010190–9874.csv", "01 01 90 9873.csv", "people 31 12 99 4322.csv"):
        assert not any(ch.isdigit() for ch in masked(name)), name
    assert masked("aarhus_2026-09-30.csv") == "aarhus_2026-09-30.csv"


def test_a_home_for_real_data_refuses_nothing_but_the_demo_key(small_home: Home) -> None:
    small_home.key_file.write_bytes(DEMO_KEY)
    with pytest.raises(InputRefused, match="demo key"):
        take(small_home)
    public = PROTOCOL.replace("data_note: confidential", "data_note: synthetic")
    write_small_study(small_home, protocol=public)
    assert len(take(small_home).accepted("participants")) == 60


def test_rows_whose_identifier_cannot_be_read_are_all_refused(small_home: Home) -> None:
    """They look alike once the identifier is gone, but are not the same row."""
    write_small_study(small_home, protocol=PROTOCOL.replace("identifier_scheme: local", "identifier_scheme: cpr"))
    found = take(small_home).of("outcomes")
    assert (found.total, found.accepted, found.repeated) == (360, 0, 0)


def test_repeated_rows_are_counted_once_and_told(small_home: Home) -> None:
    rows = small_rows()
    write_small_study(small_home, pd.concat([rows, rows.iloc[[5, 70]]]))
    found = take(small_home).of("comparison_pool")
    assert (found.total, found.accepted, found.repeated) == (362, 360, 2)


def test_a_binary_outcome_is_nothing_but_0_or_1(small_home: Home) -> None:
    rows = small_rows()
    rows["score"] = (rows["score"] > 50).astype(float)
    rows.loc[:9, "score"] = 0.5
    protocol = PROTOCOL.replace("type: numeric\n    unit: points", "type: binary")
    write_small_study(small_home, rows, protocol)
    found = take(small_home).rules("outcomes")
    assert {rule: len(rows) for rule, rows in found.items()} == {"allowed(value) where outcome is score": 10}


def test_empty_lines_of_a_spreadsheet_are_no_rows(small_home: Home) -> None:
    path = small_home.inbox / "small" / "people.csv"
    path.write_text(path.read_text() + ",,,,,,,,,\n,,,,,,,,,\n")
    assert take(small_home).of("comparison_pool").total == 360


@pytest.mark.parametrize(("value", "kept"), [("1", 60), ("1.0", 60), ("yes", 0)])
def test_where_knows_that_1_and_1_0_are_the_same(small_home: Home, value: str, kept: int) -> None:
    write_small_study(small_home, protocol=PROTOCOL.replace('where: {club: "1"}', f'where: {{club: "{value}"}}'))
    taken = take(small_home)
    if kept:
        assert len(taken.accepted("participants")) == kept
    else:
        assert "“club”" in str(taken.receipt.faults[0])


def test_a_blank_that_decides_who_took_part_refuses_the_file(small_home: Home) -> None:
    """Otherwise participants whose mark was forgotten would be compared with."""
    rows = small_rows().astype({"club": "str"})
    rows.loc[[2, 3], "club"] = ""
    write_small_study(small_home, rows)
    fault = take(small_home).receipt.faults[0]
    assert fault.line == 4
    assert "empty in 2 rows" in str(fault)


def test_an_empty_measurement_is_a_person_nobody_measured(small_home: Home) -> None:
    rows = small_rows().astype({"score": "str"})
    rows.loc[:59, "score"] = ""
    write_small_study(small_home, rows)
    found = take(small_home).of("outcomes")
    assert (found.total, found.accepted) == (300, 300)


def test_text_in_the_wrong_column_is_not_kept(small_home: Home) -> None:
    rows = small_rows()
    rows.loc[4, "group"] = "020290-9811"
    write_small_study(small_home, rows)
    taken = take(small_home)
    assert "020290-9811" not in taken.table("comparison_pool").frame.to_csv()
    assert list(taken.rules("comparison_pool")) == ["allowed(group)"]
    assert b"020290-9811" not in everything_written(small_home)


def test_a_person_number_is_no_number(small_home: Home) -> None:
    rows = small_rows()
    rows.loc[4, "age"] = 202909815
    write_small_study(small_home, rows)
    assert list(take(small_home).rules("comparison_pool")) == ["range(age)"]


def test_native_numbers_never_pass_through_text() -> None:
    from decimal import Decimal

    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"v": pa.array([Decimal("5.498"), None], pa.decimal128(10, 3))})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    frame = read_delivery(buffer.getvalue(), "x", delivery(format="parquet", decimal=",")).frame
    assert parsed(list(frame["v"]), "number", format="parquet", decimal=",") == [5.498, None]

    def mixed(book: openpyxl.Workbook) -> None:
        for row in (["v"], [5.498], ["ukendt"], ["1,5"]):
            book.active.append(row)

    frame = read_delivery(workbook(mixed), "x", delivery(format="xlsx", decimal=",")).frame
    assert parsed(list(frame["v"]), "number", decimal=",") == [5.498, None, 1.5]


def test_a_damaged_workbook_quotes_nothing() -> None:
    import zipfile

    content = workbook(lambda book: [book.active.append(["a"]), book.active.append([12])])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.namelist():
            data = old.read(item)
            new.writestr(item, data.replace(b"<v>12</v>", b"<v>Zebulon 0202909818</v>") if "sheet1" in item else data)
    with pytest.raises(InputRefused) as refused:
        read_delivery(out.getvalue(), "x", delivery(format="xlsx"))
    assert "Zebulon" not in str(refused.value)
    assert refused.value.__cause__ is None
