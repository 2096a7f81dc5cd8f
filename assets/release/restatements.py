"""Restatements: published numbers that changed later, and why."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from assets.storage.home import Home, read_json, write_json
from data_contracts.calendar.quarters import Quarter

NUMBERS = ("status", "estimate", "standard_error", "interval_low", "interval_high", "n_treated", "n_control")


def history_path(home: Home, quarter: Quarter) -> Path:
    """Return the path of a quarter's published numbers."""
    return home.ledger / "restatements" / f"{quarter}.json"


def with_restatements(home: Home, quarter: Quarter, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mark results that differ from those published, and store them.

    Parameters
    ----------
    rows : list of dict
        Full records, about to be published.

    Returns
    -------
    list of dict
        The records with `restated_times` and `restated_because`: `protocol`, `method` or `deliveries`, whichever
        of them changed, in this order.
    """
    path = history_path(home, quarter)
    history = read_json(path) or {}
    marked = []
    for row in rows:
        current = {
            "numbers": hashlib.sha256(json.dumps([row[name] for name in NUMBERS]).encode()).hexdigest(),
            "protocol": row["provenance"]["protocol_sha256"],
            "method": row["provenance"]["code_version"],
        }
        before = history.get(row["result_id"], current | {"times": 0, "because": None})
        times, because = before["times"], before["because"]
        if before["numbers"] != current["numbers"]:
            times += 1
            because = next((what for what in ("protocol", "method") if before[what] != current[what]), "deliveries")
        history[row["result_id"]] = current | {"times": times, "because": because}
        marked.append(row | {"restated_times": times, "restated_because": because})
    write_json(path, history)
    return marked
