"""Rows of the record: what stations give, as the parts that people read."""

from __future__ import annotations

import math
from typing import TypedDict

from data_contracts.phrases import bilingual
from data_contracts.protocol.protocol import Outcome, Protocol
from data_contracts.reading.parts import Text
from data_contracts.results.public_record import (
    AttritionStep,
    Bounds,
    MeasureRow,
)
from data_contracts.results.result_record import (
    AlternativeEstimate,
    BalanceRow,
    Diagnostics,
    PlaceboResult,
    Specification,
    SubgroupResult,
)
from data_contracts.results.statements import Bilingual, Statement, says
from models.detectors.bounds import bounds_of
from models.detectors.interface import Findings, threshold
from models.detectors.placebo_sources import placebo_fails
from models.estimating.subgroups import site_name
from models.people.cohort import Step
from models.statistics.power_and_q import minimal_detectable_effect
from models.values.breakdown import SubgroupEstimate
from models.values.comparison import Comparison
from models.values.doubt import PlaceboEstimate
from models.values.effects import Effects
from models.values.estimates import Estimate


def unit_of(outcome: Outcome) -> Bilingual:
    """Return what an outcome is counted in."""
    if outcome.unit is not None:
        return both_languages(outcome.unit)
    return Bilingual(**bilingual("times_word" if outcome.type == "ratio" else "percentage_points"))


def reason_of(code: str | None) -> Statement | None:
    """Return why there is no number, as a statement."""
    return None if code is None else says(f"gate:{code}")


def known_or_none(value: float) -> float | None:
    """Return a value, or None where it is not a number."""
    return None if math.isnan(value) else value


def measures_of(effects: Effects, outcome: Outcome, protocol: Protocol) -> tuple[MeasureRow, ...]:
    """Return measures, with the published answer beside those that have one."""
    published = {row.measure: row for row in protocol.published_answers if row.outcome == outcome.name}
    return tuple(
        MeasureRow(
            code=m.code,
            value=m.value,
            interval_low=m.low,
            interval_high=m.high,
            published_value=published[m.code].value if m.code in published else None,
            published_source=published[m.code].source if m.code in published else None,
        )
        for m in effects.breakdown.measures
    )


def specifications_of(effects: Effects, protocol: Protocol) -> tuple[Specification, ...]:
    """Return what the other declared comparisons gave."""
    declared = {s.name: s for s in protocol.effects.specifications}
    return tuple(
        Specification(
            name=row.name,
            label=both_languages(declared[row.name].label),
            reason_says=reason_of(row.reason),
            **_numbers(row.estimate, declared[row.name].estimator),
        )
        for row in effects.breakdown.specifications
    )


def subgroups_of(effects: Effects, protocol: Protocol, estimator: str) -> tuple[SubgroupResult, ...]:
    """Return what was found for parts of the participants."""
    declared = {s.name: s for s in protocol.effects.subgroups}
    return tuple(
        _subgroup(row, both_languages(declared[row.name].label), estimator) for row in effects.breakdown.subgroups
    )


def sites_of(effects: Effects, estimator: str) -> tuple[SubgroupResult, ...]:
    """Return what was found in each municipality."""
    return tuple(_subgroup(row, Bilingual(**site_name(row.name)), estimator) for row in effects.breakdown.sites)


def _subgroup(row: SubgroupEstimate, label: Bilingual, estimator: str) -> SubgroupResult:
    return SubgroupResult(
        name=row.name,
        label=label,
        reason_says=reason_of(row.reason),
        n_treated=row.n_treated,
        n_control=row.n_control,
        q_value=row.q_value,
        **_numbers(row.estimate, estimator),
    )


def both_languages(text: Text) -> Bilingual:
    """Return a text of the protocol."""
    return Bilingual(da=text.da, en=text.en)


class Numbers(TypedDict):
    """The numbers that all rows of estimates share."""

    estimator: str
    estimate: float | None
    standard_error: float | None
    interval_low: float | None
    interval_high: float | None


