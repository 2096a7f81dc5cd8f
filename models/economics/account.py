"""The account: who pays and who gains, by year, per participant.

Every amount is booked to a column. Society's account is in consumer prices:
resources used and produced, costs as well as gains, are multiplied by the net
tax factor; transfers are not. Public money may cost more than its amount (tax
distortion). Both corrections are booked to a separate column that belongs to
no payer, so that the columns always add up to the total.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.economics.discounting import discount_factors
from models.economics.inputs import PUBLIC, SOCIETY, Inputs

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Numbers:
    """One value of each input, or one per draw.

    Attributes
    ----------
    effects, units, prices : ndarray of float, shape (draws, consequences)
    full_years, drop_off, displacement, attribution : ndarray of float, shape (draws,)
    costs : ndarray of float, shape (draws, costs)
        Kroner per participant.
    """

    effects: Array
    units: Array
    prices: Array
    full_years: Array
    drop_off: Array
    displacement: Array
    attribution: Array
    costs: Array


def central(inputs: Inputs) -> Numbers:
    """Return the mean of every input.

    The declared value of a fixed input, and the mean of the range of an uncertain one.
    """
    return Numbers(
        effects=np.array([[inputs.effects[name].value for name in inputs.outcome_of]]),
        units=np.array([[row.mean for row in inputs.units]]),
        prices=np.array([[row.mean for row in inputs.prices]]),
        full_years=np.array([inputs.full_years.mean]),
        drop_off=np.array([inputs.drop_off.mean]),
        displacement=np.array([inputs.displacement.mean]),
        attribution=np.array([inputs.attribution.mean]),
        costs=np.array([[share.mean for _, share, _ in inputs.cost_ranges]]),
    )


def columns_of(inputs: Inputs) -> tuple[str, ...]:
    """Return the columns of an account.

    The payers, and society's separate column where prices are converted.
    """
    return (*inputs.payers, SOCIETY)


def persistence(inputs: Inputs, numbers: Numbers) -> Array:
    """Return the share of the effect left in each year from 1.

    Shape (draws, years).
    """
    years = np.arange(1, inputs.horizon + 1)
    after = np.maximum(0.0, years[None, :] - (inputs.first_year - 1) - numbers.full_years[:, None])
    counts = (years >= inputs.first_year).astype(float)
    return np.asarray(counts[None, :] * (1.0 - numbers.drop_off[:, None]) ** after, dtype=float)


def yearly_gains(inputs: Inputs, numbers: Numbers) -> Array:
    """Return what a year of the full effect brings each column.

    Kroner per participant; shape (draws, columns).
    """
    kept = numbers.attribution * (1.0 - numbers.displacement)
    value = numbers.effects * numbers.units * numbers.prices * kept[:, None]
    return _with_society(inputs, value @ inputs.gains)


def cost_flows(inputs: Inputs) -> Array:
    """Return who bears a krone of each cost, and when.

    Shape (costs, years from 0, columns).
    """
    return -_with_society(inputs, -np.array([flow for _, _, flow in inputs.cost_ranges]))


def _with_society(inputs: Inputs, by_payer: Array) -> Array:
    """Add society's separate column.

    It converts payments to consumer prices and adds the cost of public money beyond itself.

    Transfers cancel in the sum over payers, so that the net tax factor falls on what is used up or made, and on nothing else.
    """
    public = [i for i, payer in enumerate(inputs.payers) if payer in PUBLIC]
    own = (inputs.net_tax_factor - 1.0) * by_payer.sum(axis=-1)
    own = own + (inputs.tax_distortion - 1.0) * by_payer[..., public].sum(axis=-1)
    return np.concatenate([by_payer, own[..., None]], axis=-1)


def present_values(inputs: Inputs, numbers: Numbers) -> tuple[Array, Array]:
    """Return present values of gains and of costs by column.

    Each of shape (draws, columns).
    """
    factors = discount_factors(inputs.horizon)
    left = persistence(inputs, numbers) @ factors[1:]
    gains = left[:, None] * yearly_gains(inputs, numbers)
    costs = numbers.costs @ np.einsum("cyp,y->cp", cost_flows(inputs), factors)
    return gains, costs


def by_year(inputs: Inputs, numbers: Numbers) -> Array:
    """Return the first draw's net by year from 0 and column.

    Kroner of the report's year, not discounted.
    """
    gains = persistence(inputs, numbers)[0][:, None] * yearly_gains(inputs, numbers)[0][None, :]
    net = -np.einsum("c,cyp->yp", numbers.costs[0], cost_flows(inputs))
    net[1:] += gains
    return np.asarray(net, dtype=float)
