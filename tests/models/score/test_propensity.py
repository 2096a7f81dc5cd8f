"""A score that cannot be fitted says why, and never gives a number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from data_contracts.protocol.protocol import Covariate
from models.score.design_matrix import build_design_matrix
from models.score.propensity import PropensityFit, fit_propensity
from models.values.refusal import Refusal


def covariate(name: str, kind: str = "numeric", levels: tuple[str, ...] = ()) -> Covariate:
    label = {"da": name, "en": name}
    return Covariate.model_validate(
        {"name": name, "label": label, "type": kind, "domain": "health", "source": "register", "levels": levels}
    )


@pytest.fixture
def people() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    a = rng.normal(size=300)
    return pd.DataFrame(
        {"a": a, "b": rng.normal(size=300), "same": 3.0, "twice": 2 * a + 1, "kind": rng.choice(["x", "y", "z"], 300)}
    )


def test_constant_and_collinear_columns_are_left_out_and_named(people: pd.DataFrame) -> None:
    matrix = build_design_matrix(people, [covariate(n) for n in ("a", "same", "twice", "b")])
    assert matrix.names == ("a", "b")
    assert matrix.dropped == (("same", "constant"), ("twice", "collinear"))


def test_levels_become_columns_and_missing_ones_are_told(people: pd.DataFrame) -> None:
    people.loc[:9, "a"] = np.nan
    people.loc[:4, "kind"] = None
    matrix = build_design_matrix(people, [covariate("a"), covariate("kind", "categorical", ("x", "y", "z"))])
    assert matrix.names == ("a", "a=missing", "kind=y", "kind=z", "kind=missing")
    assert matrix.values[:10, 1].tolist() == [1.0] * 10


def test_complete_separation_is_named(people: pd.DataFrame) -> None:
    treated = people["a"].to_numpy() > 0.5
    matrix = build_design_matrix(people, [covariate("a"), covariate("b")])
    assert fit_propensity(matrix, treated) == Refusal("separation")


def test_a_level_that_only_participants_have_is_separation(people: pd.DataFrame) -> None:
    treated = (people["kind"] == "x").to_numpy()
    matrix = build_design_matrix(people, [covariate("b"), covariate("kind", "categorical", ("x", "y", "z"))])
    assert fit_propensity(matrix, treated) == Refusal("separation")


def test_nothing_to_match_on_is_named(people: pd.DataFrame) -> None:
    matrix = build_design_matrix(people, [covariate("same")])
    assert fit_propensity(matrix, np.arange(300) < 30) == Refusal("no_score_covariates")


def test_the_scale_of_a_covariate_changes_nothing(people: pd.DataFrame) -> None:
    rng = np.random.default_rng(6)
    treated = rng.random(300) < 0.3
    first = fit_propensity(build_design_matrix(people, [covariate("a"), covariate("b")]), treated)
    people["b"] = people["b"] * 1e7 + 5e8
    second = fit_propensity(build_design_matrix(people, [covariate("a"), covariate("b")]), treated)
    assert isinstance(first, PropensityFit)
    assert isinstance(second, PropensityFit)
    np.testing.assert_allclose(first.score, second.score, atol=1e-7)
