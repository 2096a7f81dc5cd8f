"""Pictures of accounts: who pays and who gains, and what would change the answer.

Belongs here: one chart each. Does not belong here: words (`money.py`), other
charts (`charts.py`), any calculation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboards.charts import (
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
from data_contracts.phrases import phrase


@drawn_once
def pockets_chart(rows: Sequence[dict[str, Any]], told: str, language: str) -> str:
    """Draw what each payer pays to the left and gets back to the right, and what is left as a diamond.

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
    colors = alt.Scale(domain=[pays, gets], range=[BROWN, BLUE])
    drawn = (
        chart_of(bars, width=PLOT, height=height)
        .mark_bar(size=12, opacity=0.55)
        .encode(
            y=y,
            x=alt.X("value:Q", title=title, axis=alt.Axis(tickCount=5)),
            color=alt.Color("what:N", scale=colors, sort=[pays, gets], legend=alt.Legend()),
        )
    )
    base = chart_of(nets, width=PLOT, height=height)
    lines = base.mark_rule(strokeWidth=2, color=DARK).encode(y=y, x=alt.X("low:Q", title=title), x2=alt.X2("high:Q"))
    points = base.mark_point(filled=True, shape="diamond", size=90, color=DARK, opacity=1).encode(y=y, x=alt.X("net:Q"))
    zero = rule_at(0.0, "x", color=GREY)
    return svg_of(alt.layer(drawn, zero, lines, points), told, language)


@drawn_once
def swings_chart(rows: Sequence[dict[str, Any]], told: str, language: str) -> str:
    """Draw what each assumption alone does to the total, the largest swing first.

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
    base = chart_of(frame, width=PLOT, height=line_height(labels, 26))
    y, title = label_axis(labels), phrase(language, "thousand_kroner")
    lines = base.mark_rule(strokeWidth=8, color=BLUE, opacity=0.45).encode(
        y=y, x=alt.X("low:Q", title=title, axis=alt.Axis(tickCount=5)), x2=alt.X2("high:Q")
    )
    ends = pd.concat(
        [
            frame.assign(end=low_end, value=frame["low"]),
            frame.assign(end=high_end, value=frame["high"]),
        ]
    )
    shapes = alt.Scale(domain=[low_end, high_end], range=["circle", "square"])
    colors = alt.Scale(domain=[low_end, high_end], range=[BROWN, BLUE])
    points = (
        chart_of(ends, width=PLOT, height=line_height(labels, 26))
        .mark_point(filled=True, size=70, opacity=1)
        .encode(
            y=y,
            x=alt.X("value:Q", title=title),
            shape=alt.Shape("end:N", scale=shapes, sort=[low_end, high_end], legend=alt.Legend()),
            color=alt.Color("end:N", scale=colors, sort=[low_end, high_end], legend=alt.Legend()),
        )
    )
    zero = rule_at(0.0, "x")
    return svg_of(alt.layer(zero, lines, points), told, language)
