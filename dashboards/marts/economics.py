"""Accounts in money as tidy tables.

Every row of `fct_economics` has interval, rung and status.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboards.marts.frames import by_language, frame

ACCOUNT_SCALARS = (
    "project",
    "quarter",
    "data_note",
    "is_estimated",
    "is_resolved",
    "report_price_year",
    "cost_per_participant",
    "is_illustrative",
    "horizon",
    "first_year",
    "full_years",
    "draws",
    "seed",
    "interval_level",
    "probability_all_whole",
    "outcome",
)
PAYBACK = ("payback_year", "payback_low", "payback_high", "probability_of_payback")
PER_KRONE = ("gain_per_krone", "gain_per_krone_low", "gain_per_krone_high")
BILINGUAL: tuple[str, ...] = (
    *("label", "unit", "units", "name", "claim", "per", "payer", "stakeholder", "change", "finding"),
    *("source", "why_certain", "why_negative", "why_not_the_same"),
)
TABLES = {
    "fct_economics": ("payer", "cost", "gain", "net", "low", "high", "probability_of_gain", *PAYBACK),
    "fct_economics_year": ("year", "payer", "net"),
    "fct_economics_swing": ("payer", "name", "at_low", "at_high"),
    "fct_break_even": ("payer", "share_of_effect", "share_low", "share_high", "effect", "bias"),
    "fct_side_payment": ("payer", "receiver", "amount", "low", "high"),
    "fct_proxy": ("name", "stakeholder_da", "stakeholder_en", "change_da", "change_en", "value", "low", "high"),
    "fct_assumption": ("kind", "name", "value", "low", "high", "price_year", "is_illustrative", "is_stale"),
    "fct_old_claim": ("name_da", "name_en", "amount_dkk", "ratio", "implied_low", "implied_high"),
    "fct_account_source": ("code", "state", "finding_da", "finding_en"),
    "fct_account_effect": (
        "outcome",
        "estimate",
        "chance_sd",
        "bias_sd",
        "rung",
        "rung_detail",
        "certainty",
        "goes_the_wrong_way",
    ),
}


def economics_marts(accounts: Sequence[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    """Return accounts as tables.

    Parameters
    ----------
    accounts : sequence of dict
        As stored by the economics station.

    Returns
    -------
    dict of str to DataFrame
        `dim_account`, `dim_payer` and facts by name; empty tables keep their columns.
    """
    payers = [
        {"project": account["project"], "payer": name, **by_language("name", text)}
        for account in accounts
        for name, text in account.get("payer_names", {}).items()
    ]
    made = {
        "dim_account": frame([_account(account) for account in accounts], ACCOUNT_SCALARS),
        "dim_payer": frame(payers, ("project", "payer", "name_da", "name_en")),
    }
    parts: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for account in accounts:
        for name, rows in _parts(account).items():
            parts[name] += [{"project": account["project"], "position": i, **row} for i, row in enumerate(rows)]
    return made | {name: frame(parts[name], ("project", "position", *TABLES[name])) for name in TABLES}


def _parts(account: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    worth = _rung_of(account) | {"price_year": account.get("report_price_year")}
    worth |= {"status": "estimated" if account["is_estimated"] else "not_estimable"}
    columns = [*account.get("columns", ())]
    if columns:
        columns.append(
            {"payer": "total", **{k: v for k, v in account["total"].items() if not k.startswith("gain_per_krone")}}
        )
    social = account.get("social_return") or {}
    return {
        "fct_economics": [row | worth | {"is_illustrative": account["is_illustrative"]} for row in columns],
        "fct_economics_year": list(account.get("years", ())),
        "fct_economics_swing": list(account.get("tornado", ())),
        "fct_break_even": list(account.get("break_even", ())),
        "fct_side_payment": list(account.get("side_payments") or ()),
        "fct_proxy": [_flat(row) for row in social.get("proxies", ())],
        "fct_assumption": [_flat(row) for row in account.get("assumptions", ())],
        "fct_old_claim": [
            _flat(row) | {"missing": ", ".join(row["missing"] or ())} for row in account.get("old_claims", ())
        ],
        "fct_account_source": [_flat(row) for row in account.get("error_sources", ())],
        "fct_account_effect": list(account.get("effects", ())),
    }


def _account(account: dict[str, Any]) -> dict[str, Any]:
    row = {name: account.get(name) for name in ACCOUNT_SCALARS} | _rung_of(account)
    social, scenario = account.get("social_return") or {}, account.get("scenario") or {}
    row |= {f"social_{name}": social.get(name) for name in ("ratio", "low", "high", "shared_with_account")}
    names = ("people", "share_reached", "is_illustrative", "net", "low", "high")
    row |= {f"scenario_{name}": scenario.get(name) for name in names}
    return row | {
        **by_language("name", account["project_name"]),
        **by_language("scenario_label", scenario.get("label")),
        **by_language("scenario_source", scenario.get("source")),
        **{name: (account.get("total") or {}).get(name) for name in PER_KRONE},
        "can_be_made_whole": None if not account["is_estimated"] else account["side_payments"] is not None,
        "without_number": ", ".join(account.get("without_number", ())),
        "refused": " ".join(account.get("refused", ())),
    }


def _rung_of(account: dict[str, Any]) -> dict[str, Any]:
    """Return the weakest rung an account rests on, which limits it."""
    effects = account.get("effects") or [{"rung": None, "rung_detail": None, "certainty": None}]
    weakest = max(effects, key=lambda row: (row["rung"] or 0, row["rung_detail"] or ""))
    return {name: weakest[name] for name in ("rung", "rung_detail", "certainty")}


def _flat(fields: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        if name in BILINGUAL and not isinstance(value, str):
            flat |= by_language(name, value)
        else:
            flat[name] = value
    return flat
