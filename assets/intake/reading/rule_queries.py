"""Contract rules as SQL: which rows break each rule, and how many."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from data_contracts.protocol.table_contract import LOST_ZERO_SUFFIX, UNPARSED_SUFFIX, Rule, TableContract


@dataclass(frozen=True, slots=True)
class RuleCount:
    """The number of rows that break a rule."""

    rule: str
    count: int


def quoted(name: str) -> str:
    """Quote an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _broken(rule: Rule) -> tuple[str, list[Any]]:
    """Return an SQL condition for rows that break a rule, with parameters."""
    condition, values = _broken_anywhere(rule)
    if rule.only_where is None:
        return condition, values
    column, value = rule.only_where
    return f"(coalesce({quoted(column)} = ?, false) AND {condition})", [value, *values]


def _broken_anywhere(rule: Rule) -> tuple[str, list[Any]]:
    column = quoted(rule.columns[0])
    cast = {"date": "DATE", "number": "DOUBLE", "string": "VARCHAR"}[rule.kind]
    if rule.code == "readable":
        return quoted(rule.columns[0] + UNPARSED_SUFFIX), []
    if rule.code == "identifier":
        # An identifier without its leading zero is reported under that rule.
        return f"({quoted(rule.columns[0] + UNPARSED_SUFFIX)} AND NOT {quoted(rule.columns[0] + LOST_ZERO_SUFFIX)})", []
    if rule.code == "leading_zero":
        return quoted(rule.columns[0] + LOST_ZERO_SUFFIX), []
    if rule.code == "required":
        # An unreadable cell is reported once, as unreadable.
        return (
            f"({column} IS NULL AND NOT {quoted(rule.columns[0] + UNPARSED_SUFFIX)})"
            if rule.has_flag
            else f"{column} IS NULL",
            [],
        )
    if rule.code == "range":
        parts, values = [], []
        for bound, sign in ((rule.minimum, "<"), (rule.maximum, ">")):
            if bound is not None:
                parts.append(f"{column} {sign} CAST(? AS {cast})")
                values.append(bound)
        return f"coalesce({' OR '.join(parts)}, false)", values
    if rule.code == "allowed":
        marks = ", ".join(f"CAST(? AS {cast})" for _ in rule.levels)
        return f"coalesce({column} NOT IN ({marks}), false)", list(rule.levels)
    if rule.code == "pattern":
        return f"coalesce(NOT regexp_full_match({column}, ?), false)", [rule.pattern]
    key = ", ".join(quoted(name) for name in rule.columns)
    known = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in rule.columns)
    return f"({known} AND count(*) OVER (PARTITION BY {key}) > 1)", []


def broken_rows(frame: pd.DataFrame, contract: TableContract) -> pd.DataFrame:
    """Return which rows break which rules, using one DuckDB query.

    Parameters
    ----------
    frame : DataFrame
        Typed rows as `parse_columns` makes them.

    Returns
    -------
    DataFrame of bool
        One row per row of `frame`, in its order; one column per rule, named by the rule.
    """
    numbered = frame.assign(position=range(len(frame)))
    selected, values = [], []
    for rule in contract.rules:
        condition, parameters = _broken(rule)
        selected.append(f"{condition} AS {quoted(rule.name)}")
        values += parameters
    with duckdb.connect(":memory:", config={"enable_external_access": "false"}) as connection:
        connection.register("delivered", numbered)
        query = f"SELECT position, {', '.join(selected)} FROM delivered ORDER BY position"
        found = connection.execute(query, values).df()
    return found.drop(columns="position").astype(bool)


def count_with_sql(frame: pd.DataFrame, contract: TableContract) -> list[RuleCount]:
    """Count broken rows per rule with DuckDB."""
    flags = broken_rows(frame, contract)
    return [RuleCount(rule.name, int(flags[rule.name].sum())) for rule in contract.rules]


def count_in_file(path: Path, contract: TableContract, spill: Path | None = None) -> list[RuleCount]:
    """Count broken rows per rule in a Parquet file without loading it.

    Parameters
    ----------
    path : Path
        Parquet with typed rows and their flags.
    spill : Path or None
        Private folder for data that does not fit in memory.
    """
    selected, values = [], []
    for rule in contract.rules:
        if rule.code == "unique":
            continue
        condition, parameters = _broken(rule)
        selected.append(f"coalesce(sum(CAST({condition} AS INTEGER)), 0)")
        values += parameters
    key = ", ".join(quoted(name) for name in contract.key)
    known = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in contract.key)
    # Hashes take a third of the memory of keys; only keys with a repeated hash are compared in full.
    query = f"""
        WITH twice AS (
            SELECT hash({key}) AS h FROM read_parquet(?) WHERE {known} GROUP BY h HAVING count(*) > 1
        ), repeated AS (
            SELECT count(*) AS n FROM read_parquet(?) WHERE {known} AND hash({key}) IN (SELECT h FROM twice)
            GROUP BY {key} HAVING count(*) > 1
        )
        SELECT {", ".join(selected)}, (SELECT coalesce(sum(n), 0) FROM repeated) FROM read_parquet(?)
    """
    settings: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "1500MB"}
    if spill is not None:
        settings["temp_directory"] = str(spill)
    with duckdb.connect(":memory:", config=settings) as connection:
        connection.execute("SET enable_progress_bar = false")
        row = connection.execute(query, [str(path), str(path), *values, str(path)]).fetchall()[0]
    return [RuleCount(rule.name, int(n)) for rule, n in zip(contract.rules, row, strict=True)]
