"""Overlap in fifths: where register and comparison group lie among the participants' scores, without telling of few."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboards.charts.parts import fifths_chart, fifths_sentence
from data_contracts.results.result_record import OverlapRow
from models.comparing.overlap import overlap_fifths
from models.disclosure.parts import open_overlap
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from tests.support.example_record import example_record

POLICY = default_policy()


def people(rng: np.random.Generator, participants: int = 500, pool: int = 5000, shift: float = 1.0) -> pd.DataFrame:
    """Participants around `shift`, the register around 0; those of the register with a participant's score are chosen."""
    treated = np.arange(participants + pool) < participants
    logit = rng.normal(size=participants + pool) + shift * treated
    weight = np.where(treated, 1.0, np.exp(shift * logit))
    return pd.DataFrame({"treated": treated, "propensity_logit": logit, "weight": weight})


def test_a_register_like_the_participants_has_a_fifth_in_each() -> None:
    found = overlap_fifths(people(np.random.default_rng(1), participants=4000, pool=20_000, shift=0.0))
    assert [row.pool_share for row in found] == pytest.approx([0.2] * 5, abs=0.03)


def test_a_register_of_others_lies_at_the_least_likely_and_weights_bring_it_back() -> None:
    """With normal scores a step apart, the register's shares are known: Φ(Φ⁻¹(k/5) + 1)."""
    from scipy.stats import norm

    known = np.diff(norm.cdf(norm.ppf(np.arange(6) / 5) + 1))
    found = overlap_fifths(people(np.random.default_rng(2), participants=4000, pool=20_000))
    assert [row.pool_share for row in found] == pytest.approx(list(known), abs=0.03)
    assert [row.chosen_share for row in found] == pytest.approx([0.2] * 5, abs=0.04)


def test_shares_are_whole_and_the_order_of_people_does_not_matter() -> None:
    frame = people(np.random.default_rng(3))
    found = overlap_fifths(frame)
    assert sum(row.pool_share for row in found) == pytest.approx(1)
    assert sum(row.chosen_share for row in found) == pytest.approx(1)
    assert sum(row.pool_count for row in found) == 5000
    shuffled = overlap_fifths(frame.sample(frac=1, random_state=1))
    assert [row.pool_count for row in shuffled] == [row.pool_count for row in found]


def test_without_scores_or_with_one_for_all_there_are_no_fifths() -> None:
    frame = people(np.random.default_rng(4))
    assert overlap_fifths(frame.assign(propensity_logit=np.nan)) == ()
    assert overlap_fifths(frame.assign(propensity_logit=0.0)) == ()
    assert overlap_fifths(frame.drop(columns="propensity_logit")) == ()
    assert overlap_fifths(frame.assign(weight=0.0)) == ()


def rows(**changes: Any) -> list[dict[str, Any]]:
    row = {"pool_count": 700, "pool_share": 0.1234, "chosen_count": 90, "chosen_share": 0.2345} | changes
    return [dict(row) for _ in range(5)]


def parts(**changes: Any) -> list[OverlapRow]:
    return [OverlapRow(**row) for row in rows(**changes)]


def test_what_leaves_are_coarse_shares_without_counts_and_nothing_of_few() -> None:
    shown = open_overlap(parts(), 200, 0.02, POLICY)
    assert shown[0].model_dump() == {"pool_share": 0.12, "chosen_share": 0.24}
    assert open_overlap(parts(chosen_count=7), 200, 0.02, POLICY) == ()
    assert open_overlap(parts(pool_count=3), 200, 0.02, POLICY) == ()
    assert open_overlap(parts(), 35, 0.05, POLICY) == ()  # seven in a fifth
    assert open_overlap(parts(), 60, 0.1, POLICY) == ()
    assert open_overlap(parts(chosen_count=0), 200, 0.02, POLICY) != ()  # that nobody was found is the point


def test_a_hidden_result_shows_no_overlap() -> None:
    assert publish(example_record(overlap=rows(), n_treated=5), POLICY).overlap == ()
    assert len(publish(example_record(overlap=rows(), n_treated=200), POLICY).overlap) == 5


def test_the_picture_says_every_share_it_draws() -> None:
    sentence = fifths_sentence(rows(), "da")
    assert sentence.count("12 % af registeret, 23 % af de valgte") == 5
    assert sentence in fifths_chart(rows(), "da").replace("\xa0", " ")
