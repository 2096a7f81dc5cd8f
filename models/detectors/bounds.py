"""Bounds for hidden bias, as numbers and as the sentence that is always printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_contracts.phrases import LANGUAGES, bilingual, difference_text, number_words, share_words
from models.detectors.interface import Findings, two_digits
from models.doubt.e_values import e_values_of_difference, e_values_of_standardised

LARGEST_E_VALUE = 100.0
"""Beyond this nothing is said by a larger one."""


def e_values(f: Findings) -> tuple[float, float] | None:
    """Return the E-values of the estimate and of its interval's limit; None without an estimate."""
    primary = None if f.effects is None else f.effects.primary
    if f.effects is None or primary is None:
        return None
    if f.conduct.outcome_type == "binary":
        if primary.control_value != primary.control_value:
            return None  # a study on paper that gives the difference alone
        return e_values_of_difference(
            difference=primary.value, low=primary.low, high=primary.high, control_share=primary.control_value
        )
    deviation = f.effects.outcome_deviation
    if deviation is None or not deviation > 0:
        return None
    point, limit = e_values_of_standardised(
        difference=primary.value / deviation, low=primary.low / deviation, high=primary.high / deviation
    )
    return min(point, LARGEST_E_VALUE), min(limit, LARGEST_E_VALUE)


def bounds_of(f: Findings) -> dict[str, Any]:
    """Return the bounds of a result, as fields of the record's diagnostics."""
    values, effects = e_values(f), f.effects
    bias = None if effects is None else effects.hidden_bias
    benchmark = None if effects is None else effects.benchmark
    systematic = None if effects is None else effects.systematic_error
    label = None
    if benchmark is not None:
        name, _, level = benchmark.covariate.partition("=")
        facts = f.conduct.covariates.get(name)
        shown = dict.fromkeys(LANGUAGES, name) if facts is None else facts.label
        label = {language: f"{text}: {level}" if level else text for language, text in shown.items()}
    return {
        "e_value": values[0] if values else None,
        "e_value_limit": values[1] if values else None,
        "rosenbaum_gamma": bias.gamma if bias else None,
        "robustness_value": bias.robustness if bias else None,
        "robustness_limit": bias.robustness_limit if bias else None,
        "benchmark_label": label,
        "benchmark_adjusted": benchmark.adjusted if benchmark else None,
        "ease": systematic.ease if systematic else None,
        "negative_controls": systematic.controls if systematic else None,
    }


def bound_words(diagnostics: Mapping[str, Any], *, outcome_type: str, unit: Mapping[str, str]) -> dict[str, str]:
    """Say how strong something unmeasured would have to be.

    Parameters
    ----------
    diagnostics : mapping
        Fields as `bounds_of` gives them; what is None is not said.
    outcome_type : str
    unit : mapping
        Unit of a numeric outcome in each language.

    Returns
    -------
    dict
        In Danish and English; empty texts if nothing is known.
    """
    d = diagnostics
    parts: list[dict[str, str]] = []
    if d["e_value"] is not None and d["e_value_limit"] is not None:
        parts.append(
            bilingual("e_value_words", point=number_words(d["e_value"], 1), limit=number_words(d["e_value_limit"], 1))
        )
    if d["rosenbaum_gamma"] is not None:
        parts.append(bilingual("gamma_words", gamma=number_words(d["rosenbaum_gamma"], 1)))
    if d["robustness_value"] is not None and d["robustness_limit"] is not None:
        value, limit = share_words(d["robustness_value"]), share_words(d["robustness_limit"])
        parts.append(bilingual("robustness_words", value=value, limit=limit))
    if d["benchmark_adjusted"] is not None and d["benchmark_label"] is not None:
        adjusted = d["benchmark_adjusted"]
        value = {
            language: difference_text(language, adjusted, "binary", "")
            if outcome_type == "binary"
            else difference_text(language, two_digits(adjusted), "numeric", unit[language])
            for language in LANGUAGES
        }
        parts.append(bilingual("benchmark_words", covariate=dict(d["benchmark_label"]), value=value))
    if d["ease"] is not None:
        parts.append(bilingual("ease_words", value=number_words(d["ease"], 2), count=str(d["negative_controls"])))
    return {language: " ".join(part[language] for part in parts) for language in LANGUAGES}
