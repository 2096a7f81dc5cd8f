"""Station economics: what each project's effect is worth, to whom.

Only published numbers are read.

An account is made from the result as it is published, rounded: from the exact
one it would undo the rounding.
"""

from typing import Any

from dagster import (
    AssetDep,
    AssetExecutionContext,
    AssetKey,
    MultiToSingleDimensionPartitionMapping,
    Output,
    ResourceParam,
    asset,
)

from assets.project_files.accounts import accounts_of, refusals_of
from assets.storage.dagster_failures import guarded
from assets.storage.partitions import quarter_partitions
from assets.storage.store import Store
from assets.synthesis import records_of
from assets.ui.asset_pages import PICTURE_LANGUAGE, markdown, picture
from dashboards.pages.economics import account_picture
from dashboards.words.money import account_markdown
from data_contracts.calendar.quarters import Quarter
from data_contracts.phrases import LANGUAGES, phrase
from models.disclosure.policy import default_policy
from models.disclosure.record import publish


@asset(
    name="accounts",
    key_prefix="economics",
    group_name="economics",
    partitions_def=quarter_partitions,
    deps=[
        AssetDep(
            AssetKey(["evidence", "records"]), partition_mapping=MultiToSingleDimensionPartitionMapping("quarter")
        ),
        AssetDep(
            AssetKey(["evidence", "dossier"]), partition_mapping=MultiToSingleDimensionPartitionMapping("quarter")
        ),
    ],
    description="Hvem der betaler, og hvem der vinder · Who pays and who gains, per payer and year, with its uncertainty.",
)
@guarded
def accounts(context: AssetExecutionContext, store: ResourceParam[Store]) -> Output[Any]:
    """Make every project's account from its published results."""
    quarter, policy = Quarter.parse(context.partition_key), default_policy()
    public = [publish(record, policy) for record in records_of(store, quarter)]
    made = accounts_of(store.home, public)
    metadata: dict[str, Any] = {"accounts": len(made)}
    for account in made:
        for fault in refusals_of(account):
            context.log.warning("%s", fault)
        for language in LANGUAGES:
            name = f"{account['project']}: {phrase(language, 'economics_title')} ({language})"
            metadata[name] = markdown(account_markdown(account, language))
        if account["is_estimated"]:
            drawn = picture(account_picture(account, PICTURE_LANGUAGE))
            metadata[f"{account['project']}, figur · figure"] = drawn
    return Output(made, metadata=metadata)
