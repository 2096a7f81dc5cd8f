"""Accounts as text: amounts, chances and summaries."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from data_contracts.phrases import number_text, phrase

HUNDRED = 100
Row = Mapping[str, Any]


def kroner(language: str, value: float | None) -> str:
    """Format an amount to the nearest hundred kroner, millions or milliards."""
    if value is None:
        return "–"
    size = abs(value)
    for least, word in ((1e9, "milliard_words"), (1e6, "million_words")):
        if size >= least:
            return phrase(language, word, amount=number_text(language, value / least, 1))
    return phrase(language, "kroner_words", amount=number_text(language, _nearest(value), 0))


def _nearest(value: float) -> float:
    return math.floor(abs(value) / HUNDRED + 0.5) * HUNDRED * (1 if value >= 0 else -1)


def plain_hundreds(language: str, value: float) -> str:
    """Format an amount to the nearest hundred without unit, for wide tables."""
    return number_text(language, _nearest(value), 0)


def exact_kroner(language: str, value: float | None) -> str:
    """Format a declared amount exactly."""
    if value is None:
        return "–"
    return phrase(language, "kroner_words", amount=number_text(language, value, 0 if float(value).is_integer() else 2))


def chance(language: str, value: float | None) -> str:
    """Format a chance as whole per cent, never as 0 or 100.

    None of ten thousand draws does not mean never.
    """
    if value is None:
        return "–"
    if value < 0.01:
        return phrase(language, "chance_under", value="1 %")
    if value > 0.99:
        return phrase(language, "chance_over", value="99 %")
    return f"{number_text(language, 100 * value, 0)} %"


def net_words(language: str, row: Row) -> str:
    """Format a payer's net amount with its interval."""
    low, high = kroner(language, row["low"]), kroner(language, row["high"])
    return phrase(language, "net_words", net=kroner(language, row["net"]), low=low, high=high)


def payer_sentence(language: str, row: Row, name: str, horizon: int) -> str:
    """Return a sentence with a payer's costs, gains and chance to gain."""
    key = "payer_pays_words" if row["cost"] > 0 else "payer_gains_words" if row["gain"] >= 0 else "payer_loses_words"
    if key == "payer_pays_words" and row["probability_of_gain"] is None:
        key = "payer_pays_if_words"
    return phrase(
        language,
        key,
        name=name[:1].upper() + name[1:],
        cost=kroner(language, row["cost"]),
        gain=kroner(language, abs(row["gain"])),
        net=net_words(language, row),
        low=kroner(language, row["low"]),
        high=kroner(language, row["high"]),
        years=horizon,
        chance=chance(language, row["probability_of_gain"]),
    )


def account_markdown(account: dict[str, Any], language: str) -> str:
    """Return an account in a few lines, for asset pages.

    Parameters
    ----------
    account : dict
        As stored by the economics station.
    language : {'da', 'en'}
    """
    if account["refused"]:
        return "\n".join([phrase(language, "economics_refused"), *(f"- {fault}" for fault in account["refused"])])
    lines = [phrase(language, "economics_invented")] if account["is_illustrative"] else []
    if account.get("is_resolved") is False:
        lines.append(phrase(language, "economics_unresolved"))
    if not account["is_estimated"]:
        cost = kroner(language, account["cost_per_participant"])
        return "\n\n".join([*lines, phrase(language, "economics_no_effect", cost=cost)])
    heads = [phrase(language, f"column_{name}") for name in ("payer", "pays", "gets_back", "left", "chance_of_gain")]
    lines += ["", f"| {' | '.join(heads)} |", "|---|---|---|---|---|"]
    for row in [*account["columns"], account["total"] | {"payer": "total"}]:
        name = (
            phrase(language, "total_word")
            if row["payer"] == "total"
            else account["payer_names"][row["payer"]][language].replace("|", "\\|")
        )
        cells = [name, kroner(language, row["cost"]), kroner(language, row["gain"]), net_words(language, row)]
        lines.append(f"| {' | '.join([*cells, chance(language, row['probability_of_gain'])])} |")
    return "\n".join(lines)
