"""Earlier claims in money: their assumptions and consistency."""

from __future__ import annotations

from collections.abc import Sequence

from data_contracts.results.paper_record import PaperRecord
from models.economics.account_rows import OldClaimRow


def implied_costs(amount: float, ratio: float) -> tuple[float, float]:
    """Return the cost of a course implied by an amount and a ratio.

    The amount is saved per participant, and every krone becomes `ratio`.

    Parameters
    ----------
    amount : float
        Saved for each.
    ratio : float
        Kroner gained per krone paid; above 1.

    Returns
    -------
    (float, float)
        The cost if the amount is the gross gain, and if it is net of the cost: a ratio of five and 160,000 imply a
        course of 32,000 or of 40,000.

    Raises
    ------
    ValueError
        If the ratio is not above 1, since nothing is saved then.
    """
    if not ratio > 1:
        raise ValueError("A krone that does not become more than one saves nothing.")
    return amount / ratio, amount / (ratio - 1.0)


def read_again(studies: Sequence[PaperRecord], cost_per_participant: float | None) -> tuple[OldClaimRow, ...]:
    """Return a dossier's claims in money.

    With what each lacks and what it implies.

    Parameters
    ----------
    studies : sequence of PaperRecord
        Those without money are left out.
    cost_per_participant : float or None
        Cost of a course according to the project's account.

    Returns
    -------
    tuple of OldClaimRow
    """
    rows = []
    for study in studies:
        money = study.money
        if money is None:
            continue
        low = high = None
        if money.ratio is not None:
            low, high = implied_costs(money.amount_dkk, money.ratio)
        rows.append(
            OldClaimRow(
                name=study.project_name.model_dump(),
                claim=study.claim.model_dump(),
                about=study.about,
                rung=study.evidence.rung,
                rung_detail=study.evidence.rung_detail,
                amount_dkk=money.amount_dkk,
                ratio=money.ratio,
                per=None if money.per is None else money.per.model_dump(),
                payer=None if money.payer is None else money.payer.model_dump(),
                price_year=money.price_year,
                missing=money.missing,
                implied_low=low,
                implied_high=high,
                own_cost=cost_per_participant,
            )
        )
    return tuple(rows)
