"""The result record: one result in full precision, for the restricted zone.

Each class adds to its public counterpart what must not leave. A field that is added here stays restricted; to publish
one, write it in the public class with its kind.
"""

from __future__ import annotations

from pydantic import Field

from data_contracts.results.public_record import (
    PublicBalanceRow,
    PublicDiagnostics,
    PublicEstimate,
    PublicOverlapRow,
    PublicPlacebo,
    PublicRecord,
    PublicSpecification,
)
from data_contracts.results.statements import Part


class Diagnostics(PublicDiagnostics):
    """How alike the groups are; shares are 0-1."""

    fewest_unlike_others: int | None = None
    largest_share: float | None = Field(default=None, description="Of a group's sum, its largest person's.")
    two_largest_share: float | None = None
    detectable_smd: float | None = None
    imbalance_p: float | None = None


class AlternativeEstimate(PublicEstimate):
    """Another estimate of the same thing."""

    standard_error: float | None = None


class Specification(PublicSpecification):
    """What another declared comparison gave."""

    standard_error: float | None = None


class SubgroupResult(Specification):
    """What was found for a part of the participants."""

    n_treated: int
    n_control: int
    q_value: float | None = None


class RiskRatioRow(Part):
    """How many times as common a binary outcome is."""

    value: float
    interval_low: float
    interval_high: float


class PlaceboResult(PublicPlacebo):
    """A test on something the project cannot have changed."""

    standard_error: float | None = None


class BalanceRow(PublicBalanceRow):
    """Standardised mean difference of one covariate before and after."""

    fewest: int | None = None


class OverlapRow(PublicOverlapRow):
    """A fifth of the participants, the least likely to take part first."""

    pool_count: int | None = None
    chosen_count: int | None = None


class ResultRecord(PublicRecord):
    """One result of one project in one quarter, in full precision."""

    standard_error: float | None = None
    risk_ratio: RiskRatioRow | None = None
    diagnostics: Diagnostics
    balance: tuple[BalanceRow, ...] = ()
    alternatives: tuple[AlternativeEstimate, ...] = ()
    specifications: tuple[Specification, ...] = ()
    subgroups: tuple[SubgroupResult, ...] = ()
    sites: tuple[SubgroupResult, ...] = Field(default=(), description="By municipality.")
    placebo: tuple[PlaceboResult, ...] = ()
    overlap: tuple[OverlapRow, ...] = ()
