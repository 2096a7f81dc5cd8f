"""Rules across an account: no double counting, and a payer for all."""

from __future__ import annotations

import math
from collections.abc import Iterator

from data_contracts.economics.price_catalogue import Price, illustrative_catalogue, price_index
from data_contracts.economics.settings import EconomicsSettings
from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.faults import Fault, InputRefused, suggestion
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.limits import limit
from data_contracts.reading.safe_yaml import Path, line_of
from data_contracts.reading.section_reading import in_order, read_shape, spoken

Found = Iterator[tuple[Path, str, str]]


def read_economics(text: str, file: str, protocol: Protocol) -> EconomicsSettings:
    """Read and check an account.

    Parameters
    ----------
    text : str
        Content of `economics.yaml`.
    file : str
        Name used in faults.
    protocol : Protocol
        Of the same project.

    Raises
    ------
    InputRefused
        With every fault of the file.
    """
    reading = read_shape(text, file, EconomicsSettings)
    faults = list(reading.faults)
    if reading.section is not None:
        for path, what, fix in rule_faults(reading.section, protocol):
            faults.append(Fault(what, fix, file, line_of(reading.lines, path), spoken(path)))
    if faults or reading.section is None:
        raise InputRefused(in_order(faults))
    return reading.section


def prices_of(settings: EconomicsSettings) -> dict[str, Price]:
    """Return prices by name; the project's own replace the catalogue's."""
    own = {price.name: price for price in settings.prices}
    return {price.name: price for price in illustrative_catalogue().prices} | own


def index_of(settings: EconomicsSettings) -> dict[int, float]:
    """Return the price index by year: Trin's own, then the project's."""
    return price_index() | {row.year: row.index for row in settings.price_index}


def first_year_of(settings: EconomicsSettings, protocol: Protocol) -> int:
    """Return the first year whose gains are counted.

    Years before the outcomes were measured are excluded, because nothing was observed in them.
    """
    used = {row.outcome for row in settings.consequences} | {row.outcome for row in settings.proxies}
    months = [outcome.from_months for outcome in protocol.outcomes if outcome.name in used]
    return 1 + math.ceil(max(months, default=0) / 12)


def horizon_of(settings: EconomicsSettings) -> int:
    """Return the last year counted."""
    usual = int(read_knowledge("economics")["horizon_years"])
    return settings.duration.horizon_years or usual


def rule_faults(settings: EconomicsSettings, protocol: Protocol) -> Found:
    """Yield every broken rule: where, what, and what to do."""
    yield from _counted_once(settings)
    yield from _two_names(settings)
    yield from _outcomes_and_prices(settings, protocol)
    yield from _payers(settings)
    yield from _years(settings, protocol)
    if settings.deadweight:
        what = "The effect is already net of what would have happened anyway; subtracting deadweight would count that twice."
        yield ("deadweight",), what, "Leave deadweight out."


def _counted_once(settings: EconomicsSettings) -> Found:
    prices = prices_of(settings)
    seen: dict[str, str] = {}
    for i, consequence in enumerate(settings.consequences):
        price = prices.get(consequence.price)
        if price is None:
            continue
        if price.counts in seen:
            what = f"“{price.counts}” is already counted by {seen[price.counts]}; the same gain would be counted twice."
            yield ("consequences", i, "price"), what, "Keep only one of them."
        seen.setdefault(price.counts, f"consequences[{i + 1}]")
    for i, proxy in enumerate(settings.proxies):
        if proxy.counts in seen:
            what = f"“{proxy.counts}” is already counted by {seen[proxy.counts]}; the same gain would be counted twice."
            yield ("proxies", i, "counts"), what, "Remove the proxy, or change counts if it measures something else."
        seen.setdefault(proxy.counts, f"proxies[{i + 1}]")
    for part in ("costs", "prices", "proxies"):
        names = [row.name for row in getattr(settings, part)]
        for i, name in enumerate(names):
            if name in names[:i]:
                yield (part, i, "name"), f"The name “{name}” is used twice.", "Give each a unique name."


