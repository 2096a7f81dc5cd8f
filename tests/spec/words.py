"""Helpers of the specification tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from models.detectors.interface import Conduct, CovariateFacts, Findings
from models.detectors.registry import detect
from models.evidence.evidence import evidence_of
from models.evidence.rung import DesignFacts, earned_rung, rung_number
from models.values.comparison import ComparisonDiagnostics, Gate
from models.values.doubt import Doubt, PlaceboEstimate
from models.values.effects import Effects
from models.values.estimates import Estimate


def estimate(value: float = 0.20, error: float = 0.02) -> Estimate:
    """Return a difference of shares, with 12 of 100 without the project."""
    low, high = value - 1.96 * error, value + 1.96 * error
    return Estimate("matched_difference", value, error, low, high, "normal", 0.12 + value, 0.12, np.empty(0))


def findings(*, placebo: float | None = 0.0, value: float = 0.20, error: float = 0.02, **conduct: Any) -> Findings:
    """Return findings without faults, except for the given ones."""
    main = estimate(value, error)
    test = (
        ()
        if placebo is None
        else (PlaceboEstimate("before", replace(main, value=placebo, low=placebo - 0.03, high=placebo + 0.03)),)
    )
    known: dict[str, Any] = {
        "outcome_type": "binary",
        "outcome_direction": "higher_is_better",
        "smallest_worthwhile_effect": 0.07,
        "outcome_source": "register",
        "intervention_facts_missing": 0,
        "dose_missing_share": 0.0,
        "counted_from": "start",
        "controls_have_index_date": True,
        "inclusion_depends_on_follow_up": False,
        "open_domains": (),
        "outcomes_count": 1,
        "calculations_reported": 1,
        "calculations_run": 1,
        "looks_count": 1,
        "is_locked": True,
        "covariates": {"before": CovariateFacts({"da": "Før", "en": "Before"}, True, True)},
    }
    diagnostics = ComparisonDiagnostics(
        600, 6000, 590, 1700, 1600.0, 0.5, 0.03, 0.02, 0.6, 0.7, 0.05, imbalance_p=0.9, balance_power=0.99
    )
    effects = Effects(
        "work",
        Gate(),
        570,
        1600,
        primary=main,
        doubt=Doubt(
            placebo=test,
            missing_treated_share=0.02,
            missing_control_share=0.02,
            predicted_shift=0.01,
            predicted_shift_error=0.04,
            outcome_deviation=0.33,
        ),
    )
    balance = ()
    from models.values.comparison import BalanceLine

    balance = (BalanceLine("age", "age", 0.5, 0.03),)
    return Findings(Conduct(**known | conduct), diagnostics, balance, effects)


def states(found: Findings, rung: int = 4) -> dict[str, str]:
    """Return the state of every error source of a rung."""
    return {d.code: d.state.value for d in detect(rung, found)}


def evidence(facts: DesignFacts, found: Findings | None = None) -> dict[str, Any]:
    """Return the evidence of a study with some facts."""
    given = findings() if found is None else found
    found_sources = detect(rung_number(earned_rung(facts)), given)
    made = evidence_of(facts, given, found_sources, claimed_rung=None, estimator=None, risk_of_bias=None)
    return made.model_dump(mode="json")
