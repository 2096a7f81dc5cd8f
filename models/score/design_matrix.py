"""The design matrix of a score or a regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.score.terms import CodedCovariate, Column, DeclaredTerm, MissingRule, main_columns, term_columns

Array = NDArray[np.float64]
RELATIVE_RANK_TOLERANCE = 1e-9
"""A column whose part not explained by earlier columns is smaller than this share is collinear."""
ROWS_AT_ONCE = 8_192
"""Rows of a block that stays in the processor's own memory."""
SURELY_INDEPENDENT = 1e-3
"""Shares above this are read from the cross products; only smaller ones need the exact residual."""


@dataclass(frozen=True, slots=True)
class DesignMatrix:
    """Numeric covariates without an intercept.

    Attributes
    ----------
    values : ndarray of float, shape (n, p)
    names : tuple of str
        Column names, length p; see `Column`.
    covariates : tuple of str
        Covariate each column comes from (the first of a product), length p.
    dropped : tuple of (str, str)
        Columns left out and why (`constant`, `collinear`).
    """

    values: Array
    names: tuple[str, ...]
    covariates: tuple[str, ...]
    dropped: tuple[tuple[str, str], ...]


def build_design_matrix(
    frame: pd.DataFrame,
    covariates: Sequence[CodedCovariate],
    terms: Sequence[DeclaredTerm] = (),
    *,
    missing: MissingRule = "indicator",
    learnt_from: NDArray[np.bool_] | None = None,
) -> DesignMatrix:
    """Code covariates as numbers and drop what carries no information.

    Parameters
    ----------
    frame : DataFrame
        One row per person with a column per covariate. Missing values of numeric and binary
        covariates become the mean; missing levels become a separate level. Rows to be refused
        for missing values have already been removed.
    covariates : sequence of CodedCovariate
        In the declared order; of two collinear columns the earlier is kept.
    terms : sequence of DeclaredTerm
        Squares, splines, capped levels and products. A term with a covariate that is not among `covariates` is
        ignored: the covariate was left out on purpose.
    missing : str
        `indicator` adds a column `<name>=missing` beside filled values; `impute` does not.
    learnt_from : ndarray of bool, shape (n,), optional
        People whose means fill missing values; everybody if not given.
    """
    learnt = np.ones(len(frame), dtype=bool) if learnt_from is None else learnt_from
    caps = {term.covariate: term.most_levels for term in terms if term.most_levels is not None}
    main = {
        c.name: main_columns(frame[c.name], c, most_levels=caps.get(c.name), missing=missing, learnt_from=learnt)
        for c in covariates
    }
    columns = [column for own in main.values() for column in own]
    for term in terms:
        if {*term.interaction, *([term.covariate] if term.covariate else [])} <= set(main):
            columns += term_columns(term, main)
    # Columns are contiguous, so that coding, scaling and cross products read memory in order.
    values = np.empty((len(columns), len(frame))).T
    for i, column in enumerate(columns):
        values[:, i] = column.values
    kept, dropped = independent_columns(values, [c.name for c in columns])
    return _matrix(values, columns, kept, dropped)


def _matrix(
    values: Array, columns: Sequence[Column], kept: list[int], dropped: tuple[tuple[str, str], ...]
) -> DesignMatrix:
    return DesignMatrix(
        values=values if len(kept) == values.shape[1] else values[:, kept],
        names=tuple(columns[i].name for i in kept),
        covariates=tuple(columns[i].covariates[0] for i in kept),
        dropped=dropped,
    )


def independent_columns(values: Array, names: Sequence[str]) -> tuple[list[int], tuple[tuple[str, str], ...]]:
    """Find the columns that add information, in the given order.

    Parameters
    ----------
    values : ndarray of float, shape (n, p)

    Returns
    -------
    kept : list of int
    dropped : tuple of (str, str)
        Name and `constant` or `collinear`.

    Notes
    -----
    The share of a column that earlier ones leave unexplained is read from the cross products, one pass over the
    rows for all columns; where it is small, so that rounding could decide, it is computed from the residual itself.
    """
    kept: list[int] = []
    dropped: list[tuple[str, str]] = []
    if values.shape[0] == 0:
        return [], tuple((name, "constant") for name in names)
    mean = values.mean(axis=0)
    products = centred_products(values, mean)
    largest = np.maximum(values.max(axis=0), -values.min(axis=0))
    for i, name in enumerate(names):
        size = float(np.sqrt(products[i, i]))
        if size <= RELATIVE_RANK_TOLERANCE * max(1.0, float(largest[i])):
            dropped.append((name, "constant"))
        elif _unexplained(values, mean, products, kept, i) <= RELATIVE_RANK_TOLERANCE**0.75:
            dropped.append((name, "collinear"))
        else:
            kept.append(i)
    return kept, tuple(dropped)


def centred_products(values: Array, mean: Array) -> Array:
    """Return cross products of centred columns.

    Computed block by block, so that no second matrix is allocated.

    Parameters
    ----------
    values : ndarray of float, shape (n, p)
    mean : ndarray of float, shape (p,)

    Returns
    -------
    ndarray of float, shape (p, p)
    """
    products = np.zeros((values.shape[1], values.shape[1]))
    for first in range(0, len(values), ROWS_AT_ONCE):
        block = values[first : first + ROWS_AT_ONCE].T - mean[:, None]
        products += block @ block.T
    return products


def _unexplained(values: Array, mean: Array, products: Array, kept: list[int], i: int) -> float:
    """Return the share of a column that the kept ones do not explain.

    The length of its residual as a share of the length of the column.
    """
    if not kept:
        return 1.0
    scale = np.sqrt(np.diag(products))
    correlations = products / np.outer(scale, scale).clip(min=np.finfo(float).tiny)
    own = correlations[kept, i]
    left = 1.0 - float(own @ np.linalg.solve(correlations[np.ix_(kept, kept)], own))
    if left > SURELY_INDEPENDENT**2:
        return float(np.sqrt(left))
    basis = (values[:, kept] - mean[kept]) / scale[kept]
    column = (values[:, i] - mean[i]) / scale[i]
    beta, *_ = np.linalg.lstsq(basis, column, rcond=None)
    return float(np.linalg.norm(column - basis @ beta))
