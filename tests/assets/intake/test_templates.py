"""Templates: what a project downloads, fills in and sends back is read as it was meant."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from assets.intake.reading.workbooks import GUIDE_SHEET
from assets.storage.home import Home
from pipelines.command_line.main import trin
from tests.assets.intake.test_catalogue_files import typed_rows
from tests.support.fault_study import CSV_LINE, ROWS, XLSX_LINE, base_rows, study
from tests.support.receiving import take


def made(home: Home, folder: Path, line: str, *options: str) -> list[Path]:
    project = home.projects / "faults"
    project.mkdir(parents=True, exist_ok=True)
    (project / "project.yaml").write_text(study(line))
    arguments = ["template", "faults", "--home", str(home.root), "--into", str(folder), "--quarter", "2026Q3"]
    result = CliRunner().invoke(trin, [*arguments, *options])
    assert result.exit_code == 0, result.output
    return sorted(folder.iterdir())


@pytest.mark.parametrize("line", [XLSX_LINE, XLSX_LINE.replace("sheet: Deltagere, ", "")], ids=["named sheet", "any"])
def test_a_filled_in_workbook_is_read(small_home: Home, tmp_path: Path, line: str) -> None:
    (path,) = made(small_home, tmp_path / "out", line)
    assert path.name == "deltagere_2026Q3.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for i, row in enumerate(typed_rows(), start=3):
        for j, value in enumerate(row, start=1):
            sheet.cell(i, j).value = value
    buffer = io.BytesIO()
    book.save(buffer)
    (small_home.inbox / "faults").mkdir()
    (small_home.inbox / "faults" / path.name).write_bytes(buffer.getvalue())
    found = take(small_home, "faults").of("participants")
    assert (found.total, found.accepted) == (ROWS, ROWS)


def test_a_filled_in_csv_file_is_read(small_home: Home, tmp_path: Path) -> None:
    csv, guide = made(small_home, tmp_path / "out", CSV_LINE)
    rows = "".join(";".join(row) + "\r\n" for row in base_rows())
    (small_home.inbox / "faults").mkdir()
    (small_home.inbox / "faults" / csv.name).write_bytes(csv.read_bytes() + rows.encode("cp1252"))
    assert take(small_home, "faults").of("participants").accepted == ROWS
    text = guide.read_text()
    assert "| vold |" in text
    assert "dd-mm-yyyy" in text


def test_the_second_sheet_holds_the_allowed_values(small_home: Home, tmp_path: Path) -> None:
    (path,) = made(small_home, tmp_path / "out", XLSX_LINE, "--language", "en")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Deltagere", GUIDE_SHEET]
    guide = {row[0].value: [cell.value for cell in row[1:]] for row in book[GUIDE_SHEET].iter_rows(min_row=2)}
    assert guide["kommune"][2] == "0751"
    assert guide["vold"][2] == "0, 1"
    assert guide["humør"][2] == "1 – 5"
    assert all(row[3] for row in guide.values())  # each says why it is asked
    lists = {str(check.sqref): check.formula1 for check in book["Deltagere"].data_validations.dataValidation}
    assert any(formula == '"0,1"' for formula in lists.values())
    assert book["Deltagere"]["A3"].number_format == "@"  # so that a leading zero stays


def test_a_template_never_overwrites_a_file(small_home: Home, tmp_path: Path) -> None:
    made(small_home, tmp_path / "out", XLSX_LINE)
    again = [
        "template",
        "faults",
        "--home",
        str(small_home.root),
        "--into",
        str(tmp_path / "out"),
        "--quarter",
        "2026Q3",
    ]
    result = CliRunner().invoke(trin, again)
    assert result.exit_code == 1
    assert "already" in result.output


def test_an_extract_made_by_programs_has_no_template(small_home: Home, tmp_path: Path) -> None:
    project = small_home.projects / "faults"
    project.mkdir()
    line = '{table: participants, files: "deltagere.parquet", format: parquet, columns: {person_id: cpr}}'
    (project / "project.yaml").write_text(study(line))
    arguments = ["template", "faults", "--home", str(small_home.root), "--into", str(tmp_path / "out")]
    result = CliRunner().invoke(trin, arguments)
    assert result.exit_code == 1
    assert "participants is delivered as a register extract (Parquet)" in " ".join(result.output.split())
    assert not (tmp_path / "out").exists()


def test_a_project_or_table_that_is_not_there_is_wrong_use(small_home: Home) -> None:
    home = ["--home", str(small_home.root)]
    assert CliRunner().invoke(trin, ["template", "smal", *home]).exit_code == 2
    assert CliRunner().invoke(trin, ["template", "small", *home, "--table", "people"]).exit_code == 2
