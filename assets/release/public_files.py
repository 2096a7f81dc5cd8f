"""Public files: published records as files and pages, swapped whole."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd
from pydantic import JsonValue

from assets.intake.public_receipts import PublicDelivery, PublicProfile, public_deliveries, public_profile
from assets.project_files.site_settings import site_settings
from assets.release.history import ReleaseRow, released_before, released_rows
from assets.storage.home import Home, exchange_folders, json_bytes, locked, sync_folder, write_atomically
from assets.storage.station_values import KeptDossier
from assets.storage.store import parquet_bytes
from dashboards.files.descriptions import described
from dashboards.files.tables import (
    csv_bytes,
    danish_csv_bytes,
    frame_of,
    result_rows,
    soem_bytes,
    soem_prices_bytes,
    source_rows,
)
from dashboards.files.workbook import workbook_bytes
from dashboards.marts.results import build_marts
from dashboards.pages.site import build_site
from data_contracts.calendar.quarters import Quarter
from data_contracts.phrases import LANGUAGES, phrase
from data_contracts.results.public_record import PublicRecord
from models.values.adapter import as_data

PUBLIC = 0o644
DRAFT = 0o600
"""Mode of drafts: owner only, because a draft next to a release can reveal what the release rule suppresses."""
NOTES = (
    "files_about",
    "files_note_rung",
    "files_note_interval",
    "files_note_hidden",
    "files_note_shares",
    "files_note_synthetic",
)


def record_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of a list of result records."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trin results",
        "type": "array",
        "items": {"$ref": "#/$defs/ResultRecord"},
        "$defs": _definitions(),
    }


def _definitions() -> dict[str, JsonValue]:
    schema = PublicRecord.model_json_schema(ref_template="#/$defs/{model}", mode="serialization")
    definitions: dict[str, JsonValue] = schema.pop("$defs")
    return definitions | {"ResultRecord": schema}


@dataclass(frozen=True, slots=True)
class Beside:
    """Data that pages show beside results.

    Attributes
    ----------
    deliveries, profiles : sequence
        Public facts about projects' files, and the projects' documentation burden.
    papers : sequence of KeptDossier
        Each project's dossier: graded studies on paper, and their summary.
    publisher : dict
        The fields of `SiteSettings`.
    accounts : sequence of dict
        Accounts of projects that have one, as pages show them.
    """

    deliveries: Sequence[PublicDelivery] = ()
    profiles: Sequence[PublicProfile] = ()
    papers: Sequence[KeptDossier] = ()
    publisher: dict[str, str] = field(default_factory=dict)
    accounts: Sequence[dict[str, JsonValue]] = ()


def beside_results(
    home: Home,
    quarter: Quarter,
    projects: list[str],
    papers: Sequence[KeptDossier | None],
    accounts: Sequence[dict[str, JsonValue]],
) -> Beside:
    """Return the data that pages show beside some projects' results.

    Parameters
    ----------
    papers : sequence of KeptDossier or None
        Each project's dossier, if it has one.
    accounts : sequence of dict
        Accounts in money.

    Raises
    ------
    InputRefused
        If a protocol or `site.yaml` has faults.
    """
    protocols = [home.protocol(project) for project in projects]
    return Beside(
        deliveries=tuple(row for protocol in protocols for row in public_deliveries(home, protocol, quarter)),
        profiles=tuple(public_profile(protocol) for protocol in protocols),
        papers=tuple(paper for paper in papers if paper is not None and paper.studies),
        publisher=site_settings(home).model_dump(),
        accounts=accounts,
    )


def publish_quarter(
    home: Home,
    quarter: Quarter,
    public: Sequence[PublicRecord],
    beside: Beside | None = None,
) -> Path:
    """Write `published/<quarter>/` and swap it in atomically.

    Parameters
    ----------
    public : sequence of PublicRecord

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
        write_public(building, quarter, public, beside or Beside(), released_rows(home), released_before(home, quarter))
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


def _as_filed(value: PublicRecord | KeptDossier) -> dict[str, JsonValue]:
    """Return a value as its JSON file holds it.

    Keys are sorted, because columns of tables follow them, and columns keep their places between versions.
    """
    filed: dict[str, JsonValue] = json.loads(json_bytes(as_data(value)))
    return filed


def write_public(
    folder: Path,
    quarter: Quarter,
    public: Sequence[PublicRecord],
    beside: Beside,
    releases: Sequence[ReleaseRow] = (),
    earlier: Sequence[PublicRecord] = (),
    mode: int = DRAFT,
) -> None:
    """Write files and pages of a quarter into an empty folder.

    Parameters
    ----------
    quarter, public, beside
        As for `publish_quarter`.
    releases : sequence of ReleaseRow
        Earlier releases, and this one unless it is a draft.
    earlier : sequence of PublicRecord
        Released records of earlier quarters.
    mode : int
        Permissions of the files.
    """
    rows = [_as_filed(record) for record in public]
    papers = [_as_filed(paper) for paper in beside.papers]
    marts = build_marts(
        rows,
        deliveries=[as_data(row) for row in beside.deliveries],
        profiles=[as_data(row) for row in beside.profiles],
        papers=papers,
        publisher=beside.publisher,
        accounts=beside.accounts,
        releases=[row.columns for row in releases],
        earlier=[_as_filed(record) for record in earlier],
    )
    files = _data_files(rows, papers, marts, quarter)
    _write_marts(folder / "marts.duckdb", marts)
    files["marts.duckdb"] = (folder / "marts.duckdb").read_bytes()
    day = next((row.released_on for row in releases if row.is_this), None)
    for name, content in (files | described(files, quarter, day)).items():
        if name != "marts.duckdb":
            write_atomically(folder / name, content, mode)
    for name, content in build_site(marts, str(quarter)).items():
        write_atomically(folder / "site" / name, content, mode)


def _data_files(
    public: Sequence[object], papers: Sequence[object], marts: dict[str, pd.DataFrame], quarter: Quarter
) -> dict[str, bytes]:
    """Return data files for other tools, by name."""
    files = {
        "results.json": json_bytes(public),
        "dossier.json": json_bytes(papers),
        "results.schema.json": json_bytes(record_schema()),
        "soem.csv": soem_bytes(marts),
        "soem_prices.csv": soem_prices_bytes(marts),
    }
    for language in LANGUAGES:
        results, sources = result_rows(marts, language), source_rows(marts, language)
        notes = [phrase(language, "files_title", quarter=str(quarter))]
        notes += [phrase(language, key) for key in NOTES]
        workbook = "results.xlsx" if language == "da" else "results.en.xlsx"
        files[workbook] = workbook_bytes(results, sources, notes, language)
        for table, rows in (("results", results), ("error_sources", sources)):
            if language == "da":
                files[f"{table}.da.csv"] = danish_csv_bytes(rows, table)
            else:
                files[f"{table}.csv"] = csv_bytes(rows, table)
                files[f"{table}.parquet"] = parquet_bytes(frame_of(rows, table))
    return files


def _write_marts(path: Path, marts: dict[str, pd.DataFrame]) -> None:
    with duckdb.connect(str(path)) as connection:
        for name, frame in marts.items():
            connection.register("frame", frame)
            connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM frame')
            connection.unregister("frame")
    path.chmod(0o400)
