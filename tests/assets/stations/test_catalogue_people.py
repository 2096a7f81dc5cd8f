"""The catalogue of people and designs: whoever is delivered how, it ends in words or in a named warning.

Each story is run through the river on a small study, from deliveries to evidence. It must end in a
result that says what is wrong with it, or in `not_estimable` with a reason:
never in a traceback, never in a silent number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.storage.home import Home
from tests.support.runs import evaluate, rehearsed, run_demo
from tests.support.small_study import PROTOCOL, small_rows, write_small_study

pytestmark = pytest.mark.slow
RESULT = "small.2026Q3.score"
Record = dict[str, Any]
Rows = Callable[[pd.DataFrame], pd.DataFrame]


def flow(record: Record) -> dict[str, tuple[int | None, int | None]]:
    return {step["step"]: (step["treated"], step["pool"]) for step in record["flow"]}


def state(record: Record, code: str) -> str:
    return next(s["state"] for s in record["evidence"]["error_sources"] if s["code"] == code)


def set_cells(column: str, value: Any, where: slice | list[int]) -> Rows:
    def change(rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows.astype({column: "object"})
        rows.loc[rows.index[where], column] = value
        return rows

    return change


def appended(people: int = 5, **changes: Any) -> Rows:
    """The first participants once more, with something else about them."""
    return lambda rows: pd.concat([rows, rows.iloc[:people].assign(**changes)], ignore_index=True)


def told(*said: str) -> Callable[[Record], None]:
    def check(record: Record) -> None:
        assert record["status"] == "not_estimable"
        assert record["estimate"] is None
        assert any(words in record["status_reason"]["en"] for words in said), record["status_reason"]["en"]
        assert record["claims"]["can"]
        assert record["claims"]["can"][0]["da"]

    return check


def counted(**steps: tuple[int | None, int | None]) -> Callable[[Record], None]:
    def check(record: Record) -> None:
        found = flow(record)
        assert {name: found[name] for name in steps} == steps
        assert record["status"] == "estimated"

    return check


def warned(code: str, *states: str) -> Callable[[Record], None]:
    def check(record: Record) -> None:
        assert state(record, code) in states, state(record, code)

    return check


def everything(*checks: Callable[[Record], None]) -> Callable[[Record], None]:
    def check(record: Record) -> None:
        for one in checks:
            one(record)

    return check


SITES = PROTOCOL.replace('municipalities: ["0751"]', 'municipalities: ["0751", "0461"]')
ELIGIBLE = PROTOCOL.replace("outcomes:\n", "eligibility: [{covariate: age, at_least: 20, at_most: 40}]\noutcomes:\n", 1)
BINARY = PROTOCOL.replace("type: numeric\n    unit: points", "type: binary")
WEIGHTED = (
    PROTOCOL.replace("method: nearest_neighbour", "method: inverse_probability")
    .replace("  ratio: 2\n  caliper_sd_logit: 0.5\n", "")
    .replace("estimator: matched_difference", "estimator: inverse_probability")
    .replace("alternatives: [inverse_probability, ", "alternatives: [")
)


def rule(text: str, protocol: str = SITES) -> str:
    return protocol.replace("outcomes:\n", f"same_person: {{{text}}}\noutcomes:\n", 1)


@dataclass(frozen=True)
class Story:
    """What was delivered, under which protocol, and what the result must say."""

    name: str
    rows: Rows
    check: Callable[[Record], None]
    protocol: str = PROTOCOL


def club(value: int, count: int) -> Rows:
    """Keep only so many people who took part, or did not."""
    return lambda rows: pd.concat([rows[rows["club"] != value], rows[rows["club"] == value].iloc[:count]])


def separated(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(age=np.where(rows["club"] == 1, rows["age"] + 100, rows["age"]))


STORIES = [
    Story("two sites deliver the same people: the earlier start counts", appended(place="0461", start="2025-03-01"), counted(delivered=(65, 365), one_place_per_person=(60, 365), one_start_per_person=(60, 365)), SITES),
    Story("two sites deliver the same people: they are left out", appended(place="0461", start="2025-03-01"), counted(one_place_per_person=(55, 365), not_participants=(55, 300)), rule("two_municipalities: leave_out")),
    Story("two sites, the later start counts", appended(place="0461", start="2025-03-01"), counted(one_place_per_person=(60, 365)), rule("two_municipalities: latest_start")),
    Story("two sites, the same day", appended(place="0461"), counted(one_place_per_person=(60, 355)), SITES),
    Story("people start again: the first start counts", appended(start="2025-06-01"), counted(delivered=(65, 365), one_place_per_person=(60, 365), one_start_per_person=(60, 365))),
    Story("people start again: they are left out", appended(start="2025-06-01"), counted(one_start_per_person=(55, 365), not_participants=(55, 300)), rule("starts_again: leave_out", PROTOCOL)),
    Story("people start again: the last start counts, and is too late", appended(start="2026-06-01"), counted(one_start_per_person=(60, 365), followed_long_enough=(55, 300)), rule("starts_again: latest_start", PROTOCOL)),
    Story("comparison people in two extracts", lambda r: pd.concat([r, r.iloc[60:100].assign(start="2025-03-01")]), counted(not_participants=(60, 340), one_extract_per_person=(60, 300))),
    Story("a person in both groups is a participant", lambda r: r, counted(not_participants=(60, 300), delivered=(60, 360))),
    Story("the same row from two sites counts once", lambda r: pd.concat([r, r.iloc[:5]]), counted(delivered=(60, 360))),
    Story("contradicting rows count for neither group", appended(1, mood=5.5, age=44), counted(delivered=(59, 359), not_participants=(59, 300))),
    Story("outcome before the start", lambda r: r.assign(test_day="2024-09-01"), told("outcome")),
    Story("outcome of some before their start", set_cells("test_day", "2024-09-01", slice(0, 20)), warned("attrition", "warning", "serious")),
    Story("covariates from after the start of all", lambda r: r, told("participant", "No participants"), PROTOCOL.replace("columns: {person_id: id, covariate_date: start, municipality_code: place}", 'columns: {person_id: id, municipality_code: place}, constants: {covariate_date: "2025-02-01"}')),
    Story("age outside the target group", set_cells("age", 41.0, slice(0, 7)), lambda r: (flow(r)["in_target_group"][0] <= 53) or pytest.fail("still there"), ELIGIBLE),
    Story("people who died or left have no outcome", set_cells("score", "", slice(0, 15)), everything(warned("attrition", "warning", "serious"), counted(not_participants=(60, 300)))),
    Story("nobody took part long enough ago", lambda r: r.assign(start="2026-05-01", test_day="2026-09-01"), told("participant", "No participants")),
    Story("no comparison people", club(0, 0), told("comparison", "controls", "nobody")),
    Story("a single participant", club(1, 1), told("too few participants")),
    Story("nine participants", club(1, 9), told("too few participants")),
    Story("three comparison people", club(0, 3), told("score could not be fitted")),
    Story("perfect separation", separated, told("told apart completely")),
    Story("a constant covariate is left out and named", lambda r: r.assign(age=30.0), lambda r: r["status"] == "estimated" or pytest.fail(r["status"])),
    Story("a collinear covariate is left out and named", lambda r: r.assign(age=r["earlier"] * 2), lambda r: r["status"] == "estimated" or pytest.fail(r["status"])),
    Story("one group without outcomes", set_cells("score", "", slice(0, 60)), told("outcome")),
    Story("the other group without outcomes", set_cells("score", "", slice(60, 360)), told("outcome")),
    Story("an outcome that never varies", lambda r: r.assign(score=50.0), told("does not vary")),
    Story("nobody of the participants reaches it", lambda r: r.assign(score=np.where(r["club"] == 1, 0, np.arange(len(r)) % 2)), lambda r: (r["interval_low"] is not None and r["interval_low"] < r["interval_high"]) or pytest.fail("no interval"), BINARY),
    Story("enormous but possible numbers", lambda r: r.assign(earlier=r["earlier"] * 1e5), lambda r: r["status"] == "estimated" or pytest.fail(str(r["status_reason"]))),
]  # fmt: skip


@pytest.mark.parametrize("story", STORIES, ids=[s.name for s in STORIES])
def test_ends_in_words(small_home: Home, story: Story) -> None:
    write_small_study(small_home, story.rows(small_rows()), story.protocol)
    record = rehearsed(small_home, "small")[RESULT]
    for name in ("estimate", "standard_error", "interval_low", "interval_high"):
        assert record[name] is None or np.isfinite(record[name])
    story.check(record)


def test_one_weight_that_outweighs_all_others_is_seen(small_home: Home) -> None:
    """One person among three hundred is like the participants; the further she is from the others, the more she weighs."""
    apart = small_rows().assign(earlier=lambda r: r["earlier"] - 8 * r["club"])
    found = []
    for rows in (apart, set_cells("earlier", 20.0, [70])(apart), set_cells("earlier", 10.0, [70])(apart)):
        write_small_study(small_home, rows, WEIGHTED)
        found.append(rehearsed(small_home, "small")[RESULT])
    clean, heavy, heaviest = found
    # So few are left to compare with in effect that the number counts only among others.
    assert (clean["status"], heavy["status"]) == ("estimated", "pooled_only")
    people, left = (r["diagnostics"]["effective_sample_size"] for r in (clean, heavy))
    assert left < 0.6 * people
    clean_width, width = (r["interval_high"] - r["interval_low"] for r in (clean, heavy))
    assert width > 2 * clean_width
    told("rests on too few people")(heaviest)


def test_an_all_missing_covariate_refuses_the_file(small_home: Home) -> None:
    write_small_study(small_home, small_rows().assign(earlier=""))
    outcome = run_demo(small_home)[0]
    assert outcome.state == "refused"
    assert "More than 5%" in str(outcome.receipts[0].faults[0])


def test_left_out_columns_are_named_in_the_record(small_home: Home) -> None:
    import json

    write_small_study(small_home, small_rows().assign(age=30.0))
    evaluate(small_home, "small")
    path = next((small_home.restricted / "comparison" / "diagnostics" / "small").glob("*.json"))
    left_out = json.loads(path.read_text())["diagnostics"]["columns_left_out"]
    assert [name for name, _ in left_out] == ["age"]
