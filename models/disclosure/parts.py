"""Disclosure control of what a result is made of: its parts and its further numbers."""

from __future__ import annotations

from typing import Any

from data_contracts.reading.knowledge import read_knowledge
from models.disclosure.policy import Policy, to_step

COARSEST_OVERLAP = 0.05
"""Step of shares above which there is no picture of overlap; own choice."""
NO_COUNTS = {"pool_count": None, "chosen_count": None}
FEWEST_IN_A_PART = 30
"""People below whom a block or a stratum is hidden: its two groups, with and without the outcome, are four cells."""


def open_measures(rows: list[dict[str, Any]], *, step: float, share_step: float) -> list[dict[str, Any]]:
    """Return the measures that may be published.

    Parameters
    ----------
    rows : list of dict
        Measures of a record.
    step : float
        What the result's own numbers are rounded to.
    share_step : float
        What shares of its people are rounded to.
    """
    known = read_knowledge("measures")["measures"]
    found = []
    for row in rows:
        declared = known[row["code"]]
        if declared["is_public"]:
            names = ("value", "interval_low", "interval_high")
            found.append(row | {name: _coarse(row[name], declared, step, share_step) for name in names})
    return found


def _coarse(value: float | None, declared: dict[str, Any], step: float, share_step: float) -> float | None:
    if value is None:
        return None
    if declared["kind"] == "effect":
        return to_step(value, step)
    if declared["kind"] == "share":
        return to_step(value, share_step)
    return round(value, int(declared["decimals"]))


def open_overlap(
    rows: list[dict[str, Any]], participants: int | None, step: float, policy: Policy
) -> list[dict[str, Any]]:
    """Return where register and comparison group lie among participants' scores; empty where that tells of few.

    Parameters
    ----------
    rows : list of dict
        Five, each with counts and shares of the register and of those compared with.
    participants : int or None
        In the result.
    step : float
        What shares of its people are rounded to.
    policy : Policy
    """
    few = policy.redact_at_or_below
    counts = [row[name] for row in rows for name in ("pool_count", "chosen_count")]
    if not rows or (participants or 0) <= few * len(rows) or any(0 < count <= few for count in counts):
        return []
    if step > COARSEST_OVERLAP:
        return []  # a picture in steps of a tenth shows nothing
    shares = ("pool_share", "chosen_share")
    return [row | {name: to_step(row[name], step) for name in shares} | NO_COUNTS for row in rows]


def open_parts(rows: list[dict[str, Any]], *, step: float, are_people: bool) -> list[dict[str, Any]]:
    """Return the parts that may be published; those of too few people keep their name only.

    A single hidden part would follow from the whole and the others, so the smallest of these is hidden with it.
    """
    numbers = ("estimate", "interval_low", "interval_high")
    kinds = read_knowledge("measures")["parts"]
    has_effect = {kind: row["has_effect"] for kind, row in kinds.items()}
    if are_people:
        rows = [row for row in rows if kinds[row["kind"]]["is_public"]]
    hidden = set()
    if are_people:
        hidden = {i for i, row in enumerate(rows) if row["count"] is not None and row["count"] < FEWEST_IN_A_PART}
        for kind in {rows[i]["kind"] for i in hidden}:
            own = [i for i, row in enumerate(rows) if row["kind"] == kind and row["count"] is not None]
            if sum(i in hidden for i in own) == 1:
                hidden |= set(sorted((i for i in own if i not in hidden), key=lambda i: rows[i]["count"])[:1])
    has_hidden = bool(hidden) or any(row["is_hidden"] for row in rows)
    found = []
    for i, row in enumerate(rows):
        is_hidden = row["is_hidden"] or i in hidden
        own_step = step if has_effect[row["kind"]] else 0.01
        kept = {name: None if is_hidden or row[name] is None else to_step(row[name], own_step) for name in numbers}
        share = None if has_hidden or row["weight_share"] is None else round(row["weight_share"], 2)
        count = None if is_hidden else row["count"]
        if are_people and count is not None:
            # How many people a published rate of a place rests on is no secret of ours, and is rounded all the same.
            count = _two_figures(count) if kinds[row["kind"]].get("keeps_count") else None
        found.append(row | kept | {"is_hidden": is_hidden, "weight_share": share, "count": count})
    return found


def _two_figures(count: int) -> int:
    """Round to two significant figures: 1,234 becomes 1,200."""
    return int(round(count, 2 - len(str(count))))
