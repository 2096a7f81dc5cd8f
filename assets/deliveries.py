"""Station deliveries: what arrived, checked against its contract.

Deliveries are read and pseudonymised here.

Whichever table is made first takes in everything that waits in the inbox.
"""

from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    Output,
    ResourceParam,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
    asset,
)

from assets.contract_checks import contract_check
from assets.intake.assembly import assemble
from assets.intake.receipts import receipts_of
from assets.intake.reception import take_in
from assets.storage.dagster_failures import guarded, refusing
from assets.storage.partitions import partition_of, project_quarter
from assets.storage.store import Store
from assets.ui.asset_pages import markdown
from data_contracts.calendar.quarters import Quarter
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.table_contract import TableContract
from data_contracts.reading.faults import Fault, InputRefused
from data_contracts.tables.declared import TABLES, declared_tables


def _column_schema(contract: TableContract) -> TableSchema:
    return TableSchema(
        columns=[
            TableColumn(
                name=column.name,
                type=column.kind,
                description=f"{column.description} {column.purpose}",
                constraints=TableColumnConstraints(nullable=not column.required, unique=contract.key == (column.name,)),
            )
            for column in contract.columns
        ]
    )


def refuse_too_early(protocol: Protocol, quarter: Quarter) -> None:
    """Refuse a quarter from before the evaluation began (InputRefused)."""
    first = Quarter.parse(protocol.evaluation.first_quarter)
    if quarter < first:
        what = f"{quarter} is before the evaluation's first quarter, {first}."
        fix = "Run a later quarter, or correct evaluation.first_quarter."
        raise InputRefused([Fault(what, fix, f"projects/{protocol.id}/project.yaml")])


def delivery_asset(table: str) -> AssetsDefinition:
    """Return the asset of one delivered table."""

    @asset(
        name=table,
        key_prefix="deliveries",
        group_name="deliveries",
        partitions_def=project_quarter,
        description=" · ".join(declared_tables()[table].description.values()),
    )
    @guarded
    def delivered(context: AssetExecutionContext, store: ResourceParam[Store]) -> Output[Any]:
        project, quarter = partition_of(context)
        with refusing():
            protocol = store.home.protocol(project)
            refuse_too_early(protocol, quarter)
            take_in(store.home, protocol)
            assembled = assemble(store.home, protocol, table, quarter)
        frame, contract = assembled.table.frame, assembled.table.contract
        return Output(
            frame,
            metadata={
                "dagster/row_count": len(frame),
                "accepted_rows": int(frame["is_accepted"].sum()),
                "dagster/column_schema": _column_schema(contract),
                "files": ", ".join(str(number) for number in assembled.numbers) or "–",
                "kvitteringer (da)": markdown(receipts_of(store.home, project, assembled.numbers, "da")),
                "receipts (en)": markdown(receipts_of(store.home, project, assembled.numbers, "en")),
                "contract_version": contract.version,
            },
        )

    return delivered


delivery_assets = [delivery_asset(table) for table in TABLES]
delivery_checks = [contract_check(table, project_quarter) for table in TABLES]
