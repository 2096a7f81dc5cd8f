"""Tables of people: which cells and totals may be printed together.

A count of 1 to 7 is hidden. What is printed beside it may tell it all the same:
a total less the other cells, or a whole less a part. So further cells are
hidden, the smallest first, until a reader who knows which were hidden for
being small, and the rules, still finds at least as many possible sizes for
every such group as rounding leaves for a printed one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.disclosure.policy import Policy, safe_count
from models.disclosure.table_bounds import outermost_tables, rounding_interval

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Table:
    """Counts of people in atoms, and the groups of atoms to print.

    The sums of the groups are what is printed.

    Attributes
    ----------
    counts : ndarray of int, shape (atoms,)
    groups : ndarray of bool, shape (groups, atoms)
    known : ndarray of bool, shape (groups,)
        Sums that a reader knows exactly from elsewhere, whatever is printed here.
    tells : ndarray of bool, shape (groups,)
        Groups that say something about people and not only who they are: if everybody is in one of them, that
        discloses something about everybody.
    """

    counts: NDArray[np.int_]
    groups: Mask
    known: Mask
    tells: Mask

    @property
    def sums(self) -> NDArray[np.int_]:
        """People in each group."""
        return self.groups.astype(int) @ self.counts


def hidden_groups(table: Table, policy: Policy) -> Mask:
    """Choose which groups are not printed.

    Returns
    -------
    ndarray of bool, shape (groups,)
        The same for the same table; ties go to the first group.
    """
    sums, few = table.sums, policy.redact_at_or_below
    hidden = ((sums > 0) & (sums <= few)) | _saturated(table) | _within_few(table, few)
    # Tables that fit what is printed; they fit still when less is, so that none is looked for twice.
    fitting = table.counts[None, :].astype(float)
    while True:
        told = None
        for atoms in _to_protect(table, hidden, few):
            if not _is_open(fitting, atoms, policy):
                ends = outermost_tables(table.groups, *known_intervals(table, hidden, policy), atoms)
                fitting = np.vstack([fitting, ends])
                if not _is_open(fitting, atoms, policy):
                    told = atoms
                    break
        further = None if told is None else _next_to_hide(table, hidden, told)
        if told is None:
            return hidden
        if further is None:
            return np.ones_like(hidden)  # what is known from elsewhere tells; at least nothing is added
        hidden = hidden.copy()
        hidden[further] = True


def known_intervals(table: Table, hidden: Mask, policy: Policy) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what a reader knows of each group's sum.

    The reader is assumed to know which cells were hidden for being small.
    """
    few, saturated = policy.redact_at_or_below, _saturated(table)
    within = _within_few(table, few)
    low, high = np.zeros(len(table.sums)), np.full(len(table.sums), np.inf)
    for i, count in enumerate(table.sums):
        if table.known[i]:
            low[i] = high[i] = count
        elif not hidden[i]:
            low[i], high[i] = rounding_interval(safe_count(int(count), policy) or 0, policy.round_counts_to, few + 1)
        elif 0 < count <= few or within[i]:
            low[i], high[i] = (0 if within[i] else 1), few
        elif count and not saturated[i]:
            low[i] = few + 1
    return low, high


def _saturated(table: Table) -> Mask:
    """Return groups that hold everybody of a whole.

    Only where that discloses something about them. The whole's empty groups are returned too.
    """
    found = np.zeros(len(table.sums), dtype=bool)
    for part, whole in _nested(table):
        if table.tells[part] and table.sums[whole] and table.sums[part] in (0, table.sums[whole]):
            beside = [p for p, w in _nested(table) if w == whole and table.tells[p]]
            if any(table.sums[p] == table.sums[whole] for p in beside):
                found[part] = True
    return found


def _within_few(table: Table, few: int) -> Mask:
    """Return the parts of a whole of few people.

    The empty ones too: that none of five is there discloses where the five are.
    """
    found = np.zeros(len(table.sums), dtype=bool)
    for part, whole in _nested(table):
        found[part] |= 0 < table.sums[whole] <= few
    return found


def _nested(table: Table) -> list[tuple[int, int]]:
    """Return every group that lies within another: (part, whole)."""
    inside = table.groups.astype(int) @ (~table.groups).astype(int).T == 0
    size = table.groups.sum(axis=1)
    return [(int(i), int(j)) for i, j in np.argwhere(inside) if size[i] < size[j]]


