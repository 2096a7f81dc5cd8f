"""Inputs of an account: each number with its range, by name.

The effect is the published one, rounded and with its interval: an account made
from the exact effect would undo the rounding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from data_contracts.economics.price_catalogue import Amount
from data_contracts.economics.rules import horizon_of, index_of, prices_of
from data_contracts.economics.settings import EconomicsSettings, Share, Years
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.results.public_record import PublicRecord
from models.economics.discounting import in_prices_of

Array = NDArray[np.float64]
SOCIETY = "society"
PUBLIC = ("municipality", "region", "state")


@dataclass(frozen=True, slots=True)
class Range:
    """A declared value with its lowest and highest plausible values."""

    low: float
    value: float
    high: float

    @property
    def mean(self) -> float:
        """Mean of the triangular distribution with the declared value as mode.

        A skewed range has a mean that differs from its mode.
        """
        return (self.low + self.value + self.high) / 3


@dataclass(frozen=True, slots=True)
class Effect:
    """A published effect.

    Attributes
    ----------
    value : float
        Share (0-1) or the outcome's own unit.
    chance_sd : float
        Standard deviation of chance, from the published interval.
    bias_sd : float
        Standard deviation of bias from unmeasured factors; see `bias_of`.
    better : float
        1 where more is better for the person, -1 where less is: chance errors go that way in every outcome at once.
    """

    value: float
    chance_sd: float
    bias_sd: float
    better: float = 1.0

    @property
    def sd(self) -> float:
        """Standard deviation of chance and bias together."""
        return math.hypot(self.chance_sd, self.bias_sd)


@dataclass(frozen=True, slots=True)
class Inputs:
    """An account's inputs.

    Attributes
    ----------
    payers : tuple of str
    effects : dict of str to Effect
        By outcome.
    outcome_of : tuple of str
        Outcome of each consequence, consequences in the order of their price's name.
    names : tuple of str
        Each consequence's price.
    units, prices : tuple of Range
        Units a year for one more who reaches the outcome; kroner a unit in the report's money.
    gains : ndarray of float, shape (consequences, payers)
        Value to each payer of one krone more: received less paid.
    cost_ranges : tuple of (str, Range, ndarray of float, shape (years, payers))
        Each cost with its range in kroner per participant of the report's money, and its share by year and payer.
    first_year, horizon : int
        The first year that counts gains: the one after the outcome was measured.
    full_years, drop_off, displacement, attribution : Range
        Years in which the whole effect holds, which need not be whole; and shares.
    net_tax_factor, tax_distortion : float
    """

    payers: tuple[str, ...]
    effects: dict[str, Effect]
    outcome_of: tuple[str, ...]
    names: tuple[str, ...]
    units: tuple[Range, ...]
    prices: tuple[Range, ...]
    gains: Array
    cost_ranges: tuple[tuple[str, Range, Array], ...]
    first_year: int
    horizon: int
    full_years: Range
    drop_off: Range
    displacement: Range
    attribution: Range
    net_tax_factor: float
    tax_distortion: float


def effect_of(record: PublicRecord) -> Effect:
    """Return a published record's effect with chance and bias.

    Raises
    ------
    ValueError
        If it has no estimate with an interval.
    """
    reach = float(scipy.stats.norm.isf((1 - record.confidence_level) / 2))
    if record.interval_low is None or record.interval_high is None:
        raise ValueError(f"{record.result_id} has no interval.")
    chance = (record.interval_high - record.interval_low) / (2 * reach)
    # A rounded value is uncertain by its rounding step.
    chance = math.hypot(chance, (record.rounded_to or 0.0) / math.sqrt(12))
    better = -1.0 if record.outcome_direction == "lower_is_better" else 1.0
    return Effect(estimate_of(record), chance, bias_of(record), better)


def estimate_of(record: PublicRecord) -> float:
    """Return a record's estimate.

    Raises
    ------
    ValueError
        If it has none.
    """
    if record.estimate is None:
        raise ValueError(f"{record.result_id} has no estimate.")
    return record.estimate


def bias_of(record: PublicRecord) -> float:
    """Return the standard deviation of bias from unmeasured factors.

    A share of the effect by its rung and its certainty (`economics.yaml`), or the bias of a hidden factor as strong
    as the strongest measured one, whichever is more. It widens the effect's distribution and never shifts it.
    """
    known, estimate = read_knowledge("economics"), estimate_of(record)
    by_rung = float(known["bias_share_by_rung"][record.evidence.rung])
    by_certainty = float(known["bias_share_by_certainty"][record.evidence.certainty])
    share = max(by_rung, by_certainty) * abs(estimate)
    adjusted = record.diagnostics.benchmark_adjusted
    benchmark = 0.0 if adjusted is None else abs(adjusted - estimate)
    return max(share, benchmark)


def inputs_of(settings: EconomicsSettings, records: Mapping[str, PublicRecord], first_year: int = 1) -> Inputs:
    """Return an account's inputs.

    Parameters
    ----------
    records : mapping of str to PublicRecord
        By outcome, of at least the outcomes that consequences name.
    first_year : int
        The first year that counts gains.
    """
    known = read_knowledge("economics")
    catalogue = prices_of(settings)
    rows = sorted(settings.consequences, key=lambda row: row.price)
    prices = [catalogue[row.price] for row in rows]
    payers = tuple(dict.fromkeys([*known["payers"], *settings.payers]))
    used = {p for price in prices for p in (*price.paid_by, *price.received_by)}
    used |= {p for cost in settings.costs for p in cost.paid_by}
    payers = tuple(payer for payer in payers if payer in used)
    gains = np.array([[price.received_by.get(p, 0.0) - price.paid_by.get(p, 0.0) for p in payers] for price in prices])
    horizon = horizon_of(settings)
    cost_ranges = []
    for cost in settings.costs:
        flow = np.zeros((horizon + 1, len(payers)))
        share = 1.0 if cost.participants is None else 1.0 / cost.participants
        flow[cost.year] = [cost.paid_by.get(payer, 0.0) for payer in payers]
        cost_ranges.append((cost.name, _scaled(in_report_year(cost, settings), share), flow))
    return Inputs(
        payers=payers,
        effects={name: effect_of(records[name]) for name in sorted({row.outcome for row in rows})},
        outcome_of=tuple(row.outcome for row in rows),
        names=tuple(row.price for row in rows),
        units=tuple(range_of(row.units_a_year, row.low, row.high) for row in rows),
        prices=tuple(in_report_year(price, settings) for price in prices),
        gains=gains,
        cost_ranges=tuple(cost_ranges),
        first_year=first_year,
        horizon=horizon,
        full_years=_share(settings.duration.full_years),
        drop_off=_share(settings.duration.drop_off),
        displacement=_share(settings.displacement),
        attribution=_share(settings.attribution),
        net_tax_factor=float(known["net_tax_factor"]["value"]),
        tax_distortion=float(settings.tax_distortion),
    )


def _share(share: Share | Years) -> Range:
    return Range(share.low, share.value, share.high)


def range_of(value: float, low: float | None, high: float | None) -> Range:
    """Return a range; a wide one where none is declared."""
    if low is None or high is None:
        wide = abs(value) * float(read_knowledge("economics")["missing_range_share"])
        return Range(value - wide, value, value + wide)
    return Range(low, value, high)


def in_report_year(price: Amount, settings: EconomicsSettings) -> Range:
    """Return an amount's range in the report's money."""
    found, index = range_of(price.amount, price.low, price.high), index_of(settings)
    years = (price.price_year, settings.report_price_year)
    low, value, high = (in_prices_of(x, *years, index) for x in (found.low, found.value, found.high))
    return Range(low, value, high)


def _scaled(row: Range, factor: float) -> Range:
    return Range(row.low * factor, row.value * factor, row.high * factor)
