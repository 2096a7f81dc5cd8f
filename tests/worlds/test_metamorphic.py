"""What must not change when nothing that matters changes, and what must change in a known way.

Each property runs through the whole engine, from a frame of people to an
estimate, for every way to compare.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.comparing.nearest import match_nearest
from models.study import StudyGroups, compare

FEW = settings(max_examples=8, deadline=None)
SAME = 1e-7
"""Sums in another order differ in the last bits, and Newton stops within 1e-8."""

METHODS: dict[str, dict[str, Any]] = {
    "nearest": {"method": "nearest_neighbour", "caliper_sd_logit": 0.5},
    "nearest, 1:2, closest first": {
        "method": "nearest_neighbour",
        "caliper_sd_logit": 0.5,
        "ratio": 2,
        "order": "closest",
    },
    "nearest with replacement": {"method": "nearest_neighbour", "caliper_sd_logit": 0.5, "replace": True},
    "nearest by distance": {"method": "nearest_neighbour", "caliper_sd_logit": 1.0, "mahalanobis": ("a", "b")},
    "optimal pairs": {"method": "optimal_pairs"},
    "full matching": {"method": "full_matching"},
    "subclasses": {"method": "subclassification", "subclasses": 4},
    "coarsened exact": {"method": "coarsened_exact", "cuts": {"a": (-0.5, 0.5), "c": ()}},
    "inverse probability": {"method": "inverse_probability"},
    "overlap": {"method": "overlap_weights", "estimand": "ato"},
    "entropy balancing": {"method": "entropy_balancing"},
}
FOR_EVERYBODY: dict[str, dict[str, Any]] = {
    "inverse probability": {"method": "inverse_probability", "estimand": "ate"},
    "overlap": {"method": "overlap_weights", "estimand": "ato"},
    "full matching": {"method": "full_matching", "estimand": "ate"},
}
every_method = pytest.mark.parametrize("name", list(METHODS))


def people(seed: int, n: int = 160) -> pd.DataFrame:
    """Draw people whose scores all differ; effect 1 on `y`, a yes-or-no outcome in `z`."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n))
    c = rng.integers(0, 2, n)
    t = rng.random(n) < 1 / (1 + np.exp(0.8 - 0.5 * a - 0.4 * c))
    t[:12] = True
    y = a + 0.5 * c + t + rng.normal(size=n)
    z = (rng.random(n) < 0.5).astype(float)
    return pd.DataFrame(
        {"id": [f"p{i:04d}" for i in range(n)], "t": t.astype(int), "a": a, "b": b, "c": c, "y": y, "z": z}
    )


def made(frame: pd.DataFrame, own: dict[str, Any]) -> StudyGroups:
    groups = compare(frame, "t", ["a", "b", "c"], person_id="id", **own)
    assume(groups.comparison.gate.is_open)  # some draws cannot be made alike, and say so
    return groups


@every_method
@FEW
@given(seed=st.integers(0, 2**16), shuffle=st.integers(0, 2**16))
def test_rows_in_another_order_change_not_even_the_last_bit(name: str, seed: int, shuffle: int) -> None:
    frame = people(seed)
    moved = frame.sample(frac=1, random_state=shuffle)
    one, other = made(frame, METHODS[name]), made(moved, METHODS[name])
    first, second = one.effect(frame["y"]), other.effect(moved["y"])
    assert (first.value, first.standard_error, first.low, first.high) == (
        second.value,
        second.standard_error,
        second.low,
        second.high,
    )
    by_id = pd.Series(one.weights, index=frame["id"])
    assert (pd.Series(other.weights, index=moved["id"]).reindex(by_id.index) == by_id).all()


@every_method
@FEW
@given(seed=st.integers(0, 2**16))
def test_other_names_for_people_change_nothing(name: str, seed: int) -> None:
    frame = people(seed)
    renamed = frame.assign(id=np.random.default_rng(seed).permutation(frame["id"].to_numpy()))
    first = made(frame, METHODS[name]).effect(frame["y"])
    second = made(renamed, METHODS[name]).effect(frame["y"])
    assert second.value == pytest.approx(first.value, abs=SAME)
    assert second.standard_error == pytest.approx(first.standard_error, abs=SAME)


