"""The pages: readable without script, safe against hostile text, the same in two languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import PurePosixPath

import pytest

from dashboards.charts import balance_chart
from dashboards.marts import build_marts, tidy_csv
from dashboards.site import build_site, slug
from data_contracts.phrases import number_text
from models.disclosure import default_policy, publish
from tests.example_record import example_record

QUARTER = "2026Q3"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def site(*records) -> dict[str, bytes]:
    public = [publish(r, default_policy()).model_dump(mode="json") for r in records]
    return build_site(build_marts(public), QUARTER)


class Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def pages() -> dict[str, bytes]:
    return site(
        example_record(),
        example_record(result_id="q.2026Q3.o", project="q", municipalities=["0461"], n_treated=5),
        example_record(
            result_id="r.2026Q3.o",
            project="r",
            municipalities=[],
            status="not_estimable",
            status_reason={"da": "Ingen ligner dem.", "en": "Nobody is like them."},
            estimate=None,
            interval_low=None,
            interval_high=None,
            treated_value=None,
            control_value=None,
        ),
    )


def test_there_is_a_page_for_each_result_and_municipality_in_both_languages(pages: dict[str, bytes]) -> None:
    danish = {
        "index.html",
        "kommuner/0461-odense.html",
        "kommuner/0751-aarhus.html",
        *(f"resultat/{p}.2026Q3.o.html" for p in "pqr"),
    }
    assert set(pages) == danish | {f"en/{name}" for name in danish}


def test_no_script_nothing_from_outside_and_a_strict_policy(pages: dict[str, bytes]) -> None:
    for name, content in pages.items():
        reader = Reader(content.decode())
        tags = [tag for tag, _ in reader.tags]
        assert "script" not in tags, name
        assert "link" not in tags, name
        policy = next(a["content"] for t, a in reader.tags if t == "meta" and a.get("http-equiv"))
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        for _, attributes in reader.tags:
            assert "style" not in attributes, name
            assert not any(key.startswith("on") for key in attributes), name
            assert not str(attributes.get("href", "")).startswith(("http", "//")), name


def test_links_between_pages_lead_somewhere(pages: dict[str, bytes]) -> None:
    files = {"results.csv", "results.json", "results.schema.json", "marts.duckdb"}
    for name, content in pages.items():
        for _, attributes in Reader(content.decode()).tags:
            target = str(attributes.get("href") or "").split("#")[0]
            if not target:
                continue
            parts: list[str] = []
            for part in (PurePosixPath("site") / PurePosixPath(name).parent / target).parts:
                if part == "..":
                    parts.pop()
                else:
                    parts.append(part)
            path = "/".join(parts)
            assert path in files or path.removeprefix("site/") in pages, (name, target)


def test_headings_go_down_one_step_at_a_time(pages: dict[str, bytes]) -> None:
    for name, content in pages.items():
        levels = [int(t[1]) for t, _ in Reader(content.decode()).tags if re.fullmatch(r"h[1-6]", t)]
        assert levels.count(1) == 1, name
        assert all(b - a <= 1 for a, b in pairwise(levels)), name


def test_hidden_and_missing_numbers_are_said_in_words(pages: dict[str, bytes]) -> None:
    hidden = pages["resultat/q.2026Q3.o.html"].decode()
    assert "Skjult (7 eller færre)" in pages["index.html"].decode()
    assert "nogen kunne genkendes" in hidden
    assert "<svg" not in hidden
    missing = pages["en/resultat/r.2026Q3.o.html"].decode()
    assert "Nobody is like them." in missing
    for content in pages.values():
        text = " ".join(Reader(content.decode()).text)
        assert not re.search(r"\b(nan|None|NaN|undefined)\b", text)


def test_hostile_text_stays_text() -> None:
    both = {"da": HOSTILE, "en": HOSTILE}
    hostile = example_record(
        project_name=both,
        organisation=HOSTILE,
        outcome_label=both,
        known_answers=[{"label": both, "estimate": 0.2, "standard_error": 0.1, "source": HOSTILE}],
        balance=[{"covariate": "x", "label": both, "smd_before": 0.2, "smd_after": 0.1}],
        flow=[],
    )
    for name, content in site(hostile).items():
        tags = [tag for tag, _ in Reader(content.decode()).tags]
        assert "script" not in tags, name
        assert "img" not in tags, name


def test_formulas_in_exports_are_disarmed() -> None:
    both = {"da": "=HYPERLINK(1)", "en": "+1"}
    public = publish(example_record(outcome_label=both), default_policy()).model_dump(mode="json")
    text = tidy_csv(build_marts([public])).decode()
    assert "'=HYPERLINK(1)" in text
    assert ",=HYPERLINK" not in text
    assert "'+1" in text


def test_an_empty_quarter_is_a_page_and_not_an_error() -> None:
    pages = site()
    assert set(pages) == {"index.html", "en/index.html"}


def test_pages_fit_their_budget(pages: dict[str, bytes]) -> None:
    import gzip

    for name, content in pages.items():
        assert len(gzip.compress(content)) <= 30_000, name


def test_pictures_name_their_numbers() -> None:
    rows = [{"label": "Alder & <køn>", "smd_before": 0.512, "smd_after": -0.034}]
    svg = balance_chart(rows, "da")
    label = re.search(r'aria-label="([^"]*)"', svg)
    assert label is not None
    assert "0,51" in label[1]
    assert "0,03" in label[1]
    assert "<køn>" not in svg
    assert "style=" not in svg


def test_numbers_are_written_as_each_language_does() -> None:
    assert number_text("da", -1234.56, 1) == "−1.234,6"
    assert number_text("en", -1234.56, 1) == "−1,234.6"
    assert number_text("da", -0.001, 1) == "0,0"
    assert slug("Ærø & Århus Øst") == "aeroe-aarhus-oest"
