"""Rules of benchmarking in a protocol."""

from __future__ import annotations

from collections.abc import Iterator

from data_contracts.designs.rule_parts import covariate_faults, has_delivery
from data_contracts.reading.raw import Raw, Rows, RuleFault, number_of, rows_of, section_of


def faults(data: Raw, covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    """Yield faults of the settings of benchmarking."""
    comparison, effects, benchmark = (section_of(data, key) for key in ("comparison", "effects", "benchmark"))
    method = benchmark.get("method", "reference_rate")
    if comparison.get("method") not in (None, "none", "reference_rate") and method == "reference_rate":
        yield ("comparison", "method"), "Benchmarking compares with a rate.", "Use “method: reference_rate”."
    if effects.get("estimator") not in (None, "of_the_design", "difference_to_rate") and method == "reference_rate":
        yield ("effects", "estimator"), "Benchmarking has only one estimator.", "Use “estimator: difference_to_rate”."
    for i, row in rows_of(comparison, "reference_rates"):
        rate = number_of(row.get("value"))
        kind = outcomes.get(str(row.get("outcome")), {}).get("type")
        if kind == "binary" and rate is not None and not 0 <= rate <= 1:
            yield (
                ("comparison", "reference_rates", i, "value"),
                "The rate of a binary outcome must be a share from 0 to 1.",
                "Write 12 % as 0.12.",
            )
    if method == "reference_rate":
        rated = {str(row.get("outcome")) for _, row in rows_of(comparison, "reference_rates")}
        for i, row in rows_of(data, "outcomes"):
            if str(row.get("name")) not in rated:
                what, fix = "This outcome has no reference rate.", "Add one under comparison.reference_rates."
                yield ("outcomes", i, "name"), what, fix
        return
    if not has_delivery(data, "rates"):
        yield ("deliveries",), f"{method} needs the table “rates”.", "Add a delivery for it."
    strata = benchmark.get("strata")
    if isinstance(strata, str):
        yield from covariate_faults(("benchmark", "strata"), strata, covariates, "intake")
        if covariates.get(strata, {}).get("type") not in (None, "categorical"):
            yield (
                ("benchmark", "strata"),
                f"“{strata}” is not categorical.",
                "Use a categorical covariate, because its levels are the strata.",
            )
    if method in ("structural_rate", "synthetic_control") and not benchmark.get("own_places"):
        yield (
            ("benchmark", "own_places"),
            "The project's own places are not declared.",
            "List them as they are written in the rates table.",
        )
    if method == "synthetic_control" and "starts_on" not in benchmark:
        yield ("benchmark", "starts_on"), "The project's first day is missing.", "Add it."
    if method == "structural_rate" and not any(row.get("source") == "place" for row in covariates.values()):
        what = "No covariate describes the composition of places."
        yield ("covariates",), what, "Add some with “source: place”, such as unemployment."
