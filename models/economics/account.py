"""The account: who pays and who gains, year by year, per participant.

Belongs here: cash flows and present values from inputs, for one set of them or
for many draws at once, pure. Does not belong here: drawing (`uncertainty.py`)
and who should pay whom (`pockets.py`).

Whatever is counted stands in somebody's column. Production is worth more to
society than what is paid for it (the net tax factor), and public money may cost
more than itself (tax distortion); both stand in a column of their own, which is
nobody's pocket, so that the columns always make up the total.
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
    """One value of each input, or one for each draw.

    Attributes
    ----------
    effects, units, prices : ndarray of float, shape (draws, consequences)
    drop_off, displacement, attribution : ndarray of float, shape (draws,)
    costs : ndarray of float, shape (draws, costs)
        Kroner per participant.
    """

    effects: Array
    units: Array
    prices: Array
    drop_off: Array
    displacement: Array
    attribution: Array
    costs: Array


def central(inputs: Inputs) -> Numbers:
    """Return the mean of every input: what is declared where nothing is open, and the middle of what is believable else."""
    return Numbers(
        effects=np.array([[inputs.effects[name].value for name in inputs.outcome_of]]),
        units=np.array([[row.mean for row in inputs.units]]),
        prices=np.array([[row.mean for row in inputs.prices]]),
        drop_off=np.array([inputs.drop_off.mean]),
        displacement=np.array([inputs.displacement.mean]),
        attribution=np.array([inputs.attribution.mean]),
        costs=np.array([[share.mean for _, share, _ in inputs.cost_ranges]]),
    )


def columns_of(inputs: Inputs) -> tuple[str, ...]:
    """Return the columns of an account: payers, and society's own where prices are converted."""
    return (*inputs.payers, SOCIETY)


def persistence(inputs: Inputs, drop_off: Array) -> Array:
    """Return how much of the effect is left in each year from 1; shape (draws, years)."""
    years = np.arange(1, inputs.horizon + 1)
    after = np.maximum(0, years - (inputs.first_year - 1) - inputs.full_years)
    counts = (years >= inputs.first_year).astype(float)
    return np.asarray(counts[None, :] * (1.0 - drop_off[:, None]) ** after[None, :], dtype=float)


def yearly_gains(inputs: Inputs, numbers: Numbers) -> Array:
    """Return what a year of the full effect brings each column, kroner per participant; shape (draws, columns)."""
    kept = numbers.attribution * (1.0 - numbers.displacement)
    value = numbers.effects * numbers.units * numbers.prices * kept[:, None]
    by_payer = value @ inputs.gains
    more = (inputs.net_tax_factor - 1.0) * value[:, inputs.is_production].sum(axis=1)
    return np.column_stack([by_payer, more + _distortion(inputs, by_payer)])


def yearly_costs(inputs: Inputs, numbers: Numbers) -> Array:
    """Return costs by year and column, kroner per participant; shape (draws, years from 0, columns)."""
    flows = np.array([flow for _, _, flow in inputs.cost_ranges])
    by_payer = np.einsum("dc,cyp->dyp", numbers.costs, flows)
    own = -_distortion(inputs, -by_payer)
    return np.concatenate([by_payer, own[..., None]], axis=2)


def _distortion(inputs: Inputs, by_payer: Array) -> Array:
    """What raising public money costs beyond itself: a factor on what public payers gain."""
    public = [i for i, payer in enumerate(inputs.payers) if payer in PUBLIC]
    return np.asarray((inputs.tax_distortion - 1.0) * by_payer[..., public].sum(axis=-1), dtype=float)


def present_values(inputs: Inputs, numbers: Numbers) -> tuple[Array, Array]:
    """Return present values of gains and of costs by column; each of shape (draws, columns)."""
    factors = discount_factors(inputs.horizon)
    left = persistence(inputs, numbers.drop_off) @ factors[1:]
    gains = left[:, None] * yearly_gains(inputs, numbers)
    costs = np.einsum("dyp,y->dp", yearly_costs(inputs, numbers), factors)
    return gains, costs


def by_year(inputs: Inputs, numbers: Numbers) -> Array:
    """Return the first draw's net by year from 0 and column, kroner of the report's year, not discounted."""
    gains = persistence(inputs, numbers.drop_off)[0][:, None] * yearly_gains(inputs, numbers)[0][None, :]
    net = -yearly_costs(inputs, numbers)[0]
    net[1:] += gains
    return np.asarray(net, dtype=float)


def payback_year(net_by_year: Array, last_cost: int = 0) -> int | None:
    """Return the first year at whose end everything paid has come back, discounted; None within the horizon.

    Parameters
    ----------
    net_by_year : ndarray of float, shape (years from 0,)
    last_cost : int
        The last year in which something is paid; before it nothing has come back for good.
    """
    carried = np.cumsum(net_by_year * discount_factors(len(net_by_year) - 1))
    back = np.flatnonzero(carried >= 0)
    # Coming back once and falling below again is not coming back.
    lasting = [int(year) for year in back if year >= last_cost and (carried[year:] >= 0).all()]
    return lasting[0] if lasting else None
