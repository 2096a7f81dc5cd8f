"""Each way to compare against its plainest definition: looking at every possibility."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.reading.limits import limit
from models.comparing.methods import METHODS
from models.comparing.nearest import Pairs, match_nearest
from models.comparing.nearness import Nearness, match_near, turned
from models.comparing.optimal_matching import match_fully, match_optimally
from models.comparing.strata import weigh_strata
from models.comparing.trimming import kept_after_trimming
from models.statistics.folds import stratified_folds
from models.study import compare
from models.values.refusal import Refusal

QUICK = settings(max_examples=60, deadline=None)


def alone(n: int) -> Nearness:
    return Nearness(np.empty((n, 0)), np.empty(0), np.empty((n, 0)))


def one_stratum(n: int) -> np.ndarray:
    return np.zeros(n, dtype=np.int64)


@st.composite
def few_people(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, float | None]:
    own, others = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    scores = st.integers(-8, 8)
    logit = np.array(draw(st.lists(scores, min_size=own + others, max_size=own + others)), dtype=float) / 4
    return logit, np.arange(own + others) < own, draw(st.sampled_from([None, 0.5, 1.5]))


@QUICK
@given(few_people())
def test_optimal_pairs_are_the_best_of_all_pairings(problem: tuple[np.ndarray, np.ndarray, float | None]) -> None:
    logit, treated, caliper = problem
    n = len(logit)
    pairs = match_optimally(logit, treated, one_stratum(n), alone(n), ratio=1, caliper=caliper)
    assert isinstance(pairs, Pairs)
    limit = np.inf if caliper is None else caliper
    own, others = np.flatnonzero(treated), list(np.flatnonzero(~treated))
    best = (0, 0.0)
    for chosen in permutations([*others, *([-1] * len(own))], len(own)):
        gaps = [abs(logit[t] - logit[c]) for t, c in zip(own, chosen, strict=True) if c >= 0]
        if all(gap <= limit for gap in gaps):
            best = max(best, (len(gaps), -sum(gaps)))
    assert len(pairs.treated) == best[0]
    assert pairs.distance.sum() == pytest.approx(-best[1], abs=1e-4)
    assert len(set(pairs.control.tolist())) == len(pairs.control)


@QUICK
@given(few_people())
def test_full_matching_is_the_lightest_way_to_leave_nobody_alone(
    problem: tuple[np.ndarray, np.ndarray, float | None],
) -> None:
    logit, treated, caliper = problem
    n = len(logit)
    sets = match_fully(logit, treated, one_stratum(n), alone(n), caliper=caliper)
    assert not isinstance(sets, Refusal)
    limit = np.inf if caliper is None else caliper
    edges = [
        (t, c, abs(logit[t] - logit[c]))
        for t in np.flatnonzero(treated)
        for c in np.flatnonzero(~treated)
        if abs(logit[t] - logit[c]) <= limit
    ]
    reachable = {t for t, _, _ in edges} | {c for _, c, _ in edges}
    assert set(np.flatnonzero(sets >= 0)) == reachable
    total = 0.0
    for label in set(sets[sets >= 0].tolist()):
        own, others = np.flatnonzero((sets == label) & treated), np.flatnonzero((sets == label) & ~treated)
        assert min(len(own), len(others)) == 1  # one participant or one control in each set
        total += float(np.abs(logit[own][:, None] - logit[others][None, :]).sum())
    lightest = np.inf if edges else 0.0
    for chosen in range(1 << len(edges)) if len(edges) <= 12 else ():
        taken = [edge for i, edge in enumerate(edges) if chosen >> i & 1]
        if {t for t, _, _ in taken} | {c for _, c, _ in taken} == reachable:
            lightest = min(lightest, sum(gap for _, _, gap in taken))
    if len(edges) <= 12:
        assert total == pytest.approx(lightest, abs=1e-4)


def test_greedy_is_a_wrong_twin_of_optimal() -> None:
    """Two participants, one control near to both: greedy spends it on the wrong one."""
    logit = np.array([1.0, 0.0, 0.6, 9.0, -0.9])
    treated = np.array([True, True, False, False, False])
    greedy = match_nearest(logit, treated, one_stratum(5), ratio=1, replace=False, caliper=None)
    optimal = match_optimally(logit, treated, one_stratum(5), alone(5), ratio=1, caliper=None)
    assert isinstance(optimal, Pairs)
    assert optimal.distance.sum() <= greedy.distance.sum()


def test_what_is_too_large_for_optimal_matching_says_so() -> None:
    n = 2 * int(np.sqrt(limit("most_distances"))) + 10
    logit, treated = np.zeros(n), np.arange(n) < n // 2
    assert match_fully(logit, treated, one_stratum(n), alone(n), caliper=None) == Refusal("too_large_for_optimal")
    assert match_optimally(logit, treated, one_stratum(n), alone(n), ratio=1, caliper=None) == Refusal(
        "too_large_for_optimal"
    )


@pytest.mark.parametrize("order", ["largest_score", "smallest_score", "closest"])
@QUICK
@given(seed=st.integers(0, 2**31), ratio=st.integers(1, 3), by_distance=st.booleans())
def test_nearness_is_what_looking_at_every_control_finds(order: Any, seed: int, ratio: int, by_distance: bool) -> None:
    rng = np.random.default_rng(seed)
    n = 24
    logit = rng.integers(-6, 7, n) / 4
    covariate = rng.integers(0, 5, n).astype(float)
    treated = np.arange(n) < 8
    distance = turned(np.column_stack([covariate, rng.normal(size=n)]), treated) if by_distance else np.empty((n, 0))
    near = Nearness(covariate[:, None], np.array([2.0]), distance)
    found = match_near(logit, treated, one_stratum(n), near, ratio=ratio, replace=False, caliper=0.75, order=order)
    expected = slow_near(logit, covariate, treated, distance, ratio, order)
    assert set(zip(found.treated.tolist(), found.control.tolist(), strict=True)) == expected


def slow_near(
    logit: np.ndarray, covariate: np.ndarray, treated: np.ndarray, distance: np.ndarray, ratio: int, order: str
) -> set[tuple[int, int]]:
    """The rule in plain words, without windows, heaps or sorting tricks."""
    sign = 1 if order == "smallest_score" else -1
    people = sorted(np.flatnonzero(treated), key=lambda i: (sign * logit[i], i))
    free, out = set(np.flatnonzero(~treated)), set()
    found: set[tuple[int, int]] = set()

    def best(person: int) -> tuple[float, float, int] | None:
        choices = []
        for c in free:
            if abs(logit[c] - logit[person]) <= 0.75 and abs(covariate[c] - covariate[person]) <= 2:
                gap = abs(logit[c] - logit[person])
                if distance.shape[1]:
                    gap = float(np.sqrt(((distance[c] - distance[person]) ** 2).sum()))
                choices.append((gap, logit[c], int(c)))
        return min(choices, default=None)

    for _ in range(ratio):
        waiting = [p for p in people if p not in out]
        served = []
        while waiting:
            person = waiting[0]
            if order == "closest":
                able = [(b[0], i) for i, p in enumerate(waiting) if (b := best(p)) is not None]
                if not able:
                    out |= set(waiting)
                    break
                person = waiting[min(able)[1]]
            waiting.remove(person)
            choice = best(person)
            if choice is None:
                out.add(person)
                continue
            found.add((int(person), choice[2]))
            free.discard(choice[2])
            served.append(person)
    return found


def test_the_order_of_service_is_the_one_that_was_asked_for() -> None:
    """One control between two participants: whoever is served first gets it."""
    logit, treated = np.array([1.0, 0.0, 0.4]), np.array([True, True, False])

    def matched(order: Any) -> int:
        pairs = match_nearest(logit, treated, one_stratum(3), ratio=1, replace=False, caliper=None, order=order)
        return int(pairs.treated[0])

    assert (matched("largest_score"), matched("smallest_score"), matched("closest")) == (0, 1, 1)
    drawn = {
        int(
            match_nearest(
                logit, treated, one_stratum(3), ratio=1, replace=False, caliper=None, order="random", seed=s
            ).treated[0]
        )
        for s in range(20)
    }
    assert drawn == {0, 1}


def test_weights_for_everybody_give_both_groups_the_whole_stratum() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1, 1, -1])
    treated = np.array([True, False, False, True, True, True, False, True])
    formed = weigh_strata(labels, treated, everybody=True)
    assert formed.weights.tolist() == pytest.approx([3, 1.5, 1.5, 4 / 3, 4 / 3, 4 / 3, 4, 0])
    own = weigh_strata(labels, treated)
    assert own.weights.tolist() == pytest.approx([1, 0.5, 0.5, 1, 1, 1, 3, 0])


def test_trimming_keeps_those_who_have_somebody_like_them() -> None:
    score = np.array([0.05, 0.2, 0.5, 0.95, 0.1, 0.3, 0.6])
    treated = np.array([True, True, True, True, False, False, False])
    assert kept_after_trimming(score, treated, "none").all()
    assert kept_after_trimming(score, treated, "common_support").tolist() == [
        False,
        True,
        True,
        False,
        True,
        True,
        True,
    ]
    assert kept_after_trimming(score, treated, "score_range").tolist() == [False, True, True, False, True, True, True]


@QUICK
@given(st.integers(0, 2**31), st.integers(2, 6))
def test_folds_hold_both_groups_alike(seed: int, count: int) -> None:
    groups = np.random.default_rng(seed).integers(0, 2, 37)
    folds = stratified_folds(groups, count, seed)
    sizes = np.bincount(folds, minlength=count)
    assert sizes.max() - sizes.min() <= 1
    for group in (0, 1):
        own = np.bincount(folds[groups == group], minlength=count)
        assert own.max() - own.min() <= 1


@pytest.mark.parametrize("method", list(METHODS))
def test_every_method_says_who_was_left_out_and_whose_effect_is_left(method: str) -> None:
    rng = np.random.default_rng(3)
    n = 400
    a = rng.normal(size=n)
    t = rng.random(n) < 1 / (1 + np.exp(1.2 - 0.8 * a))
    a[0], t[0] = 6.0, True  # one participant whom nobody is like
    frame = pd.DataFrame({"t": t.astype(int), "a": a, "g": rng.choice(["x", "y", "z"], n)})
    own: dict[str, Any] = {
        "nearest_neighbour": {"caliper_sd_logit": 0.2},
        "optimal_pairs": {"caliper_sd_logit": 0.2},
        "full_matching": {"caliper_sd_logit": 0.2},
        "subclassification": {"subclasses": 5},
        "coarsened_exact": {"cuts": {"a": (-1.0, 0.0, 1.0, 3.0), "g": ()}},
        "overlap_weights": {"estimand": "ato"},
    }.get(method, {})
    groups = compare(frame, "t", ["a", "g"], method=method, **own)
    people, d = groups.comparison.people, groups.comparison.diagnostics
    out = people["weight"] == 0
    assert (people.loc[out, "left_out"] != "").all()
    assert (people.loc[~out, "left_out"] == "").all()
    assert sum(own_count for _, own_count, _ in d.left_out) == d.n_treated - d.n_compared_treated
    assert sum(pool for _, _, pool in d.left_out) == d.n_pool - d.n_compared_control
    is_whole = d.n_compared_treated == d.n_treated
    assert groups.comparison.estimand == (
        "ato" if method == "overlap_weights" else "att" if is_whole else "att_restricted"
    )
    if own.get("caliper_sd_logit"):
        assert not is_whole
    trimmed = compare(frame, "t", ["a", "g"], method=method, trimming="common_support", **own)
    assert "trimmed" in {reason for reason, _, _ in trimmed.comparison.diagnostics.left_out}
    assert trimmed.comparison.people.loc[0, "weight"] == 0
