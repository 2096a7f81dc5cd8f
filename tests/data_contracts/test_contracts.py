"""Contracts: a known standard, few questions, and two engines that agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from open_data_contract_standard.model import OpenDataContractStandard

from assets.contract_checks import count_with_great_expectations
from assets.intake.reading.cells import parse_columns
from assets.intake.reading.rule_queries import broken_rows, count_in_file, count_with_sql
from data_contracts.protocol.deliveries import Delivery
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.table_contract import LOST_ZERO_SUFFIX, UNPARSED_SUFFIX, compile_contract
from data_contracts.tables.declared import TABLES, contract_text, declared_tables
from tests.support.places import ROOT


@pytest.mark.parametrize("table", TABLES)
def test_contracts_are_open_data_contracts(table: str) -> None:
    contract = OpenDataContractStandard.from_string(contract_text(table))
    assert contract.apiVersion == "v3.1.0"
    assert contract.schema_ is not None
    assert contract.schema_[0].name == table


@pytest.mark.parametrize("table", TABLES)
def test_every_field_has_a_purpose_and_is_used_where_it_says(table: str, i_gang: Protocol) -> None:
    for column in compile_contract(table, i_gang).columns:
        assert column.purpose, column.name
        station = column.used_by
        sources = "".join(
            p.read_text(encoding="utf-8")
            for p in [
                ROOT / "assets" / f"{station}.py",
                ROOT / "assets" / "intake" / "changes.py",
                *(ROOT / "models").rglob("*.py"),
            ]
        )
        generic = column.name in {c.name for c in i_gang.covariates}
        assert generic or column.name in sources or column.name == declared_tables()[table].date_column, (
            f"{column.name} is asked for and never used in {station}"
        )


def test_a_project_asks_at_most_twelve_things(i_gang: Protocol) -> None:
    contract = compile_contract("participants", i_gang)
    assert len(contract.columns) <= 12
    assert sum(c.minutes_per_participant for c in contract.columns) < 5


def test_intake_fields_are_in_no_register(i_gang: Protocol) -> None:
    register = {c.name for c in compile_contract("comparison_pool", i_gang).columns}
    assert not register & {"violence", "incest", "motivation"}


def faulty_rows(n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    rows = pd.DataFrame(
        {
            "person_id": [f"p{i}" for i in range(n)],
            "covariate_date": "2024-05-01",
            "municipality_code": "0751",
            **dict.fromkeys(
                ("basic_school_only", "psychiatric_diagnosis", "placed_outside_home", "substance_treatment"), "1"
            ),
            **dict.fromkeys(("active_2q_before", "active_1q_before", "other_programme"), "0"),
            "age_years": "22,5",
            "benefit_months": "6",
            "youngest_child_months": "14",
        },
        dtype="str",
    )
    faults = {
        "person_id": ["p1", "p2", ""],
        "covariate_date": ["2024-02-31", "01-05-2024", "", "1800-01-01", "0024-01-01"],
        "municipality_code": ["751", "9999", "0751x"],
        "age_years": ["99", "abc", "", "inf", "nan", "1.234,5", "-3"],
        "basic_school_only": ["2", "ja", "-1", "0,5"],
        "benefit_months": ["12,1", "-0,1"],
    }
    for column, values in faults.items():
        where = rng.choice(n, size=60, replace=False)
        rows.loc[where, column] = rng.choice(values, size=60)
    rows["row_in_file"] = range(2, n + 2)
    return rows


@pytest.mark.slow
def test_great_expectations_and_sql_count_the_same_faults(i_gang: Protocol, tmp_path: Path) -> None:
    contract = compile_contract("comparison_pool", i_gang)
    delivery = Delivery(table="comparison_pool", files="x.csv", format="csv", decimal=",")
    typed = parse_columns(faulty_rows(), contract, delivery)
    typed["person_id" + UNPARSED_SUFFIX] = typed["person_id"].isna() & (np.arange(len(typed)) % 3 == 0)
    unread = typed["person_id" + UNPARSED_SUFFIX]
    typed["person_id" + LOST_ZERO_SUFFIX] = unread & (unread.cumsum() % 2 == 0)
    sql = count_with_sql(typed, contract)
    gx = count_with_great_expectations(typed, contract)
    assert sql == gx
    stored = tmp_path / "rows.parquet"
    typed.to_parquet(stored)
    assert count_in_file(stored, contract) == sql  # and so does the query for extracts too large to load
    assert sum(c.count for c in sql) > 200
    assert {c.rule.split("(")[0] for c in sql if c.count} == {
        "identifier",
        "leading_zero",
        "readable",
        "required",
        "range",
        "allowed",
        "pattern",
        "unique",
    }


def test_a_check_without_a_rule_is_found_out(i_gang: Protocol) -> None:
    """A wrong twin: forget the range of ages, and rows that broke it pass."""
    from dataclasses import replace

    contract = compile_contract("comparison_pool", i_gang)
    delivery = Delivery(table="comparison_pool", files="x.csv", format="csv", decimal=",")
    typed = parse_columns(faulty_rows(), contract, delivery)
    typed["person_id" + UNPARSED_SUFFIX] = False
    typed["person_id" + LOST_ZERO_SUFFIX] = False
    loose = replace(contract, columns=tuple(replace(c, minimum=None, maximum=None) for c in contract.columns))
    assert broken_rows(typed, loose).any(axis=1).sum() < broken_rows(typed, contract).any(axis=1).sum()
