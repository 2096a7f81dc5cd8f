"""An account as a record, as pages show it.

Everything that a page says of the worth of an effect, with its uncertainty.

Where the effect has no number, the account has none either: only the cost of the
project is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import JsonValue

from data_contracts.economics.rules import index_of, look_alikes, prices_of
from data_contracts.economics.settings import EconomicsSettings
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.results.paper_record import PaperRecord
from data_contracts.results.public_record import PublicRecord
from models.economics.account import Numbers, by_year, central, columns_of, present_values
from models.economics.account_rows import (
    BreakEvenRow,
    Declared,
    EffectRow,
    PaybackColumns,
    PayerRow,
    ProxyRow,
    ScenarioRow,
    SidePaymentRow,
    SocialReturn,
    SwingRow,
    TotalRow,
    WorkedOut,
    YearRow,
)
from models.economics.assumptions import assumptions_of, both
from models.economics.discounting import in_prices_of
from models.economics.inputs import Inputs, inputs_of
from models.economics.old_claims import read_again
from models.economics.payback import Payback, paybacks
from models.economics.social_return import proxy_values
from models.economics.uncertainty import BreakEven, break_evens, draw, spreads, tornado
from models.economics.who_pays import all_whole, needed, side_payments
from models.values.adapter import as_data
from models.values.design_findings import AccountFindings

LEAD = "municipality"
"""Whose account stands first: who keeps the budget that the page is for."""


def findings_of(settings: EconomicsSettings) -> AccountFindings:
    """Return the findings that detectors read in an account."""
    prices = prices_of(settings)
    used = [prices[row.price] for row in settings.consequences]
    years = [row.price_year for row in (*settings.costs, *used, *(p.value_a_year for p in settings.proxies))]
    return AccountFindings(
        bookings=(
            *((prices[row.price].counts, f"{row.outcome} {row.price}") for row in settings.consequences),
            *((row.counts, f"{row.outcome} {row.name}") for row in settings.proxies),
        ),
        effect_is_net=True,
        deadweight_share=settings.deadweight,
        price_years=tuple(years),
        report_price_year=settings.report_price_year,
        look_alikes=look_alikes(settings),
    )


def cost_per_participant(settings: EconomicsSettings) -> float:
    """Return the project's cost per participant.

    In the report's money, not discounted.
    """
    year, index = settings.report_price_year, index_of(settings)
    costs = settings.costs
    return sum(in_prices_of(c.amount, c.price_year, year, index) / (c.participants or 1) for c in costs)


def account_of(
    settings: EconomicsSettings,
    records: Mapping[str, PublicRecord],
    studies: Sequence[PaperRecord] = (),
    first_year: int = 1,
) -> dict[str, JsonValue]:
    """Return a project's account.

    Parameters
    ----------
    records : mapping of str to PublicRecord
        The project's, by outcome.
    studies : sequence of PaperRecord
        Its dossier's tagged studies.
    first_year : int
        The first year that counts gains: the one after the outcome was measured.

    Returns
    -------
    dict
        As pages take it: `is_estimated`; what is `Declared`; and where every effect it rests on has a number, what is
        `WorkedOut`.
    """
    known = read_knowledge("economics")
    cost, evaluated = cost_per_participant(settings), _evaluated(records)
    assumptions = assumptions_of(settings, evaluated)
    declared = as_data(
        Declared(
            report_price_year=settings.report_price_year,
            cost_per_participant=cost,
            assumptions=assumptions,
            is_illustrative=any(row.is_illustrative for row in assumptions),
            payer_names={name: dict(text) for name, text in known["payers"].items()}
            | {name: {"da": text.da, "en": text.en} for name, text in settings.payers.items()}
            | {"society": dict(known["society"])},
            old_claims=read_again(studies, cost),
        )
    )
    needed = sorted({row.outcome for row in settings.consequences} | {row.outcome for row in settings.proxies})
    missing: list[JsonValue] = [name for name in needed if name not in records or records[name].status != "estimated"]
    if missing:
        return declared | {"is_estimated": False, "without_number": missing}
    inputs = inputs_of(settings, records, first_year)
    resolved = {records[name].claims.verdict for name in needed} <= set(known["resolved_verdicts"])
    worked_out = _worked_out(settings, inputs, records)
    if not resolved:
        worked_out = _without_chances(worked_out)
    return declared | {"is_estimated": True, "is_resolved": resolved} | as_data(worked_out)


def _without_chances(made: WorkedOut) -> WorkedOut:
    """Remove every probability.

    If it cannot be known whether the effect is due to the project, the probability of a gain cannot be known
    either.
    """
    return replace(
        made,
        columns=tuple(replace(row, probability_of_gain=None, probability_of_payback=None) for row in made.columns),
        total=replace(made.total, probability_of_gain=None, probability_of_payback=None),
        probability_all_whole=None,
    )


def _evaluated(records: Mapping[str, PublicRecord]) -> int | None:
    """Return the number of participants that the published results cover."""
    return max((row.n_treated for row in records.values() if row.n_treated is not None), default=None)


def _worked_out(settings: EconomicsSettings, inputs: Inputs, records: Mapping[str, PublicRecord]) -> WorkedOut:
    known = read_knowledge("economics")
    seed, count = int(known["seed"]), int(known["draws"])
    middle, draws = central(inputs), draw(inputs, count, seed)
    gains, costs = present_values(inputs, middle)
    drawn_gains, drawn_costs = present_values(inputs, draws)
    net, names = drawn_gains - drawn_costs, columns_of(inputs)
    with_total = np.column_stack([net, net.sum(axis=1)])
    found = spreads(with_total)
    yearly = by_year(inputs, middle)
    level = float(known["interval_level"])
    last_cost = max(cost.year for cost in settings.costs)
    back = [_payback(row) for row in paybacks(inputs, middle, draws, last_cost, level)]
    columns = tuple(
        PayerRow(
            payer=name,
            cost=float(costs[0, i]),
            gain=float(gains[0, i]),
            net=float(gains[0, i] - costs[0, i]),
            low=found[i].low,
            high=found[i].high,
            probability_of_gain=found[i].probability_of_gain,
            payback_year=back[i].payback_year,
            payback_low=back[i].payback_low,
            payback_high=back[i].payback_high,
            probability_of_payback=back[i].probability_of_payback,
        )
        for i, name in enumerate(names)
    )
    cost, gain = float(costs.sum()), float(gains.sum())
    ratios = _per_krone(drawn_gains.sum(axis=1), drawn_costs.sum(axis=1), level)
    total = TotalRow(
        cost=cost,
        gain=gain,
        net=gain - cost,
        low=found[-1].low,
        high=found[-1].high,
        probability_of_gain=found[-1].probability_of_gain,
        payback_year=back[-1].payback_year,
        payback_low=back[-1].payback_low,
        payback_high=back[-1].payback_high,
        probability_of_payback=back[-1].probability_of_payback,
        gain_per_krone=gain / cost if cost > 0 else None,
        gain_per_krone_low=None if ratios is None else float(ratios[0]),
        gain_per_krone_high=None if ratios is None else float(ratios[1]),
    )
    first = next((name for name in inputs.effects if records[name].primary), inputs.outcome_of[0])
    one = inputs.effects[inputs.outcome_of[0]]
    z = one.better * (draws.effects[:, 0] - middle.effects[0, 0]) / (one.sd or 1.0)
    payments, all_are_whole = _agreement(names, gains[0] - costs[0], net, level)
    return WorkedOut(
        outcome=first,
        effects=tuple(
            EffectRow(
                outcome=name,
                estimate=effect.value,
                interval_low=records[name].interval_low,
                interval_high=records[name].interval_high,
                chance_sd=effect.chance_sd,
                bias_sd=effect.bias_sd,
                rung=records[name].evidence.rung,
                rung_detail=records[name].evidence.rung_detail,
                certainty=records[name].evidence.certainty,
                goes_the_wrong_way=effect.value * effect.better < 0,
            )
            for name, effect in inputs.effects.items()
        ),
        horizon=inputs.horizon,
        first_year=inputs.first_year,
        full_years=inputs.full_years.value,
        draws=count,
        seed=seed,
        interval_level=level,
        columns=columns,
        total=total,
        years=tuple(
            YearRow(year, name, float(yearly[year, i])) for year in range(len(yearly)) for i, name in enumerate(names)
        ),
        tornado=(
            *_swings(inputs, "total", None),
            *(row for i, name in enumerate(inputs.payers) if name == LEAD for row in _swings(inputs, name, i)),
        ),
        break_even=_break_even(inputs, middle, draws, first),
        side_payments=payments,
        probability_all_whole=all_are_whole,
        social_return=_social_return(
            settings, inputs, records, middle, draws, z, seed, total, drawn_gains, drawn_costs
        ),
        scenario=_scenario(settings, total),
    )


def _per_krone(gains: Any, costs: Any, level: float) -> Any:
    """Return limits of the gain per krone; None where a draw is free.

    A draw is free where it costs nothing.
    """
    if not (costs > 0).all():
        return None
    return np.quantile(gains / costs, [(1 - level) / 2, (1 + level) / 2])


def _swings(inputs: Inputs, payer: str, column: int | None) -> list[SwingRow]:
    return [
        SwingRow(payer, swing.name, swing.at_low, swing.at_high)
        for swing in tornado(inputs, column)
        if swing.at_low != swing.at_high
    ]


def _payback(row: Payback | None) -> PaybackColumns:
    return PaybackColumns() if row is None else PaybackColumns(row.year, row.low, row.high, row.probability)


def _break_even(inputs: Inputs, middle: Numbers, draws: Numbers, outcome: str) -> tuple[BreakEvenRow, ...]:
    """Return break-even effects: in total, and for each payer."""
    _, costs = present_values(inputs, middle)
    paying = [i for i, _ in enumerate(inputs.payers) if costs[0, i] > 0]
    names = ["total", *(inputs.payers[i] for i in paying)]
    found = break_evens(inputs, middle, draws, [None, *paying])
    effect = inputs.effects[outcome].value
    return tuple(_ended(name, row, effect) for name, row in zip(names, found, strict=True))


def _ended(name: str, row: BreakEven, effect: float) -> BreakEvenRow:
    pays = None if row.share is None else effect * row.share
    return BreakEvenRow(name, row.share, row.low, row.high, pays, None if pays is None else effect - pays)


def _agreement(
    names: Sequence[str], middle: Any, draws: Any, level: float
) -> tuple[tuple[SidePaymentRow, ...] | None, float | None]:
    """Return payments that leave no payer with a loss.

    With what each would need, and the probability that they suffice.
    """
    payments = side_payments({name: float(middle[i]) for i, name in enumerate(names)})
    if payments is None:
        return None, None
    net = {name: draws[:, i] for i, name in enumerate(names)}
    rows = tuple(
        SidePaymentRow(row.payer, row.receiver, row.amount, *needed(row, payments, net, level)) for row in payments
    )
    return rows, all_whole(payments, net)


def _social_return(
    settings: EconomicsSettings,
    inputs: Inputs,
    records: Mapping[str, PublicRecord],
    middle: Numbers,
    draws: Numbers,
    z: Any,
    seed: int,
    total: TotalRow,
    drawn_gains: Any,
    drawn_costs: Any,
) -> SocialReturn | None:
    """Return the ratio with proxies.

    None where no proxy is declared or nothing is paid.
    """
    if not settings.proxies or not total.cost > 0:
        return None
    values = proxy_values(settings, inputs, middle, draws, records, z, seed)
    worth = drawn_gains.sum(axis=1) + sum(row.draws for row in values)
    ratios = worth / drawn_costs.sum(axis=1)
    level = float(read_knowledge("economics")["interval_level"])
    low, high = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2])
    return SocialReturn(
        ratio=(total.gain + sum(row.value for row in values)) / total.cost,
        low=float(low),
        high=float(high),
        shared_with_account=total.gain,
        proxies=tuple(
            ProxyRow(
                name=row.proxy.name,
                stakeholder={"da": row.proxy.stakeholder.da, "en": row.proxy.stakeholder.en},
                change={"da": row.proxy.change.da, "en": row.proxy.change.en},
                value=row.value,
                low=float(np.quantile(row.draws, (1 - level) / 2)),
                high=float(np.quantile(row.draws, (1 + level) / 2)),
            )
            for row in values
        ),
    )


def _scenario(settings: EconomicsSettings, total: TotalRow) -> ScenarioRow | None:
    row = settings.scenario
    if row is None:
        return None
    reached = row.people * row.share_reached
    return ScenarioRow(
        label={"da": row.label.da, "en": row.label.en},
        people=row.people,
        share_reached=row.share_reached,
        source=both(row.source),
        is_illustrative=row.is_illustrative,
        net=reached * total.net,
        low=reached * total.low,
        high=reached * total.high,
    )
