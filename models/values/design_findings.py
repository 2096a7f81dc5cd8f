"""Findings of each kind of design, as its detectors read them.

They come in addition to the comparison and the effect. None means not measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from models.values.adapter import LeftOut


@dataclass(frozen=True, slots=True)
class SynthesisFindings:
    """Findings on pooled studies; shares are 0-1.

    Attributes
    ----------
    studies_count : int
    pooled, low, high : float or None
        Pooled effect and its confidence interval.
    prediction_low, prediction_high : float or None
        Where the effect of a new study is expected.
    i_squared : float or None
    opposing_share : float or None
        Share of studies that point the other way.
    has_dependent_effects : bool or None
        Several effects of one study are counted as if they were several studies.
    egger_p : float or None
    filled_shift : float or None
        Trim-and-fill's change of the pooled effect, as a share of it.
    corrected_low, corrected_high : float or None
        Interval of PET-PEESE.
    published_contrast_p : float or None
        Published against unpublished studies.
    planned_count, never_reported_count : int or None
        Studies in the registry, and those whose result never came.
    low_risk_weight_share : float or None
        Weight of studies at low risk of bias.
    strong_low, strong_high : float or None
        Interval without the weak studies.
    people_per_arm : int or None
    """

    studies_count: int
    pooled: float | None = None
    low: float | None = None
    high: float | None = None
    prediction_low: float | None = None
    prediction_high: float | None = None
    i_squared: float | None = None
    opposing_share: float | None = None
    has_dependent_effects: bool | None = None
    egger_p: float | None = None
    filled_shift: float | None = None
    corrected_low: float | None = None
    corrected_high: float | None = None
    published_contrast_p: float | None = None
    planned_count: int | None = None
    never_reported_count: int | None = None
    low_risk_weight_share: float | None = None
    strong_low: float | None = None
    strong_high: float | None = None
    people_per_arm: int | None = None


@dataclass(frozen=True, slots=True)
class TrialFindings:
    """Findings that a trial declares; None where it declares nothing."""

    is_blinded: bool | None = None
    controls_get_attention: bool | None = None


@dataclass(frozen=True, slots=True)
class PanelFindings:
    """Findings on units followed over time.

    Attributes
    ----------
    pre_trend_p, placebo_period_p : float or None
        Tests of a difference in development before the start.
    control_trend_share : float or None
        Development without the project as a share of the effect.
    clusters_count, treated_units_count : int or None
    lead_p : float or None
        Test of later participation on earlier outcomes.
    has_covariates_after_start : bool or None
    start_times_count : int or None
    two_way, group_time : float or None
        The effect by two-way fixed effects and by group-time effects.
    dip_smd : float or None
        Level at the start against earlier ones, in standard deviations; negative is a worse start.
    unemployment_change_share : float or None
        Change in local unemployment over the period.
    """

    pre_trend_p: float | None = None
    placebo_period_p: float | None = None
    control_trend_share: float | None = None
    clusters_count: int | None = None
    treated_units_count: int | None = None
    lead_p: float | None = None
    has_covariates_after_start: bool | None = None
    start_times_count: int | None = None
    two_way: float | None = None
    group_time: float | None = None
    dip_smd: float | None = None
    unemployment_change_share: float | None = None


@dataclass(frozen=True, slots=True)
class RateFindings:
    """Findings on units compared with one rate.

    Attributes
    ----------
    units_count, outside_count : int or None
        Units compared, and those outside their limits, overdispersion taken into account.
    expected_outside : float or None
        How many would be outside by chance.
    """

    units_count: int | None = None
    outside_count: int | None = None
    expected_outside: float | None = None


@dataclass(frozen=True, slots=True)
class JudgementFindings:
    """Findings on raters and on those who code cases.

    Attributes
    ----------
    raters_have_interests : bool or None
        Author or rater delivers or pays for the project.
    agreement : float or None
        Beyond chance: kappa, ICC or alpha.
    skill : float or None
        Against a naive forecast; 0 is no better.
    rivals_recorded_count, rivals_tested_count : int or None
    minimal_solutions_count, contradictory_rows_count : int or None
        Of a qualitative comparative analysis.
    """

    raters_have_interests: bool | None = None
    agreement: float | None = None
    skill: float | None = None
    rivals_recorded_count: int | None = None
    rivals_tested_count: int | None = None
    minimal_solutions_count: int | None = None
    contradictory_rows_count: int | None = None


@dataclass(frozen=True, slots=True)
class OwnFindings:
    """Base of findings that only the detectors of one design read.

    Fields are plain values; None means not measured.
    """


Own = TypeVar("Own", bound=OwnFindings)


@dataclass(frozen=True, slots=True)
class DesignFindings:
    """Findings of one design for the detectors.

    The kinds named here are read by detectors that several rungs share. Findings that only the design's detectors
    read are in `own`, whose class is defined in the folder of the design.
    """

    synthesis: SynthesisFindings | None = None
    trial: TrialFindings | None = None
    panel: PanelFindings | None = None
    rate: RateFindings | None = None
    judgement: JudgementFindings | None = None
    own: LeftOut[OwnFindings | None] = None

    def own_as(self, kind: type[Own]) -> Own | None:
        """Return the findings specific to a design, or None.

        None if there are none of this kind.
        """
        return self.own if isinstance(self.own, kind) else None


@dataclass(frozen=True, slots=True)
class AccountFindings:
    """Findings on an account in money.

    Attributes
    ----------
    bookings : tuple of (str, str)
        Saving and the payer it is booked to.
    effect_is_net : bool
        True when a comparison has already deducted what would have happened anyway.
    deadweight_share : float
        Share deducted for the same reason.
    price_years : tuple of int
    report_price_year : int
    look_alikes : int
        Pairs of gains that may be the same gain under two names; only a person can decide.
    """

    bookings: tuple[tuple[str, str], ...]
    effect_is_net: bool
    deadweight_share: float
    price_years: tuple[int, ...]
    report_price_year: int
    look_alikes: int = 0
