"""Station deliveries: what arrived, read, pseudonymised and held against its contract.

Belongs here: one asset per delivered table. Does not belong here: reading and
checking (the `intake` package and `contract_checks.py`).
"""

from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    MetadataValue,
    Output,
    ResourceParam,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
    asset,
)

from assets.contract_checks import contract_check
from assets.intake.delivery import receive
from assets.intake.receipts import file_receipts, receipt_markdown
from assets.partitions import partition_of, project_quarter
from assets.refusals import failure_of, guarded, refusing
from assets.store import Store
from data_contracts.faults import Fault, InputRefused
from data_contracts.protocol import Protocol
from data_contracts.quarters import Quarter
from data_contracts.table_contract import TABLES, TableContract

DESCRIPTIONS = {
    "participants": "Hvem deltog og hvornår · Who took part and when. Asked of the project itself.",
    "comparison_pool": "Registerudtræk for målgruppen · Register extract of the target group, participants included.",
    "outcomes": "Målinger efter start · Measurements after the start. Read by `effects` only.",
}


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
        what = f"{quarter} lies before the evaluation's first quarter, {first}."
        fix = "Run a later quarter, or correct evaluation.first_quarter."
        raise InputRefused([Fault(what, fix, f"projects/{protocol.id}/project.yaml")])


def delivery_asset(table: str) -> AssetsDefinition:
    """Return the asset of one delivered table."""

    @asset(
        name=table,
        key_prefix="deliveries",
        group_name="deliveries",
        partitions_def=project_quarter,
        description=DESCRIPTIONS[table],
        kinds={"parquet"},
    )
    @guarded
    def delivered(context: AssetExecutionContext, store: ResourceParam[Store]) -> Output[Any]:
        project, quarter = partition_of(context)
        with refusing():
            protocol = store.home.protocol(project)
            refuse_too_early(protocol, quarter)
            received = receive(store.home, protocol, table)
        file_receipts(store.home, project, received)
        if received.refused_files:
            raise failure_of(tuple(fault for receipt in received.refused_files for fault in receipt.faults))
        receipts = {
            language: "\n\n".join(receipt_markdown(receipt, language) for receipt in received.receipts) or "–"
            for language in ("da", "en")
        }
        frame = received.frame
        return Output(
            frame,
            metadata={
                "dagster/row_count": len(frame),
                "accepted_rows": int(frame["is_accepted"].sum()),
                "dagster/column_schema": _column_schema(received.contract),
                "kvittering (da)": MetadataValue.md(receipts["da"]),
                "receipt (en)": MetadataValue.md(receipts["en"]),
                "contract_version": received.contract.version,
            },
        )

    return delivered


delivery_assets = [delivery_asset(table) for table in TABLES]
delivery_checks = [contract_check(table, project_quarter) for table in TABLES]
