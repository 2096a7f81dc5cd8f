"""From covariates to numbers: the matrix a score or a regression is fitted on.

Belongs here: coding of covariates, the declared rule for missing values, and
naming what cannot be used. Does not belong here: fitting anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.protocol import Covariate

RELATIVE_RANK_TOLERANCE = 1e-9
"""A column whose part not explained by earlier columns is smaller than this share is collinear."""


@dataclass(frozen=True, slots=True)
class DesignMatrix:
    """Numeric covariates without an intercept.

    Attributes
    ----------
    values : ndarray of float, shape (n, p)
    names : tuple of str
        Column names, length p; a level is written `covariate=level`.
    covariates : tuple of str
        Covariate each column comes from, length p.
    dropped : tuple of (str, str)
        Columns left out and why (`constant`, `collinear`).
    """

    values: NDArray[np.float64]
    names: tuple[str, ...]
    covariates: tuple[str, ...]
    dropped: tuple[tuple[str, str], ...]


def build_design_matrix(frame: pd.DataFrame, covariates: Sequence[Covariate]) -> DesignMatrix:
    """Code covariates as numbers and drop what carries no information.

    Parameters
    ----------
    frame : DataFrame
        One row per person with a column per covariate. Missing values of numeric and binary
        covariates become the mean, with a column `<name>=missing` beside it; missing levels
        become a level of their own. Rows to be refused for missing values are gone by now.
    covariates : sequence of Covariate
        In the declared order; of two collinear columns the earlier is kept.

    Returns
    -------
    DesignMatrix
    """
    columns: list[NDArray[np.float64]] = []
    names: list[str] = []
    origins: list[str] = []
    for covariate in covariates:
        for name, values in _coded(frame[covariate.name], covariate):
            names.append(name)
            columns.append(values)
            origins.append(covariate.name)
    kept, dropped = _independent(columns, names)
    values = np.column_stack([columns[i] for i in kept]) if kept else np.empty((len(frame), 0))
    return DesignMatrix(
        values=values,
        names=tuple(names[i] for i in kept),
        covariates=tuple(origins[i] for i in kept),
        dropped=dropped,
    )


def _coded(series: pd.Series, covariate: Covariate) -> list[tuple[str, NDArray[np.float64]]]:
    missing = series.isna().to_numpy()
    if covariate.type == "categorical":
        coded: list[tuple[str, NDArray[np.float64]]] = [
            (f"{covariate.name}={level}", np.asarray((series == level).fillna(False), dtype=np.float64))
            for level in covariate.levels[1:]
        ]
    else:
        values = pd.to_numeric(series).to_numpy(dtype=float, na_value=np.nan)
        mean = float(values[~missing].mean()) if (~missing).any() else 0.0
        coded = [(covariate.name, np.where(missing, mean, values))]
    if missing.any():
        coded.append((f"{covariate.name}=missing", missing.astype(float)))
    return coded


def _independent(
    columns: Sequence[NDArray[np.float64]], names: Sequence[str]
) -> tuple[list[int], tuple[tuple[str, str], ...]]:
    """Return indices of columns that add information, by Gram-Schmidt in the declared order."""
    kept: list[int] = []
    dropped: list[tuple[str, str]] = []
    basis: list[NDArray[np.float64]] = []
    for i, column in enumerate(columns):
        centred = column - column.mean()
        size = float(np.linalg.norm(centred))
        if size <= RELATIVE_RANK_TOLERANCE * max(1.0, float(np.abs(column).max(initial=0.0))):
            dropped.append((names[i], "constant"))
            continue
        rest = centred / size
        for _ in range(2):  # twice is enough (Giraud, Langou & Rozloznik 2005)
            for direction in basis:
                rest = rest - direction * float(direction @ rest)
        remaining = float(np.linalg.norm(rest))
        if remaining <= RELATIVE_RANK_TOLERANCE**0.75:
            dropped.append((names[i], "collinear"))
            continue
        basis.append(rest / remaining)
        kept.append(i)
    return kept, tuple(dropped)
