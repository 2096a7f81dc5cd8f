"""Terms of a score: curves, squares, levels and products, and a score learnt by trees."""

from __future__ import annotations

import numpy as np
import pandas as pd
import patsy
import pytest

from data_contracts.protocol.comparison_settings import ScoreTerm
from models.score.boosted_score import fit_boosted_score
from models.score.design_matrix import DesignMatrix, build_design_matrix, independent_columns
from models.score.propensity import PropensityFit, area_under_curve, fit_propensity
from models.score.terms import SPLINE_QUANTILES, natural_spline
from models.study import StudyCovariate
from models.values.refusal import Refusal

AGE = StudyCovariate("age", "numeric")
SEX = StudyCovariate("sex", "binary")
JOB = StudyCovariate("job", "categorical", ("none", "shop", "farm", "boat"))


@pytest.fixture
def people() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    job = rng.choice(["none", "shop", "farm", "boat"], 400, p=[0.5, 0.3, 0.15, 0.05])
    return pd.DataFrame({"age": rng.normal(30, 6, 400), "sex": rng.integers(0, 2, 400).astype(float), "job": job})


@pytest.mark.parametrize("knots", [3, 4, 5])
def test_a_natural_spline_spans_what_patsys_does(people: pd.DataFrame, knots: int) -> None:
    """The same curves from another library: every column of one is a combination of the other's."""
    age = people["age"].to_numpy()
    places = np.quantile(age, SPLINE_QUANTILES[knots])
    ours = np.column_stack([np.ones(400), age, natural_spline(age, places)])
    theirs = np.asarray(
        patsy.dmatrix(
            "cr(age, knots=inner, lower_bound=low, upper_bound=high) - 1",
            {"age": age, "inner": places[1:-1], "low": places[0], "high": places[-1]},
        )
    )
    inside = (age >= places[0]) & (age <= places[-1])
    beta, *_ = np.linalg.lstsq(ours[inside], theirs[inside], rcond=None)
    assert np.abs(ours[inside] @ beta - theirs[inside]).max() < 1e-8


def test_a_spline_is_straight_beyond_its_outer_knots() -> None:
    x = np.array([10.0, 11.0, 12.0, 13.0])
    curve = natural_spline(x, np.array([0.0, 1.0, 2.0, 3.0]))
    assert np.abs(np.diff(curve, n=2, axis=0)).max() < 1e-9


def test_terms_become_columns_with_names_that_tell(people: pd.DataFrame) -> None:
    terms = [
        ScoreTerm(covariate="age", shape="square"),
        ScoreTerm(covariate="job", most_levels=2),
        ScoreTerm(interaction=("age", "sex")),
        ScoreTerm(covariate="age", shape="spline", knots=3),
    ]
    matrix = build_design_matrix(people, [AGE, SEX, JOB], terms)
    assert matrix.names == ("age", "sex", "job=shop", "job=other", "age^2", "age*sex", "age~1")
    assert matrix.values[:, 3].tolist() == people["job"].isin(["farm", "boat"]).astype(float).tolist()
    assert np.allclose(matrix.values[:, 5], people["age"] * people["sex"])
    # A term of a covariate that is left out on purpose goes with it.
    assert build_design_matrix(people, [SEX], terms).names == ("sex",)


def test_missing_values_are_filled_by_the_declared_rule_and_from_the_declared_people(people: pd.DataFrame) -> None:
    people.loc[:39, "age"] = np.nan
    marked = build_design_matrix(people, [AGE, SEX], missing="indicator")
    assert marked.names == ("age", "age=missing", "sex")
    learnt = np.arange(400) >= 200
    filled = build_design_matrix(people, [AGE, SEX], missing="impute", learnt_from=learnt)
    assert filled.names == ("age", "sex")
    assert filled.values[0, 0] == pytest.approx(people["age"].to_numpy()[200:].mean())


def test_nearly_collinear_columns_are_told_apart_from_collinear_ones() -> None:
    rng = np.random.default_rng(1)
    a = rng.normal(1e6, 1.0, 500)
    b = rng.normal(size=500)
    values = np.column_stack([a, a + 1e-4 * b, 3 * a - 7, b, np.full(500, 4.2)])
    kept, dropped = independent_columns(values, ["a", "near", "same", "sum", "flat"])
    assert [d for d in dropped if d[0] in ("same", "flat")] == [("same", "collinear"), ("flat", "constant")]
    assert 0 in kept
    assert 1 in kept


def test_many_rows_take_the_short_way_to_the_same_maximum() -> None:
    """From 40,000 others on a thinned fit is polished over all rows; the plain fit finds the same."""
    rng = np.random.default_rng(4)
    n = 60_000
    x = rng.normal(size=(n, 3))
    treated = rng.random(n) < 1 / (1 + np.exp(3 - x @ [0.5, 0.3, -0.4]))
    matrix = DesignMatrix(x, ("a", "b", "c"), ("a", "b", "c"), ())
    fast = fit_propensity(matrix, treated)
    assert isinstance(fast, PropensityFit)
    from statsmodels.discrete.discrete_model import Logit

    plain = Logit(treated.astype(float), np.column_stack([np.ones(n), x])).fit(disp=False, tol=1e-12)
    assert np.abs(fast.coefficients - plain.params).max() < 1e-9
    assert fast.log_likelihood == pytest.approx(plain.llf, abs=1e-6)
    assert fast.auc == pytest.approx(area_under_curve(x @ plain.params[1:], treated), abs=1e-9)


def test_separation_among_many_rows_is_named_too() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(60_000, 2))
    treated = x[:, 0] > 2.5
    matrix = DesignMatrix(x, ("a", "b"), ("a", "b"), ())
    assert fit_propensity(matrix, treated) == Refusal("separation")


@pytest.mark.slow
def test_trees_find_what_a_straight_line_cannot() -> None:
    """Participation in the middle of a covariate: a logit sees nothing, trees do, and nobody is scored by memory."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=(1500, 2))
    treated = rng.random(1500) < np.where(np.abs(x[:, 0]) < 0.6, 0.7, 0.15)
    matrix = DesignMatrix(x, ("a", "b"), ("a", "b"), ())
    line, trees = fit_propensity(matrix, treated), fit_boosted_score(treated, lambda _: matrix, seed=1)
    assert isinstance(line, PropensityFit)
    assert isinstance(trees, PropensityFit)
    assert line.auc < 0.6
    assert 0.7 < trees.auc < 0.85
    again = fit_boosted_score(treated, lambda _: matrix, seed=1)
    assert isinstance(again, PropensityFit)
    assert np.array_equal(trees.score, again.score)
    # Pure chance: trees that had seen people would tell them apart, these do not.
    noise = rng.random(1500) < 0.4
    blind = fit_boosted_score(noise, lambda _: matrix, seed=1)
    assert isinstance(blind, PropensityFit)
    assert abs(blind.auc - 0.5) < 0.06


def test_too_few_people_to_cross_fit_is_named() -> None:
    matrix = DesignMatrix(np.random.default_rng(1).normal(size=(40, 1)), ("a",), ("a",), ())
    assert fit_boosted_score(np.arange(40) < 5, lambda _: matrix, seed=1) == Refusal("too_few_to_cross_fit")