@every_method
@FEW
@given(seed=st.integers(0, 2**16), times=st.sampled_from([0.01, 3.0, 1000.0]))
def test_another_unit_of_the_outcome_changes_only_the_unit(name: str, seed: int, times: float) -> None:
    frame = people(seed)
    groups = made(frame, METHODS[name])
    first, second = groups.effect(frame["y"]), groups.effect(frame["y"] * times + 7)
    assert second.value == pytest.approx(first.value * times, rel=1e-8)
    assert second.standard_error == pytest.approx(first.standard_error * times, rel=1e-8)


@every_method
@FEW
@given(seed=st.integers(0, 2**16), times=st.sampled_from([0.001, 50.0, 1e6]))
def test_another_unit_of_a_covariate_changes_nothing(name: str, seed: int, times: float) -> None:
    frame = people(seed)
    first = made(frame, METHODS[name]).effect(frame["y"])
    second = made(frame.assign(b=frame["b"] * times - 3), METHODS[name]).effect(frame["y"])
    assert second.value == pytest.approx(first.value, abs=1e-6)


@every_method
@FEW
@given(seed=st.integers(0, 2**16))
def test_the_opposite_of_a_yes_or_no_outcome_has_the_opposite_effect(name: str, seed: int) -> None:
    frame = people(seed)
    groups = made(frame, METHODS[name])
    first, second = groups.effect(frame["z"]), groups.effect(1 - frame["z"])
    assert second.value == pytest.approx(-first.value, abs=SAME)
    assert (second.low, second.high) == pytest.approx((-first.high, -first.low), abs=SAME)


@pytest.mark.parametrize("name", list(FOR_EVERYBODY))
@FEW
@given(seed=st.integers(0, 2**16))
def test_groups_that_change_names_change_the_sign(name: str, seed: int) -> None:
    """Effects that ask about both groups alike: taking part and not taking part swapped."""
    frame = people(seed)
    first = made(frame, FOR_EVERYBODY[name]).effect(frame["y"])
    second = made(frame.assign(t=1 - frame["t"]), FOR_EVERYBODY[name]).effect(frame["y"])
    assert second.value == pytest.approx(-first.value, abs=1e-6)
    assert second.standard_error == pytest.approx(first.standard_error, rel=1e-6)


@pytest.mark.parametrize("name", ["inverse probability", "overlap", "entropy balancing"])
@FEW
@given(seed=st.integers(0, 2**16))
def test_everybody_twice_is_the_same_effect_and_too_much_certainty_by_the_root_of_two(name: str, seed: int) -> None:
    frame = people(seed)
    twice = pd.concat([frame, frame.assign(id=frame["id"] + "x")], ignore_index=True)
    own = METHODS[name]
    first, second = made(frame, own).effect(frame["y"]), made(twice, own).effect(twice["y"])
    assert second.value == pytest.approx(first.value, abs=1e-6)
    assert first.standard_error / second.standard_error == pytest.approx(np.sqrt(2), rel=0.06)


@FEW
@given(seed=st.integers(0, 2**16), far=st.floats(20, 100))
def test_somebody_far_from_everybody_is_matched_with_nobody(seed: int, far: float) -> None:
    rng = np.random.default_rng(seed)
    treated = np.arange(80) < 30
    logit = rng.normal(size=80)
    before = match_nearest(logit, treated, np.zeros(80, dtype=np.int64), ratio=2, replace=False, caliper=0.3)
    after = match_nearest(
        np.append(logit, -far),
        np.append(treated, False),
        np.zeros(81, dtype=np.int64),
        ratio=2,
        replace=False,
        caliper=0.3,
    )
    assert before.control.tolist() == after.control.tolist()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nearest", "inverse probability", "entropy balancing", "full matching"])
def test_noise_in_the_score_moves_the_effect_by_less_than_its_own_doubt(name: str) -> None:
    """40 draws: a covariate of pure chance moves estimates without a direction, and by less than their error."""
    moves, errors = [], []
    for seed in range(40):
        frame = people(seed, n=300)
        frame["noise"] = np.random.default_rng(seed + 1000).normal(size=300)
        first = compare(frame, "t", ["a", "b", "c"], person_id="id", **METHODS[name]).effect(frame["y"])
        noisy = compare(frame, "t", ["a", "b", "c", "noise"], person_id="id", **METHODS[name]).effect(frame["y"])
        moves.append(noisy.value - first.value)
        errors.append(first.standard_error)
    assert abs(np.mean(moves)) < 3 * np.std(moves) / np.sqrt(40)
    assert np.sqrt(np.mean(np.square(moves))) < np.mean(errors)
