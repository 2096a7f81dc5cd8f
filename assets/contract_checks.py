"""Contracts as one SQL query and as Great Expectations.

Both check the same rules.

Great Expectations is imported only when a check runs: it costs seconds. Its
results are reduced to counts at once, because they can hold cell values.
"""

import functools
import logging
import operator
import os
import warnings
from typing import Any

import pandas as pd
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    PartitionsDefinition,
    ResourceParam,
    asset_check,
)

from assets.intake.reading.rule_queries import (
    RuleCount,
    count_in_file,
)
from assets.storage.dagster_failures import guarded
from assets.storage.partitions import partition_of
from assets.storage.store import Store
from assets.ui.asset_pages import markdown
from data_contracts.protocol.table_contract import (
    LOST_ZERO_SUFFIX,
    UNPARSED_SUFFIX,
    Rule,
    TableContract,
    compile_contract,
)

LARGEST_ROWS_FOR_GREAT_EXPECTATIONS = 1_000_000
"""Above this a table is checked by SQL: Great Expectations takes thirteen processor seconds and 3 GB for ten million rows."""


@functools.cache
def _great_expectations() -> tuple[Any, Any]:
    """Return the library and the objects that pass rows through it.

    Setting them up is slow.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own imports; nothing of ours runs here
        import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = gx.data_context.types.base.ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("delivered").add_dataframe_asset("table")
    return gx, asset.add_batch_definition_whole_dataframe("rows")


def count_with_great_expectations(frame: pd.DataFrame, contract: TableContract) -> list[RuleCount]:
    """Count broken rows per rule with Great Expectations."""
    gx, rows = _great_expectations()
    suite = gx.ExpectationSuite(name=contract.table, expectations=[_expectation(gx, rule) for rule in contract.rules])
    try:
        batch = rows.get_batch({"dataframe": frame})
        result = batch.validate(suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0})
    finally:
        rows.get_batch({"dataframe": frame.iloc[:0].copy()})  # or the library keeps people's rows until the next table
    counts = {}
    for item in result.results:
        if item.exception_info and item.exception_info.get("raised_exception"):
            raise RuntimeError(f"The rule {item.expectation_config.meta['rule']} could not be checked.")
        counts[item.expectation_config.meta["rule"]] = int(item.result.get("unexpected_count", 0))
    return [RuleCount(rule.name, counts[rule.name]) for rule in contract.rules]


def _expectation(gx: Any, rule: Rule) -> Any:
    from great_expectations.expectations.row_conditions import Column as Cell

    expectations = gx.expectations
    column = rule.columns[0]
    options: dict[str, Any] = {"meta": {"rule": rule.name}}
    if rule.has_flag:
        options["row_condition"] = operator.eq(Cell(column + UNPARSED_SUFFIX), False)
    if rule.only_where is not None:
        options["row_condition"] = Cell(rule.only_where[0]) == rule.only_where[1]
    if rule.code == "leading_zero":
        return expectations.ExpectColumnValuesToBeInSet(column=column + LOST_ZERO_SUFFIX, value_set=[False], **options)
    if rule.code == "identifier":
        options["row_condition"] = operator.eq(Cell(column + LOST_ZERO_SUFFIX), False)
    if rule.code in ("readable", "identifier"):
        return expectations.ExpectColumnValuesToBeInSet(column=column + UNPARSED_SUFFIX, value_set=[False], **options)
    if rule.code == "required":
        return expectations.ExpectColumnValuesToNotBeNull(column=column, **options)
    if rule.code == "range":
        low, high = _bound(rule, rule.minimum), _bound(rule, rule.maximum)
        return expectations.ExpectColumnValuesToBeBetween(column=column, min_value=low, max_value=high, **options)
    if rule.code == "allowed":
        levels = [float(v) for v in rule.levels] if rule.kind == "number" else list(rule.levels)
        return expectations.ExpectColumnValuesToBeInSet(column=column, value_set=levels, **options)
    if rule.code == "pattern":
        pattern = f"^(?:{(rule.pattern or '').strip('^$')})$"
        return expectations.ExpectColumnValuesToMatchRegex(column=column, regex=pattern, **options)
    if len(rule.columns) == 1:
        return expectations.ExpectColumnValuesToBeUnique(column=column, **options)
    return expectations.ExpectCompoundColumnsToBeUnique(
        column_list=list(rule.columns), ignore_row_if="any_value_is_missing", **options
    )


def _bound(rule: Rule, bound: str | None) -> Any:
    if bound is None:
        return None
    return pd.Timestamp(bound) if rule.kind == "date" else float(bound)


def contract_check(table: str, partitions: PartitionsDefinition[Any]) -> AssetChecksDefinition:
    """Return the blocking check of a delivered table against its contract.

    More refused rows than the contract allows stop everything downstream: the last good results
    stay current. Fewer are a warning, and the accepted rows go on.
    """

    @asset_check(
        asset=["deliveries", table],
        name="meets_contract",
        description=f"Great Expectations checks every delivered row of {table} against its contract.",
        blocking=True,
        partitions_def=partitions,
    )
    @guarded
    def meets_contract(context: AssetCheckExecutionContext, store: ResourceParam[Store]) -> AssetCheckResult:
        project, quarter = partition_of(context)
        frame = store.read(["deliveries", table], project, quarter.partition_key)
        contract = compile_contract(table, store.home.protocol(project))
        if len(frame) == 0:
            return AssetCheckResult(passed=True, description="The design does not need this table.")
        if len(frame) > LARGEST_ROWS_FOR_GREAT_EXPECTATIONS:
            stored = store.path(["deliveries", table], project, quarter.partition_key, ".parquet")
            counts = count_in_file(stored, contract, store.home.restricted)
        else:
            counts = count_with_great_expectations(frame, contract)
        refused = int((~frame["is_accepted"]).sum())
        lines = "\n".join(f"| `{c.rule}` | {c.count} |" for c in counts)
        is_blocking = contract.refuses_whole(refused, len(frame))
        return AssetCheckResult(
            passed=refused == 0,
            severity=AssetCheckSeverity.ERROR if is_blocking else AssetCheckSeverity.WARN,
            description=f"{refused} of {len(frame)} rows break the contract; receipts are in quarantine/{project}.",
            metadata={
                "rules": markdown(f"| rule | rows that break it |\n|---|---|\n{lines}"),
                "rows": len(frame),
                "refused_rows": refused,
                "largest_refused_share": contract.largest_refused_share,
                "contract_version": contract.version,
            },
        )

    return meets_contract
