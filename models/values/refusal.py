"""The result of a calculation that gives no number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Reason why there is no number, no fit or no groups.

    Attributes
    ----------
    reason : str
        A code of `gates.yaml`.
    """

    reason: str
