"""Terms of a score: coding covariates as columns.

With squares, splines, levels and products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from typing import Protocol as Interface

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_float_dtype

Array = NDArray[np.float64]
SPLINE_QUANTILES: dict[int, tuple[float, ...]] = {
    3: (0.10, 0.50, 0.90),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.5, 0.725, 0.95),
    6: (0.05, 0.23, 0.41, 0.59, 0.77, 0.95),
    7: (0.025, 0.1833, 0.3417, 0.5, 0.6583, 0.8167, 0.975),
}
"""Where knots are placed (Harrell 2015, "Regression Modeling Strategies", table 2.3)."""

MissingRule = Literal["refuse", "indicator", "impute"]


class CodedCovariate(Interface):
    """Properties of a covariate that coding needs."""

    @property
    def name(self) -> str:
        """Its column."""
        ...

    @property
    def type(self) -> Literal["numeric", "binary", "categorical"]:
        """How it is coded."""
        ...

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels of a categorical covariate; the first is the reference."""
        ...


class DeclaredTerm(Interface):
    """A term in addition to the covariates themselves.

    See `comparison_settings.ScoreTerm`.
    """

    @property
    def covariate(self) -> str | None:
        """The covariate of a square, a spline or capped levels."""
        ...

    @property
    def shape(self) -> Literal["square", "spline"] | None:
        """Shape of the term."""
        ...

    @property
    def knots(self) -> int | None:
        """Knots of a spline."""
        ...

    @property
    def most_levels(self) -> int | None:
        """How many levels are kept."""
        ...

    @property
    def interaction(self) -> tuple[str, ...]:
        """Two covariates whose product enters."""
        ...


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a design matrix.

    Attributes
    ----------
    name : str
        A level is written `covariate=level`, a square `covariate^2`, a product `a*b`.
    covariates : tuple of str
        The covariates it is made of.
    values : ndarray of float, shape (n,)
    """

    name: str
    covariates: tuple[str, ...]
    values: Array


def main_columns(
    series: pd.Series,
    covariate: CodedCovariate,
    *,
    most_levels: int | None,
    missing: MissingRule,
    learnt_from: NDArray[np.bool_],
) -> list[Column]:
    """Code one covariate.

    Parameters
    ----------
    series : Series
        One value per person.
    covariate : CodedCovariate
        The first level of a categorical covariate is the one others are compared with.
    most_levels : int or None
        Keep the commonest levels (ties: the one declared first); others become `covariate=other`.
    missing : str
        `indicator` adds a column that marks filled values.
    learnt_from : ndarray of bool, shape (n,)
        People whose mean fills missing values.

    Returns
    -------
    list of Column
    """
    name = covariate.name
    is_missing = series.isna().to_numpy()
    has_missing = bool(is_missing.any())
    if covariate.type == "categorical":
        coded = _level_columns(series, covariate, most_levels)
    elif not has_missing:
        # Numbers are taken as they are; looking for numbers in text would copy them.
        numbers = series if is_float_dtype(series.dtype) else pd.to_numeric(series)
        coded = [Column(name, (name,), numbers.to_numpy(dtype=float))]
    else:
        values = pd.to_numeric(series).to_numpy(dtype=float, na_value=np.nan)
        known = ~is_missing & learnt_from
        mean = float(values[known].mean()) if known.any() else 0.0
        coded = [Column(name, (name,), np.where(is_missing, mean, values))]
    # A missing level is a separate level under every rule: there is no mean to fill in.
    if has_missing and (missing == "indicator" or covariate.type == "categorical"):
        coded.append(Column(f"{name}=missing", (name,), np.asarray(is_missing, dtype=np.float64)))
    return coded


def _level_columns(series: pd.Series, covariate: CodedCovariate, most_levels: int | None) -> list[Column]:
    name, levels = covariate.name, list(covariate.levels)
    kept = levels
    if most_levels is not None and len(levels) > most_levels:
        counts = series.value_counts()
        by_size = sorted(levels, key=lambda level: (-int(counts.get(level, 0)), levels.index(level)))
        common = set(by_size[:most_levels])
        kept = [level for level in levels if level in common]
    columns = [
        Column(f"{name}={level}", (name,), np.asarray((series == level).fillna(False), dtype=np.float64))
        for level in kept[1:]
    ]
    if len(kept) < len(levels):
        rare = series.isin([level for level in levels if level not in kept])
        columns.append(Column(f"{name}=other", (name,), np.asarray(rare, dtype=np.float64)))
    return columns


def term_columns(term: DeclaredTerm, main: dict[str, list[Column]]) -> list[Column]:
    """Return the columns a term adds to those of its covariates.

    Parameters
    ----------
    main : dict
        Columns of each covariate, from `main_columns`.
    """
    if term.interaction:
        first, second = (_without_marks(main[name]) for name in term.interaction)
        return [Column(f"{a.name}*{b.name}", term.interaction, a.values * b.values) for a in first for b in second]
    if term.covariate is None:
        return []
    own = main[term.covariate][0]
    if term.shape == "square":
        return [Column(f"{own.name}^2", own.covariates, own.values**2)]
    if term.shape == "spline" and term.knots is not None:
        curves = natural_spline(own.values, np.quantile(own.values, SPLINE_QUANTILES[term.knots]))
        return [Column(f"{own.name}~{j + 1}", own.covariates, curves[:, j]) for j in range(curves.shape[1])]
    return []


def _without_marks(columns: Sequence[Column]) -> list[Column]:
    return [c for c in columns if not c.name.endswith("=missing")]


def natural_spline(values: Array, knots: Array) -> Array:
    """Return the curved part of a natural cubic spline.

    The spline is linear beyond the outer knots.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
    knots : ndarray of float, shape (k,)
        Duplicate knots are used once.

    Returns
    -------
    ndarray of float, shape (n, k - 2)
        Harrell (2015), equation 2.25, divided by the squared range of the knots; empty with fewer than three
        different knots.
    """
    t = np.unique(knots)
    if len(t) < 3:
        return np.empty((len(values), 0))

    def cube(at: float) -> Array:
        return np.maximum(values - at, 0.0) ** 3

    last, before = t[-1], t[-2]
    columns = [
        cube(at) - cube(before) * (last - at) / (last - before) + cube(last) * (before - at) / (last - before)
        for at in t[:-2]
    ]
    return np.asarray(np.column_stack(columns) / (last - t[0]) ** 2, dtype=float)
