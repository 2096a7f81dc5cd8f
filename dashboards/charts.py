"""Charts: declarative Altair specifications rendered to static SVG.

Belongs here: the pictures that site and asset pages share. Does not belong
here: any calculation; a chart draws the numbers it is given.

No browser and no network: `vl-convert` renders. Style attributes are turned
into presentation attributes, so that a strict content security policy holds.
"""

from __future__ import annotations

import functools
import json
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec

import altair as alt
import numpy as np
import pandas as pd
import vl_convert
from numpy.typing import NDArray

from data_contracts.phrases import difference_in, interval_in, number_text, phrase

BLUE, BROWN, GREY, DARK = "#0b5394", "#8a4b08", "#5c6773", "#1b1b1f"
BAND = "#e3f1e3"
LOCALES: dict[str, dict[str, Any]] = {
    "da": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", " kr."]},
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["$", ""]},
}
CONFIG = {
    "view": {"stroke": None, "continuousWidth": 300, "continuousHeight": 300},
    "font": "sans-serif",
    "background": "white",
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelColor": DARK,
        "titleColor": DARK,
        "gridColor": "#e6e8eb",
        "domain": False,
        "ticks": False,
        "labelLimit": 330,
        "labelPadding": 10,
    },
    "legend": {"labelFontSize": 12, "title": None, "orient": "bottom", "symbolSize": 90},
}
PLOT = 240
"""Width of what is drawn beside labels, in pixels; label and plot together are read on a telephone too."""
LABEL_LETTERS = 25
P = ParamSpec("P")
MOST_KEPT = 500
"""Pictures of one kind, some 10 kB each."""
_STYLE = re.compile(r' style="([^"]*)"')


def drawn_once(draw: Callable[P, str]) -> Callable[P, str]:
    """Keep pictures by what they show: a quarter is published again with every project, and few have changed."""
    kept: dict[str, str] = {}

    @functools.wraps(draw)
    def drawn(*given: P.args, **named: P.kwargs) -> str:
        key = json.dumps([given, named], sort_keys=True)
        if key not in kept:
            if len(kept) >= MOST_KEPT:
                kept.clear()
            kept[key] = draw(*given, **named)
        return kept[key]

    return drawn


def svg_of(chart: alt.Chart | alt.LayerChart | alt.FacetChart, label: str, language: str) -> str:
    """Render a chart.

    Parameters
    ----------
    chart : Chart
    label : str
        What the picture says, for those who do not see it.
    language : {'da', 'en'}
        Decides decimal and thousands separators.
    """
    # What is drawn is made here and not by users: that the specification is valid is tested, not asked for every picture.
    svg = vl_convert.vegalite_to_svg(chart.to_dict(validate=False), config=CONFIG, format_locale=LOCALES[language])
    svg = _STYLE.sub(_as_attributes, svg)
    svg = re.sub(r' aria-[a-z]+="[^"]*"| role="[^"]*"| class="[^"]*"', "", svg)
    # Said once at the root, inherited by every text.
    svg = re.sub(r' font-family="[^"]*"| font-size="12px"| opacity="1"| stroke-miterlimit="10"', "", svg)
    svg = svg.replace("<svg", '<svg font-family="sans-serif" font-size="12px"', 1)
    escaped = label.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return svg.replace("<svg", f'<svg role="img" aria-label="{escaped}"', 1)


def _as_attributes(match: re.Match[str]) -> str:
    parts = [part.partition(":") for part in match[1].split(";") if ":" in part]
    return "".join(f' {name.strip()}="{value.strip()}"' for name, _, value in parts if name.strip() != "pointer-events")


def chart_of(rows: pd.DataFrame, **size: Any) -> alt.Chart:
    """Begin a chart of a few rows, given as plain values: with a frame, the library spends longer than the drawing.

    Parameters
    ----------
    rows : DataFrame
    **size
        `width` and `height`.
    """
    known = rows.astype(object).where(rows.notna(), None)
    values: list[dict[str, Any]] = [
        dict(zip(known.columns, row, strict=True)) for row in known.itertuples(index=False, name=None)
    ]
    return alt.Chart(alt.InlineData(values=values), **size)


def rule_at(value: float, axis: str, **style: Any) -> alt.Chart:
    """Draw a line across at a value of an axis, dashed unless another style is given."""
    style = style or {"strokeDash": [4, 3], "color": DARK}
    channel = alt.X("at:Q") if axis == "x" else alt.Y("at:Q")
    line: alt.Chart = alt.Chart(alt.InlineData(values=[{"at": value}])).mark_rule(**style)
    return line.encode(channel)


def label_axis(labels: Sequence[str]) -> alt.Y:
    """Return an axis of labels in their order, long ones on several lines."""
    axis = alt.Axis(
        labelExpr="split(datum.label, '\\n')", labelLineHeight=13, labelOffset=-7 * (_most_lines(labels) - 1)
    )
    return alt.Y("label:N", sort=[broken(label) for label in labels], title=None, axis=axis)


