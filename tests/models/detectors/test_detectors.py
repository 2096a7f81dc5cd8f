"""Every detector fires on data built to have its fault, and is quiet on the same data without it.

The data are drawn, the checks are the project's own, and only then does the detector see them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

from data_contracts.ladder.ladder import State, error_sources
from data_contracts.protocol.comparison_settings import ComparisonSettings, EffectSettings
from data_contracts.protocol.protocol import Covariate
from data_contracts.results.wording import in_words
from models.comparing.balance import imbalance_p_value, power_to_see
from models.comparing.compare import compare_people
from models.comparing.plan import Plan
from models.designs.benchmarking.funnel import funnel
from models.designs.matched_control.effects import predicted_shift
from models.designs.panel.checks import (
    Panel,
    control_change,
    dip_smd,
    group_time_effect,
    lead_p,
    placebo_period_p,
    pre_trend_p,
    two_way_effect,
)
from models.designs.systematic_review.small_studies import egger, pet_peese, trim_and_fill
from models.detectors.interface import Conduct, CovariateFacts, Findings
from models.detectors.registry import DETECTORS
from models.estimating.analysed import analysed
from models.estimating.by_name import estimate_by
from models.estimating.confidence_sequence import always_valid
from models.statistics.pooling import pool
from models.statistics.power_and_q import benjamini_hochberg, two_sided_p
from models.values.comparison import BalanceLine, ComparisonDiagnostics, Gate
from models.values.design_findings import (
    AccountFindings,
    JudgementFindings,
    PanelFindings,
    RateFindings,
    SynthesisFindings,
    TrialFindings,
)
from models.values.doubt import Doubt, PlaceboEstimate
from models.values.effects import Effects
from models.values.estimates import Estimate

OPEN = {State.warning, State.serious}
RNG = np.random.default_rng


def estimate(value: float, error: float, control: float = 0.3) -> Estimate:
    low, high = value - 1.96 * error, value + 1.96 * error
    return Estimate("matched_difference", value, error, low, high, "normal", control + value, control, np.empty(0))


CONDUCT = Conduct(
    outcome_type="binary",
    outcome_direction="higher_is_better",
    smallest_worthwhile_effect=0.10,
    outcome_source="register",
    intervention_facts_missing=0,
    dose_missing_share=0.0,
    counted_from="start",
    controls_have_index_date=True,
    inclusion_depends_on_follow_up=False,
    open_domains=(),
    outcomes_count=1,
    calculations_reported=3,
    calculations_run=3,
    looks_count=1,
    is_locked=True,
    covariates={"before": CovariateFacts({"da": "Før", "en": "Before"}, True, True)},
)


def shares(treated: float, control: float, n: int = 400) -> Estimate:
    """A difference of two shares as people would show it."""
    error = float(np.sqrt(treated * (1 - treated) / n + control * (1 - control) / n))
    return estimate(treated - control, error, control)


def with_effect(**fields: Any) -> Effects:
    usual: dict[str, Any] = {"outcome": "work", "gate": Gate(), "n_treated": 400, "n_control": 400}
    doubt = Doubt(**{name: fields.pop(name) for name in Doubt.__slots__ if name in fields})
    return Effects(**usual | {"primary": shares(0.5, 0.3), "doubt": doubt} | fields)


# Matched groups -------------------------------------------------------------------------------------------------------


def people(pull: float, *, n: int = 4000, seed: int = 3) -> pd.DataFrame:
    """People who take part the more, the higher their `need`; `pull` 0 is a lottery."""
    rng = RNG(seed)
    need = rng.normal(size=n)
    treated = rng.random(n) < 1 / (1 + np.exp(2 - pull * need))
    return pd.DataFrame(
        {"person_id": np.arange(n).astype(str), "treated": treated, "need": need, "elsewhere": rng.random(n)}
    )


COVARIATES = (Covariate(name="need", label="Need", type="numeric", domain="health", source="register"),)


def compared(frame: pd.DataFrame, **settings: object) -> tuple[ComparisonDiagnostics, tuple[BalanceLine, ...]]:
    plan = Plan(
        COVARIATES,
        ComparisonSettings(
            **{"method": "nearest_neighbour", "score_covariates": ("need",), "caliper_sd_logit": 0.2} | settings
        ),
        EffectSettings(estimator="matched_difference"),
        1,
    )
    made = compare_people(frame, plan)
    return made.diagnostics, made.balance


def group_differences(fault: bool) -> Findings:
    diagnostics, balance = compared(people(1.5), caliper_sd_logit=50.0 if fault else 0.1, ratio=5 if fault else 1)
    return Findings(CONDUCT, diagnostics, balance)


def no_overlap(fault: bool) -> Findings:
    return Findings(CONDUCT, *compared(people(5.0 if fault else 0.3)))


def not_transferable(fault: bool) -> Findings:
    """Those with the greatest need have nobody like them, so the analysed are others than those who came."""
    frame = people(0.3)
    if fault:
        far = frame["treated"] & (RNG(1).random(len(frame)) < 0.3)
        frame.loc[far, "need"] += 6.0
    return Findings(CONDUCT, *compared(frame))


def contaminated_controls(fault: bool) -> Findings:
    frame = people(0.3)
    frame["other"] = (frame["elsewhere"] < (0.25 if fault else 0.04)).astype(float)
    return Findings(CONDUCT, *compared(frame, other_programme="other"))


def creaming(fault: bool) -> Findings:
    frame = people(0.8 if fault else 0.0)
    y = 0.5 * frame["need"].to_numpy() + RNG(4).normal(size=len(frame))
    plan = Plan(
        COVARIATES,
        ComparisonSettings(method="nearest_neighbour", score_covariates=("need",), caliper_sd_logit=0.2),
        EffectSettings(estimator="matched_difference"),
        1,
    )
    data = analysed(compare_people(frame, plan), y, plan, is_binary=False)
    shift, error = predicted_shift(data)
    return Findings(CONDUCT, effects=with_effect(predicted_shift=shift, predicted_shift_error=error))


def unmeasured_confounding(fault: bool) -> Findings:
    """Something nobody measured moves both participation and an earlier outcome; the placebo is matched on the rest."""
    rng = RNG(9)
    n = 6000
    hidden, need = rng.normal(size=n), rng.normal(size=n)
    treated = rng.random(n) < 1 / (1 + np.exp(1.5 - 0.5 * need - (0.9 if fault else 0.0) * hidden))
    before = (rng.random(n) < 1 / (1 + np.exp(0.8 - 0.4 * need - 0.9 * hidden))).astype(float)
    after = (
        rng.random(n) < 1 / (1 + np.exp(0.8 - 0.4 * need - 0.9 * hidden - (0.0 if fault else 0.9) * treated))
    ).astype(float)
    frame = pd.DataFrame({"person_id": np.arange(n).astype(str), "treated": treated, "need": need})
    plan = Plan(
        COVARIATES,
        ComparisonSettings(method="nearest_neighbour", score_covariates=("need",), caliper_sd_logit=0.2),
        EffectSettings(estimator="matched_difference"),
        1,
    )
    made = compare_people(frame, plan)
    found = [estimate_by("matched_difference", analysed(made, y, plan, is_binary=True)) for y in (after, before)]
    assert all(isinstance(f, Estimate) for f in found)
    return Findings(CONDUCT, effects=with_effect(primary=found[0], placebo=(PlaceboEstimate("before", found[1]),)))


def attrition(fault: bool) -> Findings:
    """Half of the comparison is lost where it went badly; without the fault 3 in 100 anywhere."""
    rng = RNG(2)
    y = rng.random(800) < 0.4
    own = np.arange(800) < 400
    lost = (rng.random(800) < 0.03) | (fault & ~own & ~y & (rng.random(800) < 0.7))
    return Findings(
        CONDUCT,
        effects=with_effect(
            missing_treated_share=float(lost[own].mean()), missing_control_share=float(lost[~own].mean())
        ),
    )


def register_limited_covariates(fault: bool) -> Findings:
    return Findings(replace(CONDUCT, open_domains=("violence", "motivation") if fault else ()))


# Plan and conduct -----------------------------------------------------------------------------------------------------


def immortal_time(fault: bool) -> Findings:
    return Findings(replace(CONDUCT, counted_from="completion" if fault else "start"))


def imprecise_intervention(fault: bool) -> Findings:
    """A dose that stands for 6 in 10 participants, against all."""
    dose = pd.Series(np.where(RNG(1).random(200) < (0.4 if fault else 0.0), np.nan, 3.0))
    return Findings(replace(CONDUCT, dose_missing_share=float(dose.isna().mean())))


def multiplicity(fault: bool) -> Findings:
    """Twenty outcomes without any effect; the smallest p is made the headline. Against one that is truly there."""
    rng = RNG(8)
    values = rng.normal(0.0, 0.03, 20)
    best = int(np.abs(values).argmax())
    p = [two_sided_p(v, 0.03) for v in values]
    if not fault:
        values[best], p[best] = 0.20, two_sided_p(0.20, 0.03)
    q = benjamini_hochberg(p)[best]
    conduct = replace(CONDUCT, outcomes_count=20, calculations_reported=20, calculations_run=20)
    return Findings(
        conduct,
        effects=with_effect(primary=estimate(float(np.sign(values[best]) * max(abs(values[best]), 0.06)), 0.03)),
        q_value=q,
    )


def repeated_looks(fault: bool) -> Findings:
    """The eighth look: an estimate just beyond two standard errors, against one far from zero."""
    found = estimate(0.065 if fault else 0.20, 0.03)
    sequence = always_valid(found, 200, planned_n=120, confidence_level=0.95)
    return Findings(replace(CONDUCT, looks_count=8), effects=with_effect(primary=found), always_valid=sequence)


def protocol_changed(fault: bool) -> Findings:
    return Findings(replace(CONDUCT, changed_keys=("outcomes.work.before_months",) if fault else ()))


def underpowered(fault: bool) -> Findings:
    return Findings(CONDUCT, effects=with_effect(primary=shares(0.35, 0.30, 60 if fault else 4000)))


# Panels and rates -----------------------------------------------------------------------------------------------------


def panel(
    *, trend: float = 0.0, dip: float = 0.0, growing: float = 0.0, staggered: bool = False, seed: int = 6
) -> Panel:
    """80 units over 12 times, half of them starting at time 6 (or 4, 6 and 9), with an effect of 1."""
    rng = RNG(seed)
    units, times = 80, 12
    starts = np.full(units, times)
    starts[:40] = np.resize([4, 6, 9], 40) if staggered else 6
    time = np.arange(times)
    y = rng.normal(size=(units, 1)) + 0.05 * time + rng.normal(0, 0.3, (units, times))
    since = time - starts[:, None]
    y = y + np.where(since >= 0, 1.0 + growing * since, 0.0)
    y[:40] += trend * time
    y[np.arange(40), starts[:40] - 1] += dip
    return Panel(y, starts)


def outside_factors(fault: bool) -> Findings:
    p = panel(trend=0.15 if fault else 0.0)
    change = control_change(p)
    effect = group_time_effect(p)
    assert change is not None
    assert effect is not None
    found = PanelFindings(
        pre_trend_p=pre_trend_p(p),
        placebo_period_p=placebo_period_p(p),
        control_trend_share=change / effect,
        clusters_count=80,
        treated_units_count=40,
    )
    return Findings(CONDUCT, panel=found)


def reverse_causality(fault: bool) -> Findings:
    return Findings(CONDUCT, panel=PanelFindings(lead_p=lead_p(panel(dip=-0.8 if fault else 0.0))))


def staggered_timing(fault: bool) -> Findings:
    p = panel(staggered=True, growing=0.6 if fault else 0.0)
    return Findings(
        CONDUCT, panel=PanelFindings(start_times_count=3, two_way=two_way_effect(p), group_time=group_time_effect(p))
    )


def regression_to_mean(fault: bool) -> Findings:
    return Findings(CONDUCT, panel=PanelFindings(dip_smd=dip_smd(panel(dip=-0.8 if fault else -0.05))))


def all_or_nothing_works(fault: bool) -> Findings:
    """40 units around one rate: those outside are chance's; against 40 of which six are really better."""
    rng = RNG(12)
    size = np.full(40, 120.0)
    truth = np.full(40, 0.3)
    if not fault:
        truth[:6] = 0.60
    found = funnel(rng.binomial(120, truth) / 120, size, 0.3, level=0.95, winsorised_share=0.1)
    return Findings(CONDUCT, rate=RateFindings(40, found.outside_count, found.expected_outside))


