"""Pages about the ladder, the method and the files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dashboards.files.tables import columns_of
from dashboards.pages.project import Page
from data_contracts.ladder.ladder import crosswalk, design_facts, error_sources, rung_rules, rungs
from data_contracts.phrases import phrase
from data_contracts.reading.knowledge import read_knowledge

STATES = ("clear", "warning", "serious", "not_measured", "not_measurable")
VERDICTS = ("works_in_trial", "promising", "unresolved", "no_certain_effect", "wrong_way", "cannot_tell", "story_only")
FILES = (
    ("results.xlsx", "excel"),
    ("results.en.xlsx", "excel"),
    ("results.da.csv", "excel"),
    ("error_sources.da.csv", "excel"),
    ("results.csv", "code"),
    ("error_sources.csv", "code"),
    ("results.parquet", "code"),
    ("error_sources.parquet", "code"),
    ("results.json", "code"),
    ("results.schema.json", "code"),
    ("marts.duckdb", "code"),
    ("soem.csv", "soem"),
    ("soem_prices.csv", "soem"),
    ("datapackage.json", "machines"),
    ("dataset.jsonld", "machines"),
    ("ro-crate-metadata.json", "machines"),
)


def explaining_pages(language: str) -> Iterator[Page]:
    """Yield the pages about the ladder, the method and the files."""
    prefix, other = ("", "en/") if language == "da" else ("en/", "")

    def page(path: str, template: str, **values: Any) -> Page:
        return Page(prefix + path, other + path, template, values)

    yield page(
        "stigen/index.html", "ladder.html", steps=[_step(n, language) for n in rungs()], sources=_sources(language)
    )
    policy = read_knowledge("disclosure")
    yield page(
        "metode/index.html",
        "method.html",
        policy=policy,
        states=STATES,
        verdicts=VERDICTS,
        standards=list(crosswalk().values()),
    )
    yield page("data/index.html", "data.html", kinds=_files(language), columns=columns_of("results"))


def _step(number: int, language: str) -> dict[str, Any]:
    """Return what a rung requires: parts, facts, and limits of certainty."""
    rung, facts = rungs()[number], design_facts()
    known = [rule for rule in rung_rules() if rule.detail.startswith(str(number))]
    parts = [
        {
            "detail": rule.detail,
            "start": rule.start,
            "cap": rule.cap,
            "facts": [facts[name].holds[language] for name in rule.needs],
            "climb": [facts[name].lift[language] for name in rule.needs],
        }
        for rule in known
        if rule.is_goal or len(known) == 1
    ]
    sources = [{"code": code, "name": error_sources()[code].name[language]} for code in rung.error_sources]
    return {
        "number": number,
        "name": rung.name[language],
        "compared_with": rung.compared_with[language],
        "parts": parts,
        "sources": sources,
    }


def _sources(language: str) -> list[dict[str, str]]:
    return [
        {
            "code": source.code,
            "name": source.name[language],
            "cannot": source.cannot[language],
            "lift": source.lift[language],
            "source": source.source,
        }
        for source in error_sources().values()
    ]


def _files(language: str) -> list[dict[str, Any]]:
    kinds = dict.fromkeys(kind for _, kind in FILES)
    return [
        {"title": phrase(language, f"data_for_{kind}"), "files": [name for name, own in FILES if own == kind]}
        for kind in kinds
    ]
