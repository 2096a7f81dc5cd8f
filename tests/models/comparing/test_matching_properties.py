"""What must hold for any data: nobody is used twice, nobody is too far, order does not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.comparing.nearest import Pairs, match_nearest
from models.comparing.weighting import clusters_of, pair_weights

QUICK = settings(max_examples=60, deadline=None)


@st.composite
def problems(draw: st.DrawFn) -> dict:
    n = draw(st.integers(2, 40))
    # Few distinct scores, so that ties are common.
    logit = np.array(draw(st.lists(st.integers(-6, 6), min_size=n, max_size=n)), dtype=float) / 2
    treated = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    strata = np.array(draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)), dtype=np.int64)
    return {
        "logit": logit,
        "treated": treated,
        "strata": strata,
        "ratio": draw(st.integers(1, 3)),
        "replace": draw(st.booleans()),
        "caliper": draw(st.sampled_from([None, 0.0, 0.5, 1.5])),
    }


def slow_twin(logit, treated, strata, *, ratio, replace, caliper) -> set[tuple[int, int]]:
    """The same rule in the plainest words: look at every control, every time."""
    limit = np.inf if caliper is None else caliper
    found: set[tuple[int, int]] = set()
    for stratum in np.unique(strata):
        people = sorted(np.flatnonzero((strata == stratum) & treated), key=lambda i: (-logit[i], i))
        free = set(np.flatnonzero((strata == stratum) & ~treated))
        out: set[int] = set()
        for _ in range(ratio):
            for person in people:
                if person in out:
                    continue
                choices = [c for c in free if (person, c) not in found]
                best = min(choices, key=lambda c: (abs(logit[c] - logit[person]), logit[c], c), default=None)
                if best is None or abs(logit[best] - logit[person]) > limit:
                    out.add(person)
                    continue
                found.add((int(person), int(best)))
                if not replace:
                    free.discard(best)
    return found


@QUICK
@given(problems())
def test_the_fast_search_finds_what_looking_at_everybody_finds(problem: dict) -> None:
    pairs = match_nearest(**problem)
    assert set(zip(pairs.treated.tolist(), pairs.control.tolist(), strict=True)) == slow_twin(**problem)


@QUICK
@given(problems())
def test_rules_of_matching_hold(problem: dict) -> None:
    pairs = match_nearest(**problem)
    logit, treated, strata = problem["logit"], problem["treated"], problem["strata"]
    assert treated[pairs.treated].all()
    assert not treated[pairs.control].any()
    assert (strata[pairs.treated] == strata[pairs.control]).all()
    np.testing.assert_array_equal(pairs.distance, np.abs(logit[pairs.treated] - logit[pairs.control]))
    if problem["caliper"] is not None:
        assert (pairs.distance <= problem["caliper"]).all()
    if not problem["replace"]:
        assert len(set(pairs.control.tolist())) == len(pairs.control)
    assert np.bincount(pairs.treated, minlength=1).max(initial=0) <= problem["ratio"]


@QUICK
@given(problems(), st.randoms())
def test_rows_in_another_order_give_the_same_pairs_of_scores(problem: dict, random) -> None:
    """With distinct scores the pairs themselves are the same whatever the order of rows."""
    n = len(problem["logit"])
    problem = problem | {"logit": problem["logit"] + np.arange(n) * 1e-4}
    order = np.array(random.sample(range(n), n))
    moved = problem | {key: problem[key][order] for key in ("logit", "treated", "strata")}
    first = match_nearest(**problem)
    second = match_nearest(**moved)
    expected = set(zip(first.treated.tolist(), first.control.tolist(), strict=True))
    found = set(zip(order[second.treated].tolist(), order[second.control].tolist(), strict=True))
    assert found == expected


@QUICK
@given(problems())
def test_weights_of_controls_sum_to_the_number_of_participants(problem: dict) -> None:
    pairs = match_nearest(**problem)
    weights = pair_weights(pairs, len(problem["logit"]))
    matched = len(set(pairs.treated.tolist()))
    assert weights[problem["treated"]].sum() == matched
    assert weights[~problem["treated"]].sum() == pytest.approx(matched)


def test_sets_are_clusters_and_people_are_when_controls_are_used_again() -> None:
    once = Pairs(np.array([0, 1]), np.array([5, 6]), np.zeros(2))
    labels = clusters_of(once, 8, replace=False)
    assert labels[0] == labels[5] != labels[1] == labels[6]
    assert labels[3] == labels[7] == -1
    again = Pairs(np.array([0, 1, 2]), np.array([5, 5, 6]), np.zeros(3))
    labels = clusters_of(again, 8, replace=True)
    assert len({labels[i] for i in (0, 1, 2, 5, 6)}) == 5
    assert labels[3] == -1
