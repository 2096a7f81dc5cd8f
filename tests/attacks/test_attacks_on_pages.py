"""Hostile words in every text that reaches pages and files: nothing runs, nothing is fetched, no tag is added.

Each text of a record, a profile, a delivery, a dossier, a release and of who publishes is replaced by a line of the corpus,
in turn, so that after all rounds each line has stood in every kind of place.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from itertools import count
from typing import Any

import openpyxl
import pytest

from assets.release.history import ReleaseRow
from assets.release.public_files import Beside, publish_quarter, write_public
from assets.storage.home import Home
from assets.ui.asset_pages import markdown
from dashboards.marts.results import build_marts
from dashboards.pages.site import build_overview, build_site
from dashboards.words.summary import result_markdown
from data_contracts.calendar.quarters import Quarter
from data_contracts.home_files.dossier import PaperStudy
from data_contracts.reading.faults import InputRefused
from data_contracts.results.result_record import ResultRecord
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from models.values.adapter import read_as
from tests.dashboards.test_site import BURDENS, DELIVERIES, Reader, own_script, release_row
from tests.support.example_account import example_account
from tests.support.example_record import example_fields, example_record

pytestmark = pytest.mark.slow
QUARTER = Quarter(2026, 3)
CORPUS = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "</style><script>alert(1)</script>",
    "</title><iframe src=//evil.example></iframe>",
    "<a href='javascript:alert(1)'>tryk</a>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example>",
    "</text></svg><script>alert(1)</script>",
    "{{ 7 * 7 }}{% for x in (1).__class__.__mro__ %}{{ x }}{% endfor %}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "[klik](javascript:alert(1)) ![x](//evil.example/x.png)",
    "=HYPERLINK(\"http://evil.example\";\"klik\")",
    "=cmd|' /C calc'!A0",
    "+1+cmd", "-2+3", "@SUM(1+1)", "\t=1+1", "\r=1+1",
    "a\"b;c,d\r\n=2",
    "../../../../etc/passwd",
    "]]><![CDATA[<script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    "x' OR '1'='1'; DROP TABLE fct_effect; --",
    "\u202egnp.exe",
]  # fmt: skip


def poisoned(value: Any, turn: count, free: frozenset[str]) -> Any:
    """Replace every text in two languages, and every free text, by the next line of the corpus."""
    if isinstance(value, dict) and set(value) == {"da", "en"}:
        return dict.fromkeys(value, CORPUS[next(turn) % len(CORPUS)])
    if isinstance(value, dict):
        return {
            key: CORPUS[next(turn) % len(CORPUS)]
            if key in free and isinstance(part, str)
            else poisoned(part, turn, free)
            for key, part in value.items()
        }
    return [poisoned(part, turn, free) for part in value] if isinstance(value, (list, tuple)) else value


RECORD_TEXTS = frozenset({"organisation", "source", "code_version", "metric", "published_source", "before", "after"})
ACCOUNT_TEXTS = frozenset({"source"})
OTHER_TEXTS = frozenset({"files", "publisher", "reason", "withdrawn_da", "withdrawn_en", "title"})
OTHER_TEXTS |= {f"{name}_{language}" for name in ("goal", "partners", "claim", "note") for language in ("da", "en")}


def full_record() -> dict[str, Any]:
    """A published record in which every kind of text stands."""
    both = {"da": "Navn", "en": "Name"}
    fields = example_fields(
        overlap=[{"pool_count": 900, "pool_share": 0.2, "chosen_count": 200, "chosen_share": 0.2}] * 5,
        places=[{"code": c, "name": c, "count": 100, "quarter": "2026Q3"} for c in ("0461", "0751")],
        known_answers=[{"label": both, "estimate": 0.2, "standard_error": 0.1, "source": "Bog"}],
    )
    public = publish(ResultRecord.model_validate(fields), default_policy()).model_dump(mode="json")
    change = {"key": "outcomes", "kind": "changed", "before": "a", "after": "b"}
    return public | {"evidence": public["evidence"] | {"protocol_changes": [change]}}


def everything(first: int | None) -> tuple[list[dict[str, Any]], Beside, list[dict[str, Any]]]:
    """What a quarter's files are made of; with a number, poisoned from that line of the corpus on."""
    gone = {"withdrawn": "w", "withdrawn_da": "Væk", "withdrawn_en": "Gone", "reason": "Bedt om det"}
    publisher = {
        "publisher": "Kommunen",
        "was_url": "https://www.was.digst.dk/x",
        "phone": "89402000",
        "email": "a@b.dk",
    }
    public, beside, releases = (
        [full_record()],
        Beside(DELIVERIES, BURDENS, [], publisher, [example_account()]),
        [release_row(**gone)],
    )
    if first is None:
        return public, beside, releases
    turn = count(first)
    return (
        poisoned(public, turn, RECORD_TEXTS),
        Beside(
            poisoned(DELIVERIES, turn, OTHER_TEXTS), poisoned(BURDENS, turn, OTHER_TEXTS), [],
            poisoned(publisher, turn, OTHER_TEXTS), poisoned([example_account()], turn, ACCOUNT_TEXTS),
        ),
        poisoned(releases, turn, OTHER_TEXTS),
    )  # fmt: skip


