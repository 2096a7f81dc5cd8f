"""Public receipts: what a project's page may show of its deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from assets.intake.delivery_log import Entry, in_force, named_deliveries, read_delivery_log
from assets.storage.home import Home
from data_contracts.calendar.quarters import Quarter
from data_contracts.phrases import LANGUAGES, number_text, phrase
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.table_contract import compile_contract
from data_contracts.tables.declared import TABLES

SHOWN_STATES = ("accepted", "refused")


@dataclass(frozen=True, slots=True)
class PublicDelivery:
    """A file as a project's page may show it.

    Attributes
    ----------
    is_in_use : bool
        Whether the quarter's numbers rest on it.
    files : str
        The protocol's name pattern.
    period : str or None
        Its quarter.
    tables, rules : str
        Tables that received rows, and names of broken rules.
    """

    project: str
    number: int
    received_on: str
    state: str
    is_in_use: bool
    files: str
    period: str | None
    tables: str
    rules: str


def public_deliveries(home: Home, protocol: Protocol, quarter: Quarter) -> list[PublicDelivery]:
    """Return a project's files in the form its page may show.

    Parameters
    ----------
    quarter : Quarter
        Files about later periods are not shown.

    Returns
    -------
    list of PublicDelivery
        Oldest first.
    """
    register = read_delivery_log(home, protocol.id)
    used = {item.entry.number for item in in_force(register, protocol, quarter)}
    patterns = {name: delivery.files for name, delivery in named_deliveries(protocol).items()}
    return [
        _row(entry, protocol.id, patterns, is_in_use=entry.number in used)
        for entry in register.entries
        if entry.state in SHOWN_STATES and entry.uses and _is_due(entry, quarter)
    ]


def _is_due(entry: Entry, quarter: Quarter) -> bool:
    ends = [use.period_end for use in entry.uses if use.period_end is not None]
    return not ends or min(ends) <= quarter.end.isoformat()


def _row(entry: Entry, project: str, patterns: dict[str, str], *, is_in_use: bool) -> PublicDelivery:
    use = entry.uses[0]
    tables = [table for table in TABLES if any(u.table == table for u in entry.uses)]
    return PublicDelivery(
        project=project,
        number=entry.number,
        received_on=entry.received_on,
        state=entry.state,
        is_in_use=is_in_use,
        files=patterns.get(use.delivery, "–"),
        period=None if use.period_end is None else str(_quarter_of(use.period_end)),
        tables=",".join(tables),
        rules=";".join(entry.rules),
    )


def _quarter_of(day: str) -> Quarter:
    return Quarter.containing(date.fromisoformat(day))


PROFILE_TEXTS = ("goal", "from_a_to_b", "active_ingredient", "how_people_move_on", "partners")


@dataclass(frozen=True, slots=True)
class PublicProfile:
    """A project's own description, and what it is asked for.

    Attributes
    ----------
    asked_fields, minutes_per_participant : int, float
        The documentation burden, by the contract's own estimate.
    """

    goal_da: str | None
    goal_en: str | None
    from_a_to_b_da: str | None
    from_a_to_b_en: str | None
    active_ingredient_da: str | None
    active_ingredient_en: str | None
    how_people_move_on_da: str | None
    how_people_move_on_en: str | None
    partners_da: str | None
    partners_en: str | None
    target_group_da: str
    target_group_en: str
    project: str
    prevention_level: str
    payers: str
    asked_fields: int
    minutes_per_participant: float


def public_profile(protocol: Protocol) -> PublicProfile:
    """Return a project's own description and its documentation burden."""
    contract = compile_contract("participants", protocol)
    texts: dict[str, str | None] = {}
    for name in PROFILE_TEXTS:
        text = getattr(protocol.profile, name)
        texts |= {f"{name}_{language}": None if text is None else getattr(text, language) for language in LANGUAGES}
    return PublicProfile(
        project=protocol.id,
        **texts,
        target_group_da=target_group(protocol, "da"),
        target_group_en=target_group(protocol, "en"),
        prevention_level=protocol.profile.prevention_level.value,
        payers=" ".join(protocol.profile.payers),
        asked_fields=contract.asked_fields,
        minutes_per_participant=contract.minutes_per_participant,
    )


def target_group(protocol: Protocol, language: str) -> str:
    """Return a project's eligibility limits in words."""
    labels, rows = {row.name: getattr(row.label, language) for row in protocol.covariates}, []
    for rule in protocol.eligibility:
        ends = {"low": rule.at_least, "high": rule.at_most}
        low, high = (None if v is None else number_text(language, v, 0 if v.is_integer() else 1) for v in ends.values())
        words = {"label": labels[rule.covariate], "low": low or "", "high": high or "", "value": low or high or ""}
        kind = "between" if low and high else "at_least" if low else "at_most" if high else "one_of"
        rows.append(phrase(language, f"target_group.{kind}", **words, values=", ".join(rule.one_of)))
    return "; ".join(rows) or phrase(language, "target_group.all")
