"""What an account assumes: every declared number with its range, its source and whether it is invented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_contracts.economics.rules import horizon_of, prices_of
from data_contracts.economics.settings import EconomicsSettings
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.parts import Text
from models.economics.inputs import range_of

TEXTS = ("label", "unit", "units", "source", "why_certain", "why_negative", "why_not_the_same")
PLAIN = ("per", "participants", "year", "link", "price_year")


def assumptions_of(settings: EconomicsSettings, evaluated: int | None) -> list[dict[str, Any]]:
    """Return every number that an account assumes.

    Parameters
    ----------
    settings : EconomicsSettings
    evaluated : int or None
        Participants whom the published results are of.

    Returns
    -------
    list of dict
        `kind`, `name`, `value`, `low`, `high`, their `middle`, texts in both languages, `is_illustrative`, `is_stale`, and of a cost that
        is shared by participants how many were `evaluated`.
    """
    prices, year = prices_of(settings), settings.report_price_year
    rows: list[dict[str, Any]] = []

    def add(kind: str, name: str, row: Any, value: float, **more: Any) -> None:
        texts = {key: both(more.pop(key, getattr(row, key, None))) for key in TEXTS}
        plain = {key: getattr(row, key, None) for key in PLAIN}
        is_stale = plain["price_year"] not in (None, year)
        known = range_of(value, row.low, row.high)
        ends = {
            "low": row.low,
            "high": row.high,
            "middle": known.mean,
            "is_illustrative": row.is_illustrative,
            "is_stale": is_stale,
        }
        rows.append(_blank() | {"kind": kind, "name": name, "value": float(value)} | ends | texts | plain | more)

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
    rows.append(_standard("horizon", float(horizon_of(settings)), settings.duration.why_longer))
    factor = read_knowledge("economics")["net_tax_factor"]
    rows.append(_standard("net_tax_factor", float(factor["value"]), None, factor))
    distortion = read_knowledge("economics")["tax_distortion"]
    rows.append(_standard("tax_distortion", float(settings.tax_distortion), None, distortion))
    for row in settings.price_index:
        rows.append(_standard("price_index", row.index, None, {"source": row.source, "link": row.link}, row.year))
    for proxy in settings.proxies:
        worth = proxy.value_a_year
        add("proxy", proxy.name, worth, worth.amount, label=proxy.change)
    return rows


def _blank() -> dict[str, Any]:
    names = (*TEXTS, *PLAIN, "low", "high", "middle", "flow", "paid_by", "received_by", "evaluated")
    return dict.fromkeys(names) | {"is_illustrative": False, "is_stale": False}


def _standard(
    kind: str, value: float, why: Text | None, known: Mapping[str, Any] | None = None, year: int | None = None
) -> dict[str, Any]:
    """A number that is set and has no range."""
    known = known or read_knowledge("economics")["horizon"]
    row = {"kind": kind, "name": kind, "value": value, "label": both(why), "year": year}
    return _blank() | row | {"source": both(known["source"]), "link": known.get("link")}


def both(text: Text | Mapping[str, str] | None) -> dict[str, str] | None:
    """Return a text in both languages as it is kept."""
    if isinstance(text, Text):
        return {"da": text.da, "en": text.en}
    return None if text is None else dict(text)


def _shares(shares: Mapping[str, float]) -> str | None:
    """Write payers and their shares as one text, e.g. `municipality 0.7, state 0.3`."""
    return ", ".join(f"{name} {share:g}" for name, share in shares.items()) if shares else None
