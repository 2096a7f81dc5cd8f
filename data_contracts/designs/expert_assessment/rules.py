"""Rules of an expert assessment in a protocol."""

from __future__ import annotations

from collections.abc import Iterator

from data_contracts.designs.rule_parts import effect_size_faults
from data_contracts.reading.raw import Raw, Rows, RuleFault, section_of


def faults(data: Raw, covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    """Yield faults of the settings of an expert assessment."""
    assessment = section_of(data, "assessment")
    seeds = section_of(assessment, "seeds")
    if assessment.get("scale") != "category":
        yield from effect_size_faults(data)
    if assessment.get("aggregate") == "cooke" and not seeds:
        yield (
            ("assessment", "seeds"),
            "Cooke's weights need seed questions.",
            "Add seed questions with their true answers.",
        )
    if assessment.get("scale") == "category" and assessment.get("aggregate", "median") != "median":
        yield ("assessment", "aggregate"), "Codes without an order cannot be averaged.", "Remove aggregate."
    for name in seeds:
        if name in outcomes:
            yield (
                ("assessment", "seeds", str(name)),
                f"“{name}” is an outcome too.",
                "Rename the seed question.",
            )
    if assessment.get("truth") is not None and len(outcomes) > 1:
        yield (
            ("assessment", "truth"),
            "Only one outcome is possible when the true answer is given.",
            "Declare one outcome per protocol.",
        )
    if assessment.get("truth") is not None and assessment.get("naive_forecast") is None:
        what = "Skill is measured against a naive forecast, which is missing."
        yield ("assessment", "naive_forecast"), what, "Add the forecast you would have made without experts."