def look_alikes(settings: EconomicsSettings) -> int:
    """Return how many gains may be counted under two names.

    Gains look alike if they have the same kind, payers and receivers, or if an exception is argued in `why_not_the_same`.
    """
    prices = prices_of(settings)
    kinds = [
        (p.kind, frozenset(p.paid_by), frozenset(p.received_by))
        for p in (prices[c.price] for c in settings.consequences)
    ]
    argued = sum(row.why_not_the_same is not None for row in settings.consequences)
    proxies = [(row.outcome, row.stakeholder.da.casefold()) for row in settings.proxies]
    return argued + sum(len(rows) - len(set(rows)) for rows in (kinds, proxies))


def _two_names(settings: EconomicsSettings) -> Found:
    """Yield gains counted under two names.

    Either production is counted twice, or the tax on it is counted as well.
    """
    prices, first = prices_of(settings), None
    rows = [(i, row, prices[row.price]) for i, row in enumerate(settings.consequences) if row.price in prices]
    for i, row, price in rows:
        if price.kind != "production":
            continue
        if first is not None and row.why_not_the_same is None:
            what = f"consequences[{first + 1}] already counts production; one person's work could be counted twice."
            fix = "Combine both into one price, or state in why_not_the_same whose work each one counts."
            yield ("consequences", i, "price"), what, fix
        first = i if first is None else first
    for i, row, price in rows:
        is_tax = price.kind == "transfer" and price.paid_by.get("person", 0) > price.received_by.get("person", 0)
        if first is not None and is_tax and row.why_not_the_same is None:
            what = "Participants pay this out of production that is already distributed, so the tax would be counted twice."
            fix = f"Remove it, because received_by of consequences[{first + 1}] already divides the production, or give the reason in why_not_the_same."
            yield ("consequences", i, "price"), what, fix


def _outcomes_and_prices(settings: EconomicsSettings, protocol: Protocol) -> Found:
    outcomes, prices = [outcome.name for outcome in protocol.outcomes], prices_of(settings)
    for part in ("consequences", "proxies"):
        for i, row in enumerate(getattr(settings, part)):
            if row.outcome not in outcomes:
                fix = suggestion(row.outcome, outcomes) or f"Outcomes here: {', '.join(outcomes)}."
                yield (part, i, "outcome"), "The protocol has no such outcome.", fix
    kinds = {outcome.name: outcome.type for outcome in protocol.outcomes}
    for part in ("consequences", "proxies"):
        for i, row in enumerate(getattr(settings, part)):
            if kinds.get(row.outcome, "binary") != "binary":
                what = "An account counts people who reach an outcome, but this outcome is a mean or a ratio."
                yield (part, i, "outcome"), what, "Name an outcome of type binary."
    for i, consequence in enumerate(settings.consequences):
        if consequence.price not in prices:
            fix = suggestion(consequence.price, prices) or f"Prices: {', '.join(prices)}."
            yield ("consequences", i, "price"), "There is no such price.", fix
            continue
        price = prices[consequence.price]
        usual = {row.name: row for row in illustrative_catalogue().prices}.get(price.name, price)
        most = price.most_a_year or usual.most_a_year
        wide = abs(consequence.units_a_year) * (1 + float(read_knowledge("economics")["missing_range_share"]))
        ends = [wide] if consequence.low is None or consequence.high is None else [consequence.low, consequence.high]
        if most is not None and max(abs(end) for end in ends) > most:
            what = f"One person cannot have more than {most:g} of this a year; the range exceeds that."
            yield ("consequences", i, "units_a_year"), what, "Correct the number, or give low and high."
        if (price.kind, price.counts) != (usual.kind, usual.counts):
            what = f"The catalogue's “{price.name}” is a {usual.kind} that counts “{usual.counts}”; this price is different."
            yield ("consequences", i, "price"), what, "Rename your price, or use the same kind and counts."


