"""Findings of the example of an interrupted series."""

from __future__ import annotations

from dataclasses import dataclass

from models.values.design_findings import OwnFindings


@dataclass(frozen=True, slots=True)
class InterruptionFindings(OwnFindings):
    """What is known of the interruption; None if unknown."""

    other_events: int | None = None


FINDINGS = InterruptionFindings
