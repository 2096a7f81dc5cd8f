"""Economics pages for budget holders: who pays and who gains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from dashboards.charts.money import pockets_chart, swings_chart
from dashboards.marts.economics import TABLES
from dashboards.marts.reading import plain_rows
from dashboards.pages.project import Page
from dashboards.words.money import chance, exact_kroner, kroner, net_words, payer_sentence, plain_hundreds
from data_contracts.ladder.ladder import error_sources, rungs
from data_contracts.phrases import difference_text, number_text, phrase
from data_contracts.reading.knowledge import read_knowledge

MOST_SWINGS = 8
SKEWED = 0.005
"""Relative difference above which the middle of a range is shown too."""
MOST_BESIDE = 1.5
"""People who share a cost, per person evaluated, above which the page says so first."""


def economics_pages(marts: dict[str, pd.DataFrame], results: list[dict[str, Any]], language: str) -> Iterator[Page]:
    """Yield the page of each account.

    Parameters
    ----------
    results : list of dict
        From `results_of`.
    language : {'da', 'en'}
    """
    prefix, other = ("", "en/") if language == "da" else ("en/", "")
    payers = plain_rows(marts["dim_payer"])
    parts = {table: plain_rows(marts[table]) for table in TABLES}
    for account in plain_rows(marts["dim_account"]):
        own = {table: [r for r in rows if r["project"] == account["project"]] for table, rows in parts.items()}
        names = {row["payer"]: row[f"name_{language}"] for row in payers if row["project"] == account["project"]}
        path = f"oekonomi/{account['project']}.html"
        values = _values(account, own, names, [r for r in results if r["project"] == account["project"]], language)
        yield Page(prefix + path, other + path, "economics.html", values)


def account_picture(account: dict[str, Any], language: str) -> str:
    """Return the chart of who pays and gains; empty without an account.

    Parameters
    ----------
    account : dict
        As stored by the economics station.
    language : {'da', 'en'}
    """
    if not account["is_estimated"]:
        return ""
    names = {name: text[language] for name, text in account["payer_names"].items()}
    rows = [*account["columns"], account["total"] | {"payer": "total"}]
    columns = [row | {"label": _payer(row["payer"], names, language)} for row in rows]
    return pockets_chart(_drawn(columns), _told(columns, language), language)


def _values(
    account: dict[str, Any],
    own: dict[str, list[dict[str, Any]]],
    names: dict[str, str],
    results: list[dict[str, Any]],
    language: str,
) -> dict[str, Any]:
    outcomes = {row["outcome"]: row for row in results}
    effects = own["fct_account_effect"]
    columns = [row | {"label": _payer(row["payer"], names, language)} for row in own["fct_economics"]]
    payers = [row for row in columns if row["payer"] != "total"]
    swings = _swings(own["fct_economics_swing"], own["fct_assumption"], names, language)
    money = {
        "plain": lambda v: plain_hundreds(language, v),
        "kroner": lambda v: kroner(language, v),
        "exact": lambda v: exact_kroner(language, v),
    }
    known = read_knowledge("economics")
    return money | {
        "account": account,
        "name": account[f"name_{language}"],
        "effects": [
            row
            | {
                "result": outcomes[row["outcome"]],
                "words": _effect_words(row, outcomes[row["outcome"]], language),
                "rung_name": rungs()[row["rung"]].name[language],
            }
            for row in effects
        ],
        "columns": columns,
        "old_distortion": any(row["kind"] == "tax_distortion" and row["value"] != 1 for row in own["fct_assumption"]),
        "wrong_way": [
            outcomes[row["outcome"]]["outcome_label"][language] for row in effects if row["goes_the_wrong_way"]
        ],
        "sentences": [
            payer_sentence(language, row, row["label"], int(account["horizon"]))
            for row in payers
            if row["payer"] != "society"
        ],
        "net": lambda row: net_words(language, row),
        "chance": lambda row: chance(language, row["probability_of_gain"]),
        "share": lambda value: chance(language, value),
        "payback": lambda row: _payback(row, language),
        "pockets_svg": pockets_chart(_drawn(columns), _told(columns, language), language) if columns else "",
        "years": _years(own["fct_economics_year"], [row["payer"] for row in payers]),
        "payers": payers,
        "swings": swings,
        "break_even": [
            _break_even(row, account, outcomes, names, len(effects), language) for row in own["fct_break_even"]
        ],
        "side_payments": [
            row | {"payer": _payer(row["payer"], names, language), "receiver": _payer(row["receiver"], names, language)}
            for row in own["fct_side_payment"]
        ],
        "proxies": own["fct_proxy"],
        "assumptions": [row | {"words": _assumption(row, names, language)} for row in own["fct_assumption"]],
        "far_from_evaluated": [
            phrase(
                language,
                "cost_far_from_evaluated",
                people=number_text(language, row["participants"], 0),
                evaluated=number_text(language, row["evaluated"], 0),
            )
            for row in own["fct_assumption"]
            if row.get("evaluated") is not None and row["participants"] > MOST_BESIDE * row["evaluated"]
        ],
        "old_claims": own["fct_old_claim"],
        "error_states": own["fct_account_source"],
        "error_names": error_sources(),
        "ladder": list(rungs().values()),
        "standards": [
            known[name]["source"][language]
            for name in ("discounting", "net_tax_factor", "tax_distortion", "price_index")
        ],
        "bias_shares": {
            rung: f"{number_text(language, 100 * share, 0)} %" for rung, share in known["bias_share_by_rung"].items()
        },
    }


def _drawn(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    keys = ("label", "cost", "gain", "net", "low", "high", "at_low", "at_high")
    return [{key: row[key] for key in keys if key in row} for row in rows]


def _payer(payer: str, names: dict[str, str], language: str) -> str:
    return phrase(language, "total_word") if payer == "total" else names[payer]


def _told(columns: list[dict[str, Any]], language: str) -> str:
    return " ".join(
        phrase(
            language,
            "pockets_words",
            name=row["label"],
            cost=kroner(language, row["cost"]),
            gain=kroner(language, row["gain"]),
            net=net_words(language, row),
        )
        for row in columns
    )


def _swings(
    rows: list[dict[str, Any]], assumptions: list[dict[str, Any]], names: dict[str, str], language: str
) -> list[dict[str, Any]]:
    """Return the effect of each assumption on each payer, with charts.

    The budget holder comes first.
    """
    found = []
    for payer in reversed(dict.fromkeys(row["payer"] for row in rows)):
        own = [row | {"label": _swing(row["name"], assumptions, language)} for row in rows if row["payer"] == payer][
            :MOST_SWINGS
        ]
        picture = swings_chart(_drawn(own), _swung(own, language), language)
        found.append({"name": _payer(payer, names, language), "rows": own, "svg": picture})
    return found


def _swung(swings: list[dict[str, Any]], language: str) -> str:
    return " ".join(
        phrase(
            language,
            "swing_words",
            name=row["label"],
            low=kroner(language, row["at_low"]),
            high=kroner(language, row["at_high"]),
        )
        for row in swings
    )


def _swing(name: str, assumptions: list[dict[str, Any]], language: str) -> str:
    kind, _, rest = name.partition(" ")
    kind = {"prices": "price"}.get(kind, kind)
    label = next((r[f"label_{language}"] for r in assumptions if r["kind"] == kind and r["name"] == rest), None)
    word = phrase(language, f"assumption_{kind}")
    return f"{word}: {label}" if label else word


def _payback(row: dict[str, Any], language: str) -> str:
    if row["payer"] == "society":
        return "–"
    if not row["cost"] > 0:
        return phrase(language, "payback_pays_nothing")

    def when(year: float | None) -> str:
        return phrase(language, "payback_never") if year is None else phrase(language, "payback_words", year=int(year))

    share = chance(language, row["probability_of_payback"])
    if row["probability_of_payback"] is None:
        return "–"
    ends = {"low": when(row["payback_low"]), "high": when(row["payback_high"])}
    year = when(row["payback_year"])
    key = "payback_sure" if ends["low"] == year == ends["high"] else "payback_range"
    return phrase(language, key, year=year, chance=share, **ends)


def _years(rows: list[dict[str, Any]], payers: list[str]) -> list[dict[str, Any]]:
    """Return one row per year: each payer's net, in order, and their sum."""
    found: dict[int, dict[str, float]] = {}
    for row in rows:
        found.setdefault(int(row["year"]), {})[row["payer"]] = row["net"]
    return [
        {"year": year, "nets": [nets[payer] for payer in payers], "total": sum(nets.values())}
        for year, nets in sorted(found.items())
    ]


