"""Rules of a matched control group in a protocol."""

from __future__ import annotations

from collections.abc import Iterator

from data_contracts.reading.raw import Raw, Rows, RuleFault, section_of


def faults(data: Raw, covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    """Yield faults of the settings of a matched control group."""
    for key in ("comparison", "effects"):
        if key not in data:
            yield (key,), "This section is missing.", "Add it; it describes the matched control group."
    if section_of(data, "comparison").get("method") == "none":
        yield ("comparison", "method"), "A matched control group needs a method.", "See docs/methods/."
    if section_of(data, "effects").get("estimator") == "of_the_design":
        yield ("effects", "estimator"), "A matched control group must declare its estimator here.", "See docs/methods/."
