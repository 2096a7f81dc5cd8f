"""The disclosure policy, and what it makes of a single count."""

from __future__ import annotations

import math
from dataclasses import dataclass

from data_contracts.reading.knowledge import read_knowledge


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules for what may leave; see `disclosure.yaml`."""

    version: str
    redact_at_or_below: int
    round_counts_to: int
    share_steps: tuple[float, ...]
    smd_decimals: int
    numeric_digits_of_half_width: int
    largest_hidden_share: float
    coarsest_overlap_step: float
    fewest_in_a_part: int
    told_step: float
    fewest_raters: int
    largest_person_share: float
    two_largest_share: float


def default_policy() -> Policy:
    """Return the policy of `disclosure.yaml`."""
    fields = dict(read_knowledge("disclosure"))
    return Policy(**fields | {"share_steps": tuple(fields["share_steps"])})


def safe_count(count: int | None, policy: Policy) -> int | None:
    """Round a count of people; None if it is 1 to 7 (0 stays 0)."""
    if count is None or 0 < count <= policy.redact_at_or_below:
        return None
    return nearest(count, policy.round_counts_to)


def nearest(count: float, base: int) -> int:
    """Round to a multiple of `base`, a half upwards."""
    return math.floor(count / base + 0.5) * base


def to_step(value: float, step: float) -> float:
    """Round to a multiple of a step, a half upwards; never a negative zero."""
    return round(math.floor(value / step + 0.5) * step, 10) + 0.0
