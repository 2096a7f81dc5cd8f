"""Which numbers may be released again, seen from all that was released before.

Two releases of one number are an equation for whoever came or went between
them. Rounding leaves that equation open for one step; a rule closes it: a
number is made anew when nobody changed, or at least eight did, since each
release before. Otherwise the last released record stands in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from data_contracts.results.public_record import PublicRecord
from data_contracts.results.result_record import ResultRecord
from models.disclosure.policy import Policy
from models.disclosure.populations import PLACE, changed_by


@dataclass(frozen=True, slots=True)
class Released:
    """One result as it was released.

    Attributes
    ----------
    record : PublicRecord
        The published record.
    cells : mapping of str to Series of str
        Its people by cell; of one that repeats an earlier release, those of that release.
    flow : mapping of (str, str) to int
        Exact counts of the steps that led to it, by step and group.
    is_forgotten : bool
        Whether its people were deleted when their time was up. Nothing can be held against it, so that it stands.
    """

    record: PublicRecord
    cells: Mapping[str, pd.Series]
    flow: Mapping[tuple[str, str], int]
    is_forgotten: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What is released of one result.

    Attributes
    ----------
    record : PublicRecord
    repeats : Released or None
        The earlier release whose numbers stand, because too few have changed since some release.
    """

    record: PublicRecord
    repeats: Released | None


def flow_counts(record: ResultRecord) -> dict[tuple[str, str], int]:
    """Return the exact counts of a restricted record's steps."""
    counts = {}
    for step in record.flow:
        for group, count in (("treated", step.treated), ("pool", step.pool)):
            if count is not None:
                counts[step.step, group] = count
    return counts


def is_too_close(cells: Mapping[str, pd.Series], flow: Mapping[tuple[str, str], int], old: Released, few: int) -> bool:
    """Whether some cell or step differs from an earlier release by 1 to `few` people; places are held by themselves."""
    if old.is_forgotten:
        return True
    names = {name for name in {*cells, *old.cells} if not name.startswith(PLACE)}
    if _few_changed(names, cells, old, few):
        return True
    return any(0 < abs(count - old.flow[step]) <= few for step, count in flow.items() if step in old.flow)


def _few_changed(names: set[str], cells: Mapping[str, pd.Series], old: Released, few: int) -> bool:
    nobody = pd.Series(dtype="str")
    return any(0 < changed_by(old.cells.get(name, nobody), cells.get(name, nobody)) <= few for name in names)


def says_own_places(record: PublicRecord) -> bool:
    """Whether a record says where its own quarter's participants come from."""
    return any(row.quarter == record.quarter for row in record.places)


def _with_places(
    record: PublicRecord, cells: Mapping[str, pd.Series], shown: Sequence[Released], few: int
) -> PublicRecord:
    """Let places stand as they were last released where too few have come or gone in one of them."""
    told = [old for old in shown if says_own_places(old.record)]
    for old in told if says_own_places(record) else ():
        names = {name for name in {*cells, *old.cells} if name.startswith(PLACE)}
        if _few_changed(names, cells, old, few):
            return record.model_copy(update={"places": told[-1].record.places})
    return record


def decide(
    record: PublicRecord,
    cells: Mapping[str, pd.Series],
    flow: Mapping[tuple[str, str], int],
    earlier: Sequence[Released],
    policy: Policy,
) -> Decision:
    """Decide whether a result is released with its own numbers.

    Parameters
    ----------
    record : PublicRecord
        The record after disclosure control.
    cells : mapping of str to Series of str
        Its people by cell.
    flow : mapping
        As `flow_counts` gives it.
    earlier : sequence of Released
        Every earlier release of the same project's same outcome, in the order they were made.
    policy : Policy

    Returns
    -------
    Decision
        With its own numbers, or with those of the last release that had any; participants by municipality may be older
        than the rest, and say of which quarter they are. A result whose numbers are hidden shows
        nothing and may always be released, and nothing can be worked out against it.
    """
    few = policy.redact_at_or_below
    shown = [old for old in earlier if has_numbers(old.record)]
    if not has_numbers(record) or not any(is_too_close(cells, flow, old, few) for old in shown):
        return Decision(_with_places(record, cells, shown, few), None)
    return _repeated(record, shown[-1])


def decide_pooled(
    record: PublicRecord, withheld: PublicRecord, are_parts_repeated: bool, earlier: Sequence[Released]
) -> Decision:
    """Decide whether what several results say together is released with its own numbers.

    Parameters
    ----------
    record, withheld : PublicRecord
        The record after disclosure control, and the same without its numbers.
    are_parts_repeated : bool
        Whether one of the results it is made of repeats an earlier release. The whole, made with that result's new
        numbers, less the others would tell what too few people have changed.
    earlier : sequence of Released
        Every earlier release of the same.

    Returns
    -------
    Decision
        Its own numbers, those of the last release, or none where there was no release.
    """
    shown = [old for old in earlier if has_numbers(old.record)]
    if not are_parts_repeated or not has_numbers(record):
        return Decision(record, None)
    return _repeated(record, shown[-1]) if shown else Decision(withheld, None)


def _repeated(record: PublicRecord, last: Released) -> Decision:
    since = last.record.repeats_quarter or last.record.quarter
    own = {"quarter": record.quarter, "result_id": record.result_id, "repeats_quarter": since}
    return Decision(last.record.model_copy(update=own), last)


def has_numbers(record: PublicRecord) -> bool:
    """Whether a published record shows anything that rests on people."""
    counts = [record.n_treated, record.n_control, record.estimate]
    return any(number is not None for number in counts) or any(
        count is not None for step in record.flow for count in (step.treated, step.pool)
    )
