"""Public files: read by other tools than the ones that wrote them, each row with what it is worth, nothing run by a spreadsheet."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from assets.release.public_files import publish_quarter
from assets.storage.home import Home
from dashboards.files.tables import columns_of
from data_contracts.calendar.quarters import Quarter
from data_contracts.phrases import LANGUAGES
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from tests.support.example_record import example_record
from tests.support.places import ROOT

QUARTER = Quarter(2026, 3)
HOSTILE = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", 'a"b;c,d\r\n=2']


def published(folder: Path, *records: Any) -> Path:
    rows = [publish(record, default_policy()) for record in records]
    home = Home(folder / "home")
    home.prepare()
    return publish_quarter(home, QUARTER, rows)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    hostile = [
        example_record(
            result_id=f"h{i}.2026Q3.o",
            project=f"h{i}",
            project_name={"da": text, "en": text},
            outcome_label={"da": text, "en": text},
        )
        for i, text in enumerate(HOSTILE)
    ]
    few = example_record(result_id="few.2026Q3.o", project="few", n_treated=5)
    return published(tmp_path_factory.mktemp("files"), example_record(), few, *hostile)


def test_every_row_of_every_table_says_what_it_is_worth(folder: Path) -> None:
    worth = {"interval_low", "interval_high", "rung", "certainty", "status"}
    for name in ("results", "error_sources"):
        table = duckdb.read_csv(str(folder / f"{name}.csv")).df()
        assert worth <= set(table.columns)
        assert table[["rung", "certainty", "status"]].notna().all().all()
        shown = table[table["status"] == "estimated"]
        assert len(shown) > 0
        assert shown[["interval_low", "interval_high"]].notna().all().all()
        hidden = table[table["status"] == "suppressed"]
        assert len(hidden) > 0
        assert hidden[["estimate", "interval_low", "interval_high"]].isna().all().all()


def test_all_files_say_the_same(folder: Path) -> None:
    """CSV through DuckDB, Parquet through DuckDB, the Danish CSV through pandas, the workbook through openpyxl."""
    plain = duckdb.read_csv(str(folder / "results.csv")).df().set_index("result_id")
    packed = duckdb.read_parquet(str(folder / "results.parquet")).df().set_index("result_id")
    danish = pd.read_csv(folder / "results.da.csv", sep=";", decimal=",", encoding="utf-8-sig").set_index("Resultat")
    book = openpyxl.load_workbook(folder / "results.xlsx")
    head, *rows = book["Resultater"].iter_rows(values_only=True)
    sheet = pd.DataFrame(rows, columns=head).set_index("Resultat")
    assert list(plain.index) == list(packed.index) == list(danish.index) == list(sheet.index)
    titles = {column["name"]: column["title"]["da"] for column in columns_of("results")}
    for name in ("estimate", "interval_low", "interval_high", "treated_value", "rounded_to", "rung", "n_treated"):
        expected = plain[name].astype(float)
        for other in (packed[name], danish[titles[name]], sheet[titles[name]]):
            pd.testing.assert_series_equal(other.astype(float), expected, check_names=False)


def text_of(path: Path) -> str:
    """Return a file's text with its line ends as they are."""
    return path.read_bytes().decode("utf-8-sig")


def test_nothing_is_run_by_a_spreadsheet(folder: Path) -> None:
    for name, separator in (
        ("results.csv", ","),
        ("error_sources.csv", ","),
        ("results.da.csv", ";"),
        ("soem.csv", ";"),
    ):
        text = text_of(folder / name)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        assert len({len(row) for row in rows}) == 1, name
        for cell in (cell for row in rows for cell in row):
            is_number = cell.replace(",", ".").lstrip("-").replace(".", "", 1).isdigit()
            assert is_number or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), (name, cell)
    for name in ("results.xlsx", "results.en.xlsx"):
        with zipfile.ZipFile(folder / name) as book:
            for part in book.namelist():
                assert b"<f>" not in book.read(part), part
                assert b"http://evil" not in book.read(part)


def test_the_workbook_is_made_for_reading_aloud(folder: Path) -> None:
    """Notes first, one heading row that stays in sight, named tables, no merged cells, every column explained."""
    for language, name in (("da", "results.xlsx"), ("en", "results.en.xlsx")):
        book = openpyxl.load_workbook(folder / name)
        notes, *tables = book.worksheets
        told = " ".join(str(cell.value) for row in notes.iter_rows() for cell in row if cell.value)
        for column in columns_of("results"):
            assert column["about"][language] in told
        for sheet in tables:
            assert not sheet.merged_cells.ranges
            assert sheet.freeze_panes == "B2"
            assert len(sheet.tables) == 1
            assert all(cell.value for cell in sheet[1])


