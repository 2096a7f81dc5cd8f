"""Uncertainty of an account.

Many draws at once, one input at a time, and where the gain ends.

Effects of several outcomes are of the same people and are drawn together: chance
errors are fully correlated, which gives the wider interval.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from data_contracts.reading.knowledge import read_knowledge
from models.economics.account import Numbers, central, present_values
from models.economics.inputs import Inputs, Range

Array = NDArray[np.float64]


def stream(name: str, seed: int) -> np.random.Generator:
    """Return the random generator of one input."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def triangular_draws(name: str, row: Range, count: int, seed: int) -> Array:
    """Draw from a triangular distribution; shape (count,).

    Between lowest and highest with the declared value as the mode.
    """
    if row.low == row.high:
        return np.full(count, row.value)
    return np.asarray(stream(name, seed).triangular(row.low, row.value, row.high, count), dtype=float)


def draw(inputs: Inputs, count: int, seed: int) -> Numbers:
    """Draw every input.

    Returns
    -------
    Numbers
        Effects are normal around the published ones, with chance and bias; all other inputs triangular between lowest
        and highest with the declared value as their mode. Each input has a separate random stream by its name, so
        that adding an input does not change the draws of others.
    """

    def triangular(name: str, row: Range) -> Array:
        return triangular_draws(name, row, count, seed)

    z = stream("effect", seed).standard_normal(count)
    effects = [
        inputs.effects[name].value + inputs.effects[name].better * inputs.effects[name].sd * z
        for name in inputs.outcome_of
    ]
    named = list(zip(inputs.names, inputs.units, inputs.prices, strict=True))
    return Numbers(
        effects=np.column_stack(effects),
        units=np.column_stack([triangular(f"units {name}", units) for name, units, _ in named]),
        prices=np.column_stack([triangular(f"price {name}", price) for name, _, price in named]),
        full_years=triangular("full_years", inputs.full_years),
        drop_off=triangular("drop_off", inputs.drop_off),
        displacement=triangular("displacement", inputs.displacement),
        attribution=triangular("attribution", inputs.attribution),
        costs=np.column_stack([triangular(f"cost {name}", share) for name, share, _ in inputs.cost_ranges]),
    )


@dataclass(frozen=True, slots=True)
class Spread:
    """Draws of one column, kroner per participant in present value.

    Attributes
    ----------
    low, high : float
        Limits that hold the middle share of draws (`interval_level`).
    probability_of_gain : float
        Share of draws in which the column gains.
    """

    low: float
    high: float
    probability_of_gain: float


def spreads(net: Array) -> tuple[Spread, ...]:
    """Return the spread of draws of net present values.

    Net of shape (draws, columns).
    """
    level = float(read_knowledge("economics")["interval_level"])
    low, high = np.quantile(net, [(1 - level) / 2, (1 + level) / 2], axis=0)
    wins = (net > 0).mean(axis=0)
    return tuple(Spread(float(a), float(b), float(p)) for a, b, p in zip(low, high, wins, strict=True))


@dataclass(frozen=True, slots=True)
class Swing:
    """Total at the lowest and at the highest value of one input.

    All other inputs stay as they are.
    """

    name: str
    at_low: float
    at_high: float


def tornado(inputs: Inputs, column: int | None = None) -> tuple[Swing, ...]:
    """Move one input at a time between its limits, the largest swing first.

    Parameters
    ----------
    column : int, optional
        Column of an account; the total if not given.

    Returns
    -------
    tuple of Swing
        The effect moves between the limits that hold the middle share of its draws, chance and bias together.
    """
    base = central(inputs)

    def net(numbers: Numbers) -> float:
        gains, costs = present_values(inputs, numbers)
        row = (gains - costs)[0]
        return float(row.sum() if column is None else row[column])

    level = float(read_knowledge("economics")["interval_level"])
    from_middle = _reach(level)
    found = []
    ends = []
    for sign in (-1.0, 1.0):
        moved = [
            inputs.effects[name].value + sign * from_middle * inputs.effects[name].better * inputs.effects[name].sd
            for name in inputs.outcome_of
        ]
        ends.append(net(replace(base, effects=np.array([moved]))))
    found.append(Swing("effect", *ends))
    for kind, rows in (("units", inputs.units), ("prices", inputs.prices)):
        for i, (name, row) in enumerate(zip(inputs.names, rows, strict=True)):
            if row.low != row.high:
                values = [_with(getattr(base, kind), i, end) for end in (row.low, row.high)]
                found.append(Swing(f"{kind} {name}", *(net(replace(base, **{kind: v})) for v in values)))
    for i, (name, share, _) in enumerate(inputs.cost_ranges):
        if share.low != share.high:
            values = [_with(base.costs, i, end) for end in (share.low, share.high)]
            found.append(Swing(f"cost {name}", *(net(replace(base, costs=v)) for v in values)))
    for name in ("full_years", "drop_off", "displacement", "attribution"):
        row = getattr(inputs, name)
        if row.low != row.high:
            found.append(Swing(name, *(net(replace(base, **{name: np.array([end])})) for end in (row.low, row.high))))
    return tuple(sorted(found, key=lambda s: (-abs(s.at_high - s.at_low), s.name)))


def _with(values: Array, i: int, value: float) -> Array:
    moved = values.copy()
    moved[:, i] = value
    return moved


def _reach(level: float) -> float:
    return float(scipy.stats.norm.isf((1 - level) / 2))


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Share of the effect at which gains equal costs.

    Attributes
    ----------
    share : float or None
        None where no effect of this direction pays.
    low, high : float or None
        Limits that hold the middle share of draws of everything but the effect; None where it is infinite.
    """

    share: float | None
    low: float | None
    high: float | None


def break_evens(
    inputs: Inputs, middle: Numbers, draws: Numbers, columns: Sequence[int | None]
) -> tuple[BreakEven, ...]:
    """Return the share of the effect at which gains equal costs.

    An account is linear in the effect: gains are proportional to it, costs do not move. So the effect is held
    fixed, and the limits show the uncertainty from prices, units and duration.

    Parameters
    ----------
    columns : sequence of int or None
        Columns of an account; None is the total.
    """
    level = float(read_knowledge("economics")["interval_level"])
    effects = np.broadcast_to(middle.effects, draws.effects.shape)
    parts = [present_values(inputs, numbers) for numbers in (middle, replace(draws, effects=effects))]
    found = []
    for column in columns:
        one, many = (_cost_of_gain(*pair, column) for pair in parts)
        limits = np.quantile(many, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
        found.append(BreakEven(*(None if np.isinf(v) else float(v) for v in (one[0], *limits))))
    return tuple(found)


def _cost_of_gain(gains: Array, costs: Array, column: int | None) -> Array:
    """Return cost as a share of gain; infinite where nothing is gained."""
    gain, cost = (part.sum(axis=1) if column is None else part[:, column] for part in (gains, costs))
    return np.divide(cost, gain, out=np.full_like(gain, np.inf), where=gain > 0)
