"""The catalogue of faulty files: what really comes, and how each must end.

Each case goes through `trin check` and through reception. It must end as it
says, without a traceback; accepted rows must mean what they meant; and no
identifier and no refused value may be found in anything that was written.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from assets.storage.home import Home
from pipelines.command_line.main import trin
from pipelines.running.demo import set_up
from tests.support.fault_study import (
    CSV_LINE,
    HEADER,
    XLSX_LINE,
    Case,
    base_rows,
    cell,
    csv_bytes,
    put,
    study,
    truth,
    xlsx_bytes,
)
from tests.support.receiving import everything_written, take

pytestmark = pytest.mark.slow

ENCODING, WRITTEN, COLUMNS = "encodings", "still written, empty, cut", "missing, renamed, extra, doubled column"
NUMBERS, DATES, DAYS, IDS = "decimals and separators", "date formats", "impossible days", "identifiers"
NULLS, SHEETS, EMPTY, DRIFT = "null words, NUL, inf", "workbooks", "empty tables", "unit and code drift"
EXTRACTS, NAMES, MODULUS = "extracts", "file names", "modulus 11"


def lines(*changes: tuple[bytes, bytes]) -> bytes:
    content = csv_bytes(base_rows())
    for old, new in changes:
        assert old in content, old
        content = content.replace(old, new)
    return content


def without(row: int) -> list[list[str]]:
    return [r for i, r in enumerate(base_rows()) if i != row]


def header(*names: str) -> bytes:
    return csv_bytes(base_rows(), list(names))


def every(column: str, value: str) -> bytes:
    rows = base_rows()
    for row in rows:
        row[HEADER.index(column)] = value
    return csv_bytes(rows)


def extra_column(name: str, value: str) -> bytes:
    return csv_bytes([[*row, value] for row in base_rows()], [*HEADER, name])


WHOLE_FILES = [
    Case(WRITTEN, "a clean file", csv_bytes(base_rows())),
    Case(WRITTEN, "nothing at all", b"", fault="is empty"),
    Case(WRITTEN, "only a header", csv_bytes([]), fault="has no rows"),
    Case(WRITTEN, "only blank lines", b"\r\n\r\n\r\n", fault="no header row"),
    Case(WRITTEN, "the last line cut inside a cell", csv_bytes(base_rows())[:-6], fault="may have been cut"),
    Case(WRITTEN, "the last line cut after a cell", csv_bytes(base_rows())[:-3], fault="may have been cut"),
    Case(WRITTEN, "a line with too few cells", lines((b";0751;1;1.100,50;0\r\n", b";0751;1\r\n")), fault="4 cells"),
    Case(WRITTEN, "a quote that never closes", lines((b"0751;3;3.102", b'"0751;3;3.102')), fault="cannot be read as CSV"),
    Case(WRITTEN, "unix line ends", csv_bytes(base_rows()).replace(b"\r\n", b"\n")),
    Case(WRITTEN, "blank lines at the end", csv_bytes(base_rows()) + b";;;;;\r\n\r\n"),
    Case(COLUMNS, "a missing column", csv_bytes([r[:-1] for r in base_rows()], HEADER[:-1]), fault="“vold” is missing"),
    Case(COLUMNS, "a header without ø", header("cpr", "startdato", "kommune", "humoer", "beløb", "vold"), fault="“humoer”"),
    Case(COLUMNS, "a header without ø, again", header("cpr", "startdato", "kommune", "humør", "beloeb", "vold"), fault="one called “beloeb”"),
    Case(COLUMNS, "a longer header", header("cpr-nummer", "startdato", "kommune", "humør", "beløb", "vold"), fault="one called “cpr-nummer”"),
    Case(COLUMNS, "a header in capitals", header("CPR", "startdato", "kommune", "humør", "beløb", "vold"), fault="one called “CPR”"),
    Case(COLUMNS, "a header with an underscore", header("cpr", "start_dato", "kommune", "humør", "beløb", "vold"), fault="one called “start_dato”"),
    Case(COLUMNS, "spaces around headers", header(" cpr ", "startdato", " kommune", "humør", "beløb", "vold")),
    Case(COLUMNS, "columns in another order", csv_bytes([r[::-1] for r in base_rows()], HEADER[::-1])),
    Case(COLUMNS, "the same header twice", header("cpr", "startdato", "kommune", "humør", "humør", "vold"), fault="Columns 4, 5 have the same name"),
    Case(COLUMNS, "no header at all", csv_bytes(base_rows()[1:], base_rows()[0]), fault="“cpr” is missing"),
    Case(COLUMNS, "a column of notes nobody asked for", extra_column("noter", "Zebulon græd"), secrets=("Zebulon",)),
    Case(COLUMNS, "a column without a name", extra_column("", "Zebulon"), secrets=("Zebulon",)),
    Case(COLUMNS, "a name of a person as a header", extra_column("0101901234", "x"), secrets=("0101901234",)),
    Case(COLUMNS, "one cell too many in one row", lines((b";3.102,50;0\r\n", b";3.102,50;0;1\r\n")), fault="7 cells"),
    Case(COLUMNS, "a decimal comma in a comma file", lines((b";", b",")), fault="seems to use “,”"),
    Case(COLUMNS, "tabs", lines((b";", b"\t")), fault="seems to use “tab”"),
    Case(COLUMNS, "another declared name", header("cpr_nr", "startdato", "kommune", "humør", "beløb", "vold"), protocol=study(CSV_LINE.replace("person_id: cpr", "person_id: [cpr, cpr_nr]"))),
    Case(COLUMNS, "both declared names at once", extra_column("cpr_nr", "1"), protocol=study(CSV_LINE.replace("person_id: cpr", "person_id: [cpr, cpr_nr]")), fault="mean the same"),
    Case(ENCODING, "UTF-8 where cp1252 is declared", csv_bytes(base_rows(), encoding="utf-8"), fault="were broken"),
    Case(ENCODING, "cp1252 where UTF-8 is declared", csv_bytes(base_rows()), protocol=study(CSV_LINE.replace("cp1252", "utf-8")), fault="is not utf-8"),
    Case(ENCODING, "UTF-8 with a byte order mark", csv_bytes(base_rows(), encoding="utf-8-sig"), protocol=study(CSV_LINE.replace("cp1252", "utf-8"))),
    Case(ENCODING, "UTF-8 without one", csv_bytes(base_rows(), encoding="utf-8"), protocol=study(CSV_LINE.replace("cp1252", "utf-8"))),
    Case(ENCODING, "twice encoded", csv_bytes(base_rows(), encoding="utf-8").decode("cp1252").encode("utf-8"), protocol=study(CSV_LINE.replace("cp1252", "utf-8")), fault="were broken"),
    Case(ENCODING, "UTF-16", csv_bytes(base_rows(), encoding="utf-16"), fault="UTF-16"),
    Case(ENCODING, "letters that were replaced", csv_bytes(base_rows(), encoding="utf-8").replace("ø".encode(), "\ufffd".encode()), protocol=study(CSV_LINE.replace("cp1252", "utf-8")), fault="were broken"),
    Case(NULLS, "a NUL byte", lines((b"0751;3", b"07\x0051;3")), fault="NUL byte"),
    Case(EMPTY, "an optional column that is empty in every row", every("beløb", ""), meant={(n, "amount"): None for n in range(2, 26)}),
    Case(EMPTY, "a required column that is empty in every row", every("vold", ""), fault="More than 5% of the rows"),
    Case(EMPTY, "a column of nothing but declared blanks", every("vold", ".."), fault="More than 5% of the rows"),
    Case(EMPTY, "rows of separators only", b"cpr;startdato;kommune;hum\xf8r;bel\xf8b;vold\r\n;;;;;\r\n", fault="has no rows"),
    Case(DRIFT, "0 and 1 became nej and ja", csv_bytes([[*r[:-1], "ja" if r[-1] == "1" else "nej"] for r in base_rows()]), fault="More than 5% of the rows"),
    Case(DRIFT, "codes lost their zero", every("kommune", "751"), fault="More than 5% of the rows"),
    Case(DRIFT, "another municipality's code", every("kommune", "0461"), fault="More than 5% of the rows"),
    Case(DATES, "all days in another format", csv_bytes([[r[0], "2024-05-03", *r[2:]] for r in base_rows()]), fault="More than 5% of the rows"),
    Case(IDS, "every number without its zero", csv_bytes([[r[0].replace("-", "").lstrip("0"), *r[1:]] for r in base_rows()]), fault="More than 5% of the rows"),
    Case(NAMES, "a name the protocol does not expect", csv_bytes(base_rows()), name="odense_2026Q3.csv", fault="none of those the protocol expects"),
    Case(NAMES, "a person number as a name", csv_bytes(base_rows()), name="0101901234.csv", fault="none of those the protocol expects", secrets=("0101901234",)),
    Case(NAMES, "a period that does not exist", csv_bytes(base_rows()), name="deltagere_2026Q5.csv", fault="none of those the protocol expects"),
    Case(NAMES, "capitals and a version", csv_bytes(base_rows()), name="Deltagere_2026K3 (2).CSV"),
    Case(EXTRACTS, "a total row and a source below", csv_bytes(base_rows()) + b"I alt;;;;24;\r\nKilde: projektet;;;;;\r\n"),
    Case(EXTRACTS, "a source in a single cell", csv_bytes(base_rows()) + b"Kilde: projektet\r\n"),
    Case(EXTRACTS, "a total row nobody declared", csv_bytes(base_rows()) + b"Sum;;;;24;\r\n", {"identifier": (26,), "required": (26,)}),
]  # fmt: skip

CELLS = [
    *(
        cell(NUMBERS, f"{text!r} under a decimal comma", "beløb", text, meant=value)
        for text, value in [("1.234,56", 1234.56), ("1.234", 1234.0), ("1234", 1234.0), ("0,5", 0.5), ("+7", 7.0), ("12.345,6", 12345.6), (" 8,0 ", 8.0), ("007", 7.0)]
    ),
    *(
        cell(NUMBERS, f"{text!r} is no number here", "beløb", text, "readable")
        for text in ["1,234.56", "1.23", "1.2345", "12,34,5", "1 234", "1e3", "1,5 kr.", "½", "²", "--5", "1,", ",5", "5-", "0x10", "1_000"]
    ),
    cell(NUMBERS, "below the limit", "beløb", "-0,01", "range"),
    cell(NUMBERS, "above the limit", "beløb", "100.000,01", "range"),
    cell(NUMBERS, "a scale answered out of range", "humør", "6", "range"),
    cell(NUMBERS, "half an answer where any number may stand", "humør", "2,5", meant=2.5),
    cell(NUMBERS, "a binary that is two", "vold", "2", "allowed"),
    cell(NUMBERS, "a binary in words", "vold", "ja", "readable"),
    *(
        cell(NULLS, f"{text!r} is a word and not an empty cell", "beløb", text, "readable")
        for text in ["NA", "None", "nan", "NaN", "null", "NULL", "-", "n/a", "inf", "-inf", "Infinity", "#N/A", "#DIV/0!", "?"]
    ),
    *(cell(NULLS, f"{text!r} is declared as not known", "beløb", text, meant=None) for text in ["", "..", "  "]),
    cell(NULLS, "a required cell that is empty", "vold", "", "required"),
    cell(NULLS, "a quoted cell", "beløb", '"7,5"', meant=7.5),
    *(
        cell(DATES, f"{text!r} is not dd-mm-yyyy", "startdato", text, "readable")
        for text in ["2024-05-03", "03/05/2024", "3-5-2024", "03.05.2024", "03-05-24", "May 3, 2024", "20240503", "45415", "03-05-2024 12:00", "3. maj 2024"]
    ),
    cell(DATES, "3 April and not March 4", "startdato", "03-04-2024", meant=pd.Timestamp(2024, 4, 3)),
    cell(DATES, "a leap day", "startdato", "29-02-2024", meant=pd.Timestamp(2024, 2, 29)),
    *(cell(DAYS, f"{text!r} does not exist", "startdato", text, "readable") for text in ["31-02-2024", "29-02-2023", "31-04-2024", "00-05-2024", "05-00-2024", "05-13-2024", "32-01-2024"]),
    cell(DAYS, "the year 24", "startdato", "03-05-0024", "range"),
    cell(DAYS, "before 1900", "startdato", "03-05-1899", "range"),
    cell(DAYS, "after the day the file was sent", "startdato", "16-10-2026", "range"),
    cell(DAYS, "on the day the file was sent", "startdato", "15-10-2026", meant=pd.Timestamp(2026, 10, 15)),
    cell(DAYS, "a year of five digits", "startdato", "03-05-20244", "readable"),
    cell(DAYS, "an empty day", "startdato", "", "required"),
    *(cell(IDS, story, "cpr", text) for story, text in [("without a hyphen", "0101901234"), ("with a space", "010190 1234"), ("spaces around it", " 010190-1234 "), ("29 February 2000", "290200-4123"), ("born in the 1800s", "010158-5123"), ("born in 2036", "010136-9123"), ("born in 1937", "010137-4123"), ("born in 2057", "010157-8123")]),
    *(cell(IDS, story, "cpr", text, "leading_zero") for story, text in [("a lost zero", "101901234"), ("a lost zero with a hyphen", "10190-1234")]),
    *(
        cell(IDS, story, "cpr", text, "identifier")
        for story, text in [("a number a spreadsheet rounded", "1,02E+08"), ("another one", "1.01901E+09"), ("a float", "101901234.0"), ("no such day", "310290-1234"), ("no such month", "011390-1234"), ("29 February 1900", "290200-0123"), ("eleven digits", "01019012345"), ("eight digits", "10190123"), ("letters", "010190-ABCD"), ("sixty added to the day", "610190-1234"), ("a name", "Zebulon Hansen"), ("all zeros", "000000-0000")]
    ),
    cell(IDS, "no identifier at all", "cpr", "", "required"),
    cell(IDS, "a person number in another column", "kommune", "010190-1234", "pattern"),
    cell(IDS, "a person number as an amount", "beløb", "101901234", "range"),
    *(cell(MODULUS, f"{text} does not meet modulus 11", "cpr", text) for text in ["010190-1111", "010107-4321", "311299-4000"]),
    *(cell(DRIFT, f"the code {text!r}", "kommune", text, "pattern") for text in ["751", "0751x", "Aarhus", "7510", "07 51", "0000"]),
]  # fmt: skip


def sheet(story: str, content: bytes, **options: Any) -> Case:
    line = options.pop("line", XLSX_LINE)
    return Case(SHEETS, story, content, name="deltagere_2026Q3.xlsx", protocol=study(line), **options)


def typed_rows() -> list[list[Any]]:
    rows: list[list[Any]] = []
    for row in base_rows():
        day = datetime(*time.strptime(row[1], "%d-%m-%Y")[:3], tzinfo=UTC).replace(tzinfo=None)
        amount = float(row[4].replace(".", "").replace(",", "."))
        rows.append([row[0], day, row[2], int(row[3]), amount, int(row[5])])
    return rows


def edited(row: int, column: int, value: Any) -> list[list[Any]]:
    rows = typed_rows()
    rows[row][column] = value
    return rows


def number_of_zeros(rows: list[list[Any]]) -> list[list[Any]]:
    return [[int(r[0].replace("-", "")), *r[1:]] for r in rows]


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 20_000_000)
    return buffer.getvalue()


def hide(row: int) -> Any:
    return lambda book: setattr(book.active.row_dimensions[row], "hidden", True)


WORKBOOKS = [
    sheet("typed cells", xlsx_bytes(typed_rows())),
    sheet("text cells", xlsx_bytes(base_rows())),
    sheet("a second sheet is no matter when one is named", xlsx_bytes(typed_rows(), lambda b: b.create_sheet("Andet"))),
    sheet("a second sheet when none is named", xlsx_bytes(typed_rows(), lambda b: b.create_sheet("Andet")), line=XLSX_LINE.replace("sheet: Deltagere, ", ""), fault="has 2 sheets"),
    sheet("the named sheet is not there", xlsx_bytes(typed_rows(), lambda b: setattr(b.active, "title", "Zebulon")), fault="no sheet “Deltagere”", secrets=("Zebulon",)),
    sheet("the header is not where it was said", xlsx_bytes(typed_rows()), line=XLSX_LINE.replace("header_row: 2", "header_row: 1"), fault="is missing"),
    sheet("a formula", xlsx_bytes(edited(3, 4, "=1+1")), fault="holds a formula"),
    sheet("a formula below the data", xlsx_bytes([*typed_rows(), [None, None, None, None, "=SUM(E3:E26)", None]]), fault="holds a formula"),
    sheet("a formula in a total row", xlsx_bytes([*typed_rows(), ["I alt", None, None, None, "=SUM(E3:E26)", None]])),
    sheet("a total row", xlsx_bytes([*typed_rows(), ["I alt", None, 24]])),
    sheet("a hidden row is read and told", xlsx_bytes(typed_rows(), hide(9))),
    sheet("numbers instead of texts keep their zeros lost", xlsx_bytes(number_of_zeros(typed_rows())), fault="More than 5% of the rows"),
    sheet("one number among texts", xlsx_bytes(edited(2, 0, 301951014)), refused={"leading_zero": (5,)}),
    sheet("a day as text among days", xlsx_bytes(edited(2, 1, "03-03-2024"))),
    sheet("a day that does not exist, as text", xlsx_bytes(edited(2, 1, "31-02-2024")), refused={"readable": (5,)}),
    sheet("a serial number for a day", xlsx_bytes(edited(2, 1, 45354)), refused={"readable": (5,)}),
    sheet("true and false", xlsx_bytes(edited(2, 5, False))),
    sheet("an error value", xlsx_bytes(edited(2, 4, "#DIV/0!")), refused={"readable": (5,)}),
    sheet("blank rows between", xlsx_bytes([*typed_rows()[:5], [None] * 6, *typed_rows()[5:]]), secrets=()),
    sheet("not a workbook", b"PK\x03\x04 nonsense", fault="not an XLSX"),
    sheet("a text file called .xlsx", csv_bytes(base_rows()), fault="not an XLSX"),
    sheet("a zip bomb", bomb(), fault="unpacks to far more"),
    sheet("a workbook cut in half", xlsx_bytes(typed_rows())[:2000], fault="not an XLSX"),
    sheet("an empty sheet", xlsx_bytes([]), fault="no rows"),
]  # fmt: skip


def parquet_case(story: str, frame: pd.DataFrame | bytes, **options: Any) -> Case:
    if isinstance(frame, bytes):
        content = frame
    else:
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False)
        content = buffer.getvalue()
    line = CSV_LINE.replace(".csv", ".parquet").replace("format: csv", "format: parquet")
    return Case(EXTRACTS, story, content, name="deltagere_2026Q3.parquet", protocol=study(line), **options)


def frame(**changes: Any) -> pd.DataFrame:
    rows = pd.DataFrame(typed_rows(), columns=HEADER)
    return rows.assign(**changes)


def decimals() -> bytes:
    table = pa.Table.from_pandas(frame())
    column = table.column("beløb").cast(pa.decimal128(12, 2))
    buffer = io.BytesIO()
    pq.write_table(table.set_column(table.column_names.index("beløb"), "beløb", column), buffer)
    return buffer.getvalue()


PERIODS = study(CSV_LINE.replace("dd-mm-yyyy", "period"))
EXTRACT_FILES = [
    parquet_case("a Parquet extract", frame()),
    parquet_case("decimals with a type of their own", decimals()),
    parquet_case("an infinite number", frame(beløb=[np.inf, *frame()["beløb"].iloc[1:]]), refused={"readable": (1,)}),
    parquet_case("a number that is not known", frame(beløb=[np.nan, *frame()["beløb"].iloc[1:]]), meant={(2, "amount"): None}),
    parquet_case("days with a time zone", frame(startdato=frame()["startdato"].dt.tz_localize("Europe/Copenhagen"))),
    parquet_case("person numbers as numbers", frame(cpr=frame()["cpr"].str.replace("-", "").astype("int64")), fault="More than 5% of the rows"),
    parquet_case("Parquet cut in half", b"PAR1" + b"\x00" * 200, fault="not Parquet"),
    *(
        cell(EXTRACTS, f"{text!r} as StatBank writes it", "startdato", text, meant=meant, protocol=PERIODS)
        for text, meant in [("1. kvt. 2024", pd.Timestamp(2024, 3, 31)), ("2024K2", pd.Timestamp(2024, 6, 30)), ("2024Q4", pd.Timestamp(2024, 12, 31)), ("2024M02", pd.Timestamp(2024, 2, 29)), ("feb. 2023", pd.Timestamp(2023, 2, 28)), ("Juni 2023", pd.Timestamp(2023, 6, 30)), ("2023", pd.Timestamp(2023, 12, 31))]
    ),
]  # fmt: skip
# The other rows of those files are days, which are no periods; only the one cell is looked at.
PERIOD_CASES = [c for c in EXTRACT_FILES if c.protocol == PERIODS]
CASES = [*WHOLE_FILES, *CELLS, *WORKBOOKS, *(c for c in EXTRACT_FILES if c.protocol != PERIODS)]
IDENTIFIERS = [row[0] for row in base_rows()]


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("catalogue") / "home")
    set_up(home, demo=False)
    return home


@pytest.fixture
def home(empty_home: Home, tmp_path: Path) -> Home:
    import shutil

    target = tmp_path / "home"
    shutil.copytree(empty_home.root, target)
    return Home(target)


def secrets_of(case: Case) -> list[str]:
    numbers = [n for number in IDENTIFIERS for n in (number, number.replace("-", ""))]
    return [*numbers, *case.secrets]


def test_the_catalogue_has_its_cases() -> None:
    assert len(CASES) + len(PERIOD_CASES) >= 150
    assert all(count >= 3 for count in Counter(case.row for case in CASES).values())
    assert len({(c.row, c.story) for c in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[f"{c.row}: {c.story}" for c in CASES])
def test_ends_as_it_must(home: Home, case: Case) -> None:
    put(home, case)
    path = home.inbox / "faults" / case.name
    shown = CliRunner().invoke(trin, ["check", "--home", str(home.root), "--project", "faults", str(path)])
    assert shown.exit_code == (3 if case.fault else 0), shown.output
    assert "Traceback" not in shown.output
    assert shown.exception is None or isinstance(shown.exception, SystemExit)
    import os

    os.utime(path, (1, 1))
    taken = take(home, "faults")
    receipt = taken.receipt
    if case.fault:
        assert receipt.state == "refused"
        assert any(case.fault in str(fault) for fault in receipt.faults), [str(f) for f in receipt.faults]
        assert all(fault.danish for fault in receipt.faults)
        assert not list((home.received / "faults").glob("*"))
    else:
        assert receipt.state == "accepted", [str(f) for f in receipt.faults]
        (table,) = receipt.tables
        found: dict[str, set[int]] = {}
        for refusal in table.refusals:
            found.setdefault(refusal.code, set()).update(refusal.rows)
        expected = {code: set(rows) for code, rows in case.refused.items()}
        if "pattern" in expected and "allowed" in found:
            del found["allowed"]  # a code of the wrong form is none of the allowed ones either
        assert found == expected
        assert_values(home, case)
    written = everything_written(home) + shown.output.encode()
    for secret in secrets_of(case):
        assert secret.encode() not in written, "an identifier or a refused value was written"


def assert_values(home: Home, case: Case) -> None:
    """Every accepted row means what it meant in the spreadsheet: nothing is silently another number."""
    rows = pd.read_parquet(next((home.received / "faults").glob("*.parquet")))
    accepted = rows[rows["is_accepted"]]
    meant = truth()
    if case.name.endswith(".xlsx"):
        meant = {n + 1: values for n, values in meant.items()}
        if case.story == "blank rows between":
            meant = {n + (n > 7): values for n, values in meant.items()}
    if case.name.endswith(".parquet"):
        meant = {n - 1: values for n, values in meant.items()}
    shift = {".xlsx": 1, ".parquet": -1}.get(Path(case.name).suffix, 0)
    for (row, column), value in case.meant.items():
        meant[row + shift][column] = value
    assert len(accepted) == len(meant) - len({r for refused in case.refused.values() for r in refused if r in meant})
    for values in accepted.to_dict("records"):
        for column, value in meant[values["row_in_file"]].items():
            if value is None:
                assert pd.isna(values[column])
            else:
                assert values[column] == value, (values["row_in_file"], column)


@pytest.mark.parametrize("case", PERIOD_CASES, ids=[c.story for c in PERIOD_CASES])
def test_periods_are_read_as_their_last_day(home: Home, case: Case) -> None:
    content = case.content.split(b"\r\n")
    put(home, Case(case.row, case.story, b"\r\n".join([content[0], content[6], b""]), protocol=case.protocol))
    take(home, "faults")
    rows = pd.read_parquet(next((home.received / "faults").glob("*.parquet")))
    assert rows["index_date"].tolist() == [case.meant[7, "index_date"]]


def test_a_level_that_moved_a_hundredfold_stops_the_file(home: Home) -> None:
    put(home, Case(DRIFT, "", csv_bytes(base_rows())))
    take(home, "faults")
    rows = base_rows()
    for row in rows:
        row[4] = str(round(float(row[4].replace(".", "").replace(",", ".")) / 100, 2)).replace(".", ",")
    put(home, Case(DRIFT, "", csv_bytes(rows), name="deltagere_2026Q4.csv"))
    receipt = take(home, "faults").receipt
    assert receipt.state == "refused"
    assert "“amount” is more than thirty times another than in file no. 1" in str(receipt.faults[0])
    line = CSV_LINE.replace("columns:", "expected_shifts: [amount], columns:")
    (home.projects / "faults" / "project.yaml").write_text(study(line))
    assert take(home, "faults").receipt.state == "accepted"  # the protocol says that it is meant


def test_hidden_and_dropped_rows_are_told(home: Home) -> None:
    rows = [*typed_rows(), ["I alt", None, 24]]
    put(home, sheet("", xlsx_bytes(rows, hide(9))))
    receipt = take(home, "faults").receipt
    assert receipt.hidden_rows == (9,)
    assert receipt.dropped_rows == (27,)
    danish = (home.quarantine / "faults" / "0001.da.md").read_text()
    assert "Skjulte rækker, som er læst med: 1 (række 9)" in danish
    assert "Rækker med totaler eller noter, som er sprunget over: 1 (række 27)" in danish


def test_a_single_bad_row_in_a_short_file_does_not_cost_the_rest(home: Home) -> None:
    rows = base_rows()[:4]
    rows[2][1] = "31-02-2024"
    put(home, Case(DAYS, "", csv_bytes(rows)))
    assert take(home, "faults").of("participants").accepted == 3
    rows[3][1] = "31-02-2024"
    put(home, Case(DAYS, "", csv_bytes(rows), name="deltagere_2026Q4.csv"))
    assert take(home, "faults").receipt.state == "refused"


def test_a_link_in_the_inbox_leads_nowhere(home: Home) -> None:
    put(home, Case(NAMES, "", csv_bytes(base_rows())))
    real = home.root / "outside.csv"
    (home.inbox / "faults" / "deltagere_2026Q3.csv").rename(real)
    (home.inbox / "faults" / "deltagere_2026Q3.csv").symlink_to(real)
    receipt = take(home, "faults").receipt
    assert receipt.state == "refused"
    assert real.exists()
    assert not list((home.inbox / "faults").iterdir())


def test_the_day_of_the_delivery_is_danish_and_not_guessed(home: Home) -> None:
    put(home, cell(DAYS, "", "startdato", "16-10-2026"))
    taken = take(home, "faults", date(2026, 10, 16))
    assert taken.of("participants").refused == 0
