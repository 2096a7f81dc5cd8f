"""From people to a comparison.

Score, groups, diagnosis and gate, in that order.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.comparing.diagnosis import balance_lines, diagnose, gate_of
from models.comparing.methods import NO_MATCH, Situation, form_groups
from models.comparing.plan import Plan
from models.score.boosted_score import fit_boosted_score
from models.score.design_matrix import DesignMatrix
from models.score.propensity import PropensityFit, fit_propensity
from models.values.comparison import Comparison, ComparisonDiagnostics, Gate, gate_limits, no_pairs
from models.values.refusal import Refusal

ADDED_COLUMNS = ("propensity_logit", "weight", "cluster", "left_out")


def compare_people(people: pd.DataFrame, plan: Plan) -> Comparison:
    """Make the groups alike and say how alike they became.

    Parameters
    ----------
    people : DataFrame
        One row per person, in a canonical order: `treated` and the covariates; no outcomes.

    Returns
    -------
    Comparison
        With a closed gate, and everything known so far, where a step fails.
    """
    treated = people["treated"].to_numpy(dtype=bool)
    n_treated, n_pool = int(treated.sum()), int((~treated).sum())
    reason = None
    if n_treated == 0:
        reason = "no_treated"
    elif n_pool == 0:
        reason = "no_comparison"
    elif n_treated < gate_limits()["minimum_treated"]:
        reason = "too_few_treated"
    if reason is not None:
        return _closed(people, reason, ComparisonDiagnostics(n_treated, n_pool, 0, 0, 0.0), plan)
    matrix = plan.matrix(people)
    left_out_columns = ComparisonDiagnostics(n_treated, n_pool, 0, 0, 0.0, columns_left_out=matrix.dropped)
    fit = _score(people, treated, matrix, plan)
    if not isinstance(fit, PropensityFit):
        return _closed(people, fit.reason, left_out_columns, plan)
    formed = form_groups(Situation(people, treated, fit, matrix, plan.comparison, plan.seed))
    if isinstance(formed, Refusal):
        return _closed(people, formed.reason, left_out_columns, plan)
    groups, left_out = formed
    pooled = plan.comparison.estimand != "att"
    lines = balance_lines(matrix, fit.logit, treated, groups.weight, pooled=pooled) if groups.weight.any() else ()
    diagnostics = diagnose(people, matrix, fit, treated, groups.weight, left_out, lines, plan.comparison)
    pairs = no_pairs()
    if groups.pairs is not None:
        pairs = pd.DataFrame(
            {"treated": groups.pairs.treated, "control": groups.pairs.control, "distance": groups.pairs.distance}
        )
    return Comparison(
        people=people.assign(
            propensity_logit=fit.logit, weight=groups.weight, cluster=groups.cluster, left_out=left_out.astype(str)
        ),
        pairs=pairs,
        balance=lines,
        diagnostics=diagnostics,
        estimand=_estimand(plan, treated, groups.weight),
        gate=gate_of(diagnostics),
    )


def _score(
    people: pd.DataFrame, treated: NDArray[np.bool_], matrix: DesignMatrix, plan: Plan
) -> PropensityFit | Refusal:
    if plan.comparison.score_model == "boosted_trees":
        return fit_boosted_score(treated, lambda learnt: plan.matrix(people, learnt), seed=plan.seed)
    return fit_propensity(matrix, treated)


def _estimand(plan: Plan, treated: NDArray[np.bool_], weight: NDArray[np.float64]) -> str:
    """Return the estimand of the groups.

    Leaving people out changes the population that an effect is about.
    """
    estimand = plan.comparison.estimand
    about = treated if estimand == "att" else np.ones(len(treated), dtype=bool)
    return estimand if (weight[about] > 0).all() else f"{estimand}_restricted"


def _closed(people: pd.DataFrame, reason: str, diagnostics: ComparisonDiagnostics, plan: Plan) -> Comparison:
    empty = people.assign(propensity_logit=np.nan, weight=0.0, cluster=-1, left_out=NO_MATCH)
    return Comparison(empty, no_pairs(), (), diagnostics, plan.comparison.estimand, Gate(reason))
