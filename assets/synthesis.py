"""Station synthesis: what all projects say together.

It also says which of them never reported.
"""

import hashlib
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

from assets.storage.code_version import code_version
from assets.storage.dagster_failures import guarded, refusing
from assets.storage.home import Home, read_json
from assets.storage.partitions import quarter_partitions
from assets.storage.store import Store
from assets.ui.asset_pages import PICTURE_LANGUAGE, markdown, picture
from dashboards.charts.results import estimates_chart
from dashboards.pages.parts import measures_markdown
from dashboards.words.summary import result_line, result_markdown
from data_contracts.calendar.quarters import Quarter
from data_contracts.phrases import LANGUAGES, phrase
from data_contracts.protocol.protocol import Outcome
from data_contracts.reading.faults import InputRefused
from data_contracts.results.result_record import ResultRecord
from models.designs.systematic_review.living_review import Promise, living_review
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from models.evidence.record import Provenance


def records_of(store: Store, quarter: Quarter) -> list[ResultRecord]:
    """Return every project's tagged records of a quarter, in a fixed order."""
    rows: list[ResultRecord] = []
    for project in store.home.project_ids():
        rows += store.records(["evidence", "records"], project, quarter.partition_key)
    return rows


def registered_promises(home: Home) -> list[Promise]:
    """Return what every project that was ever registered promised.

    These are the projects in the home, and those whose plan was locked.
    """
    found: dict[tuple[str, str], Promise] = {}
    for path in sorted((home.ledger / "protocol_locks").glob("*.json")):
        try:
            plan = (read_json(path) or {}).get("promised") or {}
        except InputRefused:
            if path.stem in home.project_ids():
                continue  # its own run says so, and its protocol tells below what it promises
            raise
        first = plan.get("evaluation", {}).get("first_quarter")
        for outcome in plan.get("outcomes", ()) if first else ():
            found[path.stem, outcome["name"]] = Promise(path.stem, outcome["name"], first)
    for project in home.project_ids():
        try:
            protocol = home.protocol(project)
        except InputRefused:
            continue  # its own run says what is wrong with it; what it promised before is still in the ledger
        for declared in protocol.outcomes:
            promise = Promise(project, declared.name, protocol.evaluation.first_quarter)
            found.setdefault((project, declared.name), promise)
    return list(found.values())


def _declared(home: Home, projects: set[str]) -> tuple[dict[tuple[str, str], Outcome], dict[str, str]]:
    outcomes: dict[tuple[str, str], Outcome] = {}
    groups: dict[str, str] = {}
    for project in sorted(projects):
        protocol = home.protocol(project)
        groups[project] = protocol.evaluation.shares_people_with or project
        outcomes |= {(project, outcome.name): outcome for outcome in protocol.outcomes}
    return outcomes, groups


@asset(
    name="portfolio",
    key_prefix="synthesis",
    group_name="synthesis",
    partitions_def=quarter_partitions,
    deps=[
        AssetDep(AssetKey(["evidence", "records"]), partition_mapping=MultiToSingleDimensionPartitionMapping("quarter"))
    ],
    description="Hvad projekterne viser tilsammen, og hvem der aldrig meldte tilbage · What the projects show together, and which never reported.",
)
@guarded
def portfolio(context: AssetExecutionContext, store: ResourceParam[Store]) -> Output[Any]:
    """Pool each outcome across projects, small ones included."""
    quarter = Quarter.parse(context.partition_key)
    rows = records_of(store, quarter)
    policy = default_policy()
    shown = {row.result_id for row in rows if publish(row, policy).status == "estimated"}
    digest = hashlib.sha256("".join(sorted(row.provenance.input_sha256 for row in rows)).encode()).hexdigest()
    with refusing():
        outcomes, groups = _declared(store.home, {row.project for row in rows})
        made = living_review(
            rows,
            outcomes,
            groups,
            registered_promises(store.home),
            quarter,
            Provenance(code_version(), {}, digest, digest, 0),
            frozenset(row.result_id for row in rows if row.result_id not in shown),
        )
    metadata: dict[str, Any] = {"outcomes": len(made)}
    for row in (record.model_dump(mode="json") for record in made):
        for language in LANGUAGES:
            metadata[f"{row['outcome']}: {phrase(language, 'in_short')}"] = result_line(row, language)
            told = "\n".join([result_markdown(row, language), *measures_markdown(row, language)])
            metadata[f"{row['outcome']} ({language})"] = markdown(told)
        if row["status"] == "estimated":
            metadata[f"{row['outcome']}, figur · figure"] = picture(estimates_chart(row, PICTURE_LANGUAGE))
    return Output(made, metadata=metadata)
