"""Rules that several designs use."""

from __future__ import annotations

from collections.abc import Iterator

from data_contracts.reading.faults import suggestion
from data_contracts.reading.raw import Raw, Rows, RuleFault, rows_of
from data_contracts.reading.safe_yaml import Path


def has_delivery(data: Raw, table: str) -> bool:
    """Return True if a delivery feeds a table."""
    return any(row.get("table") == table for _, row in rows_of(data, "deliveries"))


def covariate_faults(path: Path, word: str, covariates: Rows, source: str = "register") -> Iterator[RuleFault]:
    """Yield a fault for an unknown covariate, or one from another source.

    Parameters
    ----------
    path : tuple
        Position of the name in the protocol.
    covariates : dict
        Raw rows by name.
    source : str
        Required source of the covariate.
    """
    if word not in covariates:
        yield path, f"There is no covariate “{word}”.", suggestion(word, covariates) or "Declare it under covariates."
    elif covariates[word].get("source") != source:
        yield path, f"“{word}” is not a covariate with source {source}.", f"Use one with “source: {source}”."


def effect_size_faults(data: Raw) -> Iterator[RuleFault]:
    """Yield a fault for every outcome without a smallest worthwhile effect."""
    for i, row in rows_of(data, "outcomes"):
        if "smallest_worthwhile_effect" not in row:
            yield (
                ("outcomes", i, "smallest_worthwhile_effect"),
                "This key is missing.",
                "Give the smallest difference that would matter; without it “no effect” cannot be concluded.",
            )
