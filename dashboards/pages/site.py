"""The site: a folder of pages that work without scripts.

Every page is a pure function of the marts; Danish pages are at the root, English ones in `en/`.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd
from jinja2 import Environment, FunctionLoader, StrictUndefined

from dashboards.charts.parts import fifths_chart, flow_chart, trend_chart
from dashboards.charts.results import balance_chart, estimate_rows, estimates_chart, tipping_chart
from dashboards.marts.reading import plain_rows, results_of, town_name
from dashboards.pages.economics import economics_pages
from dashboards.pages.explaining import explaining_pages
from dashboards.pages.parts import measure_rows, page_numbers, part_groups
from dashboards.pages.project import Page, project_pages
from dashboards.pages.stacked import with_labels
from dashboards.pages.standing import accessibility_page, archive_page, overview_page, with_day, withdrawn_pages
from dashboards.words.summary import STATE_SIGNS, effect_words
from data_contracts.calendar.quarters import Quarter
from data_contracts.ladder.ladder import crosswalk, error_sources, rungs
from data_contracts.phrases import LANGUAGES, difference_in, interval_in, number_text, phrase, phrases
from data_contracts.reading.knowledge import read_knowledge

SCRIPTED = ("start.html", "municipality.html", "project.html")
"""Pages with a table that can be sorted and filtered; others have no script."""


def _template_text(name: str) -> str:
    return (files("dashboards") / "templates" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_template_text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["signs"] = STATE_SIGNS
    return environment


@cache
def _inline(name: str) -> tuple[str, str]:
    """Return a style sheet or script, and its hash for the security policy."""
    text = re.sub(r"\s*\n\s*", "\n", _template_text(name)).strip()
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return text, f"sha256-{digest}"


def slug(text: str) -> str:
    """Return a text as part of a file name; å, æ and ø are spelt out."""
    for letter, spelt in (("å", "aa"), ("æ", "ae"), ("ø", "oe")):
        text = text.lower().replace(letter, spelt)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def build_site(marts: dict[str, pd.DataFrame], quarter: str) -> dict[str, bytes]:
    """Build every page of a quarter.

    Parameters
    ----------
    marts : dict of str to DataFrame
        Published marts.
    quarter : str
        e.g. `2026Q3`.

    Returns
    -------
    dict of str to bytes
        Content by path below the site's root.
    """
    results = results_of(marts)
    places = plain_rows(marts["dim_municipality"])
    releases = plain_rows(marts["dim_release"])
    this = next((row for row in releases if row["is_this"]), None)
    gone = [] if this is None or not this["withdrawn"] else list(_withdrawn(this))
    publisher = next(iter(plain_rows(marts["dim_publisher"])), {})
    made: dict[str, bytes] = {}
    for language in LANGUAGES:
        pages = (
            *_pages(results, places, gone, language),
            *project_pages(marts, results, language),
            *economics_pages(marts, results, language),
            archive_page(releases, language),
            *withdrawn_pages(gone, language),
            accessibility_page(publisher, language),
            *explaining_pages(language),
        )
        release = None if this is None else with_day(this, language)
        made |= {page.path: _render(page, language, quarter, release) for page in pages}
    return made


def _withdrawn(this: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield projects withdrawn from a release, with their names."""
    names = {language: this[f"withdrawn_{language}"].split("; ") for language in LANGUAGES}
    for i, project in enumerate(this["withdrawn"].split(", ")):
        yield {"project": project, "reason": this["reason"], **{lang: own[i] for lang, own in names.items()}}


def _pages(
    results: list[dict[str, Any]], places: list[dict[str, Any]], gone: list[dict[str, Any]], language: str
) -> list[Page]:
    prefix = "" if language == "da" else "en/"
    other = "en/" if language == "da" else ""
    places = [row | {"municipality_name": town_name(row["municipality_code"], language)} for row in places]
    municipalities = {row["municipality_code"]: row["municipality_name"] for row in places}
    links = [(f"kommuner/{_town_file(code)}", name) for code, name in sorted(municipalities.items())]

    def page(path: str, template: str, **values: Any) -> Page:
        return Page(prefix + path, other + path, template, values)

    withdrawn = [row | {"name": row[language]} for row in gone]
    start = {"results": results, "municipalities": links, "ladder": list(rungs().values()), "withdrawn": withdrawn}
    pages = [page("index.html", "start.html", **start)]
    names: dict[str, list[str]] = {row["project"]: [] for row in places}
    for row in places:
        names[row["project"]].append(row["municipality_name"])
    for result in results:
        pages.append(
            page(
                f"resultat/{result['result_id']}.html",
                "result.html",
                result=result,
                places=names.get(result["project"], []),
                ladder=list(rungs().values()),
                sources=error_sources(),
                standards=crosswalk(),
                facts=_headline(result, language),
                rounded_step=_step_words(result, language),
                estimates=estimate_rows(result, language) if result["status"] == "estimated" else [],
                estimates_svg=estimates_chart(result, language) if result["status"] == "estimated" else "",
                tipping_svg=tipping_chart(result, language)
                if result["status"] == "estimated"
                and result["evidence"]["rung"] in read_knowledge("ladder")["claims"]["bounds_told_at"]
                else "",
                groups=part_groups(result, language),
                flow_svg=flow_chart(_steps(result), language),
                overlap_svg=fifths_chart(result["overlap"], language) if result["overlap"] else "",
                trend_svg=trend_chart(result["trend"], result, language) if len(result["trend"]) > 1 else "",
                measures=measure_rows(result, language),
                page_numbers=page_numbers(result, language),
                balance_svg=balance_chart(_named(result["balance"], language), language) if result["balance"] else "",
            )
        )
    counts = {
        code: sum(
            r["project"] in {row["project"] for row in places if row["municipality_code"] == code} for r in results
        )
        for code in municipalities
    }
    pages.append(page("kommuner/index.html", "municipalities.html", towns=_towns(counts, language)))
    for (path, name), code in zip(links, sorted(municipalities), strict=True):
        own = {row["project"] for row in places if row["municipality_code"] == code}
        pages.append(page(path, "municipality.html", name=name, results=[r for r in results if r["project"] in own]))
    return pages


