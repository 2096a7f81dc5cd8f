"""More of what R gives on the NHEFS: orders of service, distances, optimal and full matching, weights and their errors.

`reference/matchit_nhefs_more.R` makes `reference/nhefs_more_methods.json` with MatchIt 4.7.2 and, where optmatch is
at hand, its optimal matchings.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from causaldata import nhefs

from models.study import StudyGroups, compare
from tests.support.places import REFERENCE as STORED

REFERENCE = json.loads((STORED / "nhefs_more_methods.json").read_text())
SAME = 1e-8
"""R and NumPy agree to rounding; R printed 15 digits."""
COVARIATES = ["sex", "race", "age", "education", "smokeintensity", "smokeyrs", "exercise", "active", "wt71"]
SQUARES = [{"covariate": name, "shape": "square"} for name in ("age", "smokeintensity", "smokeyrs", "wt71")]
NEAREST: dict[str, dict[str, Any]] = {
    "nn11_caliper": {"caliper_sd_logit": 0.2},
    "nn21_caliper": {"caliper_sd_logit": 0.2, "ratio": 2},
    "nn11_caliper_smallest": {"caliper_sd_logit": 0.2, "order": "smallest_score"},
    "nn11_caliper_closest": {"caliper_sd_logit": 0.2, "order": "closest"},
    "nn11_closest": {"caliper_sd_logit": 1e9, "order": "closest"},
    "nn11_mahalanobis": {"caliper_sd_logit": 0.2, "mahalanobis": ("age", "wt71", "smokeyrs")},
    "nn11_own_units": {"caliper_sd_logit": 0.2, "calipers": {"age": 3, "wt71": 10}},
    "nn31_caliper": {"caliper_sd_logit": 0.2, "ratio": 3},
    "nn21_replace": {"caliper_sd_logit": 0.2, "ratio": 2, "replace": True},
}


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rows = nhefs.load_pandas().data.dropna(subset=["wt82"]).sort_values("seqn").reset_index(drop=True)
    for name in ("sex", "race", "qsmk"):
        rows[name] = pd.to_numeric(rows[name]).astype(int)
    for name in ("education", "exercise", "active"):
        rows[name] = pd.to_numeric(rows[name]).astype(int).astype(str)
    return rows


def made(people: pd.DataFrame, **settings: Any) -> StudyGroups:
    return compare(people, "qsmk", COVARIATES, score_terms=SQUARES, **settings)


@pytest.mark.parametrize("name", list(NEAREST))
def test_nearest_neighbours_are_those_of_matchit(people: pd.DataFrame, name: str) -> None:
    expected = REFERENCE["matchings"][name]
    groups = made(people, method="nearest_neighbour", **NEAREST[name])
    pairs = groups.comparison.pairs
    seqn = people["seqn"].to_numpy(dtype=int)
    logit = groups.comparison.people["propensity_logit"].to_numpy()
    assert len(pairs) == expected["pairs"]
    assert int((seqn[pairs["treated"]] * seqn[pairs["control"]]).sum()) == expected["sum_of_seqn_products"]
    gaps = np.abs(logit[pairs["treated"]] - logit[pairs["control"]])
    assert gaps.sum() == pytest.approx(expected["total_distance"], abs=SAME)
    assert groups.comparison.diagnostics.effective_controls == pytest.approx(expected["ess_control"], abs=1e-6)
    effect = groups.effect(people["wt82_71"])
    assert effect.value == pytest.approx(expected["estimate"], abs=SAME)
    if "total_mahalanobis" in expected:
        assert pairs["distance"].sum() == pytest.approx(expected["total_mahalanobis"], abs=1e-6)
    if expected["se_cluster"] is not None:
        assert effect.standard_error == pytest.approx(expected["se_cluster"], abs=SAME)


def test_balance_of_columns_squares_and_score_is_that_of_matchit(people: pd.DataFrame) -> None:
    balance = made(people, method="nearest_neighbour", caliper_sd_logit=0.2).balance.set_index("column")
    names = {"distance": "propensity_logit", "age": "age", "wt71": "wt71", "smokeyrs": "smokeyrs"}
    names |= {f"I({name}^2)": f"{name}^2" for name in ("age", "wt71", "smokeyrs")}
    for when in ("before", "after"):
        for theirs, ours in names.items():
            expected = REFERENCE["balance"][when][theirs]
            row = balance.loc[ours]
            assert row[f"smd_{when}"] == pytest.approx(expected["smd"], abs=SAME), theirs
            assert row[f"variance_ratio_{when}"] == pytest.approx(expected["variance_ratio"], abs=SAME), theirs
            assert row[f"ks_{when}"] == pytest.approx(expected["ks"], abs=SAME), theirs


def test_optimal_pairs_are_as_near_as_optmatchs(people: pd.DataFrame) -> None:
    """On a line many pairings are equally near in all, so pairs are not compared; who is chosen is the same."""
    for name, settings in (("pairs_caliper", {"caliper_sd_logit": 0.2}), ("pairs_no_caliper", {})):
        expected = REFERENCE["optimal"][name]
        groups = made(people, method="optimal_pairs", **settings)
        pairs = groups.comparison.pairs
        assert len(pairs) == expected["pairs"]
        # Of equal totals the least squares are taken, for which the total may grow by a millionth.
        assert pairs["distance"].sum() == pytest.approx(expected["total_distance"], abs=1e-5)
        assert groups.effect(people["wt82_71"]).value == pytest.approx(expected["estimate"], abs=1e-6)


def test_full_matching_is_as_near_as_optmatchs(people: pd.DataFrame) -> None:
    expected = REFERENCE["optimal"]["full_caliper"]
    groups = made(people, method="full_matching", caliper_sd_logit=0.2)
    frame = groups.comparison.people
    total = 0.0
    for _, own in frame[frame["cluster"] >= 0].groupby("cluster"):
        logit, treated = own["propensity_logit"].to_numpy(), own["treated"].to_numpy(dtype=bool)
        total += float(np.abs(logit[treated][:, None] - logit[~treated][None, :]).sum())
    assert total == pytest.approx(expected["total"], abs=1e-5)
    out = groups.comparison.diagnostics
    assert out.n_treated - out.n_compared_treated == expected["left_out_treated"]
    assert out.n_pool - out.n_compared_control == expected["left_out_control"]


def test_subclasses_for_everybody_are_those_of_matchit(people: pd.DataFrame) -> None:
    expected = REFERENCE["subclass_ate"]
    groups = made(people, method="subclassification", subclasses=6, estimand="ate")
    frame = groups.comparison.people
    for group, key in ((True, "treated"), (False, "control")):
        assert frame[frame["treated"] == group].groupby("cluster").size().tolist() == expected[key]
    effect = groups.effect(people["wt82_71"])
    assert effect.value == pytest.approx(expected["estimate"], abs=SAME)
    # Differences between strata are the design's, not chance: the error is smaller than R's, which counts them.
    assert 0.9 < effect.standard_error / expected["se_hc1"] < 1


@pytest.mark.parametrize(("estimand", "method"), [("att", "inverse_probability"), ("ate", "inverse_probability"), ("ato", "overlap_weights")])  # fmt: skip
def test_weights_and_their_stacked_errors_are_those_worked_out_in_r(
    people: pd.DataFrame, estimand: str, method: str
) -> None:
    expected = REFERENCE["weighting"][estimand]
    effect = made(people, method=method, estimand=estimand).effect(people["wt82_71"])
    assert (effect.treated_value, effect.control_value) == pytest.approx(
        (expected["mean_treated"], expected["mean_control"]), abs=SAME
    )
    assert float(np.sqrt((effect.influence**2).sum())) == pytest.approx(expected["se_stacked_hc0"], abs=SAME)
    assert effect.standard_error < expected["se_fixed_weights_hc0"]


def test_entropy_balancing_is_that_worked_out_in_r(people: pd.DataFrame) -> None:
    expected = REFERENCE["entropy"]
    groups = made(people, method="entropy_balancing")
    assert groups.effect(people["wt82_71"]).value == pytest.approx(expected["estimate"], abs=1e-7)
    assert groups.comparison.diagnostics.effective_controls == pytest.approx(expected["ess_control"], abs=1e-5)


@pytest.mark.parametrize("estimand", ["att", "ate"])
def test_the_doubly_robust_estimate_is_that_worked_out_in_r(people: pd.DataFrame, estimand: str) -> None:
    expected = REFERENCE["aipw"][estimand]
    groups = made(people, method="inverse_probability", estimand=estimand)
    effect = groups.effect(people["wt82_71"], "augmented_inverse_probability")
    assert effect.value == pytest.approx(expected["estimate"], abs=SAME)
    assert float(np.sqrt((effect.influence**2).sum())) == pytest.approx(expected["se"], abs=SAME)


def test_regression_after_matching_is_that_of_r(people: pd.DataFrame) -> None:
    """R's error takes the people as given; ours knows that they are a draw too, so it is a little larger."""
    expected = REFERENCE["g_computation"]
    groups = made(people, method="nearest_neighbour", caliper_sd_logit=0.2)
    effect = groups.effect(people["wt82_71"], "matched_regression")
    assert effect.value == pytest.approx(expected["estimate"], abs=SAME)
    assert 1 < effect.standard_error / expected["se_cluster"] < 1.06
