"""A result explained on one screen."""

from __future__ import annotations

import textwrap
from typing import Any

from dashboards.words.summary import STATE_SIGNS, effect_words
from data_contracts.ladder.ladder import crosswalk, design_facts, error_sources, rungs
from data_contracts.phrases import difference_in, phrase

WORST_FIRST = ("serious", "not_measured", "warning", "not_measurable")


def explanation(record: dict[str, Any], language: str, width: int = 120) -> str:
    """Return an explanation of a result: rung, doubts, checks and lifts.

    Parameters
    ----------
    record : dict
        A result record, or a graded study from a dossier.
    language : {'da', 'en'}
    width : int
        Width of the screen in characters.

    Returns
    -------
    str
        Plain text; headings end in a colon.
    """
    evidence = record["evidence"]
    lines = _headline(record, language)
    sections = [
        (phrase(language, "why_words"), [("✓" if holds else "✗", text) for holds, text in _why(evidence, language)]),
        (phrase(language, "certainty_why_title"), [("", " ".join(_texts(evidence["certainty_steps"], language)))]),
        (_could_be_wrong(evidence, language), _open_sources(evidence, language)),
        (phrase(language, "measured_and_fine"), _fine(evidence, language)),
        (phrase(language, "crosswalk_title"), _standards(evidence, language)),
        (phrase(language, "bias_title"), _bias(evidence, language)),
        (phrase(language, "changes_title"), [("·", text) for text in _texts(evidence["changes"], language)]),
        (
            phrase(language, "next_step_words"),
            [("→", text) for text in _texts(evidence["lifts"], language)] or [("→", evidence["next_step"][language])],
        ),
    ]
    for title, rows in sections:
        if any(text for _, text in rows):
            lines += ["", f"{title}:", *_rows(rows, width)]
    return "\n".join(lines)


def _headline(record: dict[str, Any], language: str) -> list[str]:
    evidence = record["evidence"]
    rung = phrase(language, "rung_words", rung=evidence["rung_detail"], name=rungs()[evidence["rung"]].name[language])
    certainty = f"{phrase(language, 'certainty_label')}: {phrase(language, 'certainty_' + evidence['certainty'])}"
    counts = [str(n) for n in (record["n_treated"], record["n_control"]) if n]
    people = f" · n = {' / '.join(counts)}" if counts else ""
    lines = [
        f"{record['project_name'][language]} · {record['outcome_label'][language]} · {record['quarter']}",
        f"{effect_words(record, language)}{people} · {record['claims']['verdict_text'][language]}",
        f"{rung} · {certainty}",
    ]
    if record.get("always_valid_low") is not None:
        low, high = (difference_in(language, record, record[f"always_valid_{end}"]) for end in ("low", "high"))
        lines.append(phrase(language, "claim_looks", count=record["looks_count"], low=low, high=high))
    said = [record.get("claim"), record["status_reason"], record.get("note")]
    lines += [text[language] for text in said if text is not None]
    return lines


def _texts(rows: list[dict[str, Any]], language: str) -> list[str]:
    return [row["text"][language] for row in rows]


def _why(evidence: dict[str, Any], language: str) -> list[tuple[bool, str]]:
    held = {fact.holds[language] for fact in design_facts().values()}
    return [(text[language] in held, text[language]) for text in evidence["why"]]


def _could_be_wrong(evidence: dict[str, Any], language: str) -> str:
    states = [source["state"] for source in evidence["error_sources"]]
    return phrase(language, "could_be_wrong", open=len(states) - states.count("clear"), all=len(states))


def _open_sources(evidence: dict[str, Any], language: str) -> list[tuple[str, str]]:
    opened = [s for s in evidence["error_sources"] if s["state"] != "clear"]
    return [
        (
            STATE_SIGNS[source["state"]],
            f"{error_sources()[source['code']].name[language]} ({phrase(language, 'state_' + source['state']).lower()}): "
            f"{source['finding'][language]}",
        )
        for source in sorted(opened, key=lambda s: WORST_FIRST.index(s["state"]))
    ]


BOUNDED = ("unmeasured_confounding", "attrition")
"""Sources whose bounds are given even if nothing was found."""


def _fine(evidence: dict[str, Any], language: str) -> list[tuple[str, str]]:
    clear = [s for s in evidence["error_sources"] if s["state"] == "clear"]
    names = error_sources()
    rows = [
        ("●", f"{names[s['code']].name[language]}: {s['finding'][language]}") for s in clear if s["code"] in BOUNDED
    ]
    rest = "; ".join(names[s["code"]].name[language].lower() for s in clear if s["code"] not in BOUNDED)
    return [*rows, ("●", rest)] if rest else rows


def _standards(evidence: dict[str, Any], language: str) -> list[tuple[str, str]]:
    standards = crosswalk()
    grades = [f"{standards[row['standard']]['name']}: {row['grade'][language]}" for row in evidence["crosswalk"]]
    rows = [("·", " · ".join(grades))]
    if evidence["crosswalk_disagreement"] is not None:
        rows.append(("≠", evidence["crosswalk_disagreement"][language]))
    return rows


def _bias(evidence: dict[str, Any], language: str) -> list[tuple[str, str]]:
    filled = evidence["risk_of_bias"]
    if filled is None:
        return []
    domains = [
        f"{domain['name'][language].lower()} {phrase(language, 'judgement_' + domain['judgement'])}"
        for domain in filled["domains"]
    ]
    overall = phrase(language, "judgement_" + filled["overall"])
    signed = filled["signed_by"] or phrase(language, "bias_nobody_signed")
    name = phrase(language, "bias_" + filled["instrument"])
    return [("·", f"{name}: {overall} ({'; '.join(domains)}). {signed}.")]


def _rows(rows: list[tuple[str, str]], width: int) -> list[str]:
    lines: list[str] = []
    for sign, text in rows:
        first = f"  {sign} " if sign else "  "
        lines += textwrap.wrap(text, width, initial_indent=first, subsequent_indent=" " * len(first))
    return lines
