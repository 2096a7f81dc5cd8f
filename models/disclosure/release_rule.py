"""The rule for which numbers may be released again.

A decision considers everything that was released before.

Two releases of one number are an equation for those who came or went between
them. Rounding leaves that equation open for one step; a rule closes it: a
new number is released if nobody changed, or at least eight did, since each
release before. Otherwise the last released record is repeated.
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
        Whether its people were deleted when their time was up. Later numbers cannot be compared
        with it, so it stays as it is.
    """

    record: PublicRecord
    cells: Mapping[str, pd.Series]
    flow: Mapping[tuple[str, str], int]
    is_forgotten: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on what is released of one result.

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
    """Return whether a cell or step is too close to an earlier release.

    Too close is a difference of 1 to `few` people. Places are checked separately.
    """
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
    """Return whether a record says where participants come from.

    Only participants of the same quarter count.
    """
    return any(row.quarter == record.quarter for row in record.places)


def _with_places(
    record: PublicRecord, cells: Mapping[str, pd.Series], shown: Sequence[Released], few: int
) -> PublicRecord:
    """Keep released places where too few people have come or gone.

    One such place is enough for all places to stay as they were last released.
    """
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

    Returns
    -------
    Decision
        With its own numbers, or with those of the last release that had any; participants by municipality may be older
        than the rest, and say of which quarter they are. A result whose numbers are hidden shows
        nothing and may always be released, and nothing can be worked out from a comparison with it.
    """
    few = policy.redact_at_or_below
    shown = [old for old in earlier if has_numbers(old.record)]
    if not has_numbers(record) or not any(is_too_close(cells, flow, old, few) for old in shown):
        return Decision(_with_places(record, cells, shown, few), None)
    return _repeated(record, shown[-1])


def decide_pooled(
    record: PublicRecord, withheld: PublicRecord, are_parts_repeated: bool, earlier: Sequence[Released]
) -> Decision:
    """Decide whether a pooled result is released with its own numbers.

    A pooled result is what several results say together.

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
    """Return whether a published record has a number that rests on people."""
    counts = [record.n_treated, record.n_control, record.estimate]
    return any(number is not None for number in counts) or any(
        count is not None for step in record.flow for count in (step.treated, step.pool)
    )
