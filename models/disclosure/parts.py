"""Disclosure control of a result's parts and its further numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from data_contracts.reading.knowledge import read_knowledge
from data_contracts.results.public_record import MeasureRow, PartRow, PublicOverlapRow
from data_contracts.results.result_record import OverlapRow
from data_contracts.results.statements import Bilingual
from models.disclosure.policy import Policy, to_step


def open_measures(rows: Sequence[MeasureRow], *, step: float, share_step: float) -> tuple[MeasureRow, ...]:
    """Return the measures that may be published.

    Parameters
    ----------
    step : float
        What the result's own numbers are rounded to.
    share_step : float
        What shares of its people are rounded to.
    """
    known = read_knowledge("measures")["measures"]
    return tuple(
        MeasureRow(
            code=row.code,
            value=_coarse(row.value, known[row.code], step, share_step),
            interval_low=_coarse(row.interval_low, known[row.code], step, share_step),
            interval_high=_coarse(row.interval_high, known[row.code], step, share_step),
            published_value=row.published_value,
            published_source=row.published_source,
        )
        for row in rows
        if known[row.code]["is_public"]
    )


def _coarse(value: float | None, declared: dict[str, Any], step: float, share_step: float) -> float | None:
    if value is None:
        return None
    if declared["kind"] == "effect":
        return to_step(value, step)
    if declared["kind"] == "share":
        return to_step(value, share_step)
    return round(value, int(declared["decimals"]))


def open_overlap(
    rows: Sequence[OverlapRow], participants: int | None, step: float, policy: Policy
) -> tuple[PublicOverlapRow, ...]:
    """Return where both groups lie among participants' scores.

    The groups are the register and the comparison group. Empty where the rows would disclose few people.

    Parameters
    ----------
    rows : sequence of OverlapRow
        Five, each with counts and shares of the register and of those compared with.
    participants : int or None
        In the result.
    step : float
        What shares of its people are rounded to.
    """
    few = policy.redact_at_or_below
    counts = [count or 0 for row in rows for count in (row.pool_count, row.chosen_count)]
    if not rows or (participants or 0) <= few * len(rows) or any(0 < count <= few for count in counts):
        return ()
    if step > policy.coarsest_overlap_step:
        return ()  # a picture in coarse steps shows nothing
    return tuple(
        PublicOverlapRow(pool_share=_stepped(row.pool_share, step), chosen_share=_stepped(row.chosen_share, step))
        for row in rows
    )


def _stepped(value: float | None, step: float) -> float | None:
    return None if value is None else to_step(value, step)


def open_parts(rows: Sequence[PartRow], policy: Policy, *, step: float, are_people: bool) -> tuple[PartRow, ...]:
    """Return the parts that may be published.

    Those of too few people keep their name only.

    A single hidden part would follow from the whole and the others, so the smallest of these is hidden with it.
    """
    kinds = read_knowledge("measures")["parts"]
    if are_people:
        rows = [row for row in rows if kinds[row.kind]["is_public"]]
    hidden = _hidden_parts(rows, policy.fewest_in_a_part) if are_people else set()
    has_hidden = bool(hidden) or any(row.is_hidden for row in rows)
    found = []
    for i, row in enumerate(rows):
        is_hidden = row.is_hidden or i in hidden
        own_step = step if kinds[row.kind]["has_effect"] else policy.told_step
        shown = (None, None, None) if is_hidden else (row.estimate, row.interval_low, row.interval_high)
        estimate, low, high = (_stepped(value, own_step) for value in shown)
        count = None if is_hidden else row.count
        if are_people and count is not None:
            # How many people a published rate of a place rests on is no secret of ours, and is rounded all the same.
            count = _two_figures(count) if kinds[row.kind].get("keeps_count") else None
        found.append(
            PartRow(
                kind=row.kind,
                label=Bilingual(da=row.label.da, en=row.label.en),
                estimate=estimate,
                interval_low=low,
                interval_high=high,
                weight_share=None if has_hidden or row.weight_share is None else round(row.weight_share, 2),
                count=count,
                is_hidden=is_hidden,
            )
        )
    return tuple(found)


def _hidden_parts(rows: Sequence[PartRow], fewest: int) -> set[int]:
    """Return which parts rest on too few people.

    One more is hidden of a kind that would hide only one.
    """
    hidden = {i for i, row in enumerate(rows) if row.count is not None and row.count < fewest}
    for kind in {rows[i].kind for i in hidden}:
        own = [(row.count, i) for i, row in enumerate(rows) if row.kind == kind and row.count is not None]
        if sum(i in hidden for _, i in own) == 1:
            others = [(count, i) for count, i in own if i not in hidden]
            hidden |= {min(others)[1]} if others else set()
    return hidden


def _two_figures(count: int) -> int:
    """Round to two significant figures: 1,234 becomes 1,200."""
    return int(round(count, 2 - len(str(count))))
