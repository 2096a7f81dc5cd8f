"""The parts and measures of a result, as rows and charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.charts.parts import forest_chart, funnel_chart, share_chart
from data_contracts.phrases import difference_in, interval_in, number_text, phrase, share_text
from data_contracts.reading.knowledge import read_knowledge


def page_numbers(result: dict[str, Any], language: str) -> list[dict[str, str]]:
    """Return the page numbers of `columns.yaml` as rows in words.

    Parameters
    ----------
    result : dict
        As `results_of` gives it.
    language : {'da', 'en'}
    """
    written = {
        "number": lambda value: number_text(language, value, 2),
        "share": lambda value: share_text(language, value),
        "count": lambda value: number_text(language, value, 0),
        "difference": lambda value: difference_in(language, result, value),
    }
    return [
        {"name": row["title"][language], "about": row["about"][language], "value": written[row["kind"]](value)}
        for row in read_knowledge("columns")["page"]
        if (value := result.get(row["name"])) is not None
    ]


def part_groups(row: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """Return a result's parts by kind, with title, rows and chart, if any.

    Parameters
    ----------
    row : dict
        A result record.
    language : {'da', 'en'}
    """
    kinds = read_knowledge("measures")["parts"]
    groups = []
    for kind in dict.fromkeys(part["kind"] for part in row["parts"]):
        own = [_spoken(part, row, kinds[kind]["has_effect"], language) for part in row["parts"] if part["kind"] == kind]
        drawn = [part for part in own if part["low"] is not None]
        svg = forest_chart(drawn, row, language) if kinds[kind]["has_effect"] and drawn else ""
        is_funnel = kinds[kind].get("drawn") == "funnel"
        if is_funnel:
            shown = [part for part in drawn if part["count"]]
            svg = funnel_chart(shown, language) if shown else ""
        elif not kinds[kind]["has_effect"] and own and all(part["value"] is not None for part in own):
            svg = share_chart(own, language)
        groups.append(
            {
                "kind": kind,
                "title": kinds[kind]["title"][language],
                "has_effect": kinds[kind]["has_effect"],
                "rows": own,
                "svg": svg,
                "is_funnel": is_funnel,
                "has_weight": any(part["weight"] for part in own),
                "has_count": any(part["count"] for part in own),
            }
        )
    return groups


def _spoken(part: Mapping[str, Any], row: Mapping[str, Any], has_effect: bool, language: str) -> dict[str, Any]:
    value, low, high = part["estimate"], part["interval_low"], part["interval_high"]
    if part["is_hidden"]:
        words, interval = phrase(language, "hidden"), "–"
    elif value is None:
        words, interval = "–", "–"
    elif has_effect:
        words, interval = difference_in(language, row, value), interval_in(language, row, low, high)
    else:
        words, interval = share_text(language, value), "–"
    weight = "" if part["weight_share"] is None else share_text(language, part["weight_share"])
    return {
        "label": part["label"][language],
        "words": words,
        "interval": interval,
        "weight": weight,
        "count": part["count"],
        "value": value,
        "low": low,
        "high": high,
    }


def measure_rows(row: Mapping[str, Any], language: str) -> list[dict[str, str]]:
    """Return a result's measures as text: name, value, published answer."""
    known = read_knowledge("measures")["measures"]
    rows = []
    for measure in row["measures"]:
        if measure["value"] is None:
            continue
        declared = known[measure["code"]]
        published = ""
        if measure["published_value"] is not None:
            published = f"{_words(measure['published_value'], declared, row, language)} ({measure['published_source']})"
        value = _words(measure["value"], declared, row, language)
        ends = (measure["interval_low"], measure["interval_high"])
        if None not in ends and declared["kind"] == "effect":
            value += f" ({interval_in(language, row, *ends)})"
        elif None not in ends:
            low, high = (_words(end, declared, row, language) for end in ends)
            value += f" ({low} {phrase(language, 'to_word')} {high})"
        rows.append({"name": declared["name"][language], "value": value, "published": published})
    return rows


def _words(value: float, declared: Mapping[str, Any], row: Mapping[str, Any], language: str) -> str:
    if declared["kind"] == "share":
        return share_text(language, value)
    if declared["kind"] == "effect":
        return difference_in(language, row, value)
    decimals = int(declared["decimals"])
    if declared["kind"] == "p" and value < 0.5 * 10**-decimals:
        return f"< {number_text(language, 10.0**-decimals, decimals)}"
    return number_text(language, value, decimals)


def measures_markdown(row: dict[str, Any], language: str) -> Sequence[str]:
    """Return measures and parts as Markdown lines, for asset pages."""
    lines: list[str] = []
    measures = measure_rows(row, language)
    if measures:
        heads = [phrase(language, key) for key in ("column_measure", "column_value", "column_published")]
        lines += ["", f"| {' | '.join(heads)} |", "|---|---|---|"]
        lines += [f"| {m['name']} | {m['value']} | {m['published']} |" for m in measures]
    for group in part_groups(row, language):
        heads = [group["title"], phrase(language, "table_difference"), phrase(language, "column_interval")]
        lines += ["", f"| {' | '.join(heads)} |", "|---|---|---|"]
        lines += [f"| {part['label']} | {part['words']} | {part['interval']} |" for part in group["rows"]]
    return lines
