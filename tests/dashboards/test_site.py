"""The pages: readable without script, safe against hostile text, the same in two languages."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

import pytest

from dashboards.charts import drawing
from dashboards.charts.results import balance_chart
from dashboards.marts.results import build_marts
from dashboards.pages.site import build_overview, build_site, slug
from data_contracts.home_files.site_settings import EMPTY_FILE, SiteSettings, missing_settings
from data_contracts.ladder.ladder import rungs
from data_contracts.phrases import number_text
from data_contracts.reading.faults import InputRefused
from data_contracts.reading.section_reading import read_section
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from tests.support.example_record import example_record
from tests.support.places import ROOT

QUARTER = "2026Q3"
STANDING = ("arkiv", "stigen", "metode", "data", "kommuner", "tilgaengelighed")
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


DELIVERIES = [
    {"project": "p", "number": 1, "received_on": "2026-07-02", "state": "accepted", "is_in_use": False}
    | {
        "files": "p_{period}.csv",
        "period": "2026Q2",
        "tables": "participants",
        "rules": "range(mood);unique(person_id)",
    },
    {"project": "p", "number": 2, "received_on": "2026-10-02", "state": "refused", "is_in_use": False}
    | {"files": "<b>", "period": None, "tables": "participants,outcomes", "rules": ""},
]
PROFILE = {
    "project": "p",
    "asked_fields": 6,
    "minutes_per_participant": 2.7,
    "prevention_level": "early",
    "payers": "state",
}
PROFILE |= {f"goal_{language}": "<b>Goal</b>" for language in ("da", "en")}
BURDENS = [PROFILE]


def site(*records) -> dict[str, bytes]:
    public = [publish(r, default_policy()).model_dump(mode="json") for r in records]
    return build_site(build_marts(public, DELIVERIES, BURDENS), QUARTER)


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
        "arkiv/index.html",
        "stigen/index.html",
        "metode/index.html",
        "data/index.html",
        "tilgaengelighed/index.html",
        "kommuner/index.html",
        "kommuner/0461-odense.html",
        "kommuner/0751-aarhus.html",
        *(f"resultat/{p}.2026Q3.o.html" for p in "pqr"),
        *(f"projekt/{p}.html" for p in "pqr"),
        "projekt/p-kvittering-1.html",
        "projekt/p-kvittering-2.html",
    }
    assert set(pages) == danish | {f"en/{name}" for name in danish}


def test_a_project_answers_five_questions_itself_and_its_results_the_sixth(pages: dict[str, bytes]) -> None:
    page = pages["projekt/p.html"].decode()
    assert "&lt;b&gt;Goal&lt;/b&gt;" in page
    assert page.count("ikke besvaret") == 4
    assert "På trin 4a (Matchet kontrolgruppe), sikkerhed lav: lovende." in page
    assert "Griber ind tidligt" in page
    assert "Betales af: staten." in page


def test_the_ladder_page_says_what_each_rung_asks_for_and_what_may_be_wrong(pages: dict[str, bytes]) -> None:
    page = pages["stigen/index.html"].decode()
    for rung in rungs().values():
        assert rung.name["da"] in page
        for code in rung.error_sources:
            assert f'href="#{code}"' in page
            assert f'id="{code}"' in page


def test_all_98_municipalities_stand_with_name_and_code(pages: dict[str, bytes]) -> None:
    page = pages["kommuner/index.html"].decode()
    assert page.count('<th scope="row">') == 98
    assert '<a href="0751-aarhus.html">Aarhus</a></th><td>0751</td>' in page
    assert "København</th><td>0101</td>" in page


def test_the_method_page_names_the_policys_own_numbers(pages: dict[str, bytes]) -> None:
    page = pages["en/metode/index.html"].decode()
    assert "Groups of 7 or fewer are hidden" in page
    assert "at least 8 people" in page


def test_a_project_page_says_what_became_of_its_files_and_what_it_is_asked(pages: dict[str, bytes]) -> None:
    page = pages["projekt/p.html"].decode()
    assert "6 felter pr. deltager, skønnet 2,7 minutter" in page
    assert "Afløst af en nyere" in page
    assert "Afvist" in page
    assert 'href="p-kvittering-1.html"' in page
    receipt = pages["en/projekt/p-kvittering-1.html"].decode()
    assert "The value lies outside the limits (mood)" in receipt
    assert "row numbers stand on the sender" in receipt
    assert "&lt;b&gt;" in pages["projekt/p-kvittering-2.html"].decode()


def test_a_changed_number_says_so_and_why(pages: dict[str, bytes]) -> None:
    changed = site(example_record(restated_times=2, restated_because="deliveries"))
    words = "leverancer kom sent, blev rettet eller trukket tilbage"
    assert words in changed["resultat/p.2026Q3.o.html"].decode()
    assert words not in pages["resultat/p.2026Q3.o.html"].decode()


def own_script(content: bytes) -> list[str]:
    """Return what a page lets run, and see that its policy lets run nothing else."""
    scripts = re.findall(r"<script>(.*?)</script>", content.decode(), re.DOTALL)
    allowed = re.findall(r"script-src '(sha256-[^']+)'", content.decode())
    digests = [f"sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}" for s in scripts]
    assert digests == allowed
    return scripts


def test_one_small_script_of_our_own_nothing_from_outside_and_a_strict_policy(pages: dict[str, bytes]) -> None:
    sorts = {own for name, content in pages.items() for own in own_script(content)}
    assert len(sorts) == 1
    assert len(next(iter(sorts)).encode()) < 5_000
    for name, content in pages.items():
        reader = Reader(content.decode())
        tags = [tag for tag, _ in reader.tags]
        has_table = re.search(r"^(en/)?(index|projekt/.|kommuner/0.*)\.html$", name) is not None
        assert tags.count("script") == has_table, name
        assert "link" not in tags, name
        policy = next(a["content"] for t, a in reader.tags if t == "meta" and a.get("http-equiv"))
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        for _, attributes in reader.tags:
            assert "style" not in attributes, name
            assert not any(key.startswith("on") for key in attributes), name
            assert not str(attributes.get("href", "")).startswith(("http", "//")), name


def test_links_between_pages_lead_somewhere(pages: dict[str, bytes]) -> None:
    files = {f"{table}.{kind}" for table in ("results", "error_sources") for kind in ("csv", "da.csv", "parquet")}
    files |= {"results.json", "results.schema.json", "marts.duckdb", "results.xlsx", "results.en.xlsx", "soem.csv"}
    files |= {"soem_prices.csv"}
    files |= {"datapackage.json", "dataset.jsonld", "ro-crate-metadata.json"}
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


def test_every_page_says_whose_it_is(pages: dict[str, bytes]) -> None:
    for name, content in pages.items():
        assert '<p class="name">Trin <span>' in content.decode(), name


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
        assert tags.count("script") == len(own_script(content)), name
        assert "alert" not in "".join(own_script(content)), name
        assert "img" not in tags, name


def test_an_empty_quarter_is_a_page_and_not_an_error() -> None:
    pages = site()
    always = {"index.html", *(f"{name}/index.html" for name in STANDING)}
    assert set(pages) == always | {f"en/{name}" for name in always}


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


def test_earlier_releases_stand_beside_the_number_with_the_band_that_holds_for_all_looks() -> None:
    def quarter(name: str, **changes: Any) -> dict[str, Any]:
        made = example_record(quarter=name, result_id=f"p.{name}.o", **changes)
        return publish(made, default_policy()).model_dump(mode="json")

    now = quarter("2026Q3", always_valid_low=0.11, always_valid_high=0.29, looks_count=5)
    before = quarter("2026Q2", estimate=0.16, interval_low=0.06, interval_high=0.26)
    alone = build_site(build_marts([now]), QUARTER)["resultat/p.2026Q3.o.html"].decode()
    assert 'id="trend"' not in alone
    page = build_site(build_marts([now], earlier=[before]), QUARTER)["resultat/p.2026Q3.o.html"].decode()
    assert "2026Q2: +16 procentpoint (+6 til +26 procentpoint), trin 4a." in page
    assert "2026Q3: +20 procentpoint" in page
    other = build_site(build_marts([now], earlier=[before | {"outcome": "x"}]), QUARTER)
    assert 'id="trend"' not in other["resultat/p.2026Q3.o.html"].decode()
    hidden = quarter("2026Q3", n_treated=5)
    page = build_site(build_marts([hidden], earlier=[before]), QUARTER)["resultat/p.2026Q3.o.html"].decode()
    assert 'id="trend"' not in page  # what is hidden now stands in no series


def _contrast(one: str, other: str) -> float:
    """Return WCAG's contrast ratio of two colours."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_text_can_be_read_against_what_lies_behind_it() -> None:
    """WCAG 2.1 AA: 4.5 for text, 3 for what charts draw."""
    css = (ROOT / "dashboards" / "templates" / "trin.css").read_text()
    colours = dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", css))
    white, note = "#ffffff", "#fff6df"
    assert note in css
    pairs = [(colours[name], white) for name in ("ink", "soft", "blue", "red", "amber", "green")]
    pairs += [(colours["ink"], note), (colours["ink"], colours["pale"]), (colours["soft"], colours["pale"])]
    pairs += [(white, colours["blue"])]
    for text, behind in pairs:
        assert _contrast(text, behind) >= 4.5, (text, behind)
    for drawn in (drawing.BLUE, drawing.BROWN, drawing.GREY, drawing.DARK):
        for behind in (white, drawing.BAND):
            assert _contrast(drawn, behind) >= 3, (drawn, behind)


