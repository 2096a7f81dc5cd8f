"""Input that cannot carry an effect: each case is named, none is a warning, none is a number."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.study import StudyRefused, compare

Change = Callable[[pd.DataFrame], pd.DataFrame]
NEAREST: dict[str, Any] = {"method": "nearest_neighbour", "caliper_sd_logit": 0.5}


def people(n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    a = rng.normal(size=n)
    t = (rng.random(n) < 1 / (1 + np.exp(1 - 0.5 * a))).astype(int)
    return pd.DataFrame(
        {"id": np.arange(n), "t": t, "a": a, "b": rng.normal(size=n), "g": rng.choice(["x", "y"], n), "y": a + t + rng.normal(size=n)}
    )  # fmt: skip


PEOPLE: list[tuple[str, Change, dict[str, Any], str]] = [
    ("no participants", lambda f: f.assign(t=0), NEAREST, "No participants are left"),
    ("nobody else", lambda f: f.assign(t=1), NEAREST, "no comparison people"),
    ("nine participants", lambda f: f.assign(t=(np.arange(len(f)) < 9).astype(int)), NEAREST, "too few participants"),
    ("groups told apart by one column", lambda f: f.assign(a=f["t"] * 10 + f["a"]), NEAREST, "told apart completely"),
    ("only constant columns", lambda f: f.assign(a=1.0, b=2.0, g="x"), NEAREST, "None of the covariates"),
    ("a column missing for everybody", lambda f: f.assign(b=np.nan), NEAREST, "“b” is missing for everybody"),
    ("some missing, rule refuse", lambda f: f.assign(b=f["b"].where(f.index > 5)), NEAREST, "6 people lack a covariate"),
    ("the same id twice", lambda f: f.assign(id=f["id"].replace(3, 4)), NEAREST, "different for each"),
    ("taking part is 2", lambda f: f.assign(t=f["t"] * 2), NEAREST, "must be 0 or 1"),
    ("taking part is unknown for one", lambda f: f.assign(t=f["t"].where(f.index > 0)), NEAREST, "must be 0 or 1"),
    (
        "most participants, one control each",
        lambda f: f.assign(t=(np.arange(len(f)) > 45).astype(int)),
        {"method": "nearest_neighbour", "caliper_sd_logit": 5.0},
        "More than 50 per cent",
    ),
    (
        "entropy balancing out of reach",
        lambda f: f.assign(a=f["a"] + 40.0 * ((f["t"] == 1) & (f.index > 3)), t=f["t"].where(f.index > 3, 1)),
        {"method": "entropy_balancing", "score_model": "boosted_trees"},
        "No weighting",
    ),
    (
        "extreme weights leave nobody to compare with",
        lambda f: f.assign(a=f["a"] + 2.6 * f["t"]),
        {"method": "inverse_probability"},
        "fewer than 10",
    ),
    (
        "trimming leaves nobody",
        lambda f: pd.concat([f] * 10, ignore_index=True).assign(id=range(2000), t=(np.arange(2000) < 12).astype(int)),
        {"method": "inverse_probability", "trimming": "score_range"},
        "Nobody is left",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("story", "change", "settings", "said"), PEOPLE, ids=[p[0] for p in PEOPLE])
def test_people_that_cannot_be_compared(story: str, change: Change, settings: dict[str, Any], said: str) -> None:
    frame = change(people())
    warnings.simplefilter("error")
    with pytest.raises(StudyRefused) as refused:
        compare(frame, "t", ["a", "b", "g"], person_id="id", **settings).effect(frame["y"])
    assert said in str(refused.value)


SETTINGS: list[tuple[str, dict[str, Any], str]] = [
    ("an unknown method", {"method": "magic"}, "method"),
    ("no caliper", {"method": "nearest_neighbour"}, "caliper is not declared"),
    ("a setting of another method", NEAREST | {"subclasses": 5}, "does not use subclasses"),
    ("an estimand the method cannot answer", NEAREST | {"estimand": "ate"}, "estimates att"),
    ("overlap weights for participants", {"method": "overlap_weights"}, "estimates ato"),
    ("subclasses without their number", {"method": "subclassification"}, "number of subclasses"),
    ("coarse classes without cuts", {"method": "coarsened_exact"}, "cut points"),
    ("cuts that fall", {"method": "coarsened_exact", "cuts": {"a": (1, 0)}}, "in ascending order"),
    ("a caliper on a text", NEAREST | {"calipers": {"g": 1}}, "needs a numeric covariate"),
    ("a distance in a text", NEAREST | {"mahalanobis": ("g",)}, "needs a numeric covariate"),
    ("trees with errors of a logit", {"method": "inverse_probability", "score_model": "boosted_trees"}, "logit score only"),
    ("a spline without knots", NEAREST | {"score_terms": [{"covariate": "a", "shape": "spline"}]}, "number of knots"),
    ("a square of a text", NEAREST | {"score_terms": [{"covariate": "g", "shape": "square"}]}, "needs a shape"),
    ("a term of nothing", NEAREST | {"score_terms": [{"shape": "square"}]}, "names one covariate"),
    ("a term of a stranger", NEAREST | {"score_terms": [{"covariate": "zz", "shape": "square"}]}, "not in score_covariates"),
    ("an interaction with itself", NEAREST | {"score_terms": [{"interaction": ["a", "a"]}]}, "two different covariates"),
    ("the same covariate twice", NEAREST | {"exact": ["g", "g"]}, "listed twice"),
    ("a ratio of 0", NEAREST | {"ratio": 0}, "greater than or equal to 1"),
    ("a word that is no key", NEAREST | {"calliper": 1}, "calliper"),
    ("a column that is not there", NEAREST | {"exact": ("h",)}, "no column “h”"),
]  # fmt: skip


@pytest.mark.parametrize(("story", "settings", "said"), SETTINGS, ids=[s[0] for s in SETTINGS])
def test_settings_that_do_not_fit(story: str, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(StudyRefused) as refused:
        compare(people(), "t", ["a", "b", "g"], **settings)
    assert said in str(refused.value)


OUTCOMES: list[tuple[str, Callable[[pd.DataFrame], Any], str]] = [
    ("one class only", lambda f: np.ones(len(f)), "does not vary"),
    ("nothing measured", lambda f: np.full(len(f), np.nan), "does not vary"),
    ("too short", lambda f: np.arange(5.0), "5 values for 200 people"),
    ("text", lambda f: pd.Series(["a"] * len(f)), "does not vary"),
]


@pytest.mark.parametrize(("story", "outcome", "said"), OUTCOMES, ids=[o[0] for o in OUTCOMES])
def test_outcomes_that_carry_nothing(story: str, outcome: Callable[[pd.DataFrame], Any], said: str) -> None:
    frame = people()
    with pytest.raises(StudyRefused, match=said):
        compare(frame, "t", ["a", "b"], **NEAREST).effect(outcome(frame))


def test_an_estimator_that_answers_another_question_is_refused() -> None:
    frame = people()
    groups = compare(frame, "t", ["a", "b"], method="overlap_weights", estimand="ato")
    with pytest.raises(StudyRefused, match="does not answer for ato"):
        groups.effect(frame["y"], "matched_difference")
    with pytest.raises(StudyRefused, match="Estimators that do"):
        groups.effect(frame["y"], "magic")


def test_more_participants_than_controls_is_told_and_not_filled_up() -> None:
    """Without replacement some stay alone: they are counted, and the effect is named for those who did not."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"t": np.repeat([1, 0], [120, 100]), "a": rng.normal(size=220), "y": rng.normal(size=220)})
    groups = compare(frame, "t", ["a"], method="nearest_neighbour", caliper_sd_logit=1000.0)
    assert groups.comparison.diagnostics.left_out == (("no_match", 20, 0),)
    assert groups.comparison.estimand == "att_restricted"
    twice = compare(frame, "t", ["a"], method="nearest_neighbour", caliper_sd_logit=1000.0, replace=True)
    assert twice.comparison.estimand == "att"


def test_three_lines_in_a_notebook() -> None:
    frame = people()
    groups = compare(frame, "t", ["a", "b", "g"], **NEAREST)
    effect = groups.effect(frame["y"])
    assert "gate open" in str(groups)
    assert effect.low < effect.value < effect.high
    assert set(groups.balance["kind"]) == {"covariate", "square", "score"}
    assert groups.weights.sum() > 0
