"""Assumptions of an account.

Every declared number with its range, its source and whether it is invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_contracts.economics.rules import horizon_of, prices_of
from data_contracts.economics.settings import EconomicsSettings
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.parts import Text
from models.economics.account_rows import AssumptionRow
from models.economics.inputs import range_of

TEXTS = ("label", "unit", "units", "source", "why_certain", "why_negative", "why_not_the_same")
PLAIN = ("per", "participants", "year", "link", "price_year")


def assumptions_of(settings: EconomicsSettings, evaluated: int | None) -> tuple[AssumptionRow, ...]:
    """Return every number that an account assumes.

    Parameters
    ----------
    evaluated : int or None
        Number of participants that the published results cover.

    Returns
    -------
    tuple of AssumptionRow
    """
    prices, year, known = prices_of(settings), settings.report_price_year, read_knowledge("economics")
    rows: list[AssumptionRow] = []

    def add(kind: str, name: str, row: Any, value: float, **more: Any) -> None:
        texts = {key: both(more.pop(key, getattr(row, key, None))) for key in TEXTS}
        plain = {key: getattr(row, key, None) for key in PLAIN}
        rows.append(
            AssumptionRow(
                kind=kind,
                name=name,
                value=float(value),
                low=row.low,
                high=row.high,
                middle=range_of(value, row.low, row.high).mean,
                is_illustrative=row.is_illustrative,
                is_stale=plain["price_year"] not in (None, year),
                **(plain | texts | more),
            )
        )

    for cost in settings.costs:
        people = evaluated if cost.participants is not None else None
        add("cost", cost.name, cost, cost.amount, paid_by=_shares(cost.paid_by), evaluated=people, flow="cost")
    for consequence in sorted(settings.consequences, key=lambda row: row.price):
        price = prices[consequence.price]
        words = {"label": price.label, "unit": price.unit, "units": price.units}
        add("units", price.name, consequence, consequence.units_a_year, **words)
        paid = {"paid_by": _shares(price.paid_by), "received_by": _shares(price.received_by), "flow": price.kind}
        add("price", price.name, price, price.amount, **paid)
    for name in ("displacement", "attribution"):
        share = getattr(settings, name)
        add(name, name, share, share.value)
    add("full_years", "full_years", settings.duration.full_years, settings.duration.full_years.value)
    add("drop_off", "drop_off", settings.duration.drop_off, settings.duration.drop_off.value)
    for kind, value, why in (
        ("horizon", float(horizon_of(settings)), settings.duration.why_longer),
        ("net_tax_factor", float(known["net_tax_factor"]["value"]), None),
        ("tax_distortion", float(settings.tax_distortion), None),
    ):
        rows.append(_standard(kind, value, why, known[kind]["source"], known[kind].get("link")))
    for row in settings.price_index:
        rows.append(_standard("price_index", row.index, None, row.source, row.link, row.year))
    for proxy in settings.proxies:
        worth = proxy.value_a_year
        add("proxy", proxy.name, worth, worth.amount, label=proxy.change)
    return tuple(rows)


def _standard(
    kind: str,
    value: float,
    why: Text | None,
    source: Text | Mapping[str, str],
    link: str | None,
    year: int | None = None,
) -> AssumptionRow:
    """Return the row of a fixed number without a range."""
    return AssumptionRow(kind, kind, value, label=both(why), year=year, source=both(source), link=link)


def both(text: Text | Mapping[str, str] | None) -> dict[str, str] | None:
    """Return a text in both languages as it is stored."""
    if isinstance(text, Text):
        return {"da": text.da, "en": text.en}
    return None if text is None else dict(text)


def _shares(shares: Mapping[str, float]) -> str | None:
    """Write payers and their shares as one text.

    For example `municipality 0.7, state 0.3`.
    """
    return ", ".join(f"{name} {share:g}" for name, share in shares.items()) if shares else None