def test_a_code_that_no_municipality_has_is_said_to_be_unknown() -> None:
    made = site(example_record(municipalities=["0751", "0999"]))
    assert "ukendt kommunekode 0999" in made["projekt/p.html"].decode()
    assert "ukendt kommunekode 0999" in made["kommuner/index.html"].decode()
    assert "unknown municipality code 0999" in made["en/kommuner/0999-ukendt.html"].decode()


def test_a_quarter_without_results_says_so() -> None:
    made = site()
    assert "Her er ingen resultater i dette kvartal." in made["index.html"].decode()
    assert "There are no results here this quarter." in made["en/index.html"].decode()


def release_row(**changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"quarter": QUARTER, "version": 1, "released_on": "2026-10-20", "reason": None}
    row |= {"results": 1, "changed": "", "withdrawn": "", "withdrawn_da": "", "withdrawn_en": "", "is_this": True}
    return row | changes


def test_a_withdrawn_projects_page_says_that_it_was_withdrawn_and_why() -> None:
    gone = {"withdrawn": "w", "withdrawn_da": "Væk", "withdrawn_en": "Gone", "reason": "Projektet bad om det"}
    public = [publish(example_record(), default_policy()).model_dump(mode="json")]
    made = build_site(build_marts(public, releases=[release_row(), release_row(version=2, **gone)][1:]), QUARTER)
    page = made["projekt/w.html"].decode()
    assert "<h1>Væk</h1>" in page
    assert "trukket tilbage fra denne frigivelse" in page
    assert "Projektet bad om det" in page
    assert "Gone" in made["en/index.html"].decode()