def broken(label: str) -> str:
    """Break a label into lines."""
    return "\n".join(textwrap.wrap(label, LABEL_LETTERS)) or label


def line_height(labels: Sequence[str], lowest: int) -> alt.Step:
    """Return the height of a line that has room for the longest label."""
    return alt.Step(max(lowest, 13 * _most_lines(labels) + 8))


def _most_lines(labels: Sequence[str]) -> int:
    return max((broken(label).count("\n") + 1 for label in labels), default=1)


@drawn_once
def estimates_chart(row: dict[str, Any], language: str) -> str:
    """Draw every declared estimate of one result with its interval, and the raw difference named as such.

    Parameters
    ----------
    row : dict
        A result record with status `estimated`.
    language : {'da', 'en'}

    Returns
    -------
    str
        SVG with a text that names every number.
    """
    rows = estimate_rows(row, language)
    scale = 100 if row["outcome_type"] == "binary" else 1
    is_ratio = row["outcome_type"] == "ratio"
    frame = pd.DataFrame([r for r in rows if r["value"] is not None])
    for column in ("value", "low", "high"):
        frame[column] = np.exp(frame[column].astype(float)) if is_ratio else frame[column].astype(float) * scale
    colors = alt.Scale(domain=["own", "other", "raw", "check"], range=[BLUE, BLUE, GREY, BROWN])
    shapes = alt.Scale(domain=["own", "other", "raw", "check"], range=["square", "circle", "cross", "diamond"])
    unit = phrase(language, "percentage_points") if scale == 100 else row["unit"][language]
    nothing = 1.0 if is_ratio else 0.0
    values = pd.concat([frame["value"], frame["low"], frame["high"], pd.Series([nothing])]).dropna()
    room = 0.05 * float(values.max() - values.min() or 1.0)
    x_scale = alt.Scale(domain=[float(values.min()) - room, float(values.max()) + room], nice=False, zero=False)
    labels = list(frame["label"])
    y = label_axis(labels)
    base = chart_of(frame.assign(label=frame["label"].map(broken)), width=PLOT, height=line_height(labels, 28))
    color = alt.Color("kind:N", scale=colors, legend=None)
    zero = rule_at(nothing, "x")
    lines = base.mark_rule(strokeWidth=2).encode(
        y=y, x=alt.X("low:Q", title=unit, scale=x_scale, axis=alt.Axis(tickCount=6)), x2=alt.X2("high:Q"), color=color
    )
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        y=y, x=alt.X("value:Q", scale=x_scale), color=color, shape=alt.Shape("kind:N", scale=shapes, legend=None)
    )
    chart = alt.layer(zero, lines, points)
    return svg_of(chart, " ".join(f"{r['label']}: {r['text']}." for r in rows), language)


