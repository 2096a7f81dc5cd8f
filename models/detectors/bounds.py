"""Bounds for hidden bias, as numbers and as a sentence.

The sentence is always printed.
"""

from __future__ import annotations

from collections.abc import Mapping

from data_contracts.ladder.ladder import error_sources
from data_contracts.phrases import LANGUAGES
from data_contracts.results.public_record import Bounds
from data_contracts.results.statements import (
    Bilingual,
    OutcomeType,
    Statement,
    Words,
    count_value,
    effect_value,
    number_value,
    says,
    share_value,
)
from models.detectors.interface import DIGITS, Findings
from models.doubt.e_values import e_values_of_difference, e_values_of_standardised


def e_values(f: Findings) -> tuple[float, float] | None:
    """Return the E-values of the estimate and of its interval's limit.

    None without an estimate.
    """
    primary = None if f.effects is None else f.effects.primary
    if f.effects is None or primary is None:
        return None
    if f.conduct.outcome_type == "binary":
        if primary.control_value != primary.control_value:
            return None  # a study on paper that gives the difference alone
        return e_values_of_difference(
            difference=primary.value, low=primary.low, high=primary.high, control_share=primary.control_value
        )
    deviation = f.effects.doubt.outcome_deviation
    if deviation is None or not deviation > 0:
        return None
    point, limit = e_values_of_standardised(
        difference=primary.value / deviation, low=primary.low / deviation, high=primary.high / deviation
    )
    most = float(error_sources()["unmeasured_confounding"].thresholds["largest_e_value"])
    return min(point, most), min(limit, most)


def bounds_of(f: Findings) -> Bounds:
    """Return how strong an unmeasured factor would have to be.

    Only as far as it is known.
    """
    values, effects = e_values(f), f.effects
    bias = None if effects is None else effects.doubt.hidden_bias
    benchmark = None if effects is None else effects.doubt.benchmark
    systematic = None if effects is None else effects.doubt.systematic_error
    label = None
    if benchmark is not None:
        name, _, level = benchmark.covariate.partition("=")
        facts = f.conduct.covariates.get(name)
        shown = dict.fromkeys(LANGUAGES, name) if facts is None else facts.label
        label = Bilingual(**{language: f"{text}: {level}" if level else text for language, text in shown.items()})
    return Bounds(
        e_value=values[0] if values else None,
        e_value_limit=values[1] if values else None,
        rosenbaum_gamma=bias.gamma if bias else None,
        robustness_value=bias.robustness if bias else None,
        robustness_limit=bias.robustness_limit if bias else None,
        benchmark_label=label,
        benchmark_adjusted=benchmark.adjusted if benchmark else None,
        ease=systematic.ease if systematic else None,
        negative_controls=systematic.controls if systematic else None,
    )


BOUND_CODES = ("e_value_words", "gamma_words", "robustness_words", "benchmark_words", "ease_words")
"""Statements that `bound_statements` gives."""


def bound_statements(bounds: Bounds, *, outcome_type: OutcomeType, unit: Mapping[str, str]) -> tuple[Statement, ...]:
    """Say how strong something unmeasured would have to be.

    Parameters
    ----------
    bounds : Bounds
        Exact or coarsened; what is None is not said.
    unit : mapping
        Unit of a numeric outcome in each language.
    """
    b = bounds
    found: list[Statement] = []
    if b.e_value is not None and b.e_value_limit is not None:
        found.append(says("e_value_words", point=number_value(b.e_value, 1), limit=number_value(b.e_value_limit, 1)))
    if b.rosenbaum_gamma is not None:
        found.append(says("gamma_words", gamma=number_value(b.rosenbaum_gamma, 1)))
    if b.robustness_value is not None and b.robustness_limit is not None:
        value, limit = share_value(b.robustness_value), share_value(b.robustness_limit)
        found.append(says("robustness_words", value=value, limit=limit))
    if b.benchmark_adjusted is not None and b.benchmark_label is not None:
        is_binary = outcome_type == "binary"
        value = effect_value(
            b.benchmark_adjusted,
            "binary" if is_binary else "numeric",
            None if is_binary else unit,
            digits=None if is_binary else DIGITS,
        )
        covariate = Words(da=b.benchmark_label.da, en=b.benchmark_label.en)
        found.append(says("benchmark_words", covariate=covariate, value=value))
    if b.ease is not None:
        found.append(says("ease_words", value=number_value(b.ease, 2), count=count_value(b.negative_controls)))
    return tuple(found)
