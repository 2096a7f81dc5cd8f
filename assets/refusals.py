"""Turning refused input into a Dagster failure that reads like a sentence.

Belongs here: the one translation from `InputRefused` to `Failure`. Does not
belong here: finding faults.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dagster import Failure, MetadataValue

from data_contracts.faults import Fault, InputRefused


def failure_of(faults: tuple[Fault, ...]) -> Failure:
    """Return a failure that lists faults; retrying cannot mend them."""
    lines = "\n".join(f"- {fault}" for fault in faults)
    return Failure(
        description="\n".join(str(fault) for fault in faults),
        metadata={"faults": MetadataValue.md(lines)},
        allow_retries=False,
    )


@contextmanager
def refusing() -> Iterator[None]:
    """Turn `InputRefused` inside the block into a failure without a traceback for the user."""
    try:
        yield
    except InputRefused as refused:
        raise failure_of(refused.faults) from None
