"""Wrong pockets: who pays is not who gains, and what would make all whole.

Belongs here: side payments between payers, pure. Does not belong here: what
each pays and gains (`account.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NOT_ASKED = ("person", "society")
"""Participants are asked for no money, and a conversion of prices is nobody's pocket."""
SMALLEST = 0.005
"""Half an øre; less is nothing."""


@dataclass(frozen=True, slots=True)
class SidePayment:
    """What one payer would pay another per participant, in present value."""

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
        Each who gains pays in proportion to the gain. Empty where nobody loses; None where payers together lose, so that
        no payment between them can make all whole.
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
