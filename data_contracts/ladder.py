"""The ladder, its error sources and the crosswalk, read from YAML.

Belongs here: typed access to `ladder.yaml`, `error_sources.yaml` and
`crosswalk.yaml`. Does not belong here: deciding a rung or a state (models do).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


class State(StrEnum):
    """What is known of an error source."""

    clear = "clear"
    warning = "warning"
    serious = "serious"
    not_measured = "not_measured"
    not_measurable = "not_measurable"


@dataclass(frozen=True, slots=True)
class ErrorSource:
    """One known way in which a result may be wrong.

    Attributes
    ----------
    code : str
    name, finding, cannot, lift : dict of str to str
        Texts by language (`da`, `en`).
    metric : str
    thresholds : dict of str to float
    source, link : str
        Where thresholds come from.
    """

    code: str
    name: dict[str, str]
    metric: str
    thresholds: dict[str, float]
    source: str
    link: str
    finding: dict[str, str]
    cannot: dict[str, str]
    lift: dict[str, str]


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of the ladder; 1 is the top."""

    number: int
    name: dict[str, str]
    compared_with: dict[str, str]
    error_sources: tuple[str, ...]


@cache
def read_knowledge(name: str) -> dict[str, Any]:
    """Return a YAML file of this room as data.

    Parameters
    ----------
    name : str
        File name without `.yaml`.
    """
    text = (files("data_contracts") / f"{name}.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return data


@cache
def rungs() -> dict[int, Rung]:
    """Return the seven rungs; each lists its own error sources and those of every rung."""
    data = read_knowledge("ladder")
    return {
        int(number): Rung(int(number), row["name"], row["compared_with"], (*row["error_sources"], *data["all"]))
        for number, row in data["rungs"].items()
    }


@cache
def error_sources() -> dict[str, ErrorSource]:
    """Return every error source by code."""
    return {code: ErrorSource(code=code, **row) for code, row in read_knowledge("error_sources")["sources"].items()}


@cache
def crosswalk() -> dict[str, dict[str, Any]]:
    """Return the other standards: name, source and grade per rung."""
    standards: dict[str, dict[str, Any]] = read_knowledge("crosswalk")["standards"]
    return standards


def ruleset_version() -> str:
    """Return the versions of ladder, error sources and crosswalk as one string."""
    names = ("ladder", "error_sources", "crosswalk")
    return "+".join(str(read_knowledge(name)["version"]) for name in names)
