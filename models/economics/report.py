"""An account as a record: everything a page says of what an effect is worth, with its doubt.

Belongs here: putting the parts of an account together from settings and
published results, pure. Does not belong here: the parts, and words.

Where the effect has no number of its own, the account has none either: what the
project costs is told, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from data_contracts.economics_rules import horizon_of, prices_of
from data_contracts.economics_settings import EconomicsSettings
from data_contracts.ladder import read_knowledge
from data_contracts.protocol_parts import Text
from models.detectors.design_findings import AccountFindings
from models.economics.account import by_year, central, columns_of, payback_year, present_values
from models.economics.discounting import in_prices_of
from models.economics.inputs import Inputs, inputs_of
from models.economics.old_claims import read_again
from models.economics.pockets import side_payments
from models.economics.social_return import proxy_values
from models.economics.uncertainty import break_even_share, draw, spreads, tornado

Record = Mapping[str, Any]


def findings_of(settings: EconomicsSettings) -> AccountFindings:
    """Return what detectors look at in an account."""
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
    )


def cost_per_participant(settings: EconomicsSettings) -> float:
    """Return what the project costs per participant, in the report's money, not discounted."""
    return sum(
        in_prices_of(cost.amount, cost.price_year, settings.report_price_year) / (cost.participants or 1)
        for cost in settings.costs
    )


def account_of(
    settings: EconomicsSettings,
    records: Mapping[str, Record],
    studies: Sequence[Record] = (),
    first_year: int = 1,
) -> dict[str, Any]:
    """Return a project's account.

    Parameters
    ----------
    settings : EconomicsSettings
    records : mapping of str to mapping
        The project's published records by outcome.
    studies : sequence of mapping
        Its dossier's tagged studies.
    first_year : int
        The first year that counts gains: the one after the outcome was measured.

    Returns
    -------
    dict
        `is_estimated`; what is declared; and where every effect it rests on has a number, the account itself. Kroner per
        participant in the report's money; present values where nothing else is said.
    """
    known = read_knowledge("economics")
    cost, assumptions = cost_per_participant(settings), _assumptions(settings)
    declared = {
        "report_price_year": settings.report_price_year,
        "cost_per_participant": cost,
        "assumptions": assumptions,
        "is_illustrative": any(row["is_illustrative"] for row in assumptions),
        "payer_names": {name: dict(text) for name, text in known["payers"].items()}
        | {name: {"da": text.da, "en": text.en} for name, text in settings.payers.items()}
        | {"society": dict(known["society"])},
        "old_claims": read_again(studies, cost),
    }
    needed = sorted({row.outcome for row in settings.consequences} | {row.outcome for row in settings.proxies})
    missing = [name for name in needed if name not in records or records[name]["status"] != "estimated"]
    if missing:
        return declared | {"is_estimated": False, "without_number": missing}
    inputs = inputs_of(settings, records, first_year)
    return declared | {"is_estimated": True, **_worked_out(settings, inputs, records)}


