"""Estimators of a randomised trial: groups compared as they were drawn.

Sources: Imbens & Rubin (2015), chapters 6-9; Lin (2013); Imbens & Angrist
(1994). Checked against estimatr 1.0.0, clubSandwich 0.5.8 and AER 1.2.10.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from data_contracts.reading.limits import limit
from models.statistics.robust_regression import Coefficient, coefficient_of
from models.values.estimates import Estimate, Means, Sizes, estimate_from
from models.values.refusal import Refusal

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Drawn:
    """People as they were drawn.

    Attributes
    ----------
    y : ndarray of float, shape (n,)
    assigned : ndarray of bool, shape (n,)
        Who drew a place.
    block, cluster : ndarray of int, shape (n,), or None
    took_part : ndarray of bool, shape (n,)
    """

    y: Array
    assigned: NDArray[np.bool_]
    block: Labels | None
    cluster: Labels | None
    took_part: NDArray[np.bool_]


def assigned_difference(d: Drawn, *, confidence_level: float, is_binary: bool) -> Estimate | Refusal:
    """Estimate the difference between the groups as drawn.

    It is taken within blocks where there are any.

    Parameters
    ----------
    is_binary : bool
        Groups with few people with or without the outcome get Newcombe's interval.

    Returns
    -------
    Estimate or Refusal
        `draw_blocks_too_small` if a block has fewer than two people of a group with an outcome. Neyman's variance
        (HC2), CR2 where clusters drew.
    """
    if d.block is not None:
        return _blocked(d, confidence_level)
    if d.cluster is not None:
        if _fewest_clusters(d) < 2:
            return Refusal("too_few_clusters")
        x = np.column_stack([np.ones(len(d.y)), d.assigned])
        return _from_coefficient(
            "assigned_difference", d, coefficient_of(x, d.y, 1, d.cluster), confidence_level, "CR2"
        )
    own, others = d.assigned, ~d.assigned
    means = [float(d.y[group].mean()) for group in (own, others)]
    parts = [np.where(group, (d.y - mean) / group.sum(), 0.0) for group, mean in zip((own, others), means, strict=True)]
    # Neyman's variance is HC2's: each group's squares over n - 1.
    for_error = sum(
        (part * np.sqrt(group.sum() / max(1, group.sum() - 1)) * sign)
        for part, group, sign in zip(parts, (own, others), (1.0, -1.0), strict=True)
    )
    return estimate_from(
        "assigned_difference",
        Means(means[0], means[1], parts[0], parts[1]),
        Sizes(float(own.sum()), float(others.sum()), 0),
        confidence_level=confidence_level,
        is_binary=is_binary,
        error_name="Neyman",
        for_error=np.asarray(for_error),
    )


def assigned_adjusted(d: Drawn, x: Array, *, confidence_level: float) -> Estimate | Refusal:
    """Estimate the difference with centred covariates (Lin 2013).

    The products of the covariates with the draw are included.

    Parameters
    ----------
    x : ndarray of float, shape (n, p)
        Covariates from before the draw. Blocks are covariates too.

    Returns
    -------
    Estimate or Refusal
        HC2, CR2 where clusters drew. `too_many_covariates` if a group cannot carry them.
    """
    columns = [x]
    if d.block is not None:
        labels = np.unique(d.block)
        columns.append((d.block[:, None] == labels[None, 1:]).astype(float))
    centred = np.column_stack(columns)
    centred = centred - centred.mean(axis=0)
    centred = centred[:, centred.std(axis=0) > 0]
    z = d.assigned.astype(float)
    full = np.column_stack([np.ones(len(z)), z, centred, centred * z[:, None]])
    units = min(d.assigned.sum(), (~d.assigned).sum()) if d.cluster is None else _fewest_clusters(d)
    if units < centred.shape[1] + 2 or np.linalg.matrix_rank(full) < full.shape[1]:
        return Refusal("too_many_covariates")
    found = coefficient_of(full, d.y, 1, d.cluster)
    return _from_coefficient("assigned_adjusted", d, found, confidence_level, "HC2" if d.cluster is None else "CR2")


def complier_effect(d: Drawn, *, confidence_level: float) -> Estimate | Refusal:
    """Estimate the effect on those who took part because they drew a place.

    This is the complier average causal effect (CACE).

    Returns
    -------
    Estimate or Refusal
        `followed_too_little` where the draw hardly moved who took part. It assumes that the draw changes nothing for
        those who would have done the same either way.
    """
    z = d.assigned - d.assigned.mean()
    if d.block is not None:
        shares = np.array([d.assigned[d.block == b].mean() for b in d.block])
        z = d.assigned - shares
    took = d.took_part.astype(float)
    first = float(z @ took)
    if abs(first) < 1e-12:
        return Refusal("followed_too_little")
    beta = float(z @ d.y) / first
    # Within blocks z sums to zero, so any level of the residual does; its own means make the error small.
    residual = d.y - beta * took
    residual = residual - (residual.mean() if d.block is None else _block_means(residual, d.block))
    moved = took - (took.mean() if d.block is None else _block_means(took, d.block))
    strength = first / float(z @ z)
    noise = z * (moved - strength * z) / float(z @ z)
    if strength**2 < limit("weakest_first_stage") * _square_sum(noise, d.cluster):
        return Refusal("followed_too_little")
    influence = z * residual / first
    groups = len(d.y) if d.cluster is None else len(np.unique(d.cluster))
    rest = groups - (2 if d.cluster is None else 1)
    error = float(np.sqrt(groups / rest * _square_sum(influence, d.cluster)))
    reach = float(scipy.stats.t.isf((1 - confidence_level) / 2, rest)) * error
    return Estimate(
        "complier_effect",
        beta,
        error,
        beta - reach,
        beta + reach,
        "Student, HC1",
        np.nan,
        np.nan,
        np.asarray(influence),
    )


def block_differences(d: Drawn, *, confidence_level: float) -> list[tuple[int, float, float, float, int]]:
    """Return for each block: label, difference, limits and people.

    Blocks without both groups are left out.
    """
    if d.block is None:
        return []
    found = []
    for label in np.unique(d.block):
        own, others = (d.y[(d.block == label) & group] for group in (d.assigned, ~d.assigned))
        if min(len(own), len(others)) < 2:
            continue
        error = float(np.sqrt(own.var(ddof=1) / len(own) + others.var(ddof=1) / len(others)))
        value = float(own.mean() - others.mean())
        reach = float(scipy.stats.norm.isf((1 - confidence_level) / 2)) * error
        found.append((int(label), value, value - reach, value + reach, len(own) + len(others)))
    return found


def _blocked(d: Drawn, confidence_level: float) -> Estimate | Refusal:
    """Weigh the blocks' differences by their people."""
    if d.block is None or d.cluster is not None:
        return Refusal("draw_blocks_of_clusters")
    labels = np.unique(d.block)
    value = variance = top = bottom = freedom = 0.0
    influence = np.zeros(len(d.y))
    for label in labels:
        inside = d.block == label
        share = inside.sum() / len(d.y)
        groups = [d.y[inside & group] for group in (d.assigned, ~d.assigned)]
        if min(len(g) for g in groups) < 2:
            return Refusal("draw_blocks_too_small")
        own = share**2 * sum(float(g.var(ddof=1)) / len(g) for g in groups)
        variance += own
        freedom += own**2 / max(1, len(groups[0]) + len(groups[1]) - 2)
        top += share * float(groups[0].mean())
        bottom += share * float(groups[1].mean())
        for group, mean, sign in zip((d.assigned, ~d.assigned), groups, (1.0, -1.0), strict=True):
            who = inside & group
            influence[who] = sign * share * (d.y[who] - mean.mean()) / who.sum()
    value, error = top - bottom, float(np.sqrt(variance))
    reach = (
        float(scipy.stats.t.isf((1 - confidence_level) / 2, variance**2 / freedom if freedom > 0 else len(d.y))) * error
    )
    return Estimate(
        "assigned_difference",
        value,
        error,
        value - reach,
        value + reach,
        "Student, Neyman within blocks",
        top,
        bottom,
        influence,
    )


def _from_coefficient(name: str, d: Drawn, found: Coefficient, confidence_level: float, error_name: str) -> Estimate:
    low, high = found.interval(confidence_level)
    top = float(d.y[d.assigned].mean())
    return Estimate(
        name,
        found.value,
        found.standard_error,
        low,
        high,
        f"Student, {error_name}, {found.degrees_of_freedom:.0f} degrees of freedom",
        top,
        top - found.value,
        found.influence,
    )


def _fewest_clusters(d: Drawn) -> int:
    if d.cluster is None:
        return 0
    return min(len(np.unique(d.cluster[group])) for group in (d.assigned, ~d.assigned))


def _block_means(values: Array, block: Labels) -> Array:
    return np.array([values[block == b].mean() for b in block])


def _square_sum(influence: Array, cluster: Labels | None) -> float:
    if cluster is None:
        return float((influence**2).sum())
    _, labels = np.unique(cluster, return_inverse=True)
    return float((np.bincount(labels, weights=influence) ** 2).sum())
