"""The pages in a real Chromium: no request outwards, nothing wider than a phone, no accessibility violation.

Run with `make test-browser`; needs Debian's package `chromium` and the browser extra.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.marts import build_marts
from dashboards.site import build_site
from models.disclosure import publish
from models.disclosure_policy import default_policy
from tests.example_record import example_record
from tests.test_site import BURDENS, DELIVERIES, QUARTER

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
        )
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = [example_record(), example_record(result_id="q.2026Q3.o", project="q", n_treated=5)]
    public = [publish(r, default_policy()).model_dump(mode="json") for r in records]
    root = tmp_path_factory.mktemp("site")
    for name, content in build_site(build_marts(public, DELIVERIES, BURDENS), QUARTER).items():
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
def test_pages_stand_alone_and_keep_their_policy(browser, folder: Path, name: str) -> None:
    page = browser.new_page(java_script_enabled=False)
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
