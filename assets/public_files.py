"""Public files: a quarter's published records as files and pages, in one folder that is swapped in whole.

Belongs here: writing what has passed disclosure control. Does not belong here:
disclosure control (models), how pages look (dashboards), the asset graph
(`publication.py`) and releases (`releases.py`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from assets.home import Home, exchange_folders, locked, sync_folder, write_atomically, write_json
from assets.intake.public_receipts import public_burden, public_deliveries
from assets.release_history import released_rows
from dashboards.marts import build_marts, tidy_csv
from dashboards.site import build_site
from data_contracts.quarters import Quarter
from data_contracts.result_record import ResultRecord

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
        write_public(building, quarter, public, deliveries, burdens, papers, released_rows(home))
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


def write_public(
    folder: Path,
    quarter: Quarter,
    public: list[dict[str, Any]],
    deliveries: Sequence[dict[str, Any]],
    burdens: Sequence[dict[str, Any]],
    papers: Sequence[dict[str, Any]],
    releases: Sequence[dict[str, Any]] = (),
) -> None:
    """Write files and pages of a quarter into an empty folder.

    Parameters
    ----------
    folder : Path
    quarter, public, deliveries, burdens, papers
        As for `publish_quarter`.
    releases : sequence of dict
        Rows of `dim_release`: what was released, and this one unless it is a draft.
    """
    marts = build_marts(public, deliveries, burdens, papers, releases)
    write_json(folder / "results.json", public, PUBLIC)
    write_json(folder / "dossier.json", list(papers), PUBLIC)
    write_json(folder / "results.schema.json", record_schema(), PUBLIC)
    write_atomically(folder / "results.csv", tidy_csv(marts), PUBLIC)
    _write_marts(folder / "marts.duckdb", marts)
    for name, content in build_site(marts, str(quarter)).items():
        write_atomically(folder / "site" / name, content, PUBLIC)


def _write_marts(path: Path, marts: dict[str, pd.DataFrame]) -> None:
    with duckdb.connect(str(path)) as connection:
        for name, frame in marts.items():
            connection.register("frame", frame)
            connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM frame')
            connection.unregister("frame")
    path.chmod(0o444)
