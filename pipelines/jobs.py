"""Jobs: what runs together.

Belongs here: the two jobs. Does not belong here: when they run.
"""

from __future__ import annotations

from dagster import AssetSelection, define_asset_job

LONGEST_RUN_SECONDS = 3600
PUBLICATION = AssetSelection.groups("publication")
EVALUATION = AssetSelection.groups("deliveries", "cohort", "comparison", "effects", "evidence")
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
