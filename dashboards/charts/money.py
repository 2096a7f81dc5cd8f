"""Charts of accounts: who pays, who gains, and which assumptions matter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboards.charts.drawing import (
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
from data_contracts.phrases import phrase


@drawn_once
def pockets_chart(rows: Sequence[dict[str, Any]], told: str, language: str) -> str:
    """Draw each payer's costs (left), gains (right) and net (diamond).

    Parameters
    ----------
    rows : sequence of dict
        `label`, `cost`, `gain`, `net`, `low`, `high`, in kroner.
    told : str
        The same in words.
    language : {'da', 'en'}
    """
    pays, gets = phrase(language, "column_pays"), phrase(language, "column_gets_back")
    labels = [row["label"] for row in rows]
    bars = pd.DataFrame(
        [
            {"label": broken(row["label"]), "what": what, "value": value / 1000}
            for row in rows
            for what, value in ((pays, -row["cost"]), (gets, row["gain"]))
        ]
    )
    nets = pd.DataFrame(
        [{"label": broken(r["label"]), **{name: r[name] / 1000 for name in ("net", "low", "high")}} for r in rows]
    )
    y = label_axis(labels)
    height = line_height(labels, 30)
    title = phrase(language, "thousand_kroner")
    colors = {"domain": [pays, gets], "range": [BROWN, BLUE]}
    drawn = layer(
        bars,
        "bar",
        {"size": 12, "opacity": 0.55},
        y=y,
        x=channel("value:Q", title=title, axis={"tickCount": 5}),
        color=channel("what:N", scale=colors, sort=[pays, gets], legend={}),
    )
    lines = layer(nets, "rule", {"strokeWidth": 2, "color": DARK}, y=y, x=channel("low:Q", title=title), x2="high")
    points = layer(
        nets,
        "point",
        {"filled": True, "shape": "diamond", "size": 90, "color": DARK, "opacity": 1},
        y=y,
        x=channel("net:Q"),
    )
    zero = rule_at(0.0, "x", color=GREY)
    return svg_of(layered([drawn, zero, lines, points], width=PLOT, height=height), told, language)


@drawn_once
def swings_chart(rows: Sequence[dict[str, Any]], told: str, language: str) -> str:
    """Draw how much each assumption alone changes the total, largest first.

    Parameters
    ----------
    rows : sequence of dict
        `label`, `at_low` and `at_high`, in kroner.
    told : str
        The same in words.
    language : {'da', 'en'}
    """
    labels = [row["label"] for row in rows]
    low_end, high_end = phrase(language, "swing_low"), phrase(language, "swing_high")
    frame = pd.DataFrame(
        [{"label": broken(r["label"]), "low": r["at_low"] / 1000, "high": r["at_high"] / 1000} for r in rows]
    )
    y, title = label_axis(labels), phrase(language, "thousand_kroner")
    lines = layer(
        frame,
        "rule",
        {"strokeWidth": 8, "color": BLUE, "opacity": 0.45},
        y=y,
        x=channel("low:Q", title=title, axis={"tickCount": 5}),
        x2="high",
    )
    ends = pd.concat(
        [
            frame.assign(end=low_end, value=frame["low"]),
            frame.assign(end=high_end, value=frame["high"]),
        ]
    )
    shapes = {"domain": [low_end, high_end], "range": ["circle", "square"]}
    colors = {"domain": [low_end, high_end], "range": [BROWN, BLUE]}
    points = layer(
        ends,
        "point",
        {"filled": True, "size": 70, "opacity": 1},
        y=y,
        x=channel("value:Q", title=title),
        shape=channel("end:N", scale=shapes, sort=[low_end, high_end], legend={}),
        color=channel("end:N", scale=colors, sort=[low_end, high_end], legend={}),
    )
    zero = rule_at(0.0, "x")
    spec = layered([zero, lines, points], width=PLOT, height=line_height(labels, 26))
    return svg_of(spec, told, language)
