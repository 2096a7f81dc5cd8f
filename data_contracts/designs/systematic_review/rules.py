"""Rules of a systematic review in a protocol."""

from __future__ import annotations

from collections.abc import Iterator

from data_contracts.designs.rule_parts import covariate_faults
from data_contracts.reading.raw import Raw, Rows, RuleFault, rows_of, section_of, words_of


def faults(data: Raw, covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    """Yield faults of the settings of a systematic review."""
    review = section_of(data, "review")
    for i, word in words_of(review, "moderators"):
        yield from covariate_faults(("review", "moderators", i), word, covariates, "study")
        if covariates.get(word, {}).get("type") == "categorical":
            yield (
                ("review", "moderators", i),
                "A moderator must be numeric or binary.",
                "Split it into binary columns.",
            )
    needed = {"risk_ratio": "ratio", "odds_ratio": "ratio", "risk_difference": "binary"}.get(str(review.get("measure")))
    for i, row in rows_of(data, "outcomes"):
        if needed is not None and row.get("type") not in (None, needed):
            yield (
                ("outcomes", i, "type"),
                f"The measure {review['measure']} needs an outcome of type {needed}.",
                f"Write “type: {needed}”.",
            )
