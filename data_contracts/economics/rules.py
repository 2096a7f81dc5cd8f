"""Rules between the parts of a project's account: nothing counted twice, nothing without a payer."""

from __future__ import annotations

import math
from collections.abc import Iterator

from data_contracts.economics.price_catalogue import Price, illustrative_catalogue, price_index
from data_contracts.economics.settings import EconomicsSettings
from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.faults import Fault, InputRefused, suggestion
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.safe_yaml import Path, line_of
from data_contracts.reading.section_reading import in_order, read_shape, spoken

LARGEST_PRICE_CHANGE = 0.15
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
    """Return prices by name: the catalogue's, and the project's own in their place."""
    own = {price.name: price for price in settings.prices}
    return {price.name: price for price in illustrative_catalogue().prices} | own


def index_of(settings: EconomicsSettings) -> dict[int, float]:
    """Return consumer prices by year: Trin's, and those of later years that the project brings."""
    return price_index() | {row.year: row.index for row in settings.price_index}


def first_year_of(settings: EconomicsSettings, protocol: Protocol) -> int:
    """Return the first year that counts gains: the whole years before the outcomes were measured nobody has seen."""
    used = {row.outcome for row in settings.consequences} | {row.outcome for row in settings.proxies}
    months = [outcome.from_months for outcome in protocol.outcomes if outcome.name in used]
    return 1 + math.ceil(max(months, default=0) / 12)


def horizon_of(settings: EconomicsSettings) -> int:
    """Return the last year that counts."""
    usual = int(read_knowledge("economics")["horizon_years"])
    return settings.duration.horizon_years or usual


def rule_faults(settings: EconomicsSettings, protocol: Protocol) -> Found:
    """Yield every rule that is broken: where, what, and what to do."""
    yield from _counted_once(settings)
    yield from _two_names(settings)
    yield from _outcomes_and_prices(settings, protocol)
    yield from _payers(settings)
    yield from _years(settings, protocol)
    if settings.deadweight:
        what = "The effect is a difference to what would have happened anyway; taken off again, that would count twice."
        yield ("deadweight",), what, "Leave deadweight out."


def _counted_once(settings: EconomicsSettings) -> Found:
    prices = prices_of(settings)
    seen: dict[str, str] = {}
    for i, consequence in enumerate(settings.consequences):
        price = prices.get(consequence.price)
        if price is None:
            continue
        if price.counts in seen:
            what = f"“{price.counts}” is counted already, by {seen[price.counts]}: the same gain would be booked twice."
            yield ("consequences", i, "price"), what, "Keep the one that says it best."
        seen.setdefault(price.counts, f"consequences[{i + 1}]")
    for i, proxy in enumerate(settings.proxies):
        if proxy.counts in seen:
            what = f"“{proxy.counts}” is counted already, by {seen[proxy.counts]}: the same gain would be booked twice."
            yield ("proxies", i, "counts"), what, "Leave the proxy out, or say what else it is."
        seen.setdefault(proxy.counts, f"proxies[{i + 1}]")
    for part in ("costs", "prices", "proxies"):
        names = [row.name for row in getattr(settings, part)]
        for i, name in enumerate(names):
            if name in names[:i]:
                yield (part, i, "name"), f"The name “{name}” stands twice.", "Give each a name of its own."


def look_alikes(settings: EconomicsSettings) -> int:
    """Return how many gains could be one under two names: the same kind, payers and receivers, or an argued exception."""
    prices = prices_of(settings)
    kinds = [
        (p.kind, frozenset(p.paid_by), frozenset(p.received_by))
        for p in (prices[c.price] for c in settings.consequences)
    ]
    argued = sum(row.why_not_the_same is not None for row in settings.consequences)
    proxies = [(row.outcome, row.stakeholder.da.casefold()) for row in settings.proxies]
    return argued + sum(len(rows) - len(set(rows)) for rows in (kinds, proxies))


