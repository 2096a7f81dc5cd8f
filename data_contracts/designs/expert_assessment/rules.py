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
        yield ("assessment", "seeds"), "Cooke's weights need seed questions.", "Add seeds with their true answers."
    if assessment.get("scale") == "category" and assessment.get("aggregate", "median") != "median":
        yield ("assessment", "aggregate"), "Categories have no mean.", "Remove aggregate."
    for name in seeds:
        if name in outcomes:
            yield (
                ("assessment", "seeds", str(name)),
                f"“{name}” is an outcome too.",
                "Give the seed question another name.",
            )
    if assessment.get("truth") is not None and len(outcomes) > 1:
        yield ("assessment", "truth"), "One truth cannot answer several questions.", "Declare one outcome per protocol."
    if assessment.get("truth") is not None and assessment.get("naive_forecast") is None:
        what = "Skill is measured against a naive forecast, and there is none."
        yield ("assessment", "naive_forecast"), what, "Add what one would have said without experts."