def pages_of(first: int | None) -> dict[str, bytes]:
    public, beside, releases = everything(first)
    marts = build_marts(
        public,
        beside.deliveries,
        beside.profiles,
        beside.papers,
        releases,
        publisher=beside.publisher,
        accounts=beside.accounts,
    )
    overview = build_overview([releases[0] | {"is_this": False}])
    return build_site(marts, str(QUARTER)) | {f"released/{name}": page for name, page in overview.items()}


def shapes(pages: dict[str, bytes]) -> set[tuple[str, tuple[str, ...]]]:
    """Every tag with the names of its attributes."""
    tags = [tag for content in pages.values() for tag in Reader(content.decode()).tags]
    return {(tag, tuple(sorted(attributes))) for tag, attributes in tags}


def test_no_word_becomes_a_tag_an_attribute_or_an_address() -> None:
    """Whatever is said, pages hold the tags they always hold, and lead where they always lead."""
    benign = pages_of(None)
    allowed = shapes(benign)
    for first in range(0, len(CORPUS), 5):
        hostile = pages_of(first)
        assert set(hostile) == set(benign)
        # A long label stands on several lines; that is the only shape that words may bring.
        assert {tag for tag, _ in shapes(hostile)} - {"tspan"} <= {tag for tag, _ in allowed}
        for name, content in hostile.items():
            assert "alert" not in "".join(own_script(content)), name
            for _, attributes in Reader(content.decode()).tags:
                assert not any(key.startswith("on") for key in attributes), name
                address = str(attributes.get("href") or attributes.get("src") or "")
                assert not address.lower().strip().startswith(("javascript:", "data:", "//", "http:")), (name, address)
            assert "49" not in [word.strip() for word in Reader(content.decode()).text]


def test_no_word_is_run_by_a_spreadsheet_breaks_a_file_or_names_one(tmp_path: Any) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    names = None
    for first in (None, *range(0, len(CORPUS), 9)):
        public, beside, releases = everything(first)
        folder = tmp_path / f"out{first}"
        folder.mkdir()
        write_public(folder, QUARTER, public, beside, [read_as(ReleaseRow, row) for row in releases])
        found = {p.relative_to(folder).as_posix() for p in folder.rglob("*")}
        names = names or found
        assert found == names
        for name in ("results.xlsx", "results.en.xlsx"):
            with zipfile.ZipFile(folder / name) as book:
                assert all(
                    b"<f>" not in book.read(part) and b"<hyperlink" not in book.read(part) for part in book.namelist()
                )
            openpyxl.load_workbook(folder / name)
        for name, separator in (
            ("results.csv", ","),
            ("results.da.csv", ";"),
            ("error_sources.csv", ","),
            ("soem.csv", ";"),
            ("soem_prices.csv", ";"),
        ):
            text = (folder / name).read_bytes().decode("utf-8-sig")
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
            assert len({len(row) for row in rows}) == 1, name
            for cell in (cell for row in rows for cell in row):
                is_number = cell.replace(",", ".").lstrip("-").replace(".", "", 1).isdigit()
                assert is_number or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), (name, cell)
        for name in ("results.json", "datapackage.json", "dataset.jsonld", "ro-crate-metadata.json"):
            json.loads((folder / name).read_text())


def test_on_asset_pages_names_are_neither_tags_nor_links() -> None:
    public, _, _ = everything(0)
    for text in [*CORPUS, *(result_markdown(public[0], language) for language in ("da", "en"))]:
        shown = markdown(text).md_str
        assert "<" not in shown
        assert not re.search(r"(?<!\\)\]\s*[(\[:]", shown)
    assert markdown("| a | b |\n|---|---|\n**1** `x`").md_str == "| a | b |\n|---|---|\n**1** `x`"


@pytest.mark.parametrize("name", ["result_id", "project", "outcome"])
@pytest.mark.parametrize("text", ["../../x", "<b>", "a/b", "x\x00", "", "=1", "p.2026Q3.o/../../x"])
def test_a_name_that_could_lead_elsewhere_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=name):
        example_record(**{name: text})


def test_a_study_on_paper_may_only_link_to_the_web() -> None:
    from data_contracts.reading.section_reading import read_section

    with pytest.raises(InputRefused, match="https"):
        read_section("source:\n  link: 'javascript:alert(1)'", "p.yaml", PaperStudy)


def test_a_failing_gate_writes_nothing_and_the_last_pages_stand(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    folder = publish_quarter(home, QUARTER, [full_record()])
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    def broken(*_: Any, **__: Any) -> dict[str, bytes]:
        raise ValueError("a gate is closed")

    monkeypatch.setattr("assets.release.public_files.build_site", broken)
    with pytest.raises(ValueError, match="gate"):
        publish_quarter(home, QUARTER, [])
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