def _effect_words(row: dict[str, Any], result: dict[str, Any], language: str) -> str:
    def words(value: float) -> str:
        return difference_text(language, value, result["outcome_type"], result["unit"][language])

    width = (
        phrase(language, "bias_none")
        if not row["bias_sd"]
        else phrase(language, "bias_words", bias=words(row["bias_sd"]).removeprefix("+"))
    )
    ends = f"{words(row['interval_low'])} {phrase(language, 'to_word')} {words(row['interval_high'])}"
    label = phrase(language, "economics_effect_interval")
    return f"{words(row['estimate'])} ({ends}; {label}). {width}."


def _break_even(
    row: dict[str, Any],
    account: dict[str, Any],
    outcomes: dict[str, Any],
    names: dict[str, str],
    effects: int,
    language: str,
) -> str:
    name = _payer(row["payer"], names, language)
    name = name[:1].upper() + name[1:]
    if row["share_of_effect"] is None:
        return phrase(language, "break_even_none", name=name)
    result = outcomes[account["outcome"]]
    if row["share_of_effect"] >= 1:
        key, value = "break_even_more", row["effect"]
    else:
        key, value = "break_even_words", row["bias"]
    words = difference_text(language, value, result["outcome_type"], result["unit"][language])
    if key == "break_even_words":
        words = difference_text(language, abs(value), result["outcome_type"], result["unit"][language]).removeprefix(
            "+"
        )
    share = f"{number_text(language, 100 * (1 - row['share_of_effect']), 0)} %"  # of the measured effect
    if effects > 1:  # all effects are scaled together
        key = {"break_even_words": "break_even_words_all", "break_even_more": "break_even_more_all"}[key]
    text = phrase(language, key, name=name, value=words, share=share, outcome=result["outcome_label"][language])
    ends = [
        phrase(language, "break_even_no_end") if row[end] is None else f"{number_text(language, 100 * row[end], 0)} %"
        for end in ("share_low", "share_high")
    ]
    part = f"{number_text(language, 100 * row['share_of_effect'], 0)} %"
    return f"{text} {phrase(language, 'break_even_share', share=part, low=ends[0], high=ends[1])}"