def estimate_rows(row: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """Return the lines of the estimates chart and its table: own, others, raw, known answer."""

    def words(value: float | None) -> str:
        return "–" if value is None else difference_in(language, row, value)

    def line(label: str, kind: str, value: float | None, low: float | None, high: float | None) -> dict[str, Any]:
        interval = interval_in(language, row, low, high)
        text = words(value) if low is None else f"{words(value)} ({interval})"
        return {
            "label": label,
            "kind": kind,
            "value": value,
            "low": low,
            "high": high,
            "text": text,
            "difference": words(value),
            "interval": interval,
        }

    rows = [
        line(
            phrase(language, f"estimator_{row['estimator']}"),
            "own",
            row["estimate"],
            row["interval_low"],
            row["interval_high"],
        )
    ]
    for other in row["alternatives"]:
        rows.append(
            line(
                phrase(language, f"estimator_{other['estimator']}"),
                "other",
                other["estimate"],
                other["interval_low"],
                other["interval_high"],
            )
        )
    for other in row["specifications"]:
        rows.append(
            line(
                other["label"][language],
                "other",
                other["estimate"],
                other["interval_low"],
                other["interval_high"],
            )
        )
    if row["raw_difference"] is not None and row["evidence"]["rung"] == 4:
        rows.append(line(phrase(language, "raw_difference_label"), "raw", row["raw_difference"], None, None))
    for answer in row["known_answers"]:
        reach = None if answer["standard_error"] is None else 1.959964 * answer["standard_error"]
        low, high = (None, None) if reach is None else (answer["estimate"] - reach, answer["estimate"] + reach)
        rows.append(line(answer["label"][language], "check", answer["estimate"], low, high))
    return rows


@drawn_once
def tipping_chart(row: dict[str, Any], language: str) -> str:
    """Draw what is left of an estimate and its interval when a growing bias is taken away from it.

    Parameters
    ----------
    row : dict
        A result record with status `estimated`.
    language : {'da', 'en'}

    Returns
    -------
    str
        SVG; the text names the two points where zero is reached.
    """
    scale = 100 if row["outcome_type"] == "binary" else 1
    value, low, high = (float(row[key]) * scale for key in ("estimate", "interval_low", "interval_high"))
    sign = 1.0 if value >= 0 else -1.0
    # Room to see the line cross zero, also where the estimate itself is next to nothing.
    furthest = 1.25 * max(abs(value), (high - low) / 4)
    frame = pd.DataFrame({"bias": [0.0, furthest]})
    for name, start in (("value", value), ("low", low), ("high", high)):
        frame[name] = start - sign * frame["bias"]
    unit = phrase(language, "percentage_points") if scale == 100 else row["unit"][language]
    base = chart_of(frame, width=330, height=160)
    x = alt.X("bias:Q", title=f"{phrase(language, 'chart_tipping_axis')} ({unit})", scale=alt.Scale(nice=False))
    band = base.mark_area(color=BAND, opacity=1).encode(x=x, y=alt.Y("low:Q", title=None), y2=alt.Y2("high:Q"))
    line = base.mark_line(color=BLUE, strokeWidth=2).encode(x=x, y=alt.Y("value:Q", title=None))
    zero = rule_at(0, "y")
    return svg_of(alt.layer(band, line, zero), tipping_sentence(row, language), language)


def tipping_sentence(row: dict[str, Any], language: str) -> str:
    """Say how large a bias would take the difference, and how large a one its certainty."""
    low, high = row["interval_low"], row["interval_high"]
    if low <= 0 <= high:
        return phrase(language, "tipping_crossed")
    point, limit = (
        difference_in(language, row, abs(value)).removeprefix("+")
        for value in (row["estimate"], min((low, high), key=abs))
    )
    return phrase(language, "tipping_words", point=point, limit=limit)


@drawn_once
def balance_chart(rows: Sequence[dict[str, Any]], language: str) -> str:
    """Draw standardised differences before and after; the band is |SMD| below 0.1.

    Parameters
    ----------
    rows : sequence of dict
        `label`, `smd_before`, `smd_after`.
    language : {'da', 'en'}
    """
    before, after = phrase(language, "chart_before"), phrase(language, "chart_after")
    known = [r for r in rows if r["smd_before"] is not None and r["smd_after"] is not None]
    ordered = [r["label"] for r in sorted(known, key=lambda r: -abs(r["smd_before"]))]
    frame = pd.DataFrame(
        [
            {"label": broken(r["label"]), "when": when, "value": abs(r[key])}
            for r in known
            for when, key in ((before, "smd_before"), (after, "smd_after"))
        ]
    )
    y = label_axis(ordered)
    band = (
        chart_of(pd.DataFrame({"low": [0.0], "high": [0.1]}))
        .mark_rect(color=BAND)
        .encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"))
    )
    base = chart_of(frame, width=PLOT, height=line_height(ordered, 24))
    join = base.mark_line(color="#c6cbd1", strokeWidth=1).encode(
        y=y, x=alt.X("value:Q", title=None), detail=alt.Detail("label:N")
    )
    points = base.mark_point(size=80, strokeWidth=2, opacity=1).encode(
        y=y,
        x=alt.X("value:Q", title=None, axis=alt.Axis(tickCount=5)),
        stroke=alt.Stroke(
            "when:N",
            scale=alt.Scale(domain=[before, after], range=[BROWN, BLUE]),
            sort=[before, after],
            legend=alt.Legend(),
        ),
        fill=alt.Fill(
            "when:N",
            scale=alt.Scale(domain=[before, after], range=["white", BLUE]),
            sort=[before, after],
            legend=alt.Legend(),
        ),
    )
    words = [
        f"{r['label']}: {before} {number_text(language, abs(r['smd_before']), 2)}, {after} {number_text(language, abs(r['smd_after']), 2)}."
        for r in known
    ]
    return svg_of(alt.layer(band, join, points), " ".join(words), language)


def overlap_chart(logit: NDArray[np.float64], treated: NDArray[np.bool_], language: str) -> str:
    """Draw where the two groups' scores lie, participants upwards and the pool downwards.

    Parameters
    ----------
    logit : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    language : {'da', 'en'}
    """
    edges = np.linspace(float(logit.min()), float(logit.max()) + 1e-9, 31)
    up, down = phrase(language, "column_participants"), phrase(language, "column_pool")
    rows = []
    for group, mask, sign in ((up, treated, 1), (down, ~treated, -1)):
        counts, _ = np.histogram(logit[mask], bins=edges)
        for i, share in enumerate(counts / max(1, mask.sum())):
            rows.append({"from": edges[i], "to": edges[i + 1], "share": sign * float(share), "group": group})
    chart = (
        chart_of(pd.DataFrame(rows), width=330, height=150)
        .mark_bar()
        .encode(
            x=alt.X("from:Q", title="logit", bin="binned"),
            x2=alt.X2("to:Q"),
            y=alt.Y("share:Q", title=None, axis=None),
            color=alt.Color("group:N", scale=alt.Scale(domain=[up, down], range=[BLUE, BROWN])),
        )
    )
    return svg_of(chart, f"{up} / {down}", language)
