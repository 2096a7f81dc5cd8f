"""Pages about releases, withdrawn results and accessibility."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from dashboards.pages.project import Page
from data_contracts.home_files.site_settings import missing_settings
from data_contracts.phrases import date_text, phrase


def archive_page(releases: list[dict[str, Any]], language: str) -> Page:
    """Return the page that lists every release, newest first.

    Parameters
    ----------
    releases : list of dict
        Rows of `dim_release`.
    language : {'da', 'en'}
    """
    prefix, other = ("", "en/") if language == "da" else ("en/", "")
    rows = [with_day(row, language) for row in reversed(releases)]
    # From site/arkiv/ of a release, or of a draft, whose folder is next to the releases.
    up = "../" * (4 if language == "da" else 5)
    at = up if any(row["is_this"] for row in releases) else f"{up}released/"
    values = {"releases": rows, "releases_at": at}
    return Page(f"{prefix}arkiv/index.html", f"{other}arkiv/index.html", "archive.html", values)


def with_day(row: dict[str, Any], language: str) -> dict[str, Any]:
    """Return a release with its day as text."""
    return row | {"day": date_text(language, date.fromisoformat(row["released_on"]))}


def overview_page(releases: list[dict[str, Any]], language: str) -> Page:
    """Return the overview of all releases, newest first.

    Replaced releases are marked.

    Parameters
    ----------
    releases : list of dict
        Rows of `dim_release`, oldest first; at least one.
    language : {'da', 'en'}
    """
    up, inside = ("", "") if language == "da" else ("../", "en/")
    newest = {row["quarter"]: row["version"] for row in releases}
    rows = [
        with_day(row, language)
        | {
            "at": f"{up}{row['quarter']}/v{row['version']}/site/{inside}index.html",
            "is_replaced": row["version"] < newest[row["quarter"]],
        }
        for row in reversed(releases)
    ]
    quarter = max(newest)
    latest = next(row for row in rows if row["quarter"] == quarter)
    values = {"releases": rows, "latest": latest, "home": latest["at"].removesuffix("index.html")}
    values["is_overview"] = True
    values["twin"] = "en/index.html" if language == "da" else "../index.html"
    return Page(f"{inside}index.html", values["twin"], "releases.html", values)


def withdrawn_pages(gone: list[dict[str, Any]], language: str) -> Iterator[Page]:
    """Yield a page for each withdrawn project, at its old address.

    Links to it then explain what has happened.
    """
    prefix, other = ("", "en/") if language == "da" else ("en/", "")
    for row in gone:
        path = f"projekt/{row['project']}.html"
        yield Page(prefix + path, other + path, "withdrawn.html", {"name": row[language], "reason": row["reason"]})


def accessibility_page(publisher: dict[str, Any], language: str) -> Page:
    """Return the accessibility page; it names what is not filled in.

    Parameters
    ----------
    publisher : dict
        Fields of `SiteSettings`; may be empty.
    language : {'da', 'en'}
    """
    prefix, other = ("", "en/") if language == "da" else ("en/", "")
    known = {name: publisher.get(name) or "" for name in ("publisher", "was_url", "phone", "email")}
    missing = ", ".join(phrase(language, f"access_key_{name}") for name in missing_settings(known))
    path = "tilgaengelighed/index.html"
    return Page(prefix + path, other + path, "accessibility.html", {"publisher": known, "missing": missing})