def _town_file(code: str) -> str:
    name = read_knowledge("municipalities")["municipalities"].get(code)
    return f"{slug(code)}-{slug(name) if name else 'ukendt'}.html"


def _towns(counts: dict[str, int], language: str) -> list[dict[str, Any]]:
    """Return every municipality with its number of results, by name."""
    known = read_knowledge("municipalities")["municipalities"]
    rows = [
        {"code": code, "name": town_name(code, language), "count": counts.get(code, 0), "file": _town_file(code)}
        for code in dict.fromkeys([*known, *counts])
    ]
    return sorted(rows, key=lambda row: slug(str(row["name"])))


def _steps(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps and participants of the flow chart."""
    return [{"step": row["step"], "treated": row["treated"]} for row in result["flow"]]


def _headline(result: dict[str, Any], language: str) -> dict[str, str]:
    """Return estimate and interval without unit, which is shown below them."""
    if result["status"] not in ("estimated", "assessed"):
        return {}
    unit = phrase(language, "percentage_points") if result["outcome_type"] == "binary" else result["unit"][language]

    estimate = difference_in(language, result, result["estimate"]).removesuffix(f" {unit}")
    interval = interval_in(language, result, result["interval_low"], result["interval_high"]).removesuffix(f" {unit}")
    return {"unit": unit, "estimate": estimate, "interval": interval}


def _step_words(result: dict[str, Any], language: str) -> str:
    """Return the rounding of a page's numbers, e.g. “5 percentage points”."""
    return difference_in(language, result, result["rounded_to"]).removeprefix("+") if result["rounded_to"] else ""


def _named(rows: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    """Return balance rows with labels in one language."""
    return [row | {"label": row["label"][language]} for row in rows]


def _render(page: Page, language: str, quarter: str, release: dict[str, Any] | None) -> bytes:
    depth = page.path.count("/")
    css, digest = _inline("trin.css")
    parsed = Quarter.parse(quarter)
    has_script = page.template in SCRIPTED and bool(page.values["results"])
    script, script_digest = _inline("trin.js")
    values = {
        "t": phrases(language),
        "say": lambda key, **blanks: phrase(language, key, **blanks),
        "language": language,
        "effect": lambda result: effect_words(result, language),
        "difference": lambda value, result: "–" if value is None else difference_in(language, result, value),
        "interval": lambda row, result: interval_in(language, result, row["interval_low"], row["interval_high"]),
        "number": lambda value, decimals: "–" if value is None else number_text(language, value, decimals),
        "count": lambda value: phrase(language, "hidden") if value is None else number_text(language, value, 0),
        "grouped": _grouped,
        "quarter": quarter,
        "quarter_words": phrase(language, "quarter_words", number=parsed.number, year=parsed.year),
        "root": "../" * depth,
        "home": "../" * (depth if language == "da" else depth - 1),
        "files": "../" * (depth + 1),
        "twin": "../" * depth + page.twin,
        "release": release,
        "css": css,
        "css_digest": digest,
        "has_script": has_script,
        "is_overview": False,
        "script": script,
        "script_digest": script_digest,
        **page.values,
    }
    html = with_labels(_environment().get_template(page.template).render(values))
    return re.sub(r"\n\s*\n+", "\n", html).encode()


def build_overview(releases: list[dict[str, Any]]) -> dict[str, bytes]:
    """Build the overview of all releases, in both languages.

    Parameters
    ----------
    releases : list of dict
        Rows of `dim_release`, oldest first; at least one.

    Returns
    -------
    dict of str to bytes
        Content by path below the folder of releases.
    """
    made = {}
    for language in LANGUAGES:
        page = overview_page(releases, language)
        latest = page.values["latest"]
        made[page.path] = _render(page, language, latest["quarter"], latest)
    return made


def _grouped(result: dict[str, Any]) -> tuple[int, int]:
    """Count open and serious error sources."""
    states = [source["state"] for source in result["evidence"]["error_sources"]]
    return len(states) - states.count("clear"), states.count("serious")
