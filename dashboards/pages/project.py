"""Project pages: a project's results and the state of its deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboards.marts.reading import plain_rows, town_name
from data_contracts.ladder.ladder import rungs
from data_contracts.phrases import LANGUAGES, phrase


@dataclass(frozen=True, slots=True)
class Page:
    """A page in one language, with its path and that of its translation."""

    path: str
    twin: str
    template: str
    values: dict[str, Any]


def project_pages(marts: dict[str, pd.DataFrame], results: list[dict[str, Any]], language: str) -> Iterator[Page]:
    """Yield each project's page and a page for each of its files.

    Parameters
    ----------
    results : list of dict
        From `results_of`.
    language : {'da', 'en'}
    """
    prefix, other = ("", "en/") if language == "da" else ("en/", "")
    profiles = {row["project"]: row for row in plain_rows(marts["dim_profile"])}
    places = plain_rows(marts["dim_municipality"])
    files = plain_rows(marts["fct_delivery"])
    papers = plain_rows(marts["fct_paper_study"])
    accounts = {row["project"] for row in plain_rows(marts["dim_account"])}
    together = {row["project"]: row for row in plain_rows(marts["dim_dossier"])}
    for row in plain_rows(marts["dim_intervention"]):
        name = row["project"]
        own = [result for result in results if result["project"] == name]
        project = row | {"name": {lang: row[f"name_{lang}"] for lang in LANGUAGES}, "data_note": own[0]["data_note"]}
        deliveries = [_delivery(file, language) for file in files if file["project"] == name]
        path = f"projekt/{name}.html"
        values = {
            "project": project,
            "results": own,
            "places": [town_name(place["municipality_code"], language) for place in places if place["project"] == name],
            "burden": profiles.get(name, {"asked_fields": 0, "minutes_per_participant": 0.0}),
            "questions": _questions(profiles.get(name), own, language),
            "profile": profiles.get(name),
            "deliveries": deliveries,
            "ladder": list(rungs().values()),
            "has_account": name in accounts,
            "together": together.get(name),
            "papers": [paper for paper in papers if paper["project"] == name],
        }
        yield Page(prefix + path, other + path, "project.html", values)
        for file in deliveries:
            path = f"projekt/{name}-kvittering-{file['number']}.html"
            values = {"project": project, "row": file, "rules": list(_rules(file, language))}
            yield Page(prefix + path, other + path, "receipt.html", values)


QUESTIONS = ("goal", "from_a_to_b", "active_ingredient", "how_people_move_on", "partners")


def _questions(profile: dict[str, Any] | None, results: list[dict[str, Any]], language: str) -> list[dict[str, str]]:
    """Return answers to six questions that buyers of a project ask.

    The last is answered from its results, not by the project.
    """
    if profile is None:
        return []
    rows = [
        {
            "question": phrase(language, f"profile_{name}"),
            "answer": profile.get(f"{name}_{language}") or phrase(language, "profile_unanswered"),
        }
        for name in QUESTIONS
    ]
    main = next((result for result in results if result["primary"]), None)
    answer = phrase(language, "profile_unanswered")
    if main is not None:
        answer = phrase(
            language,
            "profile_documented_words",
            rung=main["rung_detail"],
            name=rungs()[main["rung"]].name[language],
            certainty=phrase(language, f"certainty_{main['certainty']}"),
            verdict=main["claims"]["verdict_text"][language],
        )
    return [*rows, {"question": phrase(language, "profile_documented"), "answer": answer}]


def _delivery(row: dict[str, Any], language: str) -> dict[str, Any]:
    status = "refused" if row["state"] == "refused" else "in_use" if row["is_in_use"] else "replaced"
    names = ", ".join(phrase(language, f"table_{table}") for table in row["tables"].split(","))
    return row | {"status": status, "table_names": names, "number": int(row["number"])}


def _rules(row: dict[str, Any], language: str) -> Iterator[dict[str, str]]:
    """Yield the rules that refused rows, as text with column names."""
    for rule in (row["rules"] or "").split(";"):
        if rule:
            code, _, rest = rule.partition("(")
            words = phrase(language, f"rule_{code}", columns=rest.replace(")", "", 1))
            yield {"words": words, "fix": phrase(language, f"fix_{code}")}
