"""The tables that may be delivered: those with a contract.

Contracts of tables that only one design reads are in its folder, the others here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from data_contracts.reading.design_folders import DESIGNS, files_ending, joined
from data_contracts.reading.safe_yaml import read_own

ODCS = ".odcs.yaml"
SHARED = "tables"


@dataclass(frozen=True, slots=True)
class DeclaredTable:
    """The properties of a table in its contract.

    Attributes
    ----------
    read_by : str
        The station that reads it first.
    date_column : str
        The date that decides which quarters a row belongs to.
    description : dict of str to str
        By language.
    """

    name: str
    read_by: str
    date_column: str
    description: dict[str, str]


@cache
def _folders() -> dict[str, tuple[str, ...]]:
    """Return the folder of every table's contract."""
    names = [file.name for file in files("data_contracts").joinpath(SHARED).iterdir()]
    shared = {name.removesuffix(ODCS): (SHARED,) for name in names if name.endswith(ODCS)}
    return joined("tables", shared, {table: (DESIGNS, design) for table, design in files_ending(ODCS).items()})


def contract_text(table: str) -> str:
    """Return the ODCS text of a table."""
    return files("data_contracts").joinpath(*_folders()[table], f"{table}{ODCS}").read_text(encoding="utf-8")


@cache
def contract_of(table: str) -> dict[str, Any]:
    """Return the ODCS contract of a table."""
    document: dict[str, Any] = read_own(*_folders()[table], f"{table}{ODCS}")
    return document


def custom_properties(item: dict[str, Any]) -> dict[str, Any]:
    """Return the custom properties of a part of a contract by name."""
    return {entry["property"]: entry["value"] for entry in item.get("customProperties", [])}


@cache
def declared_tables() -> dict[str, DeclaredTable]:
    """Return every table with a contract, in the order of the contracts."""
    said = {name: custom_properties(contract_of(name)["schema"][0]) for name in _folders()}
    return {
        name: DeclaredTable(
            name,
            said[name]["readBy"],
            said[name]["dateColumn"],
            {"da": said[name]["assetDescriptionDanish"], "en": said[name]["assetDescription"]},
        )
        for name in sorted(said, key=lambda name: int(said[name]["position"]))
    }


def tables_read_by(station: str) -> tuple[str, ...]:
    """Return the tables that a station reads first."""
    return tuple(name for name, table in declared_tables().items() if table.read_by == station)


TABLES = tuple(declared_tables())
