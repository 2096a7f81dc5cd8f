"""The same person more than once: the protocol says which row counts, and no row is counted twice."""

from __future__ import annotations

from random import Random

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.people.same_person import (
    latest_before_start,
    one_extract_per_person,
    one_place_per_person,
    one_start_per_person,
)


def rows(*entries: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person_id": [p for p, _, _ in entries],
            "index_date": [pd.Timestamp(d) for _, d, _ in entries],
            "municipality_code": [m for _, _, m in entries],
        }
    )


MOVED = rows(("a", "2025-03-01", "0751"), ("a", "2025-01-01", "0461"), ("b", "2025-01-01", "0751"))


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("earliest_start", [("a", "0461"), ("b", "0751")]),
        ("latest_start", [("a", "0751"), ("b", "0751")]),
        ("leave_out", [("b", "0751")]),
    ],
)
def test_a_person_of_two_places_counts_in_one(rule: str, kept: list) -> None:
    found = one_place_per_person(MOVED, rule)
    assert sorted(zip(found["person_id"], found["municipality_code"], strict=True)) == kept


def test_on_the_same_day_the_lower_code_counts() -> None:
    both = rows(("a", "2025-01-01", "0751"), ("a", "2025-01-01", "0461"))
    for rule in ("earliest_start", "latest_start"):
        assert one_place_per_person(both, rule)["municipality_code"].tolist() == ["0461"]


def test_a_place_nobody_wrote_down_is_no_second_place() -> None:
    unknown = rows(("a", "2025-01-01", "0751"), ("b", "2025-01-01", "0461")).assign(municipality_code=None)
    assert len(one_place_per_person(unknown, "leave_out")) == 2


@pytest.mark.parametrize(
    ("rule", "day"), [("earliest_start", "2025-01-01"), ("latest_start", "2025-03-01"), ("leave_out", None)]
)
def test_a_person_who_starts_again_has_one_start(rule: str, day: str | None) -> None:
    found = one_start_per_person(MOVED.assign(municipality_code="0751"), rule).set_index("person_id")["index_date"]
    assert found.get("a") == (None if day is None else pd.Timestamp(day))
    assert found["b"] == pd.Timestamp("2025-01-01")


def test_participants_get_the_last_extract_from_before_their_start() -> None:
    extracts = pd.DataFrame(
        {
            "person_id": ["a", "a", "a", "b"],
            "index_date": pd.Timestamp("2025-06-15"),
            "covariate_date": pd.to_datetime(["2025-01-01", "2025-06-15", "2025-06-16", "2025-07-01"]),
        }
    )
    found = latest_before_start(extracts)
    assert found["person_id"].tolist() == ["a"]  # b has none from before
    assert found["covariate_date"].tolist() == [pd.Timestamp("2025-06-15")]


days = st.dates(min_value=pd.Timestamp("2024-01-01").date(), max_value=pd.Timestamp("2024-12-31").date())


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.sampled_from("abcd"), days, st.sampled_from(["0751", "0461"])), min_size=1, unique=True),
    st.sampled_from(["earliest_start", "latest_start", "leave_out"]),
    st.randoms(use_true_random=False),
)
def test_one_row_per_person_whatever_the_order(entries: list, rule: str, shuffler: Random) -> None:
    frame = rows(*[(p, str(d), m) for p, d, m in entries])
    shuffled = frame.iloc[shuffler.sample(range(len(frame)), len(frame))]
    results = []
    for one in (frame, shuffled):
        placed = one_place_per_person(one, rule)
        assert (placed.groupby("person_id")["municipality_code"].nunique() <= 1).all()
        started = one_start_per_person(placed, rule)
        assert not started["person_id"].duplicated().any()
        results.append(started.sort_values("person_id").reset_index(drop=True))
    pd.testing.assert_frame_equal(*results)
    if rule != "leave_out":
        assert set(results[0]["person_id"]) == set(frame["person_id"])


def test_a_wrong_twin_that_merges_many_to_many_is_found_out() -> None:
    """Without one row per person a merge multiplies people, silently."""
    register = pd.DataFrame({"person_id": ["a", "a", "b"], "age": [20.0, 21.0, 30.0]})
    assert len(MOVED.merge(register, on="person_id")) == 5
    one = one_start_per_person(one_place_per_person(MOVED, "earliest_start"), "earliest_start")
    with pytest.raises(pd.errors.MergeError):
        one.merge(register, on="person_id", validate="one_to_one")


def test_comparison_people_have_one_extract() -> None:
    extracts = pd.DataFrame({"person_id": ["a", "a"], "covariate_date": pd.to_datetime(["2025-01-01", "2025-04-01"])})
    for rule, day in (("earliest", "2025-01-01"), ("latest", "2025-04-01")):
        assert one_extract_per_person(extracts, rule)["covariate_date"].tolist() == [pd.Timestamp(day)]
