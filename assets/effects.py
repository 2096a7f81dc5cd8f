"""Station effects: outcomes are read here for the first time.

Belongs here: joining outcomes through the gate, and keeping every estimate.
Does not belong here: estimators, and the judgement of what they gave.
"""

from dataclasses import asdict, replace
from typing import Any

import pandas as pd
from dagster import AssetExecutionContext, AssetIn, AssetOut, Output, ResourceParam, multi_asset

from assets.comparison import comparison_from
from assets.intake.reading.delivery import accepted_rows, content_sha256
from assets.storage.effect_records import effects_record
from assets.storage.ledger import lock_protocol
from assets.storage.partitions import partition_of, project_quarter
from assets.storage.refusals import guarded, refusing
from assets.storage.store import Store
from assets.ui.asset_pages import markdown
from assets.ui.effect_tables import effects_markdown
from data_contracts.phrases import LANGUAGES
from data_contracts.protocol.table_contract import compile_contract
from models.comparing.overlap import overlap_fifths
from models.designs.registry import DESIGNS
from models.disclosure.places import places_of
from models.disclosure.populations import dominance, population
from models.people.derived_outcomes import with_derived


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
            description="Hvem tallene hviler på · Whom the numbers rest on, so that a release can be held against earlier ones.",
        ),
    },
)
@guarded
def effects(
    context: AssetExecutionContext,
    store: ResourceParam[Store],
    groups: pd.DataFrame,
    pairs: pd.DataFrame,
    diagnostics: dict[str, Any],
    outcomes: pd.DataFrame,
) -> Any:
    """Estimate every declared outcome in every declared way."""
    project, _ = partition_of(context)
    with refusing():
        protocol = store.home.protocol(project)
        lock, has_other_primary_outcome = lock_protocol(store.home, protocol)
    comparison = comparison_from(groups, pairs, diagnostics)
    delivered = accepted_rows(outcomes, compile_contract("outcomes", protocol))
    measurements = with_derived(delivered, protocol)
    design = DESIGNS[protocol.design]
    found, behind = [], []
    fifths = overlap_fifths(comparison.people)
    for outcome in protocol.outcomes:
        y = design.values(comparison.people, measurements, outcome, protocol)
        estimated = design.estimate(comparison, y, outcome, protocol)
        own = population(comparison, y, outcome)
        behind.append(own)
        largest, places = dominance(comparison, y, outcome), places_of(own, outcome.name)
        found.append(replace(estimated, dominance=largest, places=places, fifths=fifths))
    people = pd.concat(behind, ignore_index=True)
    record = {
        "effects": [effects_record(e) for e in found],
        "protocol_sha256": protocol.sha256,
        "lock": asdict(lock),
        "has_other_primary_outcome": has_other_primary_outcome,
        "input_sha256": {"outcomes": content_sha256(delivered)},
    }
    metadata = {
        f"{outcome.name} ({language})": markdown(effects_markdown(effects, outcome, protocol, language))
        for outcome, effects in zip(protocol.outcomes, found, strict=True)
        for language in LANGUAGES
    }
    yield Output(record, "estimates", metadata=metadata)
    yield Output(people, "populations", metadata={"dagster/row_count": len(people)})