# Syntheses and trials -------------------------------------------------------------------------------------------------


def studies(*, selected: bool = False, tau: float = 0.0, effect: float = 0.3, k: int = 60) -> SynthesisFindings:
    rng = RNG(21)
    v = np.exp(rng.uniform(np.log(0.003), np.log(0.2), k * (6 if selected else 1)))
    y = rng.normal(0.0 if selected else effect, np.sqrt(v + tau**2))
    if selected:
        kept = (y / np.sqrt(v) > 1.64) | (rng.random(len(y)) < 0.05)
        y, v = y[kept], v[kept]
    found, filled = pool(y, v), trim_and_fill(y, v)
    low, high = pet_peese(y, v, alpha=0.1).interval(0.95)
    return SynthesisFindings(
        len(y),
        found.estimate,
        found.low,
        found.high,
        found.prediction_low,
        found.prediction_high,
        found.i_squared,
        opposing_share=float((np.sign(y) != np.sign(found.estimate)).mean()),
        has_dependent_effects=False,
        egger_p=egger(y, v).slope_p,
        filled_shift=(filled.estimate - found.estimate) / found.estimate,
        corrected_low=low,
        corrected_high=high,
        planned_count=len(y),
        never_reported_count=0,
    )


def publication_bias(fault: bool) -> Findings:
    return Findings(CONDUCT, synthesis=studies(selected=fault))


