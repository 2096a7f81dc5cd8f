"""Results that rest on so few people that one could be recognised."""

from __future__ import annotations

from data_contracts.results.result_record import ResultRecord
from models.disclosure.policy import Policy


def is_small(record: ResultRecord, policy: Policy) -> bool:
    """Return whether a group is at or below the limit.

    The same is asked of its part with, and its part without, a binary outcome.
    """
    if record.counted == "raters":
        return (record.n_treated or 0) < policy.fewest_raters
    if record.counted != "people":
        return False
    limit = policy.redact_at_or_below
    groups = [(record.n_treated, record.treated_value)]
    if record.n_control:
        groups.append((record.n_control, record.control_value))
    for count, share in groups:
        if count is None or count <= limit:
            return True
        if record.outcome_type == "binary" and share is not None:
            cells = (round(share * count), count - round(share * count))
            if min(cells) <= limit:
                return True
    # Numbers can be counts in disguise: a mean in which only a few people differ is a small cell.
    fewest = record.diagnostics.fewest_unlike_others
    return (fewest is not None and fewest <= limit) or is_dominated(record, policy)


def is_dominated(record: ResultRecord, policy: Policy) -> bool:
    """Return whether a group's sum is nearly one person's, or two people's."""
    one, two = record.diagnostics.largest_share, record.diagnostics.two_largest_share
    return (one or 0.0) > policy.largest_person_share or (two or 0.0) > policy.two_largest_share


def tells_of_one(record: ResultRecord, policy: Policy) -> bool:
    """Return whether a pooled result would disclose a single hidden part.

    The whole less the others is that part.

    A part that weighs little is safe: what rounding leaves open is larger than it.
    """
    parts = [part for part in record.parts if part.kind == "project"]
    hidden = [part for part in parts if part.is_hidden]
    return len(hidden) == 1 and (hidden[0].weight_share or 1.0) > policy.largest_hidden_share


def few_lost(record: ResultRecord, policy: Policy) -> list[str]:
    """Return shares without an outcome that represent few people.

    Beside the counts they would tell how many.
    """
    found = []
    for group, seen in (("treated", record.n_treated), ("control", record.n_control)):
        key = f"outcome_missing_{group}_share"
        share = getattr(record.diagnostics, key)
        everybody = None if share is None or share >= 1 or seen is None else seen / (1 - share)
        if is_few(share, everybody, policy):
            found.append(key)
    return found


def is_few(share: float | None, people: float | None, policy: Policy) -> bool:
    """Return whether a share of a group represents few people.

    Few are at least one person and at most the limit.
    """
    if share is None or people is None:
        return False
    return 0 < round(share * people) <= policy.redact_at_or_below