def _numbers(estimate: Estimate | None, estimator: str) -> Numbers:
    if estimate is None:
        return Numbers(estimator=estimator, estimate=None, standard_error=None, interval_low=None, interval_high=None)
    return Numbers(
        estimator=estimate.estimator,
        estimate=estimate.value,
        standard_error=estimate.standard_error,
        interval_low=estimate.low,
        interval_high=estimate.high,
    )


def alternative_of(estimate: Estimate) -> AlternativeEstimate:
    """Return another estimate of the same thing."""
    return AlternativeEstimate(**_numbers(estimate, estimate.estimator))


def placebo_of(placebo: PlaceboEstimate, protocol: Protocol, outcome: Outcome) -> PlaceboResult:
    """Return a placebo in its own unit.

    The unit is percentage points, the outcome's unit if it is an earlier outcome, or none.
    """
    covariate = protocol.covariate(placebo.covariate)
    unit = Bilingual(da="", en="")
    if covariate.type == "binary":
        unit = Bilingual(**bilingual("percentage_points"))
    elif covariate.pre_period_of == outcome.name and outcome.unit is not None:
        unit = both_languages(outcome.unit)
    return PlaceboResult(
        covariate=placebo.covariate,
        label=both_languages(covariate.label),
        outcome_type="binary" if covariate.type == "binary" else "numeric",
        unit=unit,
        fails=placebo_fails(placebo.estimate),
        **_numbers(placebo.estimate, placebo.estimate.estimator),
    )


def diagnostics_of(f: Findings, comparison: Comparison, effects: Effects) -> Diagnostics:
    """Return how alike the groups are, and how much hidden bias they bear.

    Hidden bias is measured by how strong it would have to be.
    """
    d = comparison.diagnostics
    detectable = None
    if effects.primary is not None:
        alpha = 1 - f.conduct.confidence_level
        detectable = minimal_detectable_effect(
            effects.primary.standard_error, alpha=alpha, power=threshold("underpowered", "power")
        )
    bounds = bounds_of(f)
    return Diagnostics(
        max_smd_before=d.max_smd_before,
        max_smd_after=d.max_smd_after,
        effective_sample_size=d.effective_controls or None,
        overlap_share=d.overlap_share,
        propensity_auc=d.propensity_auc,
        outcome_missing_treated_share=effects.doubt.missing_treated_share,
        outcome_missing_control_share=effects.doubt.missing_control_share,
        minimal_detectable_effect=detectable,
        fewest_unlike_others=effects.doubt.fewest_unlike_others,
        largest_share=None if effects.doubt.dominance is None else effects.doubt.dominance[0],
        two_largest_share=None if effects.doubt.dominance is None else effects.doubt.dominance[1],
        detectable_smd=d.detectable_smd,
        imbalance_p=d.imbalance_p,
        **{name: getattr(bounds, name) for name in Bounds.model_fields},
    )


def balance_rows(comparison: Comparison, protocol: Protocol) -> tuple[BalanceRow, ...]:
    """Return the balance of every covariate."""
    rows = []
    for line in (line for line in comparison.balance if line.kind == "covariate"):
        label = both_languages(protocol.covariate(line.covariate).label)
        level = line.column.partition("=")[2]
        if level:
            label = Bilingual(da=f"{label.da}: {level}", en=f"{label.en}: {level}")
        rows.append(
            BalanceRow(
                covariate=line.column,
                label=label,
                smd_before=_finite(line.smd_before),
                smd_after=_finite(line.smd_after),
                fewest=line.fewest,
            )
        )
    return tuple(rows)


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


def flow_of(steps: tuple[Step, ...], comparison: Comparison, effects: Effects) -> tuple[AttritionStep, ...]:
    """Return how many people were left after each step."""
    rows = [AttritionStep(step=s.step, treated=s.treated, pool=s.pool) for s in steps]
    d = comparison.diagnostics
    pool = d.n_compared_control if d.n_pool else None
    seen = effects.n_control if d.n_pool else None
    rows.append(AttritionStep(step="compared", treated=d.n_compared_treated, pool=pool))
    rows.append(AttritionStep(step="outcome_known", treated=effects.n_treated, pool=seen))
    return tuple(rows)
