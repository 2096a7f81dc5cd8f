"""Station publication: the only door out.

Belongs here: disclosure control on every record of a quarter, and writing
files and site. Does not belong here: what is safe (models) and how pages look
(dashboards).
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
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

from assets.home import Home, exchange_folders, locked, sync_folder, write_atomically, write_json
from assets.intake.public_receipts import public_burden, public_deliveries
from assets.partitions import quarter_partitions
from assets.refusals import guarded, refusing
from assets.restatements import with_restatements
from assets.store import Store
from assets.synthesis import records_of
from dashboards.marts import build_marts, tidy_csv
from dashboards.site import build_site
from data_contracts.quarters import Quarter
from data_contracts.result_record import ResultRecord
from models.disclosure import default_policy, publish
from models.tag_history import tag_changes

PUBLIC = 0o644


def record_schema() -> dict[str, Any]:
    """Return the JSON Schema of a list of result records."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trin results",
        "type": "array",
        "items": {"$ref": "#/$defs/ResultRecord"},
        "$defs": _definitions(),
    }


def _definitions() -> dict[str, Any]:
    schema = ResultRecord.model_json_schema(ref_template="#/$defs/{model}")
    definitions: dict[str, Any] = schema.pop("$defs")
    return definitions | {"ResultRecord": schema}


def everything_of(store: Store, quarter: Quarter) -> list[dict[str, Any]]:
    """Return a quarter's records: each project's, then what they say together."""
    together = store.read(["synthesis", "portfolio"], "all", quarter.partition_key) or []
    return [*records_of(store, quarter), *together]


def with_history(rows: list[dict[str, Any]], earlier: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to each record what is different from the quarter before."""
    before = {(row["project"], row["outcome"]): row for row in earlier}
    found = []
    for row in rows:
        old = before.get((row["project"], row["outcome"]))
        changes = [] if old is None else tag_changes(old, row)
        found.append(row | {"evidence": row["evidence"] | {"changes": changes}})
    return found


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
    write_json(store.home.restricted / "results" / str(quarter) / "results.json", rows)
    policy = default_policy()
    public = [publish(ResultRecord.model_validate(row), policy).model_dump(mode="json") for row in rows]
    statuses = Counter(str(row["status"]) for row in public)
    return Output(
        public,
        metadata={
            "results": len(public),
            "disclosure_policy": policy.version,
            **statuses,
        },
    )


@asset(
    name="site",
    key_prefix="publication",
    group_name="publication",
    partitions_def=quarter_partitions,
    ins={"public": AssetIn(["publication", "results"])},
    description="Sider og filer for kommunerne · Pages and files for municipalities: results.json, CSV, DuckDB and a site that needs no script.",
    kinds={"html", "duckdb"},
)
@guarded
def site(context: AssetExecutionContext, store: ResourceParam[Store], public: list[dict[str, Any]]) -> Output[Any]:
    """Write the quarter's files and pages from published records only."""
    quarter = Quarter.parse(context.partition_key)
    with refusing():
        projects = sorted({row["project"] for row in public} & set(store.home.project_ids()))
        deliveries, burdens = said_of_deliveries(store.home, quarter, projects)
        kept = [store.read(["evidence", "dossier"], project, quarter.partition_key) for project in projects]
        papers = [row for row in kept if row is not None and row["studies"]]
    folder = publish_quarter(store.home, quarter, public, deliveries, burdens, papers)
    start = folder / "site" / "index.html"
    return Output(
        {"files": sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())},
        metadata={"start": MetadataValue.path(str(start)), "results": len(public)},
    )


def said_of_deliveries(
    home: Home, quarter: Quarter, projects: list[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what the pages may say of projects' files, and of what the projects are asked for."""
    protocols = [home.protocol(project) for project in projects]
    deliveries = [row for protocol in protocols for row in public_deliveries(home, protocol, quarter)]
    return deliveries, [public_burden(protocol) for protocol in protocols]


def publish_quarter(
    home: Home,
    quarter: Quarter,
    public: list[dict[str, Any]],
    deliveries: Sequence[dict[str, Any]] = (),
    burdens: Sequence[dict[str, Any]] = (),
    papers: Sequence[dict[str, Any]] = (),
) -> Path:
    """Write `published/<quarter>/` as a whole: a reader sees the old folder or the new one.

    Parameters
    ----------
    home : Home
    quarter : Quarter
    public : list of dict
        Published records.
    deliveries, burdens : sequence of dict
        As `said_of_deliveries` gives them.
    papers : sequence of dict
        Each project's dossier: tagged studies that exist only on paper, and what they say together.

    Returns
    -------
    Path
        The quarter's folder.
    """
    target = home.published / str(quarter)
    home.published.mkdir(parents=True, exist_ok=True)
    with locked(home.ledger / "publication.lock"):
        old = home.published / f".old-{quarter}"
        if old.exists() and not target.exists():
            os.replace(old, target)  # a run was killed between the two renames
        for leftover in (*home.published.glob(".writing-*"), old):
            shutil.rmtree(leftover, ignore_errors=True)
        building = Path(tempfile.mkdtemp(dir=home.published, prefix=".writing-"))
        building.chmod(0o755)
        marts = build_marts(public, deliveries, burdens, papers)
        write_json(building / "results.json", public, PUBLIC)
        write_json(building / "dossier.json", list(papers), PUBLIC)
        write_json(building / "results.schema.json", record_schema(), PUBLIC)
        write_atomically(building / "results.csv", tidy_csv(marts), PUBLIC)
        _write_marts(building / "marts.duckdb", marts)
        for name, content in build_site(marts, str(quarter)).items():
            write_atomically(building / "site" / name, content, PUBLIC)
        if not target.exists():
            os.replace(building, target)
        elif exchange_folders(building, target):
            os.replace(building, old)
        else:
            os.replace(target, old)
            os.replace(building, target)
        sync_folder(home.published)
        shutil.rmtree(old, ignore_errors=True)
    return target


def _write_marts(path: Path, marts: dict[str, pd.DataFrame]) -> None:
    with duckdb.connect(str(path)) as connection:
        for name, frame in marts.items():
            connection.register("frame", frame)
            connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM frame')
            connection.unregister("frame")
    path.chmod(0o444)