def _assumption(row: dict[str, Any], names: dict[str, str], language: str) -> dict[str, str]:
    """Return an assumption's name, value and range in words."""
    label = row[f"label_{language}"] if row.get(f"label_{language}") else ""
    kind = phrase(language, f"assumption_{row['kind']}")
    unit = row.get(f"unit_{language}") or ""

    def words(value: float | None) -> str:
        if value is None:
            return "–"
        if row["kind"] in ("cost", "price", "proxy"):
            return exact_kroner(language, value)
        if row["kind"] in ("full_years", "horizon"):
            key = "year_count_words" if value == 1 else "years_words"
            return phrase(language, key, count=number_text(language, value, 0 if value.is_integer() else 1))
        if row["kind"] in ("tax_distortion", "net_tax_factor", "price_index"):
            return number_text(language, value, 1 if row["kind"] == "price_index" else 2)
        if row["kind"] == "units":
            many = row.get(f"units_{language}") or unit
            return f"{number_text(language, value, 0 if float(value).is_integer() else 2)} {unit if abs(value) == 1 else many}"
        return f"{number_text(language, 100 * value, 0)} %"

    is_open = row["low"] is None and row["kind"] in ("cost", "price", "units", "proxy")
    if is_open:
        spread = phrase(language, "range_missing")
    elif row["low"] is None:
        spread = "–"
    elif row["low"] == row["high"]:
        spread = phrase(language, "range_none", why=row[f"why_certain_{language}"])
    else:
        spread = f"{words(row['low'])} {phrase(language, 'to_word')} {words(row['high'])}"
        if abs(row["middle"] - row["value"]) > SKEWED * abs(row["value"]):
            spread += f"; {phrase(language, 'range_middle', middle=words(_rounded(row['middle'])))}"
    per = ""
    if row.get("per"):
        people = number_text(language, row["participants"], 0) if row.get("participants") else ""
        per = " " + phrase(language, f"cost_per_{row['per']}", people=people)
        per += " " + phrase(language, "cost_in_year", year=int(row["year"])) if row["year"] else ""
        if row.get("evaluated") is not None:
            per += " " + phrase(language, "cost_evaluated", people=number_text(language, row["evaluated"], 0))
    elif row["kind"] == "price_index":
        per = f" {int(row['year'])}"
    elif row["kind"] == "price":
        per = " " + phrase(language, "price_per", unit=unit)
    return {
        "name": (f"{kind}: {label}" if label else kind) + per,
        "value": words(row["value"]),
        "range": spread,
        "flow": _flow(row, names, language),
    }


def _flow(row: dict[str, Any], names: dict[str, str], language: str) -> str:
    """Return the kind of a payment, who pays it and who receives it."""
    if row.get("flow") is None:
        return ""
    sides = []
    for side in ("paid_by", "received_by"):
        parts = [part.rpartition(" ") for part in (row.get(side) or "").split(", ") if part]
        shares = [
            f"{names.get(name, name)} {number_text(language, 100 * float(share), 0)} %" for name, _, share in parts
        ]
        if shares:
            sides.append(phrase(language, f"flow_{side}", shares=", ".join(shares)))
    return f"{phrase(language, 'flow_' + row['flow'])}: {'; '.join(sides)}."


def _rounded(value: float) -> float:
    """Round to three significant digits."""
    return float(f"{value:.3g}")
