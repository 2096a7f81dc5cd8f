"""Pictures: valid specifications, every number in words, the same picture every time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import altair as alt
import jsonschema
import numpy as np
import pytest

from dashboards.charts import drawing
from dashboards.charts import parts as part_charts
from dashboards.charts import results as charts
from dashboards.pages.parts import part_groups
from data_contracts.phrases import LANGUAGES
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from tests.support.design_studies import STUDIES, rate
from tests.support.example_record import example_fields


def pictures(row: dict[str, Any], language: str) -> list[str]:
    """Draw everything that can be drawn of a record, without what was drawn before."""
    drawn = [group["svg"] for group in part_groups(row, language)]
    if row["estimate"] is not None and row["status"] == "estimated":
        drawn += [charts.estimates_chart(row, language), charts.tipping_chart(row, language)]
    if row["balance"]:
        drawn.append(charts.balance_chart([b | {"label": b["label"][language]} for b in row["balance"]], language))
    return [svg for svg in drawn if svg]


def hold_against_the_schema(spec: dict[str, Any]) -> None:
    """Raise unless a specification is valid Vega-Lite, by the schema that Altair brings."""
    alt.LayerChart.from_dict(spec).to_dict(validate=True)


def test_a_specification_with_a_slip_of_the_pen_is_not_valid() -> None:
    line = drawing.rule_at(0.0, "x")
    good = drawing.layered([line], width=300, height=20)
    hold_against_the_schema(good)
    for slip in (
        {"markk": "rule"},
        {"encoding": {"x": {"field": "at", "type": "number"}}},
        {"mark": {"type": "line!"}},
    ):
        with pytest.raises((jsonschema.ValidationError, alt.utils.schemapi.SchemaValidationError)):
            hold_against_the_schema({**good, "layer": [{**line, **slip}]})


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_specifications_are_valid_in_full_and_as_published(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = STUDIES[name]().run(tmp_path)
    seen = 0

    def checked(spec: dict[str, Any], label: str, language: str) -> str:
        nonlocal seen
        seen += 1
        hold_against_the_schema(spec)
        return f"<svg>{label}</svg>"

    for module in (charts, part_charts):
        monkeypatch.setattr(module, "svg_of", checked)
    for one in (record, publish(record, default_policy())):
        # Another id, so that nothing that was drawn before is taken instead.
        row = one.model_dump(mode="json") | {"result_id": f"checked-{one.status}-{id(one)}"}
        row["parts"] = [p | {"label": {k: f"{v} {id(one)}" for k, v in p["label"].items()}} for p in row["parts"]]
        for language in LANGUAGES:
            pictures(row, language)
    assert seen or name == "cases"


def places(n: int = 40, seed: int = 4) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    count = rng.integers(60, 2000, n)
    half = 1.96 * np.sqrt(0.3 * 0.7 / count)
    value = np.where(np.arange(n) == 7, 0.3 + 3 * half, rng.normal(0.3, half / 3))
    return [
        {"label": f"Sted {i}", "value": float(v), "low": float(0.3 - h), "high": float(0.3 + h), "count": int(c)}
        for i, (v, h, c) in enumerate(zip(value, half, count, strict=True))
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_funnel_shows_every_place_and_names_those_outside(language: str) -> None:
    svg = part_charts.funnel_chart(places(), language)
    label = re.search(r'aria-label="([^"]*)"', svg)
    assert label is not None
    assert label[1].endswith("Sted 7.")
    assert label[1].count("Sted") == 1
    shapes = {charts.BLUE: 0, charts.BROWN: 0}
    for color in re.findall(r'<path[^>]*fill="(#[0-9a-f]{6})"', svg):
        if color in shapes:
            shapes[color] += 1
    assert shapes == {charts.BLUE: 39, charts.BROWN: 1}


def test_a_funnel_of_a_study_is_drawn_from_its_rates_and_published_coarsely(tmp_path: Path) -> None:
    record = rate().run(tmp_path)
    own = [p for p in record.parts if p.kind == "place_rate"]
    assert len(own) == 30
    assert all(p.interval_low < p.interval_high for p in own)
    public = [p for p in publish(record, default_policy()).parts if p.kind == "place_rate"]
    assert [p.estimate for p in public] == [pytest.approx(p.estimate, abs=0.00501) for p in own]
    assert {p.count for p in public} == {1600}
    (group,) = (g for g in part_groups(record.model_dump(mode="json"), "da") if g["kind"] == "place_rate")
    assert group["is_funnel"]
    assert group["svg"]


def test_the_flow_shows_who_is_left_and_hides_what_is_hidden() -> None:
    steps = [{"step": "delivered", "treated": 600}, {"step": "compared", "treated": None}]
    assert part_charts.flow_chart(steps, "da") == ""
    svg = part_charts.flow_chart([*steps, {"step": "outcome_known", "treated": 1565}], "da")
    label = re.search(r'aria-label="([^"]*)"', svg)
    assert label is not None
    assert label[1] == "leveret: 600. sammenlignet: Skjult (7 eller færre). udfald kendt: 1.565."
    assert "1.565" in re.sub(r'aria-label="[^"]*"', "", svg)


def test_the_same_picture_is_drawn_once_and_another_is_drawn() -> None:
    drawn: list[int] = []

    @drawing.drawn_once
    def draw(number: int, *, word: str) -> str:
        drawn.append(number)
        return f"{number}{word}"

    assert [draw(1, word="a"), draw(1, word="a"), draw(2, word="a"), draw(1, word="b")] == ["1a", "1a", "2a", "1b"]
    assert drawn == [1, 2, 1]


def test_what_is_drawn_depends_on_every_number(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = example_fields()
    one, other = (charts.tipping_chart(fields | {"interval_low": low}, "da") for low in (0.15, 0.10))
    assert one != other
