"""Jobs over the asset graph."""

from dagster import AssetSelection, OpExecutionContext, ResourceParam, define_asset_job, job, op

from assets.rights.retention import enforce_retention
from assets.storage.clock import today
from assets.storage.dagster_failures import guarded
from assets.storage.store import Store
from data_contracts.reading.faults import InputRefused

LONGEST_RUN_SECONDS = 3600
PUBLICATION = AssetSelection.groups("synthesis", "economics", "publication")
EVALUATION = AssetSelection.groups("deliveries", "cohort", "comparison", "effects", "evidence")
PUBLISHED_LATER = {"trin/published": "later"}
"""Tag of runs whose starter builds the pages, once for all projects."""
TAGS = {"dagster/max_runtime": str(LONGEST_RUN_SECONDS), "dagster/max_retries": "1"}

quarterly_evaluation = define_asset_job(
    "quarterly_evaluation",
    selection=EVALUATION,
    tags=TAGS,
    description="Et projekts kvartal fra leverance til bevis · One project's quarter, from deliveries to evidence.",
)

publication_job = define_asset_job(
    "publish_quarter",
    selection=PUBLICATION,
    tags=TAGS,
    description="Kvartalets sider og filer · A quarter's pages and files.",
)


@op(description="Sletter rækker, hvis tid er gået · Deletes rows past their retention date.")
@guarded
def delete_expired_rows(context: OpExecutionContext, store: ResourceParam[Store]) -> None:
    """Enforce `retention_until` in every project whose protocol can be read."""
    for project in store.home.project_ids():
        try:
            numbers = enforce_retention(store.home, store.home.protocol(project), today())
        except InputRefused as refused:
            # An unreadable protocol must not block deletion in other projects.
            context.log.error(f"{project}: {len(refused.faults)} faults in its protocol; no rows were deleted.")
            continue
        context.log.info(
            f"{project}: rows of files {numbers} deleted" if numbers else f"{project}: no rows have expired"
        )


@job(name="enforce_retention", tags=TAGS, description="Sletning efter frist · Deletion after the retention period.")
def retention_job() -> None:
    """Delete rows past their retention date."""
    delete_expired_rows()
