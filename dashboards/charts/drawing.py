"""Vega-Lite specifications as dictionaries, rendered to static SVG.

`vl-convert` renders without browser or network. Style attributes become presentation attributes, so that a strict
content security policy can be used. Specifications are dictionaries, because building them with Altair took as long as
rendering them; a test validates them with Altair's copy of the schema.
"""

from __future__ import annotations

import functools
import json
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec

import pandas as pd
import vl_convert

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
"""Width of the plot without labels, in pixels; both together fit on a phone."""
LABEL_LETTERS = 25
KINDS = {"Q": "quantitative", "N": "nominal", "O": "ordinal"}
P = ParamSpec("P")
MOST_KEPT = 500
"""Cached charts per function, some 10 kB each."""
_STYLE = re.compile(r' style="([^"]*)"')


def drawn_once(draw: Callable[P, str]) -> Callable[P, str]:
    """Cache a chart function by its arguments.

    A quarter is published again after every project, and most charts are unchanged.
    """
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


def svg_of(spec: dict[str, Any], label: str, language: str) -> str:
    """Render a chart.

    Parameters
    ----------
    spec : dict
        A Vega-Lite specification; see `layered`.
    label : str
        The text alternative.
    language : {'da', 'en'}
        Decides decimal and thousands separators.
    """
    svg = vl_convert.vegalite_to_svg(spec, config=CONFIG, format_locale=LOCALES[language])
    svg = _STYLE.sub(_as_attributes, svg)
    svg = re.sub(r' aria-[a-z]+="[^"]*"| role="[^"]*"| class="[^"]*"', "", svg)
    # Set once at the root; every text inherits it.
    svg = re.sub(r' font-family="[^"]*"| font-size="12px"| opacity="1"| stroke-miterlimit="10"', "", svg)
    svg = svg.replace("<svg", '<svg font-family="sans-serif" font-size="12px"', 1)
    escaped = label.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return svg.replace("<svg", f'<svg role="img" aria-label="{escaped}"', 1)


def _as_attributes(match: re.Match[str]) -> str:
    parts = [part.partition(":") for part in match[1].split(";") if ":" in part]
    return "".join(f' {name.strip()}="{value.strip()}"' for name, _, value in parts if name.strip() != "pointer-events")


def channel(field: str, **settings: Any) -> dict[str, Any]:
    """Return an encoding channel for a field such as `share:Q`."""
    name, _, kind = field.partition(":")
    return {"field": name, "type": KINDS[kind], **settings}


def layer(
    rows: pd.DataFrame | list[dict[str, Any]], mark: str, style: dict[str, Any], **encoding: Any
) -> dict[str, Any]:
    """Return one layer of a chart.

    Parameters
    ----------
    rows : DataFrame or list of dict
        Rows with missing values are not drawn.
    mark : str
        How a row is drawn, such as `rule` or `point`.
    style : dict
        Settings of the mark that are the same for all rows.
    **encoding
        Channels by name; a plain string is the field of a second end (`x2`, `y2`).
    """
    if isinstance(rows, pd.DataFrame):
        columns = [[None if pd.isna(value) else value for value in rows[name].tolist()] for name in rows]
        rows = [dict(zip(rows.columns, row, strict=True)) for row in zip(*columns, strict=True)]
    channels = {name: {"field": of} if isinstance(of, str) else of for name, of in encoding.items()}
    return {"data": {"values": rows}, "mark": {"type": mark, **style}, "encoding": channels}


def layered(layers: Sequence[dict[str, Any]], *, width: int, height: Any) -> dict[str, Any]:
    """Return a chart of layers, back to front."""
    return {"layer": list(layers), "width": width, "height": height}


def rule_at(value: float, axis: str, **style: Any) -> dict[str, Any]:
    """Return a line at a value of an axis, dashed by default."""
    return layer([{"at": value}], "rule", style or {"strokeDash": [4, 3], "color": DARK}, **{axis: channel("at:Q")})


def label_axis(labels: Sequence[str]) -> dict[str, Any]:
    """Return an axis of labels in their order, with long ones wrapped."""
    offset = -7 * (_most_lines(labels) - 1)
    axis = {"labelExpr": "split(datum.label, '\\n')", "labelLineHeight": 13, "labelOffset": offset}
    return channel("label:N", sort=[broken(label) for label in labels], title=None, axis=axis)


def broken(label: str) -> str:
    """Wrap a label."""
    return "\n".join(textwrap.wrap(label, LABEL_LETTERS)) or label


def line_height(labels: Sequence[str], lowest: int) -> dict[str, int]:
    """Return the height of a row with room for the longest label."""
    return {"step": max(lowest, 13 * _most_lines(labels) + 8)}


def _most_lines(labels: Sequence[str]) -> int:
    return max((broken(label).count("\n") + 1 for label in labels), default=1)