def _worked_out(settings: EconomicsSettings, inputs: Inputs, records: Mapping[str, Record]) -> dict[str, Any]:
    known = read_knowledge("economics")
    seed, count = int(known["seed"]), int(known["draws"])
    middle, draws = central(inputs), draw(inputs, count, seed)
    gains, costs = present_values(inputs, middle)
    drawn_gains, drawn_costs = present_values(inputs, draws)
    net, names = drawn_gains - drawn_costs, columns_of(inputs)
    with_total = np.column_stack([net, net.sum(axis=1)])
    found = spreads(with_total)
    yearly = by_year(inputs, middle)
    last_cost = max(cost.year for cost in settings.costs)
    columns = [
        {
            "payer": name,
            "cost": float(costs[0, i]),
            "gain": float(gains[0, i]),
            "net": float(gains[0, i] - costs[0, i]),
            "low": found[i].low,
            "high": found[i].high,
            "probability_of_gain": found[i].probability_of_gain,
            "payback_year": payback_year(yearly[:, i], last_cost),
        }
        for i, name in enumerate(names)
    ]
    cost, gain = float(costs.sum()), float(gains.sum())
    ratios = _per_krone(drawn_gains.sum(axis=1), drawn_costs.sum(axis=1), float(known["interval_level"]))
    total = {
        "cost": cost,
        "gain": gain,
        "net": gain - cost,
        "low": found[-1].low,
        "high": found[-1].high,
        "probability_of_gain": found[-1].probability_of_gain,
        "payback_year": payback_year(yearly.sum(axis=1), last_cost),
        "gain_per_krone": gain / cost if cost > 0 else None,
        "gain_per_krone_low": None if ratios is None else float(ratios[0]),
        "gain_per_krone_high": None if ratios is None else float(ratios[1]),
    }
    first = next((name for name in inputs.effects if records[name]["primary"]), inputs.outcome_of[0])
    public = {name: float(gains[0, i] - costs[0, i]) for i, name in enumerate(names)}
    payments = side_payments(public)
    one = inputs.effects[inputs.outcome_of[0]]
    z = one.better * (draws.effects[:, 0] - middle.effects[0, 0]) / (one.sd or 1.0)
    return {
        "outcome": first,
        "effects": [
            {
                "outcome": name,
                "estimate": effect.value,
                "interval_low": records[name]["interval_low"],
                "interval_high": records[name]["interval_high"],
                "chance_sd": effect.chance_sd,
                "bias_sd": effect.bias_sd,
                "rung": records[name]["evidence"]["rung"],
                "rung_detail": records[name]["evidence"]["rung_detail"],
                "certainty": records[name]["evidence"]["certainty"],
            }
            for name, effect in inputs.effects.items()
        ],
        "horizon": inputs.horizon,
        "first_year": inputs.first_year,
        "full_years": inputs.full_years,
        "draws": count,
        "seed": seed,
        "interval_level": float(known["interval_level"]),
        "columns": columns,
        "total": total,
        "years": [
            {"year": year, "payer": name, "net": float(yearly[year, i])}
            for year in range(len(yearly))
            for i, name in enumerate(names)
        ],
        "tornado": [
            {"name": swing.name, "at_low": swing.at_low, "at_high": swing.at_high} for swing in tornado(inputs)
        ],
        "break_even": [_break_even(inputs, first, "total", None)]
        + [_break_even(inputs, first, name, i) for i, name in enumerate(names) if costs[0, i] > 0],
        "side_payments": None
        if payments is None
        else [{"payer": p.payer, "receiver": p.receiver, "amount": p.amount} for p in payments],
        "social_return": _social_return(
            settings, inputs, records, middle, draws, z, seed, total, drawn_gains, drawn_costs
        ),
        "scenario": _scenario(settings, total),
    }


def _per_krone(gains: Any, costs: Any, level: float) -> Any:
    """Limits of what a krone brings; None where a draw costs nothing."""
    if not (costs > 0).all():
        return None
    return np.quantile(gains / costs, [(1 - level) / 2, (1 + level) / 2])


def _break_even(inputs: Inputs, outcome: str, name: str, column: int | None) -> dict[str, Any]:
    share, effect = break_even_share(inputs, column), inputs.effects[outcome].value
    needed = None if share is None else effect * share
    return {
        "payer": name,
        "share_of_effect": share,
        "effect": needed,
        "bias": None if needed is None else effect - needed,
    }


def _social_return(
    settings: EconomicsSettings,
    inputs: Inputs,
    records: Mapping[str, Record],
    middle: Any,
    draws: Any,
    z: Any,
    seed: int,
    total: Mapping[str, Any],
    drawn_gains: Any,
    drawn_costs: Any,
) -> dict[str, Any] | None:
    """The ratio with proxies; None where no proxy is declared or nothing is paid."""
    if not settings.proxies or not total["cost"] > 0:
        return None
    values = proxy_values(settings, inputs, middle, draws, records, z, seed)
    worth = drawn_gains.sum(axis=1) + sum(row.draws for row in values)
    ratios = worth / drawn_costs.sum(axis=1)
    level = float(read_knowledge("economics")["interval_level"])
    low, high = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2])
    return {
        "ratio": (total["gain"] + sum(row.value for row in values)) / total["cost"],
        "low": float(low),
        "high": float(high),
        "shared_with_account": total["gain"],
        "proxies": [
            {
                "name": row.proxy.name,
                "stakeholder": {"da": row.proxy.stakeholder.da, "en": row.proxy.stakeholder.en},
                "change": {"da": row.proxy.change.da, "en": row.proxy.change.en},
                "value": row.value,
            }
            for row in values
        ],
    }


