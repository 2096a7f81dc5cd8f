"""R's MatchIt is the standard: same people, same pairs, same numbers.

Reference values and the R calls that made them: `reference/matchit_nhefs.json`.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from causaldata import nhefs

from models.comparing.balance import standardized_mean_difference
from models.comparing.nearest import match_nearest
from models.comparing.weighting import clusters_of, effective_sample_size, pair_weights, score_weights
from models.estimating.matched import matched_difference
from models.estimating.weighted import inverse_probability
from models.score.design_matrix import DesignMatrix
from models.score.propensity import PropensityFit, fit_propensity
from tests.support.places import REFERENCE as STORED

REFERENCE = json.loads((STORED / "matchit_nhefs.json").read_text())
SAME = 1e-8
"""R and NumPy agree to rounding; R printed 13 digits."""


class Study:
    """Quitters and smokers of the NHEFS, with the score of the reference."""

    def __init__(self) -> None:
        rows = nhefs.load_pandas().data
        for name in ("education", "exercise", "active", "sex", "race", "qsmk"):
            rows[name] = pd.to_numeric(rows[name])
        self.rows = rows.dropna(subset=["wt82"]).sort_values("seqn").reset_index(drop=True)
        r = self.rows
        columns: dict[str, Any] = {"sex": r.sex, "race": r.race, "age": r.age, "age2": r.age**2}
        columns |= {f"education{k}": r.education == k for k in (2, 3, 4, 5)}
        columns |= {"smokeintensity": r.smokeintensity, "smokeintensity2": r.smokeintensity**2}
        columns |= {"smokeyrs": r.smokeyrs, "smokeyrs2": r.smokeyrs**2}
        columns |= {f"exercise{k}": r.exercise == k for k in (1, 2)}
        columns |= {f"active{k}": r.active == k for k in (1, 2)}
        columns |= {"wt71": r.wt71, "wt712": r.wt71**2}
        values = np.column_stack([np.asarray(c, dtype=float) for c in columns.values()])
        self.matrix = DesignMatrix(values, tuple(columns), tuple(columns), ())
        self.treated = (r.qsmk == 1).to_numpy()
        self.outcome = r.wt82_71.to_numpy(dtype=float)
        fit = fit_propensity(self.matrix, self.treated)
        assert isinstance(fit, PropensityFit)
        self.fit = fit


@pytest.fixture(scope="module")
def study() -> Study:
    return Study()


def test_the_score_is_that_of_glm(study: Study) -> None:
    expected = REFERENCE["score"]
    assert study.fit.log_likelihood == pytest.approx(expected["loglik"], abs=SAME)
    np.testing.assert_allclose(study.fit.coefficients, list(expected["coef"].values()), atol=SAME)
    assert study.fit.logit.std(ddof=1) == pytest.approx(expected["sd_logit"], abs=SAME)


@pytest.mark.parametrize("case", REFERENCE["matchings"], ids=lambda case: case["name"])
def test_pairs_balance_and_effect_are_those_of_matchit(study: Study, case: dict[str, Any]) -> None:
    settings = case["settings"]
    strata = np.zeros(len(study.rows), dtype=np.int64)
    if settings["exact"]:
        strata = study.rows.groupby(settings["exact"]).ngroup().to_numpy()
    caliper = None if settings["caliper"] is None else settings["caliper"] * float(study.fit.logit.std(ddof=1))
    pairs = match_nearest(
        study.fit.logit, study.treated, strata, ratio=settings["ratio"], replace=settings["replace"], caliper=caliper
    )
    seqn = study.rows.seqn.to_numpy(dtype=int)
    assert len(pairs.treated) == case["pairs"]
    assert int((seqn[pairs.treated] * seqn[pairs.control]).sum()) == case["sum_of_seqn_products"]
    assert pairs.distance.sum() == pytest.approx(case["total_distance"], abs=SAME)

    weights = pair_weights(pairs, len(seqn))
    for name, expected in case["smd_after"].items():
        values = study.rows[name].to_numpy(dtype=float)
        assert standardized_mean_difference(values, study.treated, weights) == pytest.approx(expected, abs=SAME), name

    used = weights > 0
    estimate = matched_difference(
        study.outcome[used],
        study.treated[used],
        weights[used],
        clusters_of(pairs, len(seqn), replace=settings["replace"])[used],
        confidence_level=0.95,
        is_binary=False,
    )
    assert estimate.value == pytest.approx(case["att"], abs=SAME)
    # With replacement there are no separate sets: R's HC1 error, one row per person.
    expected = case["se_robust"] if settings["replace"] else case["se_cluster"]
    assert estimate.standard_error == pytest.approx(expected, abs=SAME)


def test_balance_before_matching_is_that_of_matchit(study: Study) -> None:
    ones = np.ones(len(study.rows))
    for name, expected in REFERENCE["smd_before"].items():
        values = study.rows[name].to_numpy(dtype=float)
        assert standardized_mean_difference(values, study.treated, ones) == pytest.approx(expected, abs=SAME)


def test_inverse_probability_weighting_is_that_of_r(study: Study) -> None:
    estimate = inverse_probability(
        study.outcome,
        study.treated,
        study.fit.logit,
        study.matrix.values,
        confidence_level=0.95,
        is_binary=False,
    )
    assert estimate.value == pytest.approx(REFERENCE["weights"]["ipw_att"], abs=SAME)
    weights = score_weights(study.fit.logit, study.treated, "att")[0][~study.treated]
    assert effective_sample_size(weights) == pytest.approx(REFERENCE["weights"]["ess_controls_att"], abs=1e-5)


def test_a_matcher_that_serves_the_smallest_score_first_is_found_out(study: Study) -> None:
    """A wrong twin: another order of work makes other pairs, and the reference notices."""
    case = REFERENCE["matchings"][0]
    strata = np.zeros(len(study.rows), dtype=np.int64)
    turned = match_nearest(-study.fit.logit, study.treated, strata, ratio=1, replace=False, caliper=None)
    seqn = study.rows.seqn.to_numpy(dtype=int)
    assert int((seqn[turned.treated] * seqn[turned.control]).sum()) != case["sum_of_seqn_products"]
