"""Diagnosis: how good a comparison is, and whether it may be used."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.protocol.comparison_settings import ComparisonSettings
from models.comparing.balance import (
    imbalance_p_value,
    ks_statistic,
    power_to_see,
    standardized_mean_difference,
    variance_ratio,
)
from models.comparing.overlap import equipoise_share
from models.comparing.weighting import effective_sample_size
from models.score.design_matrix import DesignMatrix
from models.score.propensity import PropensityFit
from models.statistics.power_and_q import minimal_detectable_effect
from models.values.comparison import BalanceLine, ComparisonDiagnostics, Gate, Kind, gate_limits

Array = NDArray[np.float64]


def balance_lines(
    matrix: DesignMatrix, logit: Array, treated: NDArray[np.bool_], weight: Array, *, pooled: bool
) -> tuple[BalanceLine, ...]:
    """Compare the groups before and after.

    For every column, its square and the score.

    Parameters
    ----------
    matrix : DesignMatrix
        Shape (n, p).
    logit : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    weight : ndarray of float, shape (n,)
        0 for people left out.
    pooled : bool
        Denominator of standardised differences; see `standardized_mean_difference`.

    Returns
    -------
    tuple of BalanceLine
        Covariates in the score's order, squares of those that are not yes-or-no, then the score.
    """
    columns: list[tuple[str, str, Array, Kind]] = [
        (covariate, name, matrix.values[:, j], "covariate")
        for j, (name, covariate) in enumerate(zip(matrix.names, matrix.covariates, strict=True))
    ]
    squares: list[tuple[str, str, Array, Kind]] = [
        (covariate, f"{name}^2", values**2, "square")
        for covariate, name, values, _ in columns
        if f"{name}^2" not in matrix.names and "^2" not in name and not np.isin(values, (0.0, 1.0)).all()
    ]
    ones = np.ones(len(treated))
    used = weight > 0
    lines = []
    score: tuple[str, str, Array, Kind] = ("", "propensity_logit", logit, "score")
    for covariate, name, values, kind in (*columns, *squares, score):
        lines.append(
            BalanceLine(
                covariate,
                name,
                standardized_mean_difference(values, treated, ones, pooled=pooled),
                standardized_mean_difference(values, treated, weight, pooled=pooled),
                _fewest(values, treated, used),
                kind,
                variance_ratio(values, treated, ones),
                variance_ratio(values[used], treated[used], weight[used]),
                ks_statistic(values, treated, ones),
                ks_statistic(values[used], treated[used], weight[used]),
            )
        )
    return tuple(lines)


def _fewest(values: Array, treated: NDArray[np.bool_], used: NDArray[np.bool_]) -> int | None:
    """Return the smallest cell of a 0-1 column.

    The smaller part in either compared group; None for other columns.
    """
    if not np.isin(values, (0.0, 1.0)).all():
        return None
    parts = []
    for group in (treated & used, ~treated & used):
        ones = int(values[group].sum())
        parts += [ones, int(group.sum()) - ones]
    return min(parts)


def diagnose(
    people: pd.DataFrame,
    matrix: DesignMatrix,
    fit: PropensityFit,
    treated: NDArray[np.bool_],
    weight: Array,
    left_out: NDArray[np.object_],
    lines: tuple[BalanceLine, ...],
    settings: ComparisonSettings,
) -> ComparisonDiagnostics:
    """Return the diagnostics of a comparison.

    Parameters
    ----------
    treated : ndarray of bool, shape (n,)
    weight : ndarray of float, shape (n,)
    left_out : ndarray of str, shape (n,)
    lines : tuple of BalanceLine
        Empty when no people are compared.
    """
    compared = weight > 0
    limits = gate_limits()
    own = [line for line in lines if line.kind == "covariate"]
    n_own = effective_sample_size(weight[treated])
    n_others = effective_sample_size(weight[~treated])
    p = power = detectable = None
    if own and n_own > 0 and n_others > 0:
        smds = np.array([line.smd_after for line in own])
        p = imbalance_p_value(smds, n_own, n_others, limits["allowed_smd"])
        power = power_to_see(limits["largest_smd"], n_own, n_others, limits["balance_alpha"])
        error = float(np.sqrt(1 / n_own + 1 / n_others))
        detectable = minimal_detectable_effect(error, alpha=limits["alpha"], power=limits["power"])
    reasons = sorted({str(reason) for reason in left_out} - {""})
    return ComparisonDiagnostics(
        n_treated=int(treated.sum()),
        n_pool=int((~treated).sum()),
        n_compared_treated=int((compared & treated).sum()),
        n_compared_control=int((compared & ~treated).sum()),
        effective_controls=n_others,
        max_smd_before=_largest(line.smd_before for line in own),
        max_smd_after=_largest(line.smd_after for line in own),
        analysed_shift_smd=_shift(matrix.values[treated], compared[treated]),
        overlap_share=equipoise_share(fit.logit, treated),
        propensity_auc=fit.auc,
        other_programme_share=_other_programme(people, treated, weight, settings),
        score_columns=tuple(dict.fromkeys(matrix.covariates)),
        columns_left_out=matrix.dropped,
        left_out=tuple(
            (reason, int(((left_out == reason) & treated).sum()), int(((left_out == reason) & ~treated).sum()))
            for reason in reasons
        ),
        imbalance_p=p,
        balance_power=power,
        detectable_smd=detectable,
    )


def _largest(values: Iterable[float]) -> float | None:
    sizes = [abs(v) for v in values if np.isfinite(v)]
    return max(sizes) if sizes else None


def _shift(own: Array, compared: NDArray[np.bool_]) -> float | None:
    """Return the largest shift between compared and all participants.

    In standard deviations.
    """
    if not compared.any():
        return None
    deviation = own.std(axis=0, ddof=1)
    moved = np.abs(own[compared].mean(axis=0) - own.mean(axis=0))
    return float(np.max(moved / np.where(deviation > 0, deviation, 1.0), initial=0.0))


def _other_programme(
    people: pd.DataFrame, treated: NDArray[np.bool_], weight: Array, settings: ComparisonSettings
) -> float | None:
    if settings.other_programme is None:
        return None
    values = people[settings.other_programme].to_numpy(dtype=float, na_value=np.nan)
    known = (weight > 0) & ~treated & np.isfinite(values)
    return float((values[known] * weight[known]).sum() / weight[known].sum()) if known.any() else None


def gate_of(d: ComparisonDiagnostics) -> Gate:
    """Decide whether a comparison may give a number.

    Decided before any outcome is read, together with whether the number may be shown alone.

    Returns
    -------
    Gate
        Closed by too few people or groups that are certainly unlike; pooled only where overlap or size is too small
        for the number to be shown alone.
    """
    limits = gate_limits()
    unmatched = 1 - d.n_compared_treated / d.n_treated
    if d.n_compared_treated == 0:
        return Gate("nobody_matched")
    if unmatched > limits["largest_unmatched_share"]:
        return Gate("too_few_matched")
    if d.effective_controls < limits["minimum_effective_controls"]:
        return Gate("too_few_controls")
    is_unlike = d.max_smd_after is not None and d.max_smd_after > limits["largest_smd"]
    if is_unlike and d.imbalance_p is not None and d.imbalance_p < limits["balance_alpha"]:
        return Gate("imbalanced")
    is_apart = d.overlap_share is not None and d.overlap_share < limits["smallest_equipoise"]
    if is_apart and unmatched > limits["unmatched_for_pooling"]:
        return Gate("little_overlap")
    if d.detectable_smd is not None and d.detectable_smd > limits["largest_detectable_smd"]:
        return Gate("low_power")
    return Gate()