def _to_protect(table: Table, hidden: Mask, few: int) -> list[Mask]:
    """Return sets of atoms whose number of people must stay unknown.

    Each is few people, or the rest of a whole that is few or nobody.
    """
    saturated = _saturated(table)
    found = [table.groups[i] for i in np.flatnonzero((table.sums > 0) & (table.sums <= few))]
    for part, whole in _nested(table):
        rest = table.groups[whole] & ~table.groups[part]
        count = int(table.counts[rest].sum())
        if 0 < count <= few or (saturated[part] and count == 0):
            found.append(rest)
    single = table.groups.sum(axis=1) == 1
    dark = table.groups[single & hidden].any(axis=0)
    for group in table.groups[~single]:
        if 0 < int(table.counts[group & dark].sum()) <= few:
            found.append(group & dark)
    return list({atoms.tobytes(): atoms for atoms in found}.values())


def _is_open(fitting: NDArray[np.float64], atoms: Mask, policy: Policy) -> bool:
    """Return whether enough sizes are possible.

    Enough are as many as rounding leaves for a printed count.
    """
    sizes = fitting @ atoms
    return bool(sizes.max() - sizes.min() + 1 >= min(policy.round_counts_to, policy.redact_at_or_below))


def _next_to_hide(table: Table, hidden: Mask, closed: Mask) -> int | None:
    """Return the printed group to hide next.

    A cell beside the one that would be disclosed comes first, then the smallest total over it.
    """
    over = [g for g in table.groups if (g & closed).any()]
    beside = np.any(over, axis=0) & ~closed
    shown = np.flatnonzero(~hidden & (table.sums > 0))
    inner = [i for i in shown if table.groups[i].sum() == 1 and (table.groups[i] & beside).any()]
    totals = [i for i in shown if (table.groups[i] & (closed | beside)).any() and table.groups[i].sum() > 1]
    for candidates in (inner, totals, list(shown)):
        if candidates:
            return int(min(candidates, key=lambda i: (int(table.groups[i].sum()), int(table.sums[i]), int(i))))
    return None


def protected_table(
    people: pd.DataFrame,
    by: Sequence[str],
    policy: Policy,
    *,
    tells: Sequence[str] = (),
    is_total_known: bool = False,
) -> pd.DataFrame:
    """Count people by some columns, and hide what would disclose few.

    Every total is counted too.

    Parameters
    ----------
    people : DataFrame
        One row per person. Codes may be numbers or text; a missing one is refused.
    tells : sequence of str
        Columns that say something about people, such as what they reached, and not only where they are.
    is_total_known : bool
        Whether the number of all is known exactly from elsewhere, or could be.

    Returns
    -------
    DataFrame
        The columns of `by` as text, missing where a row is a total over them; `count`, rounded and missing where
        hidden; `is_hidden`. Sorted; the order of people does not matter.

    Raises
    ------
    ValueError
        If somebody has no code: cells would then not make up their totals.
    """
    if people[list(by)].isna().any(axis=None):
        raise ValueError("Somebody has no code in a column that is counted by; leave them out or give them one.")
    codes = people[list(by)].astype("str")
    levels = [sorted(codes[name].unique()) for name in by]
    atoms = list(product(*levels))
    counted = codes.value_counts().to_dict()
    counts = np.array([counted.get(atom, 0) for atom in atoms], dtype=int)
    places: list[tuple[str | None, ...]] = []
    for size in range(len(by), -1, -1):
        for kept in combinations(range(len(by)), size):
            places += product(*[levels[i] if i in kept else [None] for i in range(len(by))])
    groups = np.array([[_is_in(atom, place) for atom in atoms] for place in places], dtype=bool)
    whole = np.array([all(code is None for code in place) for place in places])
    says = np.array([any(place[list(by).index(name)] is not None for name in tells) for place in places])
    table = Table(counts, groups.reshape(len(places), len(atoms)), whole & is_total_known, says.astype(bool))
    hidden = hidden_groups(table, policy)
    shown = [None if h else safe_count(int(n), policy) for n, h in zip(table.sums, hidden, strict=True)]
    found = pd.DataFrame(places, columns=list(by), dtype="str")
    return found.assign(count=pd.array(shown, dtype="Int64"), is_hidden=hidden)


def _is_in(atom: tuple[str, ...], place: tuple[str | None, ...]) -> bool:
    return all(wanted is None or code == wanted for code, wanted in zip(atom, place, strict=True))
