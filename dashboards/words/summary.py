"""A result in a few lines, for asset pages and the terminal."""

from __future__ import annotations

from typing import Any

from data_contracts.ladder.ladder import error_sources, rungs
from data_contracts.phrases import difference_in, interval_in, phrase

STATE_SIGNS = {"clear": "●", "warning": "▲", "serious": "■", "not_measured": "○", "not_measurable": "◌"}


def effect_words(record: dict[str, Any], language: str) -> str:
    """Return the difference with its interval, or why it is missing."""
    if record["status"] == "suppressed":
        return phrase(language, "hidden")
    if record["status"] == "pooled_only":
        return phrase(language, "pooled_only")
    if record["status"] == "told":
        return phrase(language, "told_words")
    if record["estimate"] is None:
        return phrase(language, "not_estimable")
    interval = interval_in(language, record, record["interval_low"], record["interval_high"])
    estimate = difference_in(language, record, record["estimate"])
    if record["status"] == "assessed":
        return phrase(language, "assessed_words", estimate=estimate, interval=interval)
    return f"{estimate} ({interval})"


def result_line(record: dict[str, Any], language: str) -> str:
    """Return a result in one line, from difference to open error sources."""
    evidence = record["evidence"]
    states = [source["state"] for source in evidence["error_sources"]]
    parts = [
        effect_words(record, language),
        f"n = {record['n_treated']} / {record['n_control']}",
        phrase(language, "rung_words", rung=evidence["rung_detail"], name=rungs()[evidence["rung"]].name[language]),
        f"{phrase(language, 'certainty_label').lower()} {phrase(language, 'certainty_' + evidence['certainty'])}",
        record["claims"]["verdict_text"][language],
        phrase(
            language, "table_error_sources", open=len(states) - states.count("clear"), serious=states.count("serious")
        ),
    ]
    return " · ".join(parts)


def result_markdown(record: dict[str, Any], language: str) -> str:
    """Return a result with rung, claims and every error source as Markdown."""
    evidence, claims = record["evidence"], record["claims"]
    rung = rungs()[evidence["rung"]]
    lines = [
        f"### {record['outcome_label'][language]}",
        f"**{effect_words(record, language)}** · n = {record['n_treated']} / {record['n_control']}",
        "",
        f"**{phrase(language, 'rung_words', rung=evidence['rung_detail'], name=rung.name[language])}** · "
        f"{phrase(language, 'certainty_label')}: {phrase(language, 'certainty_' + evidence['certainty'])} · **{claims['verdict_text'][language]}**",
        "",
        f"**{phrase(language, 'can_title')}**",
        *[f"- {text[language]}" for text in claims["can"]],
        "",
        f"**{phrase(language, 'cannot_title')}**",
        *[f"- {text[language]}" for text in claims["cannot"]],
        "",
        f"| {phrase(language, 'column_error_source')} | {phrase(language, 'column_state')} | {phrase(language, 'column_finding')} |",
        "|---|---|---|",
    ]
    for source in evidence["error_sources"]:
        name = error_sources()[source["code"]].name[language]
        state = f"{STATE_SIGNS[source['state']]} {phrase(language, 'state_' + source['state'])}"
        lines.append(f"| {name} | {state} | {source['finding'][language]} |")
    lines += ["", f"{phrase(language, 'next_step_words')}: {evidence['next_step'][language]}."]
    return "\n".join(lines)