def heterogeneity(fault: bool) -> Findings:
    return Findings(CONDUCT, synthesis=studies(tau=0.5 if fault else 0.0))


def included_study_quality(fault: bool) -> Findings:
    """The weak studies show 0.6, the strong ones nothing; against studies that all show 0.3."""
    rng = RNG(17)
    v = np.full(24, 0.02)
    weak = np.arange(24) < 18
    y = rng.normal(np.where(weak, 0.6, 0.0) if fault else 0.3, np.sqrt(v))
    everything, strong = pool(y, v), pool(y[~weak], v[~weak])
    share = float(everything.weight[~weak].sum()) if fault else 0.9
    found = SynthesisFindings(
        24,
        everything.estimate,
        everything.low,
        everything.high,
        low_risk_weight_share=share,
        strong_low=strong.low,
        strong_high=strong.high,
    )
    return Findings(CONDUCT, synthesis=found)


def hawthorne_placebo(fault: bool) -> Findings:
    return Findings(
        replace(CONDUCT, outcome_source="self_report"), trial=TrialFindings(controls_get_attention=not fault)
    )


# Judgements, cases and money ------------------------------------------------------------------------------------------


def kappa(noise: float) -> float:
    """Agreement of three raters on 60 cases, each of whom errs in a share of them."""
    rng = RNG(30)
    truth = rng.integers(0, 3, 60)
    ratings = np.where(rng.random((60, 3)) < noise, rng.integers(0, 3, (60, 3)), truth[:, None])
    return float(fleiss_kappa(aggregate_raters(ratings)[0]))