def test_above_all_releases_a_page_leads_to_the_latest_and_says_which_were_replaced() -> None:
    rows = [release_row(is_this=False), release_row(version=2, reason="Sen fil", is_this=False)]
    rows.append(release_row(quarter="2026Q2", is_this=False, released_on="2026-10-21"))
    made = build_overview(rows)
    page = made["index.html"].decode()
    assert 'href="2026Q3/v2/site/index.html">Læs den seneste' in page
    assert page.count("afløst af en nyere version") == 1
    assert page.index("2026Q2 v1") < page.index("2026Q3 v2") < page.index("2026Q3 v1")
    english = made["en/index.html"].decode()
    assert 'href="../2026Q3/v2/site/en/index.html"' in english
    assert 'href="../index.html" hreflang="da"' in english


def test_what_the_publisher_has_not_said_the_accessibility_page_says() -> None:
    public = [publish(example_record(), default_policy()).model_dump(mode="json")]
    empty = build_site(build_marts(public), QUARTER)["tilgaengelighed/index.html"].decode()
    assert "har endnu ikke oplyst: hvem der udgiver siderne, adressen på tilgængelighedserklæringen" in empty
    said = {"publisher": "Aarhus Kommune", "was_url": "https://www.was.digst.dk/x", "phone": "89 40 20 00"}
    known = build_marts(public, publisher=said | {"email": "a@b.dk"})
    page = build_site(known, QUARTER)["tilgaengelighed/index.html"].decode()
    assert "har endnu ikke oplyst" not in page
    assert 'href="tel:89402000"' in page
    assert 'href="https://www.was.digst.dk/x" rel="noreferrer"' in page


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("was_url: javascript:alert(1)", "https://"),
        ('was_url: "https://x\\" onclick=a"', "https://"),
        ("email: nobody", "e-mail"),
        ("phone: ring mig op", "telephone"),
        ("telefon: 89402000", "telefon"),
        ("- a", "keys"),
    ],
)
def test_a_wrong_site_yaml_is_refused_in_words(text: str, what: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read_section(text, "site.yaml", SiteSettings)
    assert what.lower() in str(refused.value).lower()
    assert "site.yaml" in str(refused.value)


def test_an_untouched_site_yaml_is_empty_and_right() -> None:
    assert missing_settings(read_section(EMPTY_FILE, "site.yaml", SiteSettings).model_dump()) == tuple(
        SiteSettings.model_fields
    )


def test_a_stacked_cell_says_what_it_is() -> None:
    from dashboards.pages.stacked import with_labels

    table = '<table class="stack"><caption>C</caption><thead><tr><th>Who</th><th class="n">Pays &amp; "gets"</th><th>A<br>B</th></tr></thead>'
    table += '<tbody><tr class="x"><th scope="row">Us</th><td class="n">1</td><td>2</td></tr></tbody></table>'
    plain = "<table><thead><tr><th>Who</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>"
    made = with_labels(table + plain)
    assert '<td data-label="Pays &amp; &#34;gets&#34;" class="n">1</td><td data-label="AB">2</td>' in made
    assert made.endswith(plain)
    assert made.count("data-label") == 2


def test_a_number_that_the_columns_put_on_the_page_is_there_in_both_languages() -> None:
    """To show a number is to declare it: no template and no page code names it."""
    public = [publish(example_record(), default_policy()).model_dump(mode="json")]
    pages = build_site(build_marts(public), "2026Q3")
    for prefix, title in (
        ("", "Effektivt antal i sammenligningsgruppen"),
        ("en/", "Effective number in the comparison"),
    ):
        page = pages[f"{prefix}resultat/p.2026Q3.o.html"].decode()
        assert title in page
        assert "610</td>" in page  # 612.3, rounded as counts are
