"""Worlds whose truth is known: the generator tells the truth, and the engine finds it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from data_contracts.protocol.protocol import Protocol
from models.designs.matched_control.design import MatchedControl
from models.detectors.placebo_sources import placebo_fails
from models.people.cohort import build_cohort
from models.people.outcomes import outcome_values
from models.values.effects import Effects
from projects.worlds.young_mothers import LAST_MEASUREMENT, REGISTER_COLUMNS, TRUE_ATT, Scenario, draw_world

# Published as “almost half”, “one in four” twice, “more than four in ten” and 8 %.
SHARES_AFTER_WHAT_IS_PUBLISHED = {
    "psychiatric_diagnosis": 0.48,
    "placed_outside_home": 0.25,
    "substance_treatment": 0.25,
    "violence": 0.42,
    "incest": 0.08,
}


def evaluate(protocol: Protocol, scenario: Scenario, seed: int, participants: int = 600) -> Effects:
    """Draw a world and run cohort, comparison and effects on it, without files."""
    world = draw_world(scenario, seed=seed, participants=participants)
    people = world.people
    start = pd.to_datetime(people["start"]).astype("datetime64[s]")
    own = pd.DataFrame({"person_id": people["person_id"], "index_date": start, "municipality_code": "0751"})
    register = people[["person_id", "municipality_code", *REGISTER_COLUMNS]].copy()
    for name in REGISTER_COLUMNS:
        register[name] = register[name].astype(float)
    register["covariate_date"] = start - pd.to_timedelta(people["treated"].astype(int), unit="D")
    cohort = build_cohort(own[people["treated"]].reset_index(drop=True), register, protocol, LAST_MEASUREMENT)
    design = MatchedControl()
    comparison = design.compare(cohort, protocol, {})
    measured = world.outcomes.assign(
        measured_date=pd.to_datetime(world.outcomes["measured_date"]).astype("datetime64[s]")
    )
    y = outcome_values(comparison.people, measured, protocol.primary_outcome)
    return design.estimate(comparison, y, protocol.primary_outcome, protocol)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", list(TRUE_ATT))
def test_participants_have_marginals_after_what_is_published(scenario: Scenario) -> None:
    drawn = [draw_world(scenario, seed=seed).people for seed in range(5)]
    own = pd.concat([people[people["treated"]] for people in drawn])
    for name, share in SHARES_AFTER_WHAT_IS_PUBLISHED.items():
        assert own[name].mean() == pytest.approx(share, abs=0.04), name
    assert own["age_years"].between(17, 35).all()
    assert len(own) == 5 * 600


def test_numbers_are_unique_and_belong_to_nobody() -> None:
    people = draw_world("ignorable").people
    assert people["person_id"].is_unique
    assert people["person_id"].str[:2].astype(int).between(61, 91).all()
    assert people["person_id"].str.fullmatch(r"\d{10}").all()


def test_the_same_seed_draws_the_same_world() -> None:
    one, two = draw_world("ignorable", seed=4), draw_world("ignorable", seed=4)
    pd.testing.assert_frame_equal(one.people, two.people)
    pd.testing.assert_frame_equal(one.outcomes, two.outcomes)


def test_hard_cases_come_and_hard_cases_are_lost() -> None:
    world = draw_world("ignorable")
    own = world.people["treated"]
    assert world.people.loc[own, "severity"].mean() > world.people.loc[~own, "severity"].mean() + 0.2
    measured = set(world.outcomes.loc[world.outcomes["measured_date"] > pd.Timestamp("2026-01-01").date(), "person_id"])
    lost = ~world.people["person_id"].isin(measured)
    assert world.people.loc[lost, "severity"].mean() > world.people.loc[~lost, "severity"].mean()


@pytest.mark.long
@pytest.mark.parametrize("scenario", ["ignorable", "lottery"])
def test_the_engine_finds_the_truth_on_average(i_gang: Protocol, scenario: Scenario) -> None:
    """30 worlds: the mean estimate is the true effect, and intervals cover it in at least 26."""
    found = [evaluate(i_gang, scenario, seed) for seed in range(30)]
    values = np.array([e.primary.value for e in found if e.primary is not None])
    truth = TRUE_ATT[scenario]
    assert values.mean() == pytest.approx(truth, abs=0.015)
    assert sum(e.primary.low <= truth <= e.primary.high for e in found if e.primary is not None) >= 26
    controls = np.array([e.primary.control_value for e in found if e.primary is not None])
    assert controls.mean() == pytest.approx(0.12, abs=0.02)


@pytest.mark.slow
def test_a_hidden_cause_fools_matching_and_the_placebo_gives_it_away(i_gang: Protocol) -> None:
    """Nothing works in this world, yet the matched difference is large; the placebo test fails in all six draws."""
    found = [evaluate(i_gang, "null", seed) for seed in range(6)]
    assert np.mean([e.primary.value for e in found if e.primary is not None]) > 0.08
    own = [next(p.estimate for p in e.doubt.placebo if p.estimate.estimator == "matched_difference") for e in found]
    assert all(placebo_fails(e) and e.value > 0 for e in own)


@pytest.mark.slow
def test_where_nothing_is_hidden_the_placebo_never_points_at_the_project(i_gang: Protocol) -> None:
    """In the ignorable world a failing placebo, if any, has the other sign: the bias pulls the number down."""
    found = [evaluate(i_gang, "ignorable", seed) for seed in range(6)]
    own = [next(p.estimate for p in e.doubt.placebo if p.estimate.estimator == "matched_difference") for e in found]
    assert not any(placebo_fails(e) and e.value > 0 for e in own)
