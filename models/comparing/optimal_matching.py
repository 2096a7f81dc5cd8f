"""Optimal matching: the least total distance.

Sources: Rosenbaum (1989), "Optimal matching for observational studies";
Hansen & Klopfer (2006), "Optimal full matching and related designs via network
flows". A full matching is a lightest set of edges that covers everybody, and
that reduces to an assignment problem.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from data_contracts.reading.limits import limit
from models.comparing.nearest import Pairs, by_stratum
from models.comparing.nearness import Nearness
from models.values.refusal import Refusal

Array = NDArray[np.float64]
LEFT_OUT = -1
TIE_WEIGHT = 1e-6
"""On a line many pairings are equally long in all. Of those the one with the smallest squares is taken, so that no order
of rows decides; the total stays the least but for a millionth."""


def distances(
    logit: Array, people: NDArray[np.int64], controls: NDArray[np.int64], nearness: Nearness, caliper: float | None
) -> Array:
    """Return the distance of each participant to each control.

    Infinite beyond a caliper.

    Returns
    -------
    ndarray of float, shape (participants, controls)
        On the logit scale, squares added as `TIE_WEIGHT` says.
    """
    apart = np.abs(logit[people][:, None] - logit[controls][None, :])
    if caliper is not None:
        apart[apart > caliper] = np.inf
    for column, most in zip(nearness.limited.T, nearness.limits, strict=True):
        apart[np.abs(column[people][:, None] - column[controls][None, :]) > most] = np.inf
    return np.asarray(apart + TIE_WEIGHT * apart**2, dtype=float)


def match_optimally(
    logit: Array,
    treated: NDArray[np.bool_],
    strata: NDArray[np.int64],
    nearness: Nearness,
    *,
    ratio: int,
    caliper: float | None,
) -> Pairs | Refusal:
    """Match as many participants as calipers allow, at least distance.

    Least in total.

    Parameters
    ----------
    logit : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    strata : ndarray of int, shape (n,)
        Only people in the same stratum are matched.
    nearness : Nearness
        Calipers on covariates.
    ratio : int
        Controls per participant, at most; none is used twice.
    caliper : float or None
        Greatest distance on the logit scale.

    Returns
    -------
    Pairs or Refusal
        `too_large_for_optimal` when a stratum has more distances than `most_distances`.
    """
    found: list[tuple[int, int, float]] = []
    for people, controls in by_stratum(treated, strata):
        if len(people) * ratio * (len(controls) + len(people) * ratio) > limit("most_distances"):
            return Refusal("too_large_for_optimal")
        apart = np.repeat(distances(logit, people, controls, nearness, caliper), ratio, axis=0)
        reachable = apart[np.isfinite(apart)]
        # Staying unmatched costs more than any total distance, so that as few as possible stay unmatched.
        alone = 1.0 + float(reachable.max(initial=0.0)) * (len(apart) + 1)
        cost = np.hstack([apart, np.full((len(apart), len(apart)), alone)])
        rows, columns = scipy.optimize.linear_sum_assignment(cost)
        matched = columns < len(controls)
        for row, column in zip(rows[matched].tolist(), columns[matched].tolist(), strict=True):
            person, control = int(people[row // ratio]), int(controls[column])
            found.append((person, control, abs(float(logit[person] - logit[control]))))
    found.sort()
    return Pairs(
        np.array([row[0] for row in found], dtype=np.int64),
        np.array([row[1] for row in found], dtype=np.int64),
        np.array([row[2] for row in found], dtype=float),
    )


def match_fully(
    logit: Array, treated: NDArray[np.bool_], strata: NDArray[np.int64], nearness: Nearness, *, caliper: float | None
) -> NDArray[np.int64] | Refusal:
    """Divide everybody into sets at the least total distance.

    Each set has one participant or one control.

    Parameters
    ----------
    logit, treated, strata, nearness, caliper
        As in `match_optimally`.

    Returns
    -------
    ndarray of int, shape (n,), or Refusal
        Set of each person; -1 for those without a match within the calipers. `too_large_for_optimal` as above.
    """
    labels = np.full(len(logit), LEFT_OUT, dtype=np.int64)
    first_free = 0
    for people, controls in by_stratum(treated, strata):
        if len(people) * len(controls) > limit("most_distances"):
            return Refusal("too_large_for_optimal")
        apart = distances(logit, people, controls, nearness, caliper)
        own, others = _stars(apart)
        labels[people[own >= 0]] = own[own >= 0] + first_free
        labels[controls[others >= 0]] = others[others >= 0] + first_free
        first_free += len(people) + len(controls)
    return labels


def _stars(apart: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the set of each row and column in the lightest cover.

    The cover includes all rows and columns that can be covered.

    An edge is chosen for both its ends when it is shorter than the two ends' shortest edges together; which
    such edges to choose is an assignment problem. Everybody else takes their shortest edge.
    """
    rows_left = np.flatnonzero(np.isfinite(apart).any(axis=1))
    columns_left = np.flatnonzero(np.isfinite(apart).any(axis=0))
    inside = apart[np.ix_(rows_left, columns_left)]
    own = np.full(apart.shape[0], LEFT_OUT, dtype=np.int64)
    others = np.full(apart.shape[1], LEFT_OUT, dtype=np.int64)
    if inside.size == 0:
        return own, others
    shortest_row, shortest_column = inside.min(axis=1), inside.min(axis=0)
    gain = np.minimum(inside - shortest_row[:, None] - shortest_column[None, :], 0.0)
    chosen_rows, chosen_columns = scipy.optimize.linear_sum_assignment(gain)
    worth = gain[chosen_rows, chosen_columns] < 0
    edges = set(zip(chosen_rows[worth].tolist(), chosen_columns[worth].tolist(), strict=True))
    paired_rows = {r for r, _ in edges}
    paired_columns = {c for _, c in edges}
    edges |= {(r, int(inside[r].argmin())) for r in range(len(rows_left)) if r not in paired_rows}
    edges |= {(int(inside[:, c].argmin()), c) for c in range(len(columns_left)) if c not in paired_columns}
    row_degree = np.bincount([r for r, _ in edges], minlength=len(rows_left))
    column_degree = np.bincount([c for _, c in edges], minlength=len(columns_left))
    for row, column in sorted(edges):
        if row_degree[row] > 1 and column_degree[column] > 1:
            # Both ends have another partner: possible only where the distance is zero. The two sets are split.
            row_degree[row] -= 1
            column_degree[column] -= 1
            edges.remove((row, column))
    for row, column in sorted(edges):
        # A set is named after its centre: the column if it has several rows, else the row.
        label = len(rows_left) + column if column_degree[column] > 1 else row
        own[rows_left[row]] = label
        others[columns_left[column]] = label
    return own, others
