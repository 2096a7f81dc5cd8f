"""Metadata of the public files: Data Package, schema.org and RO-Crate.

Sources: Data Package 2.0 (datapackage.org), RO-Crate 1.1 (w3id.org/ro/crate/1.1), schema.org Dataset.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from dashboards.files.tables import columns_of
from data_contracts.calendar.quarters import Quarter
from data_contracts.phrases import phrase

MEDIA = {
    "csv": "text/csv",
    "json": "application/json",
    "jsonld": "application/ld+json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "duckdb": "application/vnd.duckdb",
}
TABLES = {
    "results.csv": ("results", ",", "."),
    "results.da.csv": ("results", ";", ","),
    "error_sources.csv": ("error_sources", ",", "."),
    "error_sources.da.csv": ("error_sources", ";", ","),
}
Files = Mapping[str, bytes]


def described(files: Files, quarter: Quarter, released_on: str | None) -> dict[str, bytes]:
    """Return the files that describe the public files.

    Parameters
    ----------
    files : mapping of str to bytes
        Content of the described files by name.
    released_on : str or None
        ISO day; None for a draft, which says so.

    Returns
    -------
    dict of str to bytes
        `datapackage.json`, `dataset.jsonld` and `ro-crate-metadata.json`.
    """
    made = {
        "datapackage.json": _data_package(files, quarter, released_on),
        "dataset.jsonld": _dataset(files, quarter, released_on),
    }
    content = {name: _json(value) for name, value in made.items()}
    return content | {"ro-crate-metadata.json": _json(_crate({**files, **content}, quarter, released_on))}


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _media(name: str) -> str:
    return MEDIA[name.rpartition(".")[2]]


def _title(quarter: Quarter, language: str) -> str:
    return phrase(language, "files_title", quarter=str(quarter))


def _data_package(files: Files, quarter: Quarter, released_on: str | None) -> dict[str, Any]:
    package: dict[str, Any] = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"trin-{str(quarter).lower()}",
        "title": _title(quarter, "en"),
        "description": phrase("en", "files_about"),
        "status": "draft" if released_on is None else "released",
        "version": str(quarter),
    }
    if released_on is not None:
        package["created"] = f"{released_on}T00:00:00Z"
    return package | {"resources": [_resource(name, content) for name, content in sorted(files.items())]}


def _resource(name: str, content: bytes) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "name": name.lower().replace(".", "-").replace("_", "-"),
        "path": name,
        "mediatype": _media(name),
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }
    if name in TABLES:
        table, separator, mark = TABLES[name]
        language = "da" if ".da." in name else "en"
        resource |= {"type": "table", "format": "csv", "encoding": "utf-8"}
        resource["dialect"] = {"delimiter": separator, "lineTerminator": "\r\n", "header": True}
        resource["schema"] = {"fields": [_field(column, language, mark) for column in columns_of(table)]}
        if table == "results":
            resource["schema"]["primaryKey"] = [resource["schema"]["fields"][0]["name"]]
    return resource


def _field(column: dict[str, Any], language: str, mark: str) -> dict[str, Any]:
    # The Danish file has Danish headings, decimal commas and Danish words for yes and no.
    name = column["title"]["da"] if language == "da" else column["name"]
    field = {"name": name, "title": column["title"][language], "description": column["about"][language]}
    field["type"] = column["type"]
    if column["type"] == "number":
        field["decimalChar"] = mark
    if column["type"] == "boolean" and language == "da":
        field |= {"trueValues": [phrase("da", "yes_word")], "falseValues": [phrase("da", "no_word")]}
    return field


def _dataset(files: Files, quarter: Quarter, released_on: str | None) -> dict[str, Any]:
    dataset: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": [{"@language": language, "@value": _title(quarter, language)} for language in ("da", "en")],
        "description": [
            {"@language": language, "@value": phrase(language, "files_about")} for language in ("da", "en")
        ],
        "temporalCoverage": f"{quarter.start.isoformat()}/{quarter.end.isoformat()}",
        "inLanguage": ["da", "en"],
        "isAccessibleForFree": True,
        "creativeWorkStatus": "Draft" if released_on is None else "Published",
        "variableMeasured": [
            {"@type": "PropertyValue", "name": column["name"], "description": column["about"]["en"]}
            for column in columns_of("results")
        ],
        "distribution": [
            {
                "@type": "DataDownload",
                "contentUrl": name,
                "encodingFormat": _media(name),
                "contentSize": f"{len(content)} B",
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for name, content in sorted(files.items())
        ],
    }
    return dataset if released_on is None else dataset | {"datePublished": released_on}


def _crate(files: Files, quarter: Quarter, released_on: str | None) -> dict[str, Any]:
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "name": _title(quarter, "en"),
        "description": phrase("en", "files_about"),
        "datePublished": released_on or quarter.end.isoformat(),
        "creativeWorkStatus": "Draft" if released_on is None else "Published",
        "hasPart": [{"@id": name} for name in sorted(files)],
    }
    descriptor = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    parts = [
        {
            "@id": name,
            "@type": "File",
            "encodingFormat": _media(name),
            "contentSize": str(len(content)),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        for name, content in sorted(files.items())
    ]
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": [descriptor, root, *parts]}
