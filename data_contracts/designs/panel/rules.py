"""Rules of a panel study in a protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from data_contracts.designs.rule_parts import covariate_faults, has_delivery
from data_contracts.reading.raw import Raw, Rows, RuleFault, section_of, words_of
from data_contracts.reading.safe_yaml import Path


def faults(data: Raw, covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    """Yield faults of the settings of a panel study."""
    panel = section_of(data, "panel")
    for key in ("weight", "cluster"):
        if isinstance(panel.get(key), str):
            yield from covariate_faults(("panel", key), panel[key], covariates)
            if key == "weight" and covariates.get(panel[key], {}).get("type", "numeric") != "numeric":
                yield ("panel", key), f"“{panel[key]}” is not numeric.", "Use a numeric covariate as the weight."
    estimator = panel.get("estimator", "group_time")
    used: list[tuple[Path, Any]] = [(("panel", "estimator"), estimator)]
    used += [(("panel", "alternatives", i), word) for i, word in words_of(panel, "alternatives")]
    for path, word in used:
        if word != "before_after" and not has_delivery(data, "comparison_pool"):
            yield (
                path,
                f"{word} needs units without the project.",
                "Deliver them as comparison_pool, or use “before_after”, which cannot claim a cause.",
            )
    if estimator in [word for _, word in words_of(panel, "alternatives")]:
        yield ("panel", "alternatives"), "The estimator is also listed as an alternative.", "Remove it there."
