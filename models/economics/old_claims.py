"""Old claims in money, read again: what they assume, and whether they agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def implied_costs(amount: float, ratio: float) -> tuple[float, float]:
    """Return what a course costs if an amount is saved and every krone becomes `ratio`.

    Parameters
    ----------
    amount : float
        Saved for each.
    ratio : float
        Kroner for one; above 1.

    Returns
    -------
    (float, float)
        If the amount is all that comes back, and if it is what is left when the krone is paid: five for one and 160,000
        is a course of 32,000 or of 40,000.

    Raises
    ------
    ValueError
        If the ratio is not above 1: nothing is saved then.
    """
    if not ratio > 1:
        raise ValueError("A krone that does not become more than one saves nothing.")
    return amount / ratio, amount / (ratio - 1.0)


def read_again(studies: Sequence[Mapping[str, Any]], cost_per_participant: float | None) -> list[dict[str, Any]]:
    """Return a dossier's claims in money, with what each lacks and what it implies.

    Parameters
    ----------
    studies : sequence of mapping
        Tagged studies; those without money are left out.
    cost_per_participant : float or None
        What the project's own account says that a course costs.

    Returns
    -------
    list of dict
        `name`, `claim`, `amount_dkk`, `ratio`, `per`, `payer`, `price_year`, `missing`, `rung`, `about`, and
        `implied_low`, `implied_high`: what a course would cost if amount and ratio, told together, were both right.
    """
    rows = []
    for study in studies:
        money = study.get("money")
        if not money:
            continue
        low = high = None
        if money.get("ratio") is not None:
            low, high = implied_costs(money["amount_dkk"], money["ratio"])
        rows.append(
            {
                "name": study["project_name"],
                "claim": study["claim"],
                "about": study["about"],
                "rung": study["evidence"]["rung"],
                "rung_detail": study["evidence"]["rung_detail"],
                **{name: money.get(name) for name in ("amount_dkk", "ratio", "per", "payer", "price_year", "missing")},
                "implied_low": low,
                "implied_high": high,
                "own_cost": cost_per_participant,
            }
        )
    return rows
