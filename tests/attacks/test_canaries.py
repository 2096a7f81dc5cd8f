"""A thousand person numbers go in; afterwards not one of them is found anywhere under the home."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from assets.intake.delivery_log import read_delivery_log
from assets.storage.home import Home
from pipelines.running.demo import set_up
from tests.support.canaries import draw_numbers, hits
from tests.support.runs import run_and_kill, run_demo
from tests.support.small_study import PROTOCOL, small_rows

pytestmark = pytest.mark.slow
NUMBERS = draw_numbers(1200)
WORDS = ("Zebulon", "Kærtegnet")
STUDY = (
    PROTOCOL[: PROTOCOL.index("deliveries:\n")].replace("identifier_scheme: local", "identifier_scheme: cpr")
    + """deliveries:
  - {table: participants, files: "people*.csv", format: csv, where: {club: "1"}, columns: {person_id: id, index_date: start, municipality_code: place}}
  - {table: comparison_pool, files: "people*.csv", format: csv, columns: {person_id: id, covariate_date: start, municipality_code: place}}
  - {table: comparison_pool, files: "more*.xlsx", format: xlsx, columns: {person_id: id, covariate_date: start, municipality_code: place}}
  - {table: comparison_pool, files: "more*.parquet", format: parquet, columns: {person_id: id, covariate_date: start, municipality_code: place}}
  - {table: outcomes, files: "people*.csv", format: csv, columns: {person_id: id, measured_date: test_day}, outcome_columns: {score: score}}
"""
)


def rows_of(numbers: list[str], seed: int) -> pd.DataFrame:
    rows = small_rows(min(60, len(numbers) // 4), len(numbers) - min(60, len(numbers) // 4), seed)
    hyphened = [f"{n[:6]}-{n[6:]}" if i % 2 else n for i, n in enumerate(numbers)]
    return rows.assign(id=hyphened, diary="Zebulon", start=rows["start"])


def workbook(rows: pd.DataFrame) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(list(rows.columns))
    for row in rows.itertuples(index=False):
        book.active.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose temporary files, too, lie where the scanner looks."""
    home = Home(tmp_path / "home")
    set_up(home, demo=False)
    (home.projects / "small").mkdir()
    (home.projects / "small" / "project.yaml").write_text(STUDY)
    (home.inbox / "small").mkdir()
    temporary = home.root / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    return home


# Saved once: a workbook saved again is other bytes, and so another delivery.
WORKBOOK = workbook(rows_of(NUMBERS[600:800], 2))


def good_files(folder: Path) -> None:
    rows_of(NUMBERS[:600], 1).to_csv(folder / "people.csv", index=False)
    (folder / "more.xlsx").write_bytes(WORKBOOK)
    rows_of(NUMBERS[800:1000], 3).to_parquet(folder / "more.parquet", index=False)


def bad_files(folder: Path) -> None:
    rows = rows_of(NUMBERS[1000:1200], 4)
    text = rows.to_csv(index=False)
    (folder / "people_renamed.csv").write_text(text.replace("id,", "number,", 1))
    (folder / "people_utf16.csv").write_bytes(text.encode("utf-16"))
    (folder / "people_cut.csv").write_text(text[:-20])
    (folder / "people_headless.csv").write_text(text.partition("\n")[2])
    (folder / "people_short.csv").write_text(
        rows.assign(id=[n.replace("-", "")[1:] for n in rows["id"]]).to_csv(index=False)
    )
    (folder / f"people {NUMBERS[1000]}.csv").write_text(text.replace("0751", "751"))
    (folder / f"{NUMBERS[1001]}.csv").write_text(text)
    wrong_places = rows.assign(group=rows["id"], age=[int(n.replace("-", "")) for n in rows["id"]], place="Kærtegnet")
    wrong_places.to_csv(folder / "people_wrong.csv", index=False)
    (folder / "more_formula.xlsx").write_bytes(workbook(rows.assign(mood="=A1")))
    (folder / "more_cut.xlsx").write_bytes(workbook(rows)[:5000])
    (folder / "more_cut.parquet").write_bytes(b"PAR1" + text.encode())
    # A few bad rows among good ones, so that the file is taken in and its refused rows are kept.
    few = rows_of(NUMBERS[1000:1200], 5)
    few.loc[[1, 2], "group"] = few.loc[[1, 2], "id"]
    few.loc[[3], "place"] = "Kærtegnet"
    few.to_csv(folder / "people_few.csv", index=False)


def test_the_scanner_finds_what_it_is_to_find(tmp_path: Path) -> None:
    """A scanner that finds nothing proves nothing: hide one number in every way it must see through."""
    number = NUMBERS[0]
    hidden = {
        "plain.txt": number.encode(),
        "hyphen.txt": f"{number[:6]}-{number[6:]}".encode(),
        "utf16.bin": b"x" + number.encode("utf-16-le"),
        "inside.bin": b"\x00" + f"99{number}99".encode(),
        "book.xlsx": workbook(pd.DataFrame({"id": [number]})),
        "word.txt": b"zeBULON",
    }
    for name, content in hidden.items():
        (tmp_path / name).write_bytes(content)
    pd.DataFrame({"id": [number] * 500}).to_parquet(tmp_path / "packed.parquet", compression="zstd")
    (tmp_path / f"{number}.txt").touch()
    assert set(hits(tmp_path, NUMBERS, WORDS)) == {*hidden, "packed.parquet", f"{number}.txt"}
    assert hits(tmp_path, NUMBERS[1:], ["Ingen"]) == []


def test_good_files_bad_files_and_a_failing_run_leave_no_number(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    good_files(home.inbox / "small")
    assert {o.state for o in run_demo(home)} == {"made"}
    assert hits(home.root, NUMBERS, WORDS) == []
    bad_files(home.inbox / "small")
    outcome = run_demo(home)[0]
    assert outcome.state == "refused"
    states = [e.state for e in read_delivery_log(home, "small").entries]
    assert states.count("refused") >= 10
    said = " ".join(outcome.messages)
    assert not any(number in said for number in NUMBERS)
    assert hits(home.root, NUMBERS, WORDS) == []
    # An exception that quotes a row, in the middle of reading it.
    from assets.intake.reading import delivery

    def explode(*arguments: object) -> None:
        raise ValueError(f"could not convert Zebulon {NUMBERS[5]}")

    monkeypatch.setattr(delivery, "parse_columns", explode)
    good_files(home.inbox / "small")
    rows_of(NUMBERS[:600], 9).to_csv(home.inbox / "small" / "people.csv", index=False)
    outcome = run_demo(home)[0]
    assert outcome.state == "failed"
    assert "ValueError" in " ".join(outcome.messages)
    assert "Zebulon" not in " ".join(outcome.messages)
    assert hits(home.root, NUMBERS, WORDS, but=home.inbox) == []


@pytest.mark.long
@pytest.mark.parametrize("seconds", [3.5, 5.0, 6.5])
def test_killed_in_mid_ingest_and_run_again_leaves_no_number(home: Home, seconds: float) -> None:
    good_files(home.inbox / "small")
    run_and_kill(home, seconds)
    assert hits(home.root, NUMBERS, WORDS, but=home.inbox) == []
    good_files(home.inbox / "small")
    assert {o.state for o in run_demo(home)} <= {"made", "unchanged"}
    assert len([e for e in read_delivery_log(home, "small").entries if e.state == "accepted"]) == 3
    assert hits(home.root, NUMBERS, WORDS) == []
