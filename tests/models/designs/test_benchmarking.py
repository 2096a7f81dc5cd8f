"""Participants against a rate: honest for twelve people, and never more than it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.reading import read_protocol
from models.designs.benchmarking.design import Benchmarking
from models.people.cohort import Cohort
from models.statistics.intervals import wilson_interval
from tests.support.small_study import PROTOCOL


def protocol(kind: str = "binary", rate: float = 0.2, people: int | None = None) -> Protocol:
    head, tail = PROTOCOL.index("comparison:\n"), PROTOCOL.index("evaluation:")
    count = "" if people is None else f", people_count: {people}"
    text = (
        PROTOCOL[:head]
        + f"comparison:\n  method: reference_rate\n  reference_rates:\n    - {{outcome: score, value: {rate}, source: A{count}}}\n"
        + "effects: {estimator: difference_to_rate}\n"
        + PROTOCOL[tail:]
    ).replace("design: matched_control", "design: benchmarking")
    if kind == "binary":
        text = text.replace("type: numeric\n    unit: points", "type: binary")
    return read_protocol(text)


def found(y: np.ndarray, plan: Protocol):
    people = pd.DataFrame({"person_id": [f"p{i}" for i in range(len(y))], "treated": True, "municipality_code": None})
    design = Benchmarking()
    comparison = design.compare(Cohort(people, (), False), plan, {})
    return design.estimate(comparison, y.astype(float), plan.primary_outcome, plan)


def test_wilson_reproduces_newcombes_table() -> None:
    """Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3."""
    assert wilson_interval(81 / 263, 263, 0.95) == pytest.approx((0.2553, 0.3662), abs=0.0001)
    assert wilson_interval(15 / 148, 148, 0.95) == pytest.approx((0.0624, 0.1605), abs=0.0001)


def test_the_difference_is_the_share_less_the_rate() -> None:
    y = np.array([1] * 6 + [0] * 14)
    effects = found(y, protocol(rate=0.2))
    low, high = wilson_interval(0.3, 20, 0.95)
    assert effects.primary is not None
    assert effects.primary.value == pytest.approx(0.1)
    assert (effects.primary.low, effects.primary.high) == pytest.approx((low - 0.2, high - 0.2))


def test_a_rate_that_rests_on_few_people_widens_the_interval() -> None:
    y = np.array([1] * 6 + [0] * 14)
    exact, counted, many = (found(y, protocol(people=n)).primary for n in (None, 40, 10**7))
    assert exact is not None
    assert counted is not None
    assert many is not None
    assert counted.high - counted.low > exact.high - exact.low
    assert many.high - many.low == pytest.approx(exact.high - exact.low, abs=1e-3)


@pytest.mark.parametrize(
    ("y", "kind", "reason"),
    [
        (np.array([]), "binary", "no_treated"),
        (np.array([1, 0, 1, 0]), "binary", "outcome_missing"),
        (np.array([np.nan] * 30), "binary", "outcome_missing"),
        (np.array([3.0] * 30), "numeric", "zero_standard_error"),
    ],
)
def test_what_cannot_be_said_is_not_said(y: np.ndarray, kind: str, reason: str) -> None:
    effects = found(y, protocol(kind))
    assert effects.primary is None
    assert effects.gate.reason == reason


def test_nobody_of_twenty_against_a_rate() -> None:
    effects = found(np.zeros(20), protocol(rate=0.12))
    assert effects.primary is not None
    assert effects.primary.high > 0.04  # 0 of 20 may still be 16 %


@pytest.mark.parametrize(("n", "share"), [(12, 0.3), (30, 0.12), (200, 0.5)])
def test_intervals_cover_the_truth_and_a_naive_twin_does_not(n: int, share: float) -> None:
    """Coverage to the last decimal, for every count that can come: Wilson's is at least 92 %; the normal twin's is not."""
    plan = protocol(rate=0.2)
    wilson = naive = 0.0
    for events in range(n + 1):
        primary = found(np.arange(n) < events, plan).primary
        assert primary is not None
        chance = float(binom.pmf(events, n, share))
        wilson += chance * (primary.low <= share - 0.2 <= primary.high)
        reach = 1.96 * np.sqrt(events / n * (1 - events / n) / n)
        naive += chance * (abs(events / n - share) <= reach)
    assert wilson >= 0.92
    if n < 100:
        assert naive < 0.92


@pytest.mark.slow
def test_type_one_error_against_a_true_rate() -> None:
    rng = np.random.default_rng(9)
    plan = protocol("numeric", rate=50)
    wrong = 0
    for _ in range(1000):
        primary = found(rng.normal(50, 8, 60), plan).primary
        assert primary is not None
        wrong += not primary.low <= 0 <= primary.high
    assert wrong / 1000 == pytest.approx(0.05, abs=0.025)


def test_order_and_rate_behave() -> None:
    y = np.array([1] * 6 + [0] * 14)
    one, two = found(y, protocol(rate=0.2)).primary, found(y[::-1], protocol(rate=0.25)).primary
    assert one is not None
    assert two is not None
    assert one.value - two.value == pytest.approx(0.05)
    assert one.high - one.low == pytest.approx(two.high - two.low)
