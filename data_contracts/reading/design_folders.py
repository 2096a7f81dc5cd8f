"""Which designs there are, and what lies in the folder of each: found by listing `data_contracts/designs/`."""

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
    """Return what each `design.yaml` says by the design's name, from the top of the ladder down."""
    folders = (folder.name for folder in files("data_contracts").joinpath(DESIGNS).iterdir() if folder.is_dir())
    said = {name: read_own(DESIGNS, name, DECLARATION) for name in folders if has_file(name, DECLARATION)}
    return dict(sorted(said.items(), key=lambda item: (item[1]["rung"], item[0])))


def own_parts(room: str, module: str, part: str) -> dict[str, Any]:
    """Return what a module in the designs' folders of a room calls `part`, by design.

    Parameters
    ----------
    room : str
        `data_contracts` or `models`.
    module : str
        Designs without a module of this name are left out.
    part : str
    """
    paths = {design: f"{room}.{DESIGNS}.{design}.{module}" for design in declarations()}
    return {design: getattr(import_module(path), part) for design, path in paths.items() if find_spec(path) is not None}


def has_file(design: str, file: str) -> bool:
    """Whether a file lies in a design's folder."""
    return files("data_contracts").joinpath(DESIGNS, design, file).is_file()


@cache
def files_ending(ending: str) -> dict[str, str]:
    """Return the designs' files with such an ending: the name without it, and the design whose folder it lies in."""
    return {
        file.name.removesuffix(ending): design
        for design in declarations()
        for file in files("data_contracts").joinpath(DESIGNS, design).iterdir()
        if file.name.endswith(ending)
    }


def own_rows(key: str) -> dict[str, Any]:
    """Return the rows that all designs declare under a key of their `design.yaml`."""
    found: dict[str, Any] = {}
    for said in declarations().values():
        found = joined(key, found, said.get(key, {}))
    return found


def joined(what: str, rows: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return rows and more rows.

    Raises
    ------
    ValueError
        If a name stands in both: one would silently take the other's place.
    """
    twice = sorted(rows.keys() & more.keys())
    if twice:
        raise ValueError(f"{what}: declared twice: {', '.join(twice)}")
    return rows | more
