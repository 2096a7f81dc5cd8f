"""The detector of unmeasured confounding: placebo tests.

It also says what a failing placebo test means.
"""

from __future__ import annotations

from data_contracts.ladder.ladder import State
from data_contracts.results.statements import (
    Quantity,
    effect_value,
    says,
    words_value,
)
from models.detectors.bounds import bound_statements, bounds_of, e_values
from models.detectors.interface import (
    DIGITS,
    Detection,
    Direction,
    Findings,
    difference_of,
    found,
    lacking,
    leaves_out_zero,
    threshold,
)
from models.statistics.power_and_q import two_sided_p
from models.values.estimates import Estimate


def placebo_fails(estimate: Estimate) -> bool:
    """Return whether a placebo's interval leaves out zero."""
    return leaves_out_zero(estimate.low, estimate.high)


def unmeasured_confounding(f: Findings) -> Detection:
    """Check placebo tests, and bound what is unmeasured.

    The sign of each placebo counts, and so does how strong an unknown factor would have to be.

    A placebo that fails in the effect's own direction is serious: part of the difference was
    there before the start; critical if it is half as large as the effect. In the opposite direction it
    is a warning, unless it is half as large as the effect, for then the design cannot reproduce a known
    zero. The E-value is always printed.
    """
    code = "unmeasured_confounding"
    primary = None if f.effects is None else f.effects.primary
    values = e_values(f)
    if f.effects is None or primary is None or values is None:
        return lacking(code, "lacked_outcome")
    limit = threshold(code, "e_value_limit")
    bounds = bound_statements(bounds_of(f), outcome_type=f.conduct.outcome_type, unit=f.conduct.unit)
    state = State.warning if values[1] < limit else State.clear
    direction: Direction = "unknown"
    is_critical = False
    # Only the estimator that gave the result decides; the others are shown beside it.
    own = [p for p in f.effects.doubt.placebo if p.estimate.estimator == primary.estimator]
    sentence = says("placebo_clear" if own else "placebo_none")
    failing = sorted(
        (p for p in own if placebo_fails(p.estimate)),
        key=lambda p: two_sided_p(p.estimate.value, p.estimate.standard_error),
    )
    if failing:
        worst = failing[0]
        is_same = (worst.estimate.value > 0) == (primary.value > 0)
        is_large = _is_large(f, worst.covariate, worst.estimate, primary)
        state = State.serious if is_same or is_large else State.warning
        is_critical = is_same and is_large
        direction = "towards_effect" if is_same else "towards_no_effect"
        key = "placebo_fails_same" if is_same else "placebo_fails_opposite"
        value = _placebo_value(f, worst.covariate, worst.estimate)
        sentence = says(key, value=value, covariate=words_value(f.conduct.covariates[worst.covariate].label))
    elif not own and f.panel is not None and f.panel.placebo_period_p is not None:
        fails = f.panel.placebo_period_p < threshold(code, "placebo_period_alpha")
        sentence = says("placebo_period.only_fails" if fails else "placebo_period.only_clear")
        state = State.serious if fails else state
    elif not own and state == State.clear:
        state = State.warning  # nothing was tried, so nothing is known beyond the bound
    systematic = f.effects.doubt.systematic_error
    if systematic is not None and systematic.ease >= threshold(code, "ease"):
        state = State.serious  # where nothing can be found, this design finds something
    return Detection(code, state, found(code, sentence, *bounds), values[1], limit, direction, is_critical)


def _is_large(f: Findings, covariate: str, placebo: Estimate, primary: Estimate) -> bool:
    """Return whether a placebo is at least half as large as the effect.

    Only a placebo that is measured on the outcome's own scale can be.
    """
    if not f.conduct.covariates[covariate].is_earlier_outcome:
        return False
    return abs(placebo.value) >= threshold("unmeasured_confounding", "large_placebo_share") * abs(primary.value)


def _placebo_value(f: Findings, covariate: str, estimate: Estimate) -> Quantity:
    facts = f.conduct.covariates[covariate]
    if facts.is_earlier_outcome:
        return difference_of(f.conduct, estimate.value)
    if facts.is_binary:
        return effect_value(estimate.value, "binary")
    return effect_value(estimate.value, "numeric", digits=DIGITS)
