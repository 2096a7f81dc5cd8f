"""The pages in a real Chromium: no request outwards, nothing wider than a phone, no accessibility violation.

Run with `make test-browser`; needs Debian's package `chromium` and the browser extra.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.marts.results import build_marts
from dashboards.pages.site import build_overview, build_site
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from tests.dashboards.test_site import BURDENS, DELIVERIES, HOSTILE, QUARTER, release_row
from tests.support.example_account import example_account
from tests.support.example_record import example_record

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
PAGES = [
    "index.html",
    "kommuner/0751-aarhus.html",
    "resultat/p.2026Q3.o.html",
    "resultat/q.2026Q3.o.html",
    "en/index.html",
    "en/kommuner/0751-aarhus.html",
    "en/resultat/p.2026Q3.o.html",
    "releases/index.html",
    "releases/en/index.html",
    *(
        f"{language}{name}"
        for language in ("", "en/")
        for name in (
            "stigen/index.html",
            "metode/index.html",
            "data/index.html",
            "arkiv/index.html",
            "kommuner/index.html",
            "projekt/p.html",
            "projekt/p-kvittering-1.html",
            "projekt/w.html",
            "tilgaengelighed/index.html",
            "oekonomi/p.html",
        )
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    overlap = [{"pool_count": 900, "pool_share": 0.2, "chosen_count": 200, "chosen_share": 0.2}] * 5
    places = [
        {"code": c, "name": c, "count": n, "quarter": QUARTER} for c, n in (("0461", 60), ("0751", 200), ("0730", 3))
    ]
    records = [
        example_record(overlap=overlap, places=places, n_treated=263),
        example_record(result_id="q.2026Q3.o", project="q", n_treated=5),
    ]
    public = [publish(r, default_policy()).model_dump(mode="json") for r in records]
    gone = {"withdrawn": "w", "withdrawn_da": "Væk", "withdrawn_en": "Gone", "reason": "Bedt om det"}
    accounts = [example_account()]
    marts = build_marts(public, DELIVERIES, BURDENS, releases=[release_row(**gone)], accounts=accounts)
    root = tmp_path_factory.mktemp("site")
    releases = {f"releases/{name}": page for name, page in build_overview([release_row(is_this=False)]).items()}
    for name, content in (build_site(marts, QUARTER) | releases).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


@pytest.fixture(scope="module")
def browser() -> Iterator:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("has_script", [False, True])
def test_pages_stand_alone_and_keep_their_policy(browser, folder: Path, name: str, has_script: bool) -> None:
    page = browser.new_page(java_script_enabled=has_script)
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto((folder / name).as_uri())
    assert page.locator("h1").count() == 1
    assert page.locator("main").inner_text()
    assert requests == [(folder / name).as_uri()]
    assert complaints == []
    assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px"  # the style sheet was let in
    page.close()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [320, 1180])
def test_nothing_is_wider_than_the_window(browser, folder: Path, name: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto((folder / name).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(browser, folder: Path, name: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto((folder / name).as_uri())
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
    assert found.response["violations"] == [], [
        v["id"] + ": " + v["nodes"][0]["html"][:200] for v in found.response["violations"]
    ]
    context.close()


def test_the_keyboard_reaches_the_content_first(browser, folder: Path) -> None:
    page = browser.new_page()
    page.goto((folder / "resultat/p.2026Q3.o.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.close()


TABLE = "index.html"


def test_results_are_sorted_by_name_and_rung_and_filtered_by_rung(browser, tmp_path: Path) -> None:
    """By keyboard alone, and never by the size of an effect."""
    rungs = {"b": 4, "a": 4, "c": 2}
    rows = []
    for project, rung in rungs.items():
        record = example_record(
            result_id=f"{project}.2026Q3.o", project=project, project_name={"da": project, "en": project}
        )
        public = publish(record, default_policy()).model_dump(mode="json")
        rows.append(public | {"evidence": public["evidence"] | {"rung": rung}})
    (tmp_path / TABLE).write_bytes(build_site(build_marts(rows), QUARTER)[TABLE])
    page = browser.new_page()
    page.goto((tmp_path / TABLE).as_uri())

    def names() -> list[str]:
        return [row.inner_text().split()[0] for row in page.locator("table[data-results] tbody tr:visible th").all()]

    heads = page.locator("table[data-results] thead th")
    assert [heads.nth(i).locator("button").count() for i in range(heads.count())] == [1, 1, 0, 0]
    button = page.locator("table[data-results] thead button").first
    button.focus()
    page.keyboard.press("Enter")
    assert names() == ["a", "b", "c"]
    assert heads.first.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert names() == ["c", "b", "a"]
    page.select_option("select", "3")
    assert names() == ["c"]
    assert page.locator("[role=status]").inner_text() == "Viser 1 af 3."
    page.emulate_media(media="print")  # paper shows the whole table
    assert page.locator("table[data-results] tbody tr:visible").count() == 3
    assert not page.locator("[data-tools]").is_visible()
    page.close()


def test_without_script_the_whole_table_stands_and_no_control_that_does_nothing(browser, folder: Path) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto((folder / TABLE).as_uri())
    assert page.locator("table[data-results] tbody tr:visible").count() == 2
    assert page.locator("button:visible, select:visible").count() == 0
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_goes_on_paper(browser, folder: Path, name: str) -> None:
    """A4, nothing cut off at the right, the way around the site left out."""
    page = browser.new_page(viewport={"width": 680, "height": 960})  # 180 mm of A4 between its margins
    page.emulate_media(media="print")
    page.goto((folder / name).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
    assert not page.locator("header nav").is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.close()


def test_forced_colours_keep_what_colour_alone_would_say(browser, folder: Path) -> None:
    """The rung we are on, and the bars of strength, are seen where a reader chooses all colours."""
    page = browser.new_page()
    page.emulate_media(forced_colors="active")
    page.goto((folder / "resultat/p.2026Q3.o.html").as_uri())
    here = page.locator(".ladder li.here")
    assert here.evaluate("e => getComputedStyle(e).borderTopWidth") == "2px"
    page.goto((folder / TABLE).as_uri())
    bars = page.locator(".bars").first.locator("i")
    colours = [bars.nth(i).evaluate("e => getComputedStyle(e).backgroundColor") for i in range(7)]
    assert len(set(colours[:4])) == 1
    assert colours[0] != colours[6]
    page.close()


def test_everything_that_can_be_used_is_reached_by_keyboard_in_the_order_it_stands(browser, folder: Path) -> None:
    page = browser.new_page()
    page.goto((folder / TABLE).as_uri())
    wanted = page.evaluate(
        "[...document.querySelectorAll('a[href], button, select')].filter(e => e.offsetParent).length"
    )
    tops = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        tops.append(page.evaluate("document.activeElement.getBoundingClientRect().top + scrollY"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
    assert len(tops) == wanted
    body = tops[1:]
    assert all(later >= earlier - 40 for earlier, later in itertools.pairwise(body))
    page.close()


def test_what_somebody_slips_into_a_page_does_not_run(browser, folder: Path, tmp_path: Path) -> None:
    """The policy stops a script, a handler and a picture that our own escaping might one day let through."""
    text = (folder / TABLE).read_text()
    slipped = "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'><b onclick='window.ran=1' id=b>x</b>"
    (tmp_path / "p.html").write_text(text.replace("</h1>", f"</h1>{slipped}", 1))
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto((tmp_path / "p.html").as_uri())
    page.click("#b")
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in text for text in complaints)
    page.close()


def test_hostile_words_run_nowhere(browser, tmp_path: Path) -> None:
    both = {"da": HOSTILE, "en": HOSTILE}
    profile = BURDENS[0] | {key: HOSTILE for key in BURDENS[0] if key.endswith(("_da", "_en"))}
    record = example_record(project_name=both, organisation=HOSTILE, outcome_label=both)
    public = [publish(record, default_policy()).model_dump(mode="json")]
    gone = {"withdrawn": "w", "withdrawn_da": HOSTILE, "withdrawn_en": HOSTILE, "reason": HOSTILE}
    said = {"publisher": HOSTILE, "was_url": "", "phone": "", "email": ""}
    hostile = example_account() | {"project_name": both}
    marts = build_marts(
        public, DELIVERIES, [profile], releases=[release_row(**gone)], publisher=said, accounts=[hostile]
    )
    page = browser.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for i, (name, content) in enumerate(build_site(marts, QUARTER).items()):
        path = tmp_path / f"{i}.html"
        path.write_bytes(content)
        page.goto(path.as_uri())
        assert page.locator("img").count() == 0, name
    assert dialogs == []
    page.close()


def unpacked(made: bytes) -> bytes:
    """Return a PDF with what it packs together laid open."""
    found = made
    for packed in re.findall(rb"stream\n(.*?)\nendstream", made, re.DOTALL):
        with contextlib.suppress(zlib.error):
            found += zlib.decompress(packed)
    return found


def test_a_result_is_a_tagged_pdf_and_the_same_each_time(folder: Path) -> None:
    from dashboards.pages.pdf import pdf_of

    html = (folder / "resultat/p.2026Q3.o.html").read_text(encoding="utf-8")
    made = pdf_of(html)
    assert made.startswith(b"%PDF")
    assert b"pdfuaid" in unpacked(made)
    assert b"/MarkInfo" in unpacked(made)
    assert made == pdf_of(html)


def test_a_pdf_fetches_nothing() -> None:
    """A picture from elsewhere is left out, so that a page cannot read this machine's files or call outwards."""
    from dashboards.pages.pdf import pdf_of

    made = pdf_of("<html lang='da'><title>x</title><img src='file:///etc/passwd'><h1>Tal</h1></html>")
    assert b"root:" not in unpacked(made)
    assert b"/Subtype /Image" not in unpacked(made).replace(b"/Subtype/Image", b"/Subtype /Image")