def expert_interest(fault: bool) -> Findings:
    return Findings(
        CONDUCT, judgement=JudgementFindings(raters_have_interests=False, agreement=kappa(0.8 if fault else 0.1))
    )


def many_readings(fault: bool) -> Findings:
    return Findings(
        CONDUCT, judgement=JudgementFindings(rivals_recorded_count=3, rivals_tested_count=0 if fault else 3)
    )


def double_counting(fault: bool) -> Findings:
    bookings = (
        ("less cash benefit", "municipality"),
        ("less cash benefit", "state") if fault else ("fewer beds", "region"),
    )
    return Findings(CONDUCT, account=AccountFindings(bookings, True, 0.0, (2026,), 2026))


def stale_prices(fault: bool) -> Findings:
    return Findings(
        CONDUCT, account=AccountFindings((("less cash benefit", "state"),), True, 0.0, (2010 if fault else 2026,), 2026)
    )


BUILT: dict[str, Callable[[bool], Findings]] = {
    name: function for name, function in list(globals().items()) if name in error_sources() and callable(function)
}


def test_there_is_a_data_set_for_every_detector() -> None:
    assert set(BUILT) == set(DETECTORS) == set(error_sources())


@pytest.mark.parametrize("code", sorted(BUILT))
def test_it_fires_on_the_fault_and_is_quiet_without(code: str) -> None:
    faulty, fine = (DETECTORS[code](BUILT[code](fault)) for fault in (True, False))
    assert faulty.state in OPEN, in_words(*faulty.finding).en
    assert fine.state == State.clear, in_words(*fine.finding).en
    assert faulty.finding != fine.finding
    for detection in (faulty, fine):
        assert in_words(*detection.finding).da
        assert "{" not in in_words(*detection.finding).en


@pytest.mark.parametrize("code", sorted(BUILT))
def test_one_that_was_given_nothing_says_what_it_lacked(code: str) -> None:
    nothing = DETECTORS[code](Findings(Conduct("binary", "higher_is_better")))
    assert nothing.state == State.not_measured
    assert in_words(*nothing.finding).en.startswith("Not measured: ")
    assert nothing.value is None