def _scenario(settings: EconomicsSettings, total: Mapping[str, Any]) -> dict[str, Any] | None:
    row = settings.scenario
    if row is None:
        return None
    reached = row.people * row.share_reached
    return {
        "label": {"da": row.label.da, "en": row.label.en},
        "people": row.people,
        "share_reached": row.share_reached,
        "source": row.source,
        "is_illustrative": row.is_illustrative,
        **{name: reached * total[name] for name in ("net", "low", "high")},
    }


def _assumptions(settings: EconomicsSettings) -> list[dict[str, Any]]:
    """Every declared number with its range, its source and whether it is invented."""
    prices, year = prices_of(settings), settings.report_price_year
    rows: list[dict[str, Any]] = []

    def add(
        kind: str, name: str, label: Any, row: Any, value: float, low: Any, high: Any, unit: Any = None, **paid: Any
    ) -> None:
        rows.append(
            {
                "kind": kind,
                "name": name,
                "label": None if label is None else {"da": label.da, "en": label.en},
                "unit": None if unit is None else {"da": unit.da, "en": unit.en},
                "value": value,
                "low": low,
                "high": high,
                "price_year": getattr(row, "price_year", None),
                "source": row.source,
                "is_illustrative": getattr(row, "is_illustrative", False),
                "is_stale": getattr(row, "price_year", year) != year,
                "link": getattr(row, "link", None),
                "per": getattr(row, "per", None),
                "participants": getattr(row, "participants", None),
                "year": getattr(row, "year", None),
                "why_negative": None
                if getattr(row, "why_negative", None) is None
                else {"da": row.why_negative.da, "en": row.why_negative.en},
                "paid_by": _shares(paid.get("paid_by")),
                "received_by": _shares(paid.get("received_by")),
            }
        )

    for cost in settings.costs:
        add("cost", cost.name, cost.label, cost, cost.amount, cost.low, cost.high, paid_by=cost.paid_by)
    for consequence in sorted(settings.consequences, key=lambda row: row.price):
        price = prices[consequence.price]
        units = consequence.units_a_year
        add("units", price.name, price.label, consequence, units, consequence.low, consequence.high, price.unit)
        add(
            "price",
            price.name,
            price.label,
            price,
            price.amount,
            price.low,
            price.high,
            price.unit,
            paid_by=price.paid_by,
            received_by=price.received_by,
        )
    for name in ("displacement", "attribution"):
        share = getattr(settings, name)
        add(name, name, None, share, share.value, share.low, share.high)
    rows.append(_plain("full_years", settings.duration.full_years))
    rows.append(_plain("horizon", horizon_of(settings), settings.duration.why_longer))
    if settings.tax_distortion != "1":
        rows.append(_plain("tax_distortion", float(settings.tax_distortion)))
    drop = settings.duration.drop_off
    add("drop_off", "drop_off", None, drop, drop.value, drop.low, drop.high)
    for proxy in settings.proxies:
        worth = proxy.value_a_year
        add("proxy", proxy.name, proxy.change, worth, worth.amount, worth.low, worth.high)
    return rows


def _plain(kind: str, value: float, why: Text | None = None) -> dict[str, Any]:
    """A number that is declared without a range."""
    names = ("label", "unit", "low", "high", "price_year", "source", "paid_by", "received_by", "link", "per")
    blank = dict.fromkeys((*names, "participants", "year", "why_negative"))
    row = blank | {"kind": kind, "name": kind, "value": float(value), "is_illustrative": False, "is_stale": False}
    return row if why is None else row | {"label": {"da": why.da, "en": why.en}}


def _shares(shares: Mapping[str, float] | None) -> str | None:
    """Write payers and their shares as one text, e.g. `municipality 0.7, state 0.3`."""
    return ", ".join(f"{name} {share:g}" for name, share in shares.items()) if shares else None
