"""Pictures of what a result is made of: parts with intervals, shares, and places in a funnel.

Belongs here: one chart per way to draw parts. Does not belong here: laying
parts out in words (`parts.py`), other charts (`charts.py`), any calculation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from dashboards.charts import (
    BAND,
    BLUE,
    BROWN,
    DARK,
    GREY,
    PLOT,
    broken,
    chart_of,
    drawn_once,
    label_axis,
    line_height,
    rule_at,
    svg_of,
)
from data_contracts.phrases import difference_in, interval_in, number_text, phrase, share_text


@drawn_once
def forest_chart(parts: Sequence[dict[str, Any]], row: dict[str, Any], language: str) -> str:
    """Draw what a result is made of, one line each, and the result itself below.

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
    # A few imprecise parts would press all others together: the axis ends where most of them do.
    nothing = 1.0 if is_ratio else 0.0
    low, high = min(nothing, float(frame["low"].quantile(0.05))), max(nothing, float(frame["high"].quantile(0.95)))
    room = 0.03 * (high - low or 1.0)
    domain = [low * 0.9, high * 1.1] if is_ratio else [low - room, high + room]
    scale = alt.Scale(type="log" if is_ratio else "linear", domain=domain, nice=False, zero=False, clamp=True)
    colors = alt.Scale(domain=["own", "other"], range=[BLUE, GREY])
    shapes = alt.Scale(domain=["own", "other"], range=["diamond", "square"])
    labels = list(frame["label"])
    y = label_axis(labels)
    base = chart_of(frame.assign(label=frame["label"].map(broken)), width=PLOT, height=line_height(labels, 22))
    color = alt.Color("kind:N", scale=colors, legend=None)
    zero = rule_at(nothing, "x")
    x = alt.X("low:Q", title=unit, scale=scale, axis=alt.Axis(tickCount=5))
    lines = base.mark_rule(strokeWidth=2).encode(y=y, x=x, x2=alt.X2("high:Q"), color=color)
    shape = alt.Shape("kind:N", scale=shapes, legend=None)
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=y, x=alt.X("value:Q", scale=scale), color=color, shape=shape
    )
    told = " ".join(f"{r['label']}: {r['words']} ({r['interval']})." for r in rows)
    return svg_of(alt.layer(zero, lines, points), told, language)


@drawn_once
def share_chart(parts: Sequence[dict[str, Any]], language: str) -> str:
    """Draw shares as bars, one line each.

    Parameters
    ----------
    parts : sequence of dict
        `label`, `value` (0-1) and `words`.
    language : {'da', 'en'}
    """
    frame = pd.DataFrame([{"label": p["label"], "share": 100 * float(p["value"])} for p in parts])
    labels = list(frame["label"])
    chart = (
        chart_of(frame.assign(label=frame["label"].map(broken)), width=PLOT, height=line_height(labels, 24))
        .mark_bar(color=BLUE)
        .encode(
            y=label_axis(labels),
            x=alt.X("share:Q", title="%", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=5)),
        )
    )
    return svg_of(chart, " ".join(f"{p['label']}: {p['words']}." for p in parts), language)


