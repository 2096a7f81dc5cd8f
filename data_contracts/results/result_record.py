"""The result record: a result in full precision, for the restricted zone.

Each class adds restricted fields to its public counterpart. A field that is added here stays restricted; to publish
one, define it in the public class with its kind.
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
    """How similar the groups are; shares are 0-1."""

    fewest_unlike_others: int | None = None
    largest_share: float | None = Field(default=None, description="Of a group's sum, its largest person's.")
    two_largest_share: float | None = None
    detectable_smd: float | None = None
    imbalance_p: float | None = None


class AlternativeEstimate(PublicEstimate):
    """Another estimate of the same effect."""

    standard_error: float | None = None


class Specification(PublicSpecification):
    """The result of another declared comparison."""

    standard_error: float | None = None


class SubgroupResult(Specification):
    """The result for a part of the participants."""

    n_treated: int
    n_control: int
    q_value: float | None = None


class RiskRatioRow(Part):
    """The risk ratio of a binary outcome."""

    value: float
    interval_low: float
    interval_high: float


class PlaceboResult(PublicPlacebo):
    """A test on something the project cannot have changed."""

    standard_error: float | None = None


class BalanceRow(PublicBalanceRow):
    """Standardised mean difference of a covariate before and after."""

    fewest: int | None = None


class OverlapRow(PublicOverlapRow):
    """A fifth of the participants by score, from the lowest."""

    pool_count: int | None = None
    chosen_count: int | None = None


class ResultRecord(PublicRecord):
    """A result of one project in one quarter, in full precision."""

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
