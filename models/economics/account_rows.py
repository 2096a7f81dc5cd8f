"""Rows of an account.

Kroner per participant in the report's money, present values.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PaybackColumns:
    """Payback year of what was paid.

    None where it is not paid back within the horizon.
    """

    payback_year: int | None = None
    payback_low: int | None = None
    payback_high: int | None = None
    probability_of_payback: float | None = None


@dataclass(frozen=True, slots=True)
class PayerRow:
    """Payments and gains of one payer.

    `low` and `high` are the limits of the middle share of draws of the net.
    """

    payer: str
    cost: float
    gain: float
    net: float
    low: float
    high: float
    probability_of_gain: float | None
    payback_year: int | None
    payback_low: int | None
    payback_high: int | None
    probability_of_payback: float | None


@dataclass(frozen=True, slots=True)
class TotalRow:
    """Payments and gains of all payers, and the gain per krone."""

    cost: float
    gain: float
    net: float
    low: float
    high: float
    probability_of_gain: float | None
    payback_year: int | None
    payback_low: int | None
    payback_high: int | None
    probability_of_payback: float | None
    gain_per_krone: float | None
    gain_per_krone_low: float | None
    gain_per_krone_high: float | None


@dataclass(frozen=True, slots=True)
class EffectRow:
    """A published effect that the account rests on."""

    outcome: str
    estimate: float
    interval_low: float | None
    interval_high: float | None
    chance_sd: float
    bias_sd: float
    rung: int
    rung_detail: str
    certainty: str
    goes_the_wrong_way: bool


@dataclass(frozen=True, slots=True)
class YearRow:
    """One payer's net in one year."""

    year: int
    payer: str
    net: float


@dataclass(frozen=True, slots=True)
class SwingRow:
    """A payer's net at the lowest and at the highest value of one number."""

    payer: str
    name: str
    at_low: float
    at_high: float


@dataclass(frozen=True, slots=True)
class BreakEvenRow:
    """Break-even effect of a payer, and the bias that leads to it.

    The effect at which the payer's gain ends.
    """

    payer: str
    share_of_effect: float | None
    share_low: float | None
    share_high: float | None
    effect: float | None
    bias: float | None


@dataclass(frozen=True, slots=True)
class SidePaymentRow:
    """A payment that helps to leave no payer with a loss.

    With the amount needed in the middle share of draws.
    """

    payer: str
    receiver: str
    amount: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ProxyRow:
    """Value to somebody of a change without a price."""

    name: str
    stakeholder: dict[str, str]
    change: dict[str, str]
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SocialReturn:
    """Social return on investment: the ratio with proxies."""

    ratio: float
    low: float
    high: float
    shared_with_account: float
    proxies: tuple[ProxyRow, ...]


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """The total for as many people as a scenario reaches."""

    label: dict[str, str]
    people: int
    share_reached: float
    source: dict[str, str] | None
    is_illustrative: bool
    net: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AssumptionRow:
    """A number that an account assumes, with its range and its source.

    Attributes
    ----------
    middle : float or None
        Mean of the range.
    paid_by, received_by : str or None
        Payers and their shares.
    participants, evaluated : int or None
        Participants who share a cost, and how many of them the published results cover.
    """

    kind: str
    name: str
    value: float
    low: float | None = None
    high: float | None = None
    middle: float | None = None
    flow: str | None = None
    paid_by: str | None = None
    received_by: str | None = None
    evaluated: int | None = None
    label: dict[str, str] | None = None
    unit: dict[str, str] | None = None
    units: dict[str, str] | None = None
    source: dict[str, str] | None = None
    why_certain: dict[str, str] | None = None
    why_negative: dict[str, str] | None = None
    why_not_the_same: dict[str, str] | None = None
    per: str | None = None
    participants: int | None = None
    year: int | None = None
    link: str | None = None
    price_year: int | None = None
    is_illustrative: bool = False
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class OldClaimRow:
    """A dossier's claim in money, with what it lacks and what it implies.

    Attributes
    ----------
    implied_low, implied_high : float or None
        Cost of a course implied by the stated amount and ratio, if both were right.
    own_cost : float or None
        Cost according to the project's account.
    """

    name: dict[str, str]
    claim: dict[str, str]
    about: str
    rung: int
    rung_detail: str
    amount_dkk: float
    ratio: float | None
    per: dict[str, str] | None
    payer: dict[str, str] | None
    price_year: int | None
    missing: tuple[str, ...]
    implied_low: float | None
    implied_high: float | None
    own_cost: float | None


@dataclass(frozen=True, slots=True)
class Declared:
    """Declarations of an account, with or without a number.

    Attributes
    ----------
    payer_names : dict
        In both languages.
    """

    report_price_year: int
    cost_per_participant: float
    assumptions: tuple[AssumptionRow, ...]
    is_illustrative: bool
    payer_names: dict[str, dict[str, str]]
    old_claims: tuple[OldClaimRow, ...]


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """An account's numbers.

    Attributes
    ----------
    outcome : str
        The first of those it rests on.
    side_payments : tuple of SidePaymentRow or None
        None where the payers lose in total.
    """

    outcome: str
    effects: tuple[EffectRow, ...]
    horizon: int
    first_year: int
    full_years: float
    draws: int
    seed: int
    interval_level: float
    columns: tuple[PayerRow, ...]
    total: TotalRow
    years: tuple[YearRow, ...]
    tornado: tuple[SwingRow, ...]
    break_even: tuple[BreakEvenRow, ...]
    side_payments: tuple[SidePaymentRow, ...] | None
    probability_all_whole: float | None
    social_return: SocialReturn | None
    scenario: ScenarioRow | None
