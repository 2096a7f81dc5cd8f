"""Balance of every register covariate, by one query on a stored table.

Covariates outside the score are included. One that became balanced without being matched on supports the comparison;
one that did not calls for an explanation.
"""

from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetCheckSeverity,
    ResourceParam,
    asset_check,
)

from assets.storage.dagster_failures import guarded
from assets.storage.partitions import partition_of, project_quarter
from assets.storage.store import Store
from assets.ui.asset_pages import markdown
from models.values.comparison import gate_limits


@dataclass(frozen=True, slots=True)
class ColumnBalance:
    """One covariate in both groups, before and after.

    Attributes
    ----------
    smd_before, smd_after : float or None
        Standardised mean differences over the participants' standard deviation before matching; None if they do not
        vary or there is no comparison group.
    variance_ratio_after : float or None
        None for binary columns.
    """

    column: str
    smd_before: float | None
    smd_after: float | None
    variance_ratio_after: float | None


def balance_in_file(path: Path, columns: tuple[str, ...]) -> tuple[ColumnBalance, ...]:
    """Return the balance between the groups in a stored table.

    Parameters
    ----------
    path : Path
        Parquet with `treated`, `weight` and numeric columns; missing values are left out column by column.

    Returns
    -------
    tuple of ColumnBalance
        In the order given.
    """
    if not columns:
        return ()
    parts = []
    for name in columns:
        value = f'"{name}"::DOUBLE'
        known = f'CASE WHEN "{name}" IS NOT NULL THEN weight END'
        parts += [f"avg({value})", f"var_samp({value})", f"bool_and({value} IN (0, 1))"]
        parts += [
            f"sum({value} * weight)",
            f"sum({value} * {value} * weight)",
            f"sum({known})",
            f"sum(({known}) * weight)",
        ]
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        rows = connection.read_parquet(str(path)).aggregate(f"treated, {', '.join(parts)}", "treated").fetchall()
    groups = {bool(row[0]): row[1:] for row in rows}
    if set(groups) != {True, False}:
        return ()
    return tuple(
        _column(name, _Moments(*groups[True][7 * i : 7 * i + 7]), _Moments(*groups[False][7 * i : 7 * i + 7]))
        for i, name in enumerate(columns)
    )


@dataclass(frozen=True, slots=True)
class _Moments:
    """Sums of one column in one group."""

    mean: float | None
    variance: float | None
    is_binary: bool | None
    weighted_sum: float | None
    weighted_squares: float | None
    weights: float | None
    squared_weights: float | None

    @property
    def spread(self) -> float:
        if self.mean is None:
            return 0.0
        return sqrt(self.mean * (1 - self.mean)) if self.is_binary else sqrt(self.variance or 0.0)

    @property
    def weighted_mean(self) -> float | None:
        return self.weighted_sum / self.weights if self.weights and self.weighted_sum is not None else None

    @property
    def weighted_variance(self) -> float | None:
        centre = self.weighted_mean
        if centre is None or not self.weights or self.weighted_squares is None or self.squared_weights is None:
            return None
        rest = 1 - self.squared_weights / self.weights**2
        return (self.weighted_squares / self.weights - centre**2) / rest if rest > 0 else None


def _column(name: str, own: _Moments, others: _Moments) -> ColumnBalance:
    spread = own.spread
    before = after = ratio = None
    if spread > 0 and own.mean is not None and others.mean is not None:
        before = (own.mean - others.mean) / spread
    if spread > 0 and own.weighted_mean is not None and others.weighted_mean is not None:
        after = (own.weighted_mean - others.weighted_mean) / spread
    top, bottom = own.weighted_variance, others.weighted_variance
    if not (own.is_binary and others.is_binary) and top is not None and bottom:
        ratio = top / bottom
    return ColumnBalance(name, before, after, ratio)


@asset_check(
    asset=["comparison", "groups"],
    name="every_register_covariate_is_alike",
    description="Standardised differences of every numeric register covariate, including those outside the score; warns above 0.25 standard deviations.",
    partitions_def=project_quarter,
)
@guarded
def every_register_covariate_is_alike(
    context: AssetCheckExecutionContext, store: ResourceParam[Store]
) -> AssetCheckResult:
    """Check the balance of covariates inside and outside the score."""
    project, quarter = partition_of(context)
    protocol = store.home.protocol(project)
    stored = store.path(["comparison", "groups"], project, quarter.partition_key, ".parquet")
    in_score = set(protocol.comparison.score_covariates)
    kept = set(pq.read_schema(stored).names)
    columns = tuple(c.name for c in protocol.register_covariates if c.type != "categorical" and c.name in kept)
    found = balance_in_file(stored, columns) if {"treated", "weight"} <= kept else ()
    if not found:
        return AssetCheckResult(passed=True, description="The design does not compare two groups of people.")
    limit = gate_limits()["largest_smd"]
    apart = [row.column for row in found if row.smd_after is not None and abs(row.smd_after) > limit]
    lines = ["| covariate | in the score | before | after | variance ratio |", "|---|---|---|---|---|"]
    for row in found:
        shown = ["–" if v is None else f"{v:.2f}" for v in (row.smd_before, row.smd_after, row.variance_ratio_after)]
        lines.append(f"| {row.column} | {'yes' if row.column in in_score else 'no'} | {' | '.join(shown)} |")
    return AssetCheckResult(
        passed=not apart,
        severity=AssetCheckSeverity.WARN,
        description=f"{len(apart)} of {len(found)} covariates differ by more than {limit} standard deviations.",
        metadata={"balance": markdown("\n".join(lines)), "apart": ", ".join(apart) or "–"},
    )