def _two_names(settings: EconomicsSettings) -> Found:
    """One gain under two names: what somebody produces, twice, or the tax of it beside it."""
    prices, first = prices_of(settings), None
    rows = [(i, row, prices[row.price]) for i, row in enumerate(settings.consequences) if row.price in prices]
    for i, row, price in rows:
        if price.kind != "production":
            continue
        if first is not None and row.why_not_the_same is None:
            what = f"Production stands already in consequences[{first + 1}]: one person's work could be counted twice."
            fix = "Put both into one price, or say in why_not_the_same whose work each is."
            yield ("consequences", i, "price"), what, fix
        first = i if first is None else first
    for i, row, price in rows:
        is_tax = price.kind == "transfer" and price.paid_by.get("person", 0) > price.received_by.get("person", 0)
        if first is not None and is_tax and row.why_not_the_same is None:
            what = (
                "Participants pay this to others, and what they produce is shared out already: a tax of it is in there."
            )
            fix = f"Leave it out; the shares of consequences[{first + 1}] say who receives. Or say why_not_the_same."
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
                what = "An account counts people who reach an outcome; this one is a mean or a ratio."
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
            what = f"One person cannot have more than {most:g} of this a year, at the ends of its range either."
            yield ("consequences", i, "units_a_year"), what, "Correct the number, or give low and high."
        if (price.kind, price.counts) != (usual.kind, usual.counts):
            what = f"The catalogue's “{price.name}” is a {usual.kind} that counts “{usual.counts}”; this one is another thing."
            yield ("consequences", i, "price"), what, "Give your price a name of its own, or the same kind and counts."


def _payers(settings: EconomicsSettings) -> Found:
    known = [*read_knowledge("economics")["payers"], *settings.payers]
    spoken_for = {"i alt", "total"} | {
        text.casefold()
        for row in (*read_knowledge("economics")["payers"].values(), read_knowledge("economics")["society"])
        for text in row.values()
    }
    for name, label in settings.payers.items():
        if name in (*read_knowledge("economics")["payers"], "society", "total"):
            yield ("payers", name), f"“{name}” is known already, and means the same everywhere.", "Choose another name."
        own = {label.da.strip().casefold(), label.en.strip().casefold()}
        if own & spoken_for:
            yield (
                ("payers", name),
                "Somebody is called that already; a reader could not tell them apart.",
                "Say who it is.",
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
                        yield (part, i, side, payer), f"“{payer}” is nobody who pays or gains.", fix


def _years(settings: EconomicsSettings, protocol: Protocol) -> Found:
    index, horizon = index_of(settings), horizon_of(settings)
    for i, row in enumerate(settings.price_index):
        expected = max(price_index()) + 1 + i
        if row.year != expected:
            what = f"Years go on where Trin's index ends, one by one: {expected} should stand here."
            yield ("price_index", i, "year"), what, "Put the years in order, without gaps."
        elif abs(row.index / index[row.year - 1] - 1) > LARGEST_PRICE_CHANGE:
            what = f"Prices cannot have changed by more than {LARGEST_PRICE_CHANGE:.0%} in a year."
            yield ("price_index", i, "index"), what, "Write the mean of the year's months with 2015 = 100."
    usual = int(read_knowledge("economics")["horizon_years"])
    if horizon > usual and settings.duration.why_longer is None:
        what = f"The horizon is longer than {usual} years."
        yield ("duration", "horizon_years"), what, "Say in why_longer what shows that the effect lasts so long."
    first = first_year_of(settings, protocol)
    if first > horizon:
        what = "An outcome is measured so late that no year with gains lies within the horizon."
        yield ("duration", "horizon_years"), what, f"Let the horizon reach year {first}, the year after the follow-up."
    for i, cost in enumerate(settings.costs):
        if cost.year >= first:
            what = "The cost falls after the outcome was measured: what it bought is not in the effect."
            yield ("costs", i, "year"), what, f"Let it fall in year {first - 1} at the latest, or leave it out."
    for name in ("full_years", "drop_off"):
        if getattr(settings.duration, name).why_certain is not None:
            what = "Nobody has measured for certain how long an effect lasts."
            yield ("duration", name), what, "Give low and high instead of why_certain."
    if settings.duration.full_years.high > horizon:
        what, fix = "The effect would hold longer than the horizon.", "Lower it, or lengthen the horizon."
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
            fix = f"The index knows {min(index)} to {max(index)}; bring a later year's under price_index."
            yield path, f"There is no price index for {year}.", fix
