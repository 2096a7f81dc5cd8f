"""A study in three lines, for notebooks: compare, then estimate.

>>> from models.study import compare
>>> groups = compare(people, "took_part", ["age", "sex"], method="nearest_neighbour", caliper_sd_logit=0.2)
>>> groups.effect(people["income"])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError

from data_contracts.protocol.comparison_rules import comparison_faults
from data_contracts.protocol.comparison_settings import ComparisonSettings, EffectSettings
from data_contracts.reading.knowledge import read_knowledge
from models.comparing.compare import compare_people
from models.comparing.plan import Plan
from models.estimating.analysed import analysed
from models.estimating.by_name import estimate_by
from models.values.comparison import Comparison, Gate
from models.values.estimates import Estimate
from models.values.refusal import Refusal


class StudyRefused(ValueError):
    """Refusal of a study, with the reasons; nothing was computed."""


@dataclass(frozen=True, slots=True)
class StudyCovariate:
    """A covariate as found in the frame."""

    name: str
    type: Literal["numeric", "binary", "categorical"]
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StudyGroups:
    """Groups made comparable, before any outcome.

    Attributes
    ----------
    comparison : Comparison
        Rows in canonical order (see `order`).
    plan : Plan
    order : ndarray of int, shape (n,)
        Row of the given frame for each row of the comparison.
    """

    comparison: Comparison
    plan: Plan
    order: NDArray[np.int64]

    @property
    def balance(self) -> pd.DataFrame:
        """Every column, square and the score, before and after."""
        return pd.DataFrame(
            [{name: getattr(line, name) for name in line.__slots__} for line in self.comparison.balance]
        )

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weight of each row of the given frame; 0 for people left out."""
        weights = np.empty(len(self.order))
        weights[self.order] = self.comparison.people["weight"].to_numpy(dtype=float)
        return weights

    def effect(self, outcome: pd.Series | NDArray[np.float64], estimator: str | None = None) -> Estimate:
        """Estimate the effect on an outcome.

        Parameters
        ----------
        outcome : Series or ndarray, shape (n,)
            In the order of the given frame; missing where it was not measured. Two values 0 and 1 make it binary.
        estimator : str, optional
            Default of the method if not given.

        Raises
        ------
        StudyRefused
            If the gate is closed or the outcome cannot carry an estimate.
        """
        _ensure_open(self.comparison.gate)
        y = pd.to_numeric(pd.Series(outcome), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        if len(y) != len(self.order):
            raise StudyRefused(f"The outcome has {len(y)} values for {len(self.order)} people.")
        y = y[self.order]
        seen = y[np.isfinite(y)]
        if len(seen) == 0 or seen.min() == seen.max():
            raise StudyRefused("The outcome does not vary, so its uncertainty cannot be calculated.")
        data = analysed(self.comparison, y, self.plan, is_binary=bool(np.isin(seen, (0.0, 1.0)).all()))
        name = self.plan.effects.estimator if estimator is None else estimator
        known = read_knowledge("comparison_methods")["estimators"]
        estimand = self.plan.comparison.estimand
        if name not in known or estimand not in known[name]["estimands"]:
            able = ", ".join(word for word, facts in known.items() if estimand in facts["estimands"])
            raise StudyRefused(f"“{name}” does not answer for {estimand}. Estimators that do: {able}.")
        found = estimate_by(name, data)
        if isinstance(found, Refusal):
            _ensure_open(Gate(found.reason))
            raise StudyRefused(found.reason)
        return found

    def __str__(self) -> str:
        d = self.comparison.diagnostics
        lines = [
            f"{self.plan.comparison.method}, {self.comparison.estimand}: {d.n_compared_treated} of {d.n_treated} participants, "
            f"{d.n_compared_control} of {d.n_pool} others (worth {d.effective_controls:.1f})"
        ]
        if d.max_smd_before is not None and d.max_smd_after is not None:
            lines.append(f"largest standardised difference {d.max_smd_before:.2f} before, {d.max_smd_after:.2f} after")
        text = self.comparison.gate.text
        lines.append("gate open" if text is None else text["en"])
        return "\n".join(lines)


def compare(
    people: pd.DataFrame,
    treated: str,
    covariates: Sequence[str],
    *,
    person_id: str | None = None,
    seed: int = 2026,
    effects: dict[str, Any] | None = None,
    **settings: Any,
) -> StudyGroups:
    """Make participants and others comparable.

    Parameters
    ----------
    people : DataFrame
        One row per person.
    treated : str
        Column of 0 and 1, or true and false: who took part.
    covariates : sequence of str
        Columns of the score, known before the start. Texts are categorical; 0 and 1 are yes-or-no.
    person_id : str, optional
        Column that breaks ties; without it the order of rows does.
    effects : dict, optional
        Keys of `EffectSettings`, such as `confidence_level`.
    **settings
        Keys of `ComparisonSettings`, such as `method`, `caliper_sd_logit` or `ratio`.

    Returns
    -------
    StudyGroups
        Look at `print(groups)` and `groups.balance` before any outcome.

    Raises
    ------
    StudyRefused
        With every fault found.
    """
    plan = _plan(people, treated, covariates, settings, effects or {}, seed)
    order = np.arange(len(people))
    if person_id is not None:
        if people[person_id].duplicated().any() or people[person_id].isna().any():
            raise StudyRefused(f"“{person_id}” must be known for everybody and different for each.")
        order = np.argsort(people[person_id].astype(str).to_numpy(dtype=str), kind="stable")
    took_part = pd.to_numeric(people[treated], errors="coerce")
    if took_part.isna().any() or not took_part.isin((0, 1)).all():
        raise StudyRefused(f"“{treated}” must be 0 or 1 for everybody.")
    names = [c.name for c in plan.covariates]
    frame = people[names].iloc[order].reset_index(drop=True)
    frame["treated"] = took_part.to_numpy(dtype=bool)[order]
    used = [*plan.comparison.score_covariates, *plan.comparison.exact]
    missing = frame[used].isna().any(axis=1)
    if plan.comparison.missing_covariates == "refuse" and missing.any():
        raise StudyRefused(
            f"{int(missing.sum())} people lack a covariate. Leave them out, or choose missing_covariates: indicator or impute."
        )
    return StudyGroups(compare_people(frame, plan), plan, order)


def _plan(
    people: pd.DataFrame,
    treated: str,
    covariates: Sequence[str],
    settings: dict[str, Any],
    effects: dict[str, Any],
    seed: int,
) -> Plan:
    """Check the request and return its plan.

    All faults are reported at once.
    """
    named = [*covariates, *settings.get("exact", ()), *settings.get("mahalanobis", ())]
    named += [*settings.get("calipers", {}), *settings.get("cuts", {})]
    names = list(dict.fromkeys(named))
    unknown = [name for name in (treated, *names) if name not in people.columns]
    if unknown:
        raise StudyRefused(f"There is no column {', '.join(f'“{name}”' for name in unknown)}.")
    found = tuple(_covariate(people[name]) for name in names)
    raw = {key: _plain(value) for key, value in settings.items()}
    raw["score_covariates"] = list(covariates)
    methods = read_knowledge("comparison_methods")["methods"]
    own = methods.get(raw.get("method"), {}).get("estimators", ["matched_difference"])[0]
    chosen = {"estimator": own} | effects
    problems = [
        f"{what} {fix}"
        for _, what, fix in comparison_faults(
            {"design": "matched_control", "comparison": raw, "effects": chosen},
            {c.name: {"type": c.type} for c in found},
        )
    ]
    try:
        comparison = ComparisonSettings.model_validate(raw)
        effect_settings = EffectSettings.model_validate(chosen)
    except ValidationError as error:
        problems += [f"{'.'.join(str(step) for step in e['loc'])}: {e['msg']}." for e in error.errors()]
    if problems:
        raise StudyRefused("\n".join(problems))
    return Plan(found, comparison, effect_settings, seed)


def _plain(value: Any) -> Any:
    """Return tuples as lists, as in a protocol on disk."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _covariate(values: pd.Series) -> StudyCovariate:
    name = str(values.name)
    known = values.dropna()
    if known.empty:
        raise StudyRefused(f"“{name}” is missing for everybody.")
    if pd.api.types.is_bool_dtype(known) or (pd.api.types.is_numeric_dtype(known) and known.isin((0, 1)).all()):
        return StudyCovariate(name, "binary")
    if pd.api.types.is_numeric_dtype(known):
        return StudyCovariate(name, "numeric")
    return StudyCovariate(name, "categorical", tuple(sorted(known.astype(str).unique())))


def _ensure_open(gate: Gate) -> None:
    text = gate.text
    if text is not None and not gate.is_pooled_only:
        raise StudyRefused(text["en"])
