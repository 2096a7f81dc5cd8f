"""Station publication: the only door out."""

from collections import Counter
from typing import Any

from dagster import (
    AssetDep,
    AssetExecutionContext,
    AssetIn,
    AssetKey,
    MetadataValue,
    MultiToSingleDimensionPartitionMapping,
    Output,
    ResourceParam,
    asset,
)

from assets.release.public_files import beside_results, publish_quarter
from assets.release.restatements import with_restatements
from assets.storage.dagster_failures import guarded, refusing
from assets.storage.home import json_bytes
from assets.storage.manifest import write_with_sum
from assets.storage.partitions import quarter_partitions
from assets.storage.store import Store
from assets.synthesis import records_of
from data_contracts.calendar.quarters import Quarter
from data_contracts.home_files.site_settings import missing_settings
from data_contracts.results.public_record import PublicRecord
from data_contracts.results.result_record import ResultRecord
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from models.evidence.tag_history import tag_changes
from models.values.adapter import as_data


def everything_of(store: Store, quarter: Quarter) -> list[ResultRecord]:
    """Return a quarter's records: each project's, then what they say together."""
    together = store.records(["synthesis", "portfolio"], "all", quarter.partition_key)
    return [*records_of(store, quarter), *together]


def with_history(records: list[ResultRecord], earlier: list[ResultRecord]) -> list[ResultRecord]:
    """Add to each record what is different from the quarter before."""
    before = {(old.project, old.outcome): old for old in earlier}
    found = []
    for record in records:
        old = before.get((record.project, record.outcome))
        evidence = record.evidence.model_copy(update={"changes": () if old is None else tag_changes(old, record)})
        found.append(record.model_copy(update={"evidence": evidence}))
    return found


def shown_of(public: list[PublicRecord], policy_version: str) -> dict[str, int | str]:
    """Return what Dagster shows of published results: counts by status."""
    statuses = Counter(str(row.status) for row in public)
    return {"results": len(public), "disclosure_policy": policy_version, **statuses}


@asset(
    name="results",
    key_prefix="publication",
    group_name="publication",
    partitions_def=quarter_partitions,
    deps=[
        AssetKey(["synthesis", "portfolio"]),
        *(
            AssetDep(AssetKey(["evidence", name]), partition_mapping=MultiToSingleDimensionPartitionMapping("quarter"))
            for name in ("records", "dossier")
        ),
    ],
    description="Kvartalets resultater efter diskretionering · The quarter's results after disclosure control.",
)
@guarded
def results(context: AssetExecutionContext, store: ResourceParam[Store]) -> Output[Any]:
    """Collect a quarter's records; keep them in full, let out what is safe."""
    quarter = Quarter.parse(context.partition_key)
    with refusing():
        rows = with_restatements(store.home, quarter, everything_of(store, quarter))
        rows = with_history(rows, everything_of(store, quarter.shifted(-1)))
    write_with_sum(
        store.home.restricted / "results" / str(quarter) / "results.json", json_bytes([as_data(row) for row in rows])
    )
    policy = default_policy()
    public = [publish(row, policy) for row in rows]
    return Output(public, metadata=shown_of(public, policy.version))


@asset(
    name="site",
    key_prefix="publication",
    group_name="publication",
    partitions_def=quarter_partitions,
    ins={"public": AssetIn(["publication", "results"]), "accounts": AssetIn(["economics", "accounts"])},
    description="Sider og filer for kommunerne · Pages and files for municipalities: results.json, CSV, DuckDB and a site without scripts.",
)
@guarded
def site(
    context: AssetExecutionContext,
    store: ResourceParam[Store],
    public: list[PublicRecord],
    accounts: list[Any],  # as pages take them; Dagster knows no type of JSON
) -> Output[Any]:
    """Write the quarter's files and pages from published records only."""
    quarter = Quarter.parse(context.partition_key)
    with refusing():
        projects = sorted({row.project for row in public} & set(store.home.project_ids()))
        papers = [store.dossier(project, quarter.partition_key) for project in projects]
        beside = beside_results(store.home, quarter, projects, papers, accounts)
    for name in missing_settings(beside.publisher):
        context.log.warning("site.yaml: %s is empty, and the pages state that.", name)
    folder = publish_quarter(store.home, quarter, public, beside)
    start = folder / "site" / "index.html"
    return Output(
        {"files": sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())},
        metadata={
            "start": MetadataValue.path(str(start)),
            "results": len(public),
            "empty_in_site_yaml": ", ".join(missing_settings(beside.publisher)) or "–",
        },
    )
