"""Restatements: published numbers that changed later, and why."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from assets.storage.home import Home, read_json, write_json
from data_contracts.calendar.quarters import Quarter
from data_contracts.results.result_record import ResultRecord

NUMBERS = ("status", "estimate", "standard_error", "interval_low", "interval_high", "n_treated", "n_control")


def history_path(home: Home, quarter: Quarter) -> Path:
    """Return the path of a quarter's published numbers."""
    return home.ledger / "restatements" / f"{quarter}.json"


def with_restatements(home: Home, quarter: Quarter, records: list[ResultRecord]) -> list[ResultRecord]:
    """Mark results that differ from those published, and store them.

    Parameters
    ----------
    records : list of ResultRecord
        About to be published.

    Returns
    -------
    list of ResultRecord
        With `restated_times` and `restated_because`: `protocol`, `method` or `deliveries`, whichever
        of them changed, in this order.
    """
    path = history_path(home, quarter)
    history = read_json(path) or {}
    marked = []
    for record in records:
        numbers = [getattr(record, name) for name in NUMBERS]
        current = {
            "numbers": hashlib.sha256(json.dumps(numbers).encode()).hexdigest(),
            "protocol": record.provenance.protocol_sha256,
            "method": record.provenance.code_version,
        }
        before = history.get(record.result_id, current | {"times": 0, "because": None})
        times, because = before["times"], before["because"]
        if before["numbers"] != current["numbers"]:
            times += 1
            because = next((what for what in ("protocol", "method") if before[what] != current[what]), "deliveries")
        history[record.result_id] = current | {"times": times, "because": because}
        marked.append(record.model_copy(update={"restated_times": times, "restated_because": because}))
    write_json(path, history)
    return marked
