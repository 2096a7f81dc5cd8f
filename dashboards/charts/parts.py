"""Charts of the parts of a result: intervals, shares, flow and funnel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from dashboards.charts.drawing import (
    BAND,
    BLUE,
    BROWN,
    DARK,
    GREY,
    PLOT,
    broken,
    channel,
    drawn_once,
    label_axis,
    layer,
    layered,
    line_height,
    rule_at,
    svg_of,
)
from data_contracts.phrases import difference_in, interval_in, number_text, phrase, share_text


@drawn_once
def forest_chart(parts: Sequence[dict[str, Any]], row: dict[str, Any], language: str) -> str:
    """Draw the parts of a result, one per row, and the result below.

    Parameters
    ----------
    parts : sequence of dict
        `label`, `value`, `low`, `high`, `words` and `interval`.
    row : dict
        The result record.
    language : {'da', 'en'}
    """
    rows = [{**part, "kind": "other"} for part in parts]
    if row["estimate"] is not None and row["interval_low"] is not None:
        words = difference_in(language, row, row["estimate"])
        interval = interval_in(language, row, row["interval_low"], row["interval_high"])
        own = {"label": phrase(language, "together_word"), "value": row["estimate"], "kind": "own", "words": words}
        rows.append(own | {"low": row["interval_low"], "high": row["interval_high"], "interval": interval})
    frame = pd.DataFrame([{k: r[k] for k in ("label", "value", "low", "high", "kind")} for r in rows])
    is_ratio = row["outcome_type"] == "ratio"
    for column in ("value", "low", "high"):
        values = frame[column].astype(float)
        frame[column] = np.exp(values) if is_ratio else values * (100 if row["outcome_type"] == "binary" else 1)
    unit = phrase(language, "percentage_points") if row["outcome_type"] == "binary" else row["unit"][language]
    # A few imprecise parts would compress all others, so the axis covers most of them only.
    nothing = 1.0 if is_ratio else 0.0
    low, high = min(nothing, float(frame["low"].quantile(0.05))), max(nothing, float(frame["high"].quantile(0.95)))
    room = 0.03 * (high - low or 1.0)
    domain = [low * 0.9, high * 1.1] if is_ratio else [low - room, high + room]
    scale = {"type": "log" if is_ratio else "linear", "domain": domain, "nice": False, "zero": False, "clamp": True}
    colors = {"domain": ["own", "other"], "range": [BLUE, GREY]}
    shapes = {"domain": ["own", "other"], "range": ["diamond", "square"]}
    labels = list(frame["label"])
    y = label_axis(labels)
    frame = frame.assign(label=frame["label"].map(broken))
    color = channel("kind:N", scale=colors, legend=None)
    zero = rule_at(nothing, "x")
    x = channel("low:Q", title=unit, scale=scale, axis={"tickCount": 5})
    lines = layer(frame, "rule", {"strokeWidth": 2}, y=y, x=x, x2="high", color=color)
    shape = channel("kind:N", scale=shapes, legend=None)
    points = layer(
        frame,
        "point",
        {"filled": True, "size": 70, "opacity": 1},
        y=y,
        x=channel("value:Q", scale=scale),
        color=color,
        shape=shape,
    )
    told = " ".join(f"{r['label']}: {r['words']} ({r['interval']})." for r in rows)
    spec = layered([zero, lines, points], width=PLOT, height=line_height(labels, 22))
    return svg_of(spec, told, language)


@drawn_once
def share_chart(parts: Sequence[dict[str, Any]], language: str) -> str:
    """Draw shares as bars.

    Parameters
    ----------
    parts : sequence of dict
        `label`, `value` (0-1) and `words`.
    language : {'da', 'en'}
    """
    frame = pd.DataFrame([{"label": p["label"], "share": 100 * float(p["value"])} for p in parts])
    labels = list(frame["label"])
    bars = layer(
        frame.assign(label=frame["label"].map(broken)),
        "bar",
        {"color": BLUE},
        y=label_axis(labels),
        x=channel("share:Q", title="%", scale={"domain": [0, 100]}, axis={"tickCount": 5}),
    )
    spec = layered([bars], width=PLOT, height=line_height(labels, 24))
    return svg_of(spec, " ".join(f"{p['label']}: {p['words']}." for p in parts), language)


@drawn_once
def flow_chart(steps: Sequence[dict[str, Any]], language: str) -> str:
    """Draw how many participants remain after each selection step.

    Parameters
    ----------
    steps : sequence of dict
        `step` and `treated` (None where the count is hidden), in order.
    language : {'da', 'en'}

    Returns
    -------
    str
        SVG; empty if fewer than two counts are shown. The text alternative names hidden counts.
    """
    shown = [step for step in steps if step["treated"] is not None]
    if len(shown) < 2:
        return ""
    frame = pd.DataFrame(
        [
            {
                "label": phrase(language, f"step_{s['step']}"),
                "count": int(s["treated"]),
                "text": number_text(language, s["treated"], 0),
            }
            for s in shown
        ]
    )
    most = float(frame["count"].max())
    labels = list(frame["label"])
    y = label_axis(labels)
    x = channel("count:Q", title=None, axis=None, scale={"domain": [0, most * 1.15]})
    frame = frame.assign(label=frame["label"].map(broken))
    bars = layer(frame, "bar", {"color": BLUE, "size": 16}, y=y, x=x)
    words = layer(
        frame, "text", {"align": "left", "dx": 5, "color": DARK, "fontSize": 12}, y=y, x=x, text=channel("text:N")
    )
    told = " ".join(
        phrase(
            language,
            "flow_words",
            step=phrase(language, f"step_{s['step']}"),
            count=phrase(language, "hidden") if s["treated"] is None else number_text(language, s["treated"], 0),
        )
        for s in steps
    )
    spec = layered([bars, words], width=PLOT, height=line_height(labels, 26))
    return svg_of(spec, told, language)


@drawn_once
def funnel_chart(places: Sequence[dict[str, Any]], language: str) -> str:
    """Draw a funnel plot: rates of places by number of people, with limits.

    Parameters
    ----------
    places : sequence of dict
        `label`, `value`, `low`, `high` (shares, 0-1) and `count`; `low` and `high` are the limits of chance at that
        count.
    language : {'da', 'en'}

    Returns
    -------
    str
        SVG; the text alternative names the places outside the limits.
    """
    frame = pd.DataFrame(
        {name: [float(place[name]) for place in places] for name in ("value", "low", "high", "count")}
    ).sort_values(["count", "value"], kind="stable")
    frame["kind"] = np.where((frame["value"] < frame["low"]) | (frame["value"] > frame["high"]), "outside", "inside")
    frame[["value", "low", "high"]] *= 100
    outside = [p["label"] for p in places if not p["low"] <= p["value"] <= p["high"]]
    x = channel("count:Q", title=phrase(language, "chart_funnel_people"), scale={"nice": False, "zero": False})
    y = channel("value:Q", title=None, scale={"zero": False}, axis={"labelExpr": "datum.label + ' %'"})
    band = layer(
        frame,
        "area",
        {"color": BAND, "opacity": 1, "interpolate": "monotone"},
        x=x,
        y=channel("low:Q", title=None, scale={"zero": False}),
        y2="high",
    )
    colors = {"domain": ["inside", "outside"], "range": [BLUE, BROWN]}
    shapes = {"domain": ["inside", "outside"], "range": ["circle", "diamond"]}
    points = layer(
        frame,
        "point",
        {"filled": True, "size": 50, "opacity": 1},
        x=x,
        y=y,
        color=channel("kind:N", scale=colors, legend=None),
        shape=channel("kind:N", scale=shapes, legend=None),
    )
    spec = layered([band, points], width=330, height=220)
    return svg_of(spec, funnel_sentence(len(places), outside, language), language)


@drawn_once
def fifths_chart(rows: Sequence[dict[str, Any]], language: str) -> str:
    """Draw pool and comparison group by fifths of the participants' scores.

    The line is the participants.

    Parameters
    ----------
    rows : sequence of dict
        `pool_share` and `chosen_share` (0-1) of five fifths, the least likely to take part first.
    language : {'da', 'en'}
    """
    names = {"pool_share": phrase(language, "overlap_pool"), "chosen_share": phrase(language, "overlap_chosen")}
    frame = pd.DataFrame(
        [
            {"fifth": str(i), "group": label, "value": 100 * row[key]}
            for i, row in enumerate(rows, 1)
            for key, label in names.items()
        ]
    )
    order = list(names.values())
    colors = {"domain": order, "range": [GREY, BLUE]}
    bars = layer(
        frame,
        "bar",
        {},
        x=channel("fifth:O", title=phrase(language, "overlap_axis"), axis={"labelAngle": 0}),
        xOffset=channel("group:N", sort=order),
        y=channel("value:Q", title=None, axis={"labelExpr": "datum.label + ' %'", "tickCount": 5}),
        color=channel("group:N", scale=colors, sort=order, legend={}),
    )
    line = rule_at(20.0, "y")
    spec = layered([bars, line], width=330, height=190)
    return svg_of(spec, fifths_sentence(rows, language), language)


def fifths_sentence(rows: Sequence[dict[str, Any]], language: str) -> str:
    """Return a sentence with every drawn share."""
    return " ".join(
        phrase(
            language,
            "overlap_words",
            fifth=i,
            pool=share_text(language, row["pool_share"]),
            chosen=share_text(language, row["chosen_share"]),
        )
        for i, row in enumerate(rows, 1)
    )


@drawn_once
def trend_chart(rows: Sequence[dict[str, Any]], result: dict[str, Any], language: str) -> str:
    """Draw a result's released numbers by quarter with always-valid limits.

    Parameters
    ----------
    rows : sequence of dict
        `quarter`, `estimate`, `interval_low`, `interval_high`, `always_valid_low`, `always_valid_high`, `rung_detail`.
    result : dict
        The record they belong to.
    language : {'da', 'en'}
    """
    names = ["estimate", "interval_low", "interval_high", "always_valid_low", "always_valid_high"]
    frame = pd.DataFrame([{"quarter": row["quarter"], **{name: row[name] for name in names}} for row in rows])
    is_ratio = result["outcome_type"] == "ratio"
    for name in names:
        values = frame[name].astype(float)
        frame[name] = np.exp(values) if is_ratio else values * (100 if result["outcome_type"] == "binary" else 1)
    unit = phrase(language, "percentage_points") if result["outcome_type"] == "binary" else result["unit"][language]
    x = channel("quarter:O", title=None, axis={"labelAngle": 0})
    scale = {"zero": False}
    layers = [rule_at(1.0 if is_ratio else 0.0, "y")]
    banded = frame["always_valid_low"].notna().any()
    if banded:
        layers.append(
            layer(
                frame,
                "bar",
                {"size": 26, "color": BAND, "opacity": 1},
                x=x,
                y=channel("always_valid_low:Q", title=unit, scale=scale),
                y2="always_valid_high",
            )
        )
    layers.append(
        layer(
            frame,
            "rule",
            {"strokeWidth": 2, "color": BLUE},
            x=x,
            y=channel("interval_low:Q", title=unit, scale=scale),
            y2="interval_high",
        )
    )
    layers.append(
        layer(
            frame,
            "point",
            {"filled": True, "size": 90, "opacity": 1, "color": BLUE},
            x=x,
            y=channel("estimate:Q", title=unit, scale=scale),
        )
    )
    return svg_of(layered(layers, width=330, height=200), trend_sentence(rows, result, language), language)


def trend_sentence(rows: Sequence[dict[str, Any]], result: dict[str, Any], language: str) -> str:
    """Return a sentence with every quarter's number, interval and rung."""
    return " ".join(
        phrase(
            language,
            "trend_words",
            quarter=row["quarter"],
            words=difference_in(language, result, row["estimate"]),
            interval=interval_in(language, result, row["interval_low"], row["interval_high"]),
            rung=row["rung_detail"],
        )
        for row in rows
    )


def funnel_sentence(count: int, outside: Sequence[str], language: str) -> str:
    """Return a sentence with the number of places and those outside."""
    names = ", ".join(outside) or phrase(language, "nobody_word")
    return phrase(language, "chart_funnel_words", count=count, names=names)