def _payers(settings: EconomicsSettings) -> Found:
    known = [*read_knowledge("economics")["payers"], *settings.payers]
    spoken_for = {"i alt", "total"} | {
        text.casefold()
        for row in (*read_knowledge("economics")["payers"].values(), read_knowledge("economics")["society"])
        for text in row.values()
    }
    for name, label in settings.payers.items():
        if name in (*read_knowledge("economics")["payers"], "society", "total"):
            yield ("payers", name), f"“{name}” is a predefined payer and cannot be redefined.", "Choose another name."
        own = {label.da.strip().casefold(), label.en.strip().casefold()}
        if own & spoken_for:
            yield (
                ("payers", name),
                "Another payer already has this label, so a reader could not tell them apart.",
                "Use a more specific label.",
            )
        spoken_for |= own
    parts: tuple[tuple[str, tuple[str, ...]], ...] = (("costs", ("paid_by",)), ("prices", ("paid_by", "received_by")))
    for part, sides in parts:
        for i, row in enumerate(getattr(settings, part)):
            for side in sides:
                for payer in getattr(row, side):
                    if payer not in known:
                        fix = (
                            suggestion(payer, known) or f"Payers: {', '.join(known)}; others are declared under payers."
                        )
                        yield (part, i, side, payer), f"“{payer}” is not a known payer.", fix


def _years(settings: EconomicsSettings, protocol: Protocol) -> Found:
    index, horizon = index_of(settings), horizon_of(settings)
    for i, row in enumerate(settings.price_index):
        expected = max(price_index()) + 1 + i
        if row.year != expected:
            what = f"Years must continue from the end of Trin's own index without gaps; {expected} was expected here."
            yield ("price_index", i, "year"), what, "List the years in order, without gaps."
        elif abs(row.index / index[row.year - 1] - 1) > limit("economics.largest_price_change"):
            most = limit("economics.largest_price_change")
            what = f"Prices cannot have changed by more than {most:.0%} in a year."
            yield ("price_index", i, "index"), what, "Give the mean of the year's months, with 2015 = 100."
    usual = int(read_knowledge("economics")["horizon_years"])
    if horizon > usual and settings.duration.why_longer is None:
        what = f"The horizon is longer than {usual} years."
        yield (
            ("duration", "horizon_years"),
            what,
            "State in why_longer what evidence shows that the effect lasts that long.",
        )
    first = first_year_of(settings, protocol)
    if first > horizon:
        what = "The outcome is measured too late for any year with gains to fall within the horizon."
        yield (
            ("duration", "horizon_years"),
            what,
            f"Extend the horizon to at least year {first}, the year after the follow-up.",
        )
    for i, cost in enumerate(settings.costs):
        if cost.year >= first:
            what = "The cost falls after the outcome was measured, so the effect does not include what it paid for."
            yield ("costs", i, "year"), what, f"Move it to year {first - 1} or earlier, or remove it."
    for name in ("full_years", "drop_off"):
        if getattr(settings.duration, name).why_certain is not None:
            what = "The duration of an effect is never known for certain."
            yield ("duration", name), what, "Give low and high instead of why_certain."
    if settings.duration.full_years.high > horizon:
        what, fix = "The effect would last longer than the horizon.", "Lower it, or extend the horizon."
        yield ("duration", "full_years"), what, fix
    years: list[tuple[Path, int]] = [(("report_price_year",), settings.report_price_year)]
    for part in ("costs", "prices"):
        years += [((part, i, "price_year"), row.price_year) for i, row in enumerate(getattr(settings, part))]
    years += [
        (("proxies", i, "value_a_year", "price_year"), row.value_a_year.price_year)
        for i, row in enumerate(settings.proxies)
    ]
    for path, year in years:
        if year not in index:
            fix = f"The index covers {min(index)} to {max(index)}; add later years under price_index."
            yield path, f"There is no price index for {year}.", fix
