"""Rules of the example of an interrupted series in a protocol."""

from __future__ import annotations

from collections.abc import Iterator

from data_contracts.reading.raw import Raw, Rows, RuleFault, rows_of


def faults(data: Raw, covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    """Yield faults of the settings of an interrupted series."""
    for i, row in rows_of(data, "outcomes"):
        if row.get("type") not in (None, "numeric"):
            yield ("outcomes", i, "type"), "A level is a number.", "Write “type: numeric”."
