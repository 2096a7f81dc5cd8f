"""Charts of one result: estimates, tipping point, balance and overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboards.charts.drawing import (
    BAND,
    BLUE,
    BROWN,
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
from data_contracts.phrases import difference_in, interval_in, number_text, phrase


@drawn_once
def estimates_chart(row: dict[str, Any], language: str) -> str:
    """Draw every declared estimate of a result, and the raw difference.

    Parameters
    ----------
    row : dict
        A result record with status `estimated`.
    language : {'da', 'en'}

    Returns
    -------
    str
        SVG; the text alternative gives every number.
    """
    rows = estimate_rows(row, language)
    scale = 100 if row["outcome_type"] == "binary" else 1
    is_ratio = row["outcome_type"] == "ratio"
    frame = pd.DataFrame([r for r in rows if r["value"] is not None])
    for column in ("value", "low", "high"):
        frame[column] = np.exp(frame[column].astype(float)) if is_ratio else frame[column].astype(float) * scale
    colors = {"domain": ["own", "other", "raw", "check"], "range": [BLUE, BLUE, GREY, BROWN]}
    shapes = {"domain": ["own", "other", "raw", "check"], "range": ["square", "circle", "cross", "diamond"]}
    unit = phrase(language, "percentage_points") if scale == 100 else row["unit"][language]
    nothing = 1.0 if is_ratio else 0.0
    values = pd.concat([frame["value"], frame["low"], frame["high"], pd.Series([nothing])]).dropna()
    room = 0.05 * float(values.max() - values.min() or 1.0)
    x_scale = {"domain": [float(values.min()) - room, float(values.max()) + room], "nice": False, "zero": False}
    labels = list(frame["label"])
    y = label_axis(labels)
    frame = frame.assign(label=frame["label"].map(broken))
    color = channel("kind:N", scale=colors, legend=None)
    zero = rule_at(nothing, "x")
    lines = layer(
        frame,
        "rule",
        {"strokeWidth": 2},
        y=y,
        x=channel("low:Q", title=unit, scale=x_scale, axis={"tickCount": 6}),
        x2="high",
        color=color,
    )
    points = layer(
        frame,
        "point",
        {"filled": True, "size": 90, "opacity": 1},
        y=y,
        x=channel("value:Q", scale=x_scale),
        color=color,
        shape=channel("kind:N", scale=shapes, legend=None),
    )
    spec = layered([zero, lines, points], width=PLOT, height=line_height(labels, 28))
    return svg_of(spec, " ".join(f"{r['label']}: {r['text']}." for r in rows), language)


def estimate_rows(row: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """Return the rows of the estimates chart and its table.

    In order: the result, other estimates, raw difference, known answer.
    """

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
    """Draw an estimate and its interval as a growing bias is subtracted.

    Parameters
    ----------
    row : dict
        A result record with status `estimated`.
    language : {'da', 'en'}

    Returns
    -------
    str
        SVG; the text alternative gives the two biases at which zero is reached.
    """
    scale = 100 if row["outcome_type"] == "binary" else 1
    value, low, high = (float(row[key]) * scale for key in ("estimate", "interval_low", "interval_high"))
    sign = 1.0 if value >= 0 else -1.0
    # Wide enough to show the line crossing zero, even for an estimate near zero.
    furthest = 1.25 * max(abs(value), (high - low) / 4)
    frame = pd.DataFrame({"bias": [0.0, furthest]})
    for name, start in (("value", value), ("low", low), ("high", high)):
        frame[name] = start - sign * frame["bias"]
    unit = phrase(language, "percentage_points") if scale == 100 else row["unit"][language]
    x = channel("bias:Q", title=f"{phrase(language, 'chart_tipping_axis')} ({unit})", scale={"nice": False})
    band = layer(frame, "area", {"color": BAND, "opacity": 1}, x=x, y=channel("low:Q", title=None), y2="high")
    line = layer(frame, "line", {"color": BLUE, "strokeWidth": 2}, x=x, y=channel("value:Q", title=None))
    zero = rule_at(0, "y")
    spec = layered([band, line, zero], width=330, height=160)
    return svg_of(spec, tipping_sentence(row, language), language)


def tipping_sentence(row: dict[str, Any], language: str) -> str:
    """Return a sentence with the biases that remove estimate and certainty."""
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
    """Draw standardised differences before and after; band: |SMD| < 0.1.

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
    band = layer([{"low": 0.0, "high": 0.1}], "rect", {"color": BAND}, x=channel("low:Q"), x2="high")
    join = layer(
        frame,
        "line",
        {"color": "#c6cbd1", "strokeWidth": 1},
        y=y,
        x=channel("value:Q", title=None),
        detail=channel("label:N"),
    )
    points = layer(
        frame,
        "point",
        {"size": 80, "strokeWidth": 2, "opacity": 1},
        y=y,
        x=channel("value:Q", title=None, axis={"tickCount": 5}),
        stroke=channel(
            "when:N",
            scale={"domain": [before, after], "range": [BROWN, BLUE]},
            sort=[before, after],
            legend={},
        ),
        fill=channel(
            "when:N",
            scale={"domain": [before, after], "range": ["white", BLUE]},
            sort=[before, after],
            legend={},
        ),
    )
    words = [
        f"{r['label']}: {before} {number_text(language, abs(r['smd_before']), 2)}, {after} {number_text(language, abs(r['smd_after']), 2)}."
        for r in known
    ]
    spec = layered([band, join, points], width=PLOT, height=line_height(ordered, 24))
    return svg_of(spec, " ".join(words), language)


def overlap_chart(logit: NDArray[np.float64], treated: NDArray[np.bool_], language: str) -> str:
    """Draw both groups' scores, participants upwards and pool downwards."""
    edges = np.linspace(float(logit.min()), float(logit.max()) + 1e-9, 31)
    up, down = phrase(language, "column_participants"), phrase(language, "column_pool")
    rows = []
    for group, mask, sign in ((up, treated, 1), (down, ~treated, -1)):
        counts, _ = np.histogram(logit[mask], bins=edges)
        for i, share in enumerate(counts / max(1, mask.sum())):
            rows.append(
                {"from": float(edges[i]), "to": float(edges[i + 1]), "share": sign * float(share), "group": group}
            )
    bars = layer(
        rows,
        "bar",
        {},
        x=channel("from:Q", title="logit", bin="binned"),
        x2="to",
        y=channel("share:Q", title=None, axis=None),
        color=channel("group:N", scale={"domain": [up, down], "range": [BLUE, BROWN]}),
    )
    return svg_of(layered([bars], width=330, height=150), f"{up} / {down}", language)
