"""Station effects: outcomes are read here for the first time."""

from typing import Any

import pandas as pd
from dagster import AssetExecutionContext, AssetIn, AssetOut, Output, ResourceParam, multi_asset

from assets.storage.dagster_failures import guarded, refusing
from assets.storage.ledger import lock_protocol
from assets.storage.partitions import partition_of, project_quarter
from assets.storage.rows import accepted_rows, content_sha256
from assets.storage.station_values import KeptComparison, KeptEffects
from assets.storage.store import Store
from assets.ui.asset_pages import markdown
from assets.ui.effect_tables import effects_markdown
from data_contracts.phrases import LANGUAGES
from data_contracts.protocol.table_contract import compile_contract
from models.evaluate import estimate_effects


@multi_asset(
    name="effects",
    group_name="effects",
    partitions_def=project_quarter,
    ins={
        "groups": AssetIn(["comparison", "groups"]),
        "pairs": AssetIn(["comparison", "pairs"]),
        "diagnostics": AssetIn(["comparison", "diagnostics"]),
        "outcomes": AssetIn(["deliveries", "outcomes"]),
    },
    outs={
        "estimates": AssetOut(
            key=["effects", "estimates"],
            description="Virkning for deltagerne, eller hvorfor den ikke kan beregnes · The effect on participants, or why it cannot be estimated.",
        ),
        "populations": AssetOut(
            key=["effects", "populations"],
            description="Hvem tallene hviler på · The people behind the numbers, so that a release can be compared with earlier ones.",
        ),
    },
)
@guarded
def effects(
    context: AssetExecutionContext,
    store: ResourceParam[Store],
    groups: pd.DataFrame,
    pairs: pd.DataFrame,
    diagnostics: KeptComparison,
    outcomes: pd.DataFrame,
) -> Any:
    """Estimate every declared outcome in every declared way."""
    project, _ = partition_of(context)
    with refusing():
        protocol = store.home.protocol(project)
        lock, has_other_primary_outcome = lock_protocol(store.home, protocol)
    comparison = diagnostics.of_people(groups, pairs)
    delivered = accepted_rows(outcomes, compile_contract("outcomes", protocol))
    made = estimate_effects(protocol, comparison, delivered)
    kept = KeptEffects(
        effects=made.effects,
        protocol_sha256=protocol.sha256,
        lock=lock,
        has_other_primary_outcome=has_other_primary_outcome,
        input_sha256={"outcomes": content_sha256(delivered)},
    )
    metadata = {
        f"{outcome.name} ({language})": markdown(effects_markdown(effects, outcome, protocol, language))
        for outcome, effects in zip(protocol.outcomes, made.effects, strict=True)
        for language in LANGUAGES
    }
    yield Output(kept, "estimates", metadata=metadata)
    yield Output(made.people, "populations", metadata={"dagster/row_count": len(made.people)})
