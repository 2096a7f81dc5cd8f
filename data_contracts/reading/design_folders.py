"""Which designs there are, and what their folders hold: found by listing."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

from data_contracts.reading.safe_yaml import read_own

DESIGNS = "designs"
DECLARATION = "design.yaml"


@cache
def declarations() -> dict[str, dict[str, Any]]:
    """Return every `design.yaml` by design, from the top of the ladder down."""
    folders = (folder.name for folder in files("data_contracts").joinpath(DESIGNS).iterdir() if folder.is_dir())
    said = {name: read_own(DESIGNS, name, DECLARATION) for name in folders if has_file(name, DECLARATION)}
    return dict(sorted(said.items(), key=lambda item: (item[1]["rung"], item[0])))


def own_parts(room: str, module: str, part: str) -> dict[str, Any]:
    """Return a named part of a module in every design's folder, by design.

    Parameters
    ----------
    room : str
        `data_contracts` or `models`.
    module : str
        Designs without such a module are left out.
    part : str
        Name in the module.
    """
    paths = {design: f"{room}.{DESIGNS}.{design}.{module}" for design in declarations()}
    return {design: getattr(import_module(path), part) for design, path in paths.items() if find_spec(path) is not None}


def has_file(design: str, file: str) -> bool:
    """Return True if a design's folder holds a file."""
    return files("data_contracts").joinpath(DESIGNS, design, file).is_file()


@cache
def files_ending(ending: str) -> dict[str, str]:
    """Return the design of every file with an ending, by the file's stem."""
    return {
        file.name.removesuffix(ending): design
        for design in declarations()
        for file in files("data_contracts").joinpath(DESIGNS, design).iterdir()
        if file.name.endswith(ending)
    }


def own_rows(key: str) -> dict[str, Any]:
    """Return the rows that all designs declare under a key, by name."""
    found: dict[str, Any] = {}
    for said in declarations().values():
        found = joined(key, found, said.get(key, {}))
    return found


def joined(what: str, rows: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return two mappings as one.

    Raises
    ------
    ValueError
        If both have a name: one row would silently replace the other.
    """
    twice = sorted(rows.keys() & more.keys())
    if twice:
        raise ValueError(f"{what}: declared twice: {', '.join(twice)}")
    return rows | more