@pytest.mark.slow
def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = (published(tmp_path / name, example_record()) for name in ("one", "two"))
    for path in sorted(p for p in one.iterdir() if p.is_file() and p.suffix not in (".duckdb", ".json", ".jsonld")):
        assert path.read_bytes() == (two / path.name).read_bytes(), path.name


def test_the_package_describes_every_file_as_it_is(folder: Path) -> None:
    package = json.loads((folder / "datapackage.json").read_text())
    described = {resource["path"]: resource for resource in package["resources"]}
    there = {p.name for p in folder.iterdir() if p.is_file()}
    assert there - set(described) == {"datapackage.json", "dataset.jsonld", "ro-crate-metadata.json"}
    for name, resource in described.items():
        content = (folder / name).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    for name in ("results.csv", "results.da.csv", "error_sources.csv", "error_sources.da.csv"):
        resource = described[name]
        text = text_of(folder / name)
        head = next(csv.reader(io.StringIO(text), delimiter=resource["dialect"]["delimiter"]))
        assert head == [field["name"] for field in resource["schema"]["fields"]]
    assert package["status"] == "draft"
    assert "created" not in package


def test_machines_find_the_dataset_and_the_crate(folder: Path) -> None:
    dataset = json.loads((folder / "dataset.jsonld").read_text())
    assert (dataset["@type"], dataset["creativeWorkStatus"]) == ("Dataset", "Draft")
    assert dataset["temporalCoverage"] == "2026-07-01/2026-09-30"
    crate = {part["@id"]: part for part in json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]}
    assert crate["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    for part in crate["./"]["hasPart"]:
        content = (folder / part["@id"]).read_bytes()
        assert crate[part["@id"]]["sha256"] == hashlib.sha256(content).hexdigest()


def test_soem_gets_effect_interval_and_its_own_level(folder: Path) -> None:
    table = pd.read_csv(folder / "soem.csv", sep=";", decimal=",", encoding="utf-8-sig")
    row = table.iloc[0]
    assert row["Evidensniveau i SØM"] in (2, "2")
    assert row["Effekt, nedre grænse"] < row["Effekt"] < row["Effekt, øvre grænse"]
    assert len(table) == 2 + len(HOSTILE)


def test_parquet_keeps_types(folder: Path) -> None:
    schema = pq.read_schema(folder / "results.parquet")
    assert str(schema.field("n_treated").type) == "int64"
    assert str(schema.field("estimate").type) == "double"
    assert str(schema.field("is_primary").type) == "bool"


def test_an_empty_quarter_has_empty_files(tmp_path: Path) -> None:
    made = published(tmp_path)
    assert len(pd.read_csv(made / "results.csv")) == 0
    assert len(pd.read_parquet(made / "error_sources.parquet")) == 0
    assert openpyxl.load_workbook(made / "results.xlsx")["Resultater"].max_row == 1


def test_columns_are_described_in_both_languages() -> None:
    for table in ("results", "error_sources"):
        for column in columns_of(table):
            for language in LANGUAGES:
                assert column["title"][language]
                assert column["about"][language]


def snippets() -> dict[str, str]:
    """Return the snippets of the how-to by language."""
    page = (ROOT / "docs" / "how-to" / "use-the-files.md").read_text(encoding="utf-8")
    return dict(re.findall(r"```(\w+)\n(.*?)```", page, re.S))


def test_the_snippets_of_the_how_to_work(folder: Path) -> None:
    """Python and SQL are run; what Power Query and R name is in the files."""
    said = snippets()
    done = subprocess.run(
        [sys.executable, "-c", said["python"]], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "In work" in done.stdout
    with duckdb.connect(str(folder / "marts.duckdb"), read_only=True) as marts:
        marts.execute(said["sql"]).fetchall()
    names = {column["name"] for column in columns_of("results")}
    quoted = set(re.findall(r'"([a-z_]+)"', said["m"])) - {"difference_pp", "estimated", "procentpoint"}
    assert quoted | set(re.findall(r"\[([a-z_]+)\]", said["m"])) <= names
    assert set(re.findall(r'"(\w+)"', said["r"].split("c(")[1])) <= names
