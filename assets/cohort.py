"""Station cohort: who is studied, before anyone looks at an outcome."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from dagster import AssetExecutionContext, AssetIn, AssetOut, MetadataValue, Output, ResourceParam, multi_asset

from assets.storage.dagster_failures import guarded, refusing
from assets.storage.partitions import partition_of, project_quarter
from assets.storage.rows import accepted_rows, content_sha256
from assets.storage.station_values import KeptCohort
from assets.storage.store import Store
from assets.ui.asset_pages import markdown
from data_contracts.phrases import LANGUAGES, phrase
from data_contracts.protocol.table_contract import compile_contract
from data_contracts.tables.declared import tables_read_by
from models.evaluate import select_cohort
from models.people.cohort import IntakeShare, Step, describe_intake

COHORT_TABLES = tables_read_by("cohort")


def steps_markdown(steps: Sequence[Step], language: str) -> str:
    """Return the steps of restriction as a table."""
    head = [phrase(language, key) for key in ("column_step", "column_participants", "column_pool")]
    lines = [f"| {' | '.join(head)} |", "|---|---|---|"]
    for step in steps:
        pool = "–" if step.pool is None else step.pool
        lines.append(f"| {phrase(language, 'step_' + step.step)} | {step.treated} | {pool} |")
    return "\n".join(lines)


@multi_asset(
    name="cohort",
    group_name="cohort",
    partitions_def=project_quarter,
    ins={table: AssetIn(["deliveries", table]) for table in COHORT_TABLES},
    outs={
        "people": AssetOut(
            key=["cohort", "people"],
            description="Hvem undersøges · Who is studied: eligible, followed long enough, covariates dated before the start. No outcomes.",
        ),
        "attrition": AssetOut(
            key=["cohort", "attrition"],
            description="Udvælgelse trin for trin · Selection step by step, and covariates known only from intake.",
        ),
    },
)
@guarded
def cohort(
    context: AssetExecutionContext,
    store: ResourceParam[Store],
    **delivered: pd.DataFrame,
) -> Any:
    """Select participants and comparison people by calendar and protocol."""
    project, quarter = partition_of(context)
    with refusing():
        protocol = store.home.protocol(project)
    accepted = {name: accepted_rows(rows, compile_contract(name, protocol)) for name, rows in delivered.items()}
    own = accepted["participants"]
    named = set(delivered["participants"]["person_id"].dropna())
    selected = select_cohort(protocol, accepted, quarter.end, named)
    kept = KeptCohort(
        steps=selected.steps,
        covariates_dated_before_index=selected.covariates_dated_before_index,
        intake=describe_intake(own, protocol),
        input_sha256={
            name: content_sha256(rows) for name, rows in accepted.items() if len(rows) or name != "assignment"
        },
    )
    tables = {
        f"udvælgelse · selection ({language})": markdown(steps_markdown(kept.steps, language)) for language in LANGUAGES
    }
    yield Output(selected.people, "people", metadata={"dagster/row_count": len(selected.people), **tables})
    yield Output(kept, "attrition", metadata={**tables, **_intake_metadata(kept.intake)})


def _intake_metadata(rows: Sequence[IntakeShare]) -> dict[str, MetadataValue]:
    if not rows:
        return {}
    lines = ["| covariate | share | mean | n |", "|---|---|---|---|"]
    for row in rows:
        share = "–" if row.share is None else f"{row.share:.0%}"
        mean = "–" if row.mean is None else f"{row.mean:.2f}"
        lines.append(f"| {row.covariate} | {share} | {mean} | {row.known_count} |")
    return {"kun deltagere · participants only": markdown("\n".join(lines))}
