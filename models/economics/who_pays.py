"""Side payments where those who pay are not those who gain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
NOT_ASKED = ("person", "society")
"""Participants are asked for no money, and a conversion of prices is nobody's pocket."""
SMALLEST = 0.005
"""Half an øre; less is nothing."""


@dataclass(frozen=True, slots=True)
class SidePayment:
    """A payment of one payer to another per participant, present value."""

    payer: str
    receiver: str
    amount: float


def side_payments(net: Mapping[str, float]) -> tuple[SidePayment, ...] | None:
    """Return payments after which no payer loses.

    Parameters
    ----------
    net : mapping of str to float
        Present value of gains less costs by payer.

    Returns
    -------
    tuple of SidePayment or None
        Each payer who gains pays in proportion to the gain. Empty where no payer loses; None where the payers lose in
        total, so that no payment between them can leave all without a loss.
    """
    asked = {name: value for name, value in net.items() if name not in NOT_ASKED}
    gainers = {name: value for name, value in asked.items() if value > SMALLEST}
    losers = {name: -value for name, value in asked.items() if value < -SMALLEST}
    lost, gained = sum(losers.values()), sum(gainers.values())
    if lost > gained + SMALLEST:
        return None
    return tuple(
        SidePayment(giver, loser, loss * gain / gained)
        for giver, gain in gainers.items()
        for loser, loss in losers.items()
    )


def needed(
    payment: SidePayment, payments: Sequence[SidePayment], net: Mapping[str, Array], level: float
) -> tuple[float, float]:
    """Return how much the receiver would need of this payer.

    Limits of the middle share of draws.

    Parameters
    ----------
    payments : sequence of SidePayment
        All of them; each payer keeps its share of what a receiver gets.
    net : mapping of str to ndarray of float, shape (draws,)
        Present value of gains less costs by payer.
    """
    share = payment.amount / sum(row.amount for row in payments if row.receiver == payment.receiver)
    loss = share * np.maximum(0.0, -net[payment.receiver])
    low, high = np.quantile(loss, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def all_whole(payments: Sequence[SidePayment], net: Mapping[str, Array]) -> float:
    """Return the probability that no payer loses after the payments.

    The share of draws in which no payer loses when these payments, agreed beforehand, have been made.
    """
    after = {name: values.copy() for name, values in net.items() if name not in NOT_ASKED}
    for row in payments:
        after[row.payer] -= row.amount
        after[row.receiver] += row.amount
    return float(np.all([values >= -SMALLEST for values in after.values()], axis=0).mean())
