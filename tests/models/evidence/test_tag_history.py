"""Two quarters of one project: what the second one's tag says has changed."""

from __future__ import annotations

import json

import pytest

from assets.storage.home import Home
from data_contracts.calendar.quarters import Quarter
from tests.support.runs import run_demo

pytestmark = pytest.mark.slow


def test_an_earlier_value_of_the_outcome_lifts_the_next_quarter_and_the_page_says_so(small_home: Home) -> None:
    path = small_home.projects / "small" / "project.yaml"
    text = path.read_text()
    path.write_text(
        text.replace("score_covariates: [age, earlier, group]", "score_covariates: [age, group]")
        .replace("first_quarter: 2026Q3", "first_quarter: 2026Q2")
        .replace("placebo_outcomes:\n  - {covariate: earlier, leave_out: [earlier]}\n", "")
    )
    run_demo(small_home, quarter=Quarter(2026, 2))
    path.write_text(text.replace("first_quarter: 2026Q3", "first_quarter: 2026Q2"))
    run_demo(small_home, quarter=Quarter(2026, 3))

    folder = small_home.published / "2026Q3"
    record = json.loads((folder / "results.json").read_text())[0]
    changes = {(c["what"], c["name"]): (c["before"], c["after"]) for c in record["evidence"]["changes"]}
    assert changes["rung", None] == ("4b", "4a")
    assert changes["fact", "pre_period_outcome_in_score"] == ("false", "true")
    assert changes["error_source", "protocol_changed"] == ("clear", "serious")
    assert ("protocol", None) in changes
    first = record["evidence"]["changes"][0]
    assert (first["since"], first["text"]["da"].partition(". ")[0]) == ("2026Q2", "Trin 4b → 4a")
    assert "An earlier value of the outcome is part of the comparison" in first["text"]["en"]
    page = (folder / "site" / "en" / "resultat" / f"{record['result_id']}.html").read_text()
    assert "Rung 4b → 4a." in page
    assert json.loads((small_home.published / "2026Q2" / "results.json").read_text())[0]["evidence"]["changes"] == []
