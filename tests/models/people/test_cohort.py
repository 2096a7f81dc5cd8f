"""Who is studied: by the calendar, by the protocol, and never by the outcome."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.reading import read_protocol
from models.people.cohort import build_cohort, describe_intake
from models.people.outcomes import outcome_values
from tests.support.small_study import PROTOCOL

QUARTER_END = date(2026, 9, 30)


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def tables(own: list[tuple[str, str]], pool: list[tuple[str, str]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    participants = pd.DataFrame(
        {
            "person_id": [p for p, _ in own],
            "index_date": [day(d) for _, d in own],
            "municipality_code": "0751",
            "mood": 3.0,
        }
    )
    register = pd.DataFrame(
        {
            "person_id": [p for p, _ in pool],
            "covariate_date": [day(d) for _, d in pool],
            "municipality_code": "0751",
            "age": np.arange(len(pool), dtype=float) + 20,
            "earlier": 1.0,
            "group": "a",
        }
    )
    return participants, register


@pytest.fixture
def plan() -> Protocol:
    return read_protocol(PROTOCOL)


def steps(cohort) -> dict[str, tuple[int, int | None]]:
    return {s.step: (s.treated, s.pool) for s in cohort.steps}


def test_each_step_says_who_left(plan: Protocol) -> None:
    participants, register = tables(
        [("a", "2025-09-30"), ("b", "2025-10-01"), ("c", "2025-01-01"), ("d", "2025-01-01")],
        [("a", "2025-09-29"), ("b", "2025-09-29"), ("d", "2025-01-02"), ("x", "2025-09-30"), ("y", "2025-10-01")],
    )
    cohort = build_cohort(participants, register, plan, QUARTER_END)
    assert steps(cohort) == {
        "delivered": (4, 5),
        "one_place_per_person": (4, 5),
        "one_start_per_person": (4, 5),
        "not_participants": (4, 2),
        "followed_long_enough": (3, 1),  # b and y began a day too late for twelve months
        "one_extract_per_person": (3, 1),
        "found_in_register": (2, 1),  # c is in no register
        "covariates_before_start": (1, 1),  # d's covariates are from the day after the start
        "in_target_group": (1, 1),
        "covariates_known": (1, 1),
    }
    assert cohort.people["person_id"].tolist() == ["a", "x"]
    assert cohort.covariates_dated_before_index


def test_a_participant_is_never_in_the_pool_whatever_became_of_their_row(plan: Protocol) -> None:
    participants, register = tables(
        [("a", "2025-01-01")], [("a", "2024-12-31"), ("b", "2025-01-01"), ("x", "2025-01-01")]
    )
    cohort = build_cohort(participants, register, plan, QUARTER_END, named={"b"})
    assert cohort.people.set_index("person_id")["treated"].to_dict() == {"a": True, "x": False}


def test_eligibility_holds_for_everybody() -> None:
    rules = "eligibility: [{covariate: age, at_least: 21, at_most: 22}, {covariate: group, one_of: [a]}]\noutcomes:\n"
    plan = read_protocol(PROTOCOL.replace("outcomes:\n", rules, 1))
    participants, register = tables([("a", "2025-01-01")], [(p, "2024-12-31") for p in ("a", "b", "c", "d")])
    register.loc[2, "group"] = "b"
    cohort = build_cohort(participants, register, plan, QUARTER_END)
    assert cohort.people["person_id"].tolist() == ["b"]


def test_missing_covariates_are_refused_or_told_as_declared(plan: Protocol) -> None:
    participants, register = tables([("a", "2025-01-01")], [("a", "2024-12-31"), ("x", "2024-12-31")])
    register.loc[1, "earlier"] = np.nan
    assert steps(build_cohort(participants, register, plan, QUARTER_END))["covariates_known"] == (1, 0)
    kept = read_protocol(PROTOCOL.replace("  ratio: 2", "  ratio: 2\n  missing_covariates: indicator"))
    assert len(build_cohort(participants, register, kept, QUARTER_END).people) == 2


def test_order_of_rows_changes_nothing(plan: Protocol) -> None:
    participants, register = tables([("a", "2025-01-01"), ("b", "2025-02-01")], [(p, "2024-12-31") for p in "abcdef"])
    one = build_cohort(participants, register, plan, QUARTER_END)
    two = build_cohort(participants[::-1], register[::-1], plan, QUARTER_END)
    pd.testing.assert_frame_equal(one.people, two.people)


def test_intake_is_described_and_kept_apart(plan: Protocol) -> None:
    participants, register = tables([("a", "2025-01-01"), ("b", "2025-01-01")], [("a", "2024-12-31")])
    (mood,) = describe_intake(participants, plan)
    assert (mood.covariate, mood.mean, mood.known_count) == ("mood", 3.0, 2)
    assert "mood" not in build_cohort(participants, register, plan, QUARTER_END).people.columns


def values(plan: Protocol, start: str, *measured: tuple[str, float]) -> float:
    people = pd.DataFrame({"person_id": ["a"], "index_date": [day(start)]})
    rows = pd.DataFrame(
        {
            "person_id": "a",
            "outcome": "score",
            "measured_date": [day(d) for d, _ in measured],
            "value": [v for _, v in measured],
        }
    )
    return float(outcome_values(people, rows, plan.primary_outcome)[0])


WINDOWS = [
    ("the first day of the window counts", "2025-01-15", [("2025-07-15", 1.0)], 1.0),
    ("the day before does not", "2025-01-15", [("2025-07-14", 1.0)], np.nan),
    ("the last day does", "2025-01-15", [("2026-01-14", 1.0)], 1.0),
    ("the day the window closes does not", "2025-01-15", [("2026-01-15", 1.0)], np.nan),
    ("the first of several counts", "2025-01-15", [("2025-12-01", 2.0), ("2025-08-01", 1.0)], 1.0),
    ("before the start never counts", "2025-01-15", [("2024-12-01", 1.0)], np.nan),
    ("31 August and six months is the end of February", "2024-08-31", [("2025-02-28", 1.0)], 1.0),
    ("29 February and a year", "2024-02-29", [("2025-02-28", 1.0)], np.nan),
]


@pytest.mark.parametrize(("story", "start", "measured", "expected"), WINDOWS, ids=[w[0] for w in WINDOWS])
def test_windows(plan: Protocol, story: str, start: str, measured: list, expected: float) -> None:
    np.testing.assert_equal(values(plan, start, *measured), expected)