@dataclass(frozen=True)
class Case:
    """One boundary of one detector."""

    code: str
    findings: Findings
    state: State
    is_critical: bool = False


ACCOUNT = AccountFindings((("beds", "region"),), True, 0.3, (2026,), 2026)
BOUNDARIES = [
    Case("immortal_time", Findings(replace(CONDUCT, counted_from="completion", inclusion_depends_on_follow_up=True)), State.serious, True),
    Case("immortal_time", Findings(replace(CONDUCT, controls_have_index_date=False)), State.warning),
    Case("attrition", Findings(CONDUCT, effects=with_effect(missing_treated_share=0.6, missing_control_share=0.1)), State.serious, True),
    Case("protocol_changed", Findings(replace(CONDUCT, changed_keys=("a",), primary_outcome_changed=True)), State.serious, True),
    Case("protocol_changed", Findings(replace(CONDUCT, is_locked=False)), State.not_measured),
    Case("multiplicity", Findings(replace(CONDUCT, calculations_run=9), effects=with_effect()), State.serious),
    Case("repeated_looks", Findings(replace(CONDUCT, looks_count=3), effects=with_effect()), State.warning),
    Case("outside_factors", Findings(CONDUCT, panel=PanelFindings(pre_trend_p=0.5, treated_units_count=1)), State.serious),
    Case("outside_factors", Findings(CONDUCT, panel=PanelFindings(pre_trend_p=0.5, clusters_count=6)), State.warning),
    Case("outside_factors", Findings(CONDUCT, panel=PanelFindings(unemployment_change_share=0.03)), State.warning),
    Case("outside_factors", Findings(CONDUCT, panel=PanelFindings(clusters_count=60)), State.not_measured),
    Case("reverse_causality", Findings(CONDUCT, panel=PanelFindings(has_covariates_after_start=True)), State.serious),
    Case("staggered_timing", Findings(CONDUCT, panel=PanelFindings(start_times_count=1)), State.clear),
    Case("staggered_timing", Findings(CONDUCT, panel=PanelFindings(start_times_count=3, two_way=-0.1, group_time=0.2)), State.serious),
    Case("publication_bias", Findings(CONDUCT, synthesis=SynthesisFindings(3, egger_p=0.6)), State.warning),
    Case("publication_bias", Findings(CONDUCT, synthesis=SynthesisFindings(20, planned_count=10, never_reported_count=4)), State.warning),
    Case("heterogeneity", Findings(CONDUCT, synthesis=SynthesisFindings(9, i_squared=0.1, has_dependent_effects=True)), State.warning),
    Case("hawthorne_placebo", Findings(CONDUCT), State.not_measurable),
    Case("expert_interest", Findings(CONDUCT, judgement=JudgementFindings(raters_have_interests=True, agreement=0.9)), State.serious),
    Case("expert_interest", Findings(CONDUCT, judgement=JudgementFindings(raters_have_interests=False)), State.warning),
    Case("expert_interest", Findings(CONDUCT, judgement=JudgementFindings(False, 0.9, skill=-0.1)), State.serious),
    Case("many_readings", Findings(CONDUCT, judgement=JudgementFindings(rivals_recorded_count=2, rivals_tested_count=2, minimal_solutions_count=3)), State.warning),
    Case("double_counting", Findings(CONDUCT, account=ACCOUNT), State.serious),
    Case("all_or_nothing_works", Findings(CONDUCT, rate=RateFindings(1, 0, 0.05)), State.not_measured),
]  # fmt: skip


@pytest.mark.parametrize("case", BOUNDARIES, ids=lambda c: f"{c.code}-{c.state}")
def test_boundaries(case: Case) -> None:
    found = DETECTORS[case.code](case.findings)
    assert (found.state, found.is_critical) == (case.state, case.is_critical), in_words(*found.finding).en


def test_balance_by_the_numbers_of_the_gate_is_that_of_the_detector() -> None:
    """The gate and the detector ask the same of balance; their limits stand in two files and must not part."""
    from data_contracts.reading.knowledge import read_knowledge

    limits, own = read_knowledge("gates")["limits"], error_sources()["group_differences"].thresholds
    assert (limits["allowed_smd"], limits["largest_smd"]) == (own["warning"], own["serious"])
    assert (limits["balance_alpha"], limits["power"]) == (own["alpha"], own["power"])
    assert power_to_see(0.25, 500.0, 500.0, 0.05) > 0.9
    assert imbalance_p_value(np.array([0.4]), 300.0, 300.0, 0.1) < 0.01