@drawn_once
def flow_chart(steps: Sequence[dict[str, Any]], language: str) -> str:
    """Draw how many participants are left after each step of the selection.

    Parameters
    ----------
    steps : sequence of dict
        `step` and `treated` (None where the count is hidden), in order.
    language : {'da', 'en'}

    Returns
    -------
    str
        SVG; empty where fewer than two counts are shown. Hidden counts stand in the text as hidden.
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
    x = alt.X("count:Q", title=None, axis=None, scale=alt.Scale(domain=[0, most * 1.15]))
    base = chart_of(frame.assign(label=frame["label"].map(broken)), width=PLOT, height=line_height(labels, 26))
    bars = base.mark_bar(color=BLUE, size=16).encode(y=y, x=x)
    words = base.mark_text(align="left", dx=5, color=DARK, fontSize=12).encode(y=y, x=x, text=alt.Text("text:N"))
    told = " ".join(
        phrase(
            language,
            "flow_words",
            step=phrase(language, f"step_{s['step']}"),
            count=phrase(language, "hidden") if s["treated"] is None else number_text(language, s["treated"], 0),
        )
        for s in steps
    )
    return svg_of(alt.layer(bars, words), told, language)


@drawn_once
def funnel_chart(places: Sequence[dict[str, Any]], language: str) -> str:
    """Draw places by how many people their rate rests on, and how far chance alone takes such a place.

    Parameters
    ----------
    places : sequence of dict
        `label`, `value`, `low`, `high` (shares, 0-1) and `count`; `low` and `high` are the limits at that count.
    language : {'da', 'en'}

    Returns
    -------
    str
        SVG; the text names the places outside.
    """
    frame = pd.DataFrame(
        {name: [float(place[name]) for place in places] for name in ("value", "low", "high", "count")}
    ).sort_values(["count", "value"], kind="stable")
    frame["kind"] = np.where((frame["value"] < frame["low"]) | (frame["value"] > frame["high"]), "outside", "inside")
    frame[["value", "low", "high"]] *= 100
    outside = [p["label"] for p in places if not p["low"] <= p["value"] <= p["high"]]
    base = chart_of(frame, width=330, height=220)
    x = alt.X("count:Q", title=phrase(language, "chart_funnel_people"), scale=alt.Scale(nice=False, zero=False))
    y = alt.Y("value:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(labelExpr="datum.label + ' %'"))
    band = base.mark_area(color=BAND, opacity=1, interpolate="monotone").encode(
        x=x, y=alt.Y("low:Q", title=None, scale=alt.Scale(zero=False)), y2=alt.Y2("high:Q")
    )
    colors = alt.Scale(domain=["inside", "outside"], range=[BLUE, BROWN])
    shapes = alt.Scale(domain=["inside", "outside"], range=["circle", "diamond"])
    points = base.mark_point(filled=True, size=50, opacity=1).encode(
        x=x,
        y=y,
        color=alt.Color("kind:N", scale=colors, legend=None),
        shape=alt.Shape("kind:N", scale=shapes, legend=None),
    )
    return svg_of(alt.layer(band, points), funnel_sentence(len(places), outside, language), language)


@drawn_once
def fifths_chart(rows: Sequence[dict[str, Any]], language: str) -> str:
    """Draw where register and comparison group lie among the participants' scores; the line is the participants.

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
    base = chart_of(frame, width=330, height=190)
    colors = alt.Scale(domain=order, range=[GREY, BLUE])
    bars = base.mark_bar().encode(
        x=alt.X("fifth:O", title=phrase(language, "overlap_axis"), axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("group:N", sort=order),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(labelExpr="datum.label + ' %'", tickCount=5)),
        color=alt.Color("group:N", scale=colors, sort=order, legend=alt.Legend()),
    )
    line = rule_at(20.0, "y")
    return svg_of(alt.layer(bars, line), fifths_sentence(rows, language), language)


def fifths_sentence(rows: Sequence[dict[str, Any]], language: str) -> str:
    """Say every share that is drawn."""
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
    """Draw a result's released numbers quarter by quarter, with the band that holds for all looks at once.

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
    base = chart_of(frame, width=330, height=200)
    x = alt.X("quarter:O", title=None, axis=alt.Axis(labelAngle=0))
    scale = alt.Scale(zero=False)
    layers = [rule_at(1.0 if is_ratio else 0.0, "y")]
    banded = frame["always_valid_low"].notna().any()
    if banded:
        layers.append(
            base.mark_bar(size=26, color=BAND, opacity=1).encode(
                x=x, y=alt.Y("always_valid_low:Q", title=unit, scale=scale), y2=alt.Y2("always_valid_high:Q")
            )
        )
    layers.append(
        base.mark_rule(strokeWidth=2, color=BLUE).encode(
            x=x, y=alt.Y("interval_low:Q", title=unit, scale=scale), y2=alt.Y2("interval_high:Q")
        )
    )
    points = base.mark_point(filled=True, size=90, opacity=1, color=BLUE)
    layers.append(points.encode(x=x, y=alt.Y("estimate:Q", title=unit, scale=scale)))
    return svg_of(alt.layer(*layers), trend_sentence(rows, result, language), language)


def trend_sentence(rows: Sequence[dict[str, Any]], result: dict[str, Any], language: str) -> str:
    """Say every quarter's number, interval and rung."""
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
    """Say how many places there are, and which lie outside the limits."""
    names = ", ".join(outside) or phrase(language, "nobody_word")
    return phrase(language, "chart_funnel_words", count=count, names=names)
