"""Trin's own YAML data files, with the rows that designs add."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from data_contracts.reading.design_folders import joined, own_rows
from data_contracts.reading.safe_yaml import read_own

OWN_ROWS = {
    "error_sources": {"sources": "error_sources"},
    "gates": {"reasons": "gate_reasons", "limits": "limits"},
    "measures": {"measures": "measures", "parts": "part_kinds"},
}
"""Tables of knowledge that a design may add rows to: file, key in it, and key in `design.yaml`."""


@cache
def wings() -> dict[str, str]:
    """Return the wing of every YAML data file, by file name.

    Names are unique across wings; a test checks that.
    """
    folders = [folder for folder in files("data_contracts").iterdir() if folder.is_dir()]
    return {
        file.name.removesuffix(".yaml"): folder.name
        for folder in folders
        for file in folder.iterdir()
        if file.name.endswith(".yaml")
    }


@cache
def read_knowledge(name: str) -> dict[str, Any]:
    """Return one of Trin's own YAML files as data, with designs' rows.

    Parameters
    ----------
    name : str
        File name without `.yaml`.
    """
    data: dict[str, Any] = read_own(wings()[name], f"{name}.yaml")
    for key, own in OWN_ROWS.get(name, {}).items():
        data[key] = joined(name, data[key], own_rows(own))
    return data
