"""The ladder, its error sources and the crosswalk, read from YAML.

Each design adds its part in its `design.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Literal

from data_contracts.phrases.limits import with_limits
from data_contracts.reading.design_folders import declarations, joined, own_rows
from data_contracts.reading.knowledge import read_knowledge


class State(StrEnum):
    """What is known of an error source."""

    clear = "clear"
    warning = "warning"
    serious = "serious"
    not_measured = "not_measured"
    not_measurable = "not_measurable"


@dataclass(frozen=True, slots=True)
class Burden:
    """The cost of obtaining a fact.

    Attributes
    ----------
    effort : int
        1 = existing data, 2 = new data, 3 = a change to how the project is run.
    fields, minutes : float
        Asked of each participant.
    """

    effort: int
    fields: float
    minutes: float


@dataclass(frozen=True, slots=True)
class ErrorSource:
    """A known way in which a result may be wrong.

    Attributes
    ----------
    name, cannot, lift : dict of str to str
        Texts by language (`da`, `en`).
    finding, finding_unnumbered : dict of str to str, or None
        What was measured, with numbers and without; None if the detector's own sentences suffice.
    source, link : str
        Where thresholds come from.
    burden : Burden or None
        What it costs to measure or mend it; None where nothing can be done afterwards.
    rungs : mapping of int to int, str or None
        Rungs at which it is looked for, each with its place in the list; `every` or `money` (see the YAML). None for a
        source of one design, which is looked for at the design's rung.
    is_blocking : bool
        Whether a serious state makes a result unresolved: neither promising nor clearly without effect.
    is_confounding : bool
        Whether it must be clear before a large effect may raise certainty.
    is_people_free : bool
        Whether its finding says nothing about any person, so that its numbers may be published for small groups.
    needed_at : tuple of int
        Rungs at which it must be checked before a result can be promising.
    """

    code: str
    name: dict[str, str]
    metric: str
    thresholds: dict[str, float]
    source: str
    link: str
    cannot: dict[str, str]
    lift: dict[str, str]
    finding: dict[str, str] | None = None
    finding_unnumbered: dict[str, str] | None = None
    burden: Burden | None = None
    rungs: Mapping[int, int] | str | None = None
    is_blocking: bool = False
    is_confounding: bool = False
    is_people_free: bool = False
    needed_at: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DesignFact:
    """A fact that may decide a rung.

    Attributes
    ----------
    holds, lift : dict of str to str
        The sentence if it holds, and how to achieve it; by language.
    at_least : int or None
        Least number for a count to hold; None for facts that are true or false.
    """

    name: str
    holds: dict[str, str]
    lift: dict[str, str]
    burden: Burden
    at_least: int | None = None

    @property
    def kind(self) -> Literal["count", "hash", "yes_or_no"]:
        """Kind of the fact: a number, a file's SHA-256, or true or false."""
        if self.at_least is not None:
            return "count"
        return "hash" if self.name.endswith("_sha256") else "yes_or_no"


@dataclass(frozen=True, slots=True)
class RungRule:
    """Facts needed for a rung, or part of one.

    Attributes
    ----------
    detail : str
        e.g. `4a`.
    needs : tuple of str
        Names of facts.
    start, cap : str
        GRADE's initial certainty, and the highest that can be reached (own choice).
    is_goal : bool
        Whether to recommend it; a single group before and after is not, although the ladder places it higher.
    """

    detail: str
    needs: tuple[str, ...]
    start: str
    cap: str
    is_goal: bool


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of the ladder; 1 is the top."""

    number: int
    name: dict[str, str]
    compared_with: dict[str, str]
    error_sources: tuple[str, ...]


@cache
def rungs() -> dict[int, Rung]:
    """Return the seven rungs, each with its error sources."""
    added: dict[int, list[str]] = {}
    for said in declarations().values():
        added.setdefault(said["rung"], []).extend(said.get("error_sources", {}))
    rows = {int(key): row for key, row in read_knowledge("ladder")["rungs"].items()}
    return {
        number: Rung(
            number,
            row["name"],
            row["compared_with"],
            (*_listed_at(number), *added.get(number, ()), *_listed_as("every")),
        )
        for number, row in rows.items()
    }


def _listed_at(rung: int) -> list[str]:
    """Return the sources that declare a rung, in the places they declare."""
    places = {s.code: s.rungs[rung] for s in error_sources().values() if isinstance(s.rungs, dict) and rung in s.rungs}
    return sorted(places, key=lambda code: places[code])


def _listed_as(where: str) -> tuple[str, ...]:
    """Return the sources of every rung, or of results in money, in file order."""
    return tuple(source.code for source in error_sources().values() if source.rungs == where)


@cache
def economics_sources() -> tuple[str, ...]:
    """Return the codes of error sources of results in money."""
    return _listed_as("money")


@cache
def error_sources() -> dict[str, ErrorSource]:
    """Return every error source by code."""
    found = {}
    for code, row in read_knowledge("error_sources")["sources"].items():
        burden = None if row["burden"] is None else Burden(**row["burden"])
        found[code] = ErrorSource(code=code, **row | {"burden": burden, "needed_at": tuple(row.get("needed_at", ()))})
    return found


@cache
def gate_reasons() -> dict[str, dict[str, str]]:
    """Return reasons for giving no number, by code."""
    rows: dict[str, dict[str, str]] = read_knowledge("gates")["reasons"]
    return {
        code: {language: with_limits(text, language) for language, text in texts.items()}
        for code, texts in rows.items()
    }


@cache
def design_facts() -> dict[str, DesignFact]:
    """Return every fact that may decide a rung, with those of designs."""
    shared, own = read_knowledge("design_facts"), own_rows("facts")
    rung_of = {name: said["rung"] for said in declarations().values() for name in said.get("facts", {})}
    above = {name: row for name, row in own.items() if rung_of[name] <= shared["listed_after_rung"]}
    below = {name: row for name, row in own.items() if name not in above}
    rows = joined("facts", joined("facts", above, shared["facts"]), below)
    return {name: DesignFact(name=name, **row | {"burden": Burden(**row["burden"])}) for name, row in rows.items()}


@cache
def rung_rules() -> tuple[RungRule, ...]:
    """Return the rules in order; the last one always holds."""
    rows = [row for said in declarations().values() for row in said["rules"]]
    return tuple(
        RungRule(
            row["detail"],
            tuple(row["needs"]),
            row["certainty"]["start"],
            row["certainty"]["cap"],
            row["is_goal"],
        )
        for row in sorted(rows, key=lambda row: (row["detail"], row.get("position", 1)))
    )


@cache
def crosswalk() -> dict[str, dict[str, Any]]:
    """Return the other standards with their grade for every detail."""
    standards: dict[str, dict[str, Any]] = read_knowledge("crosswalk")["standards"]
    graded = own_rows("crosswalk")
    return {
        code: standard | {"rules": [{"rungs": [d]} | row for d in sorted(graded) for row in graded[d].get(code, ())]}
        for code, standard in standards.items()
    }


def ruleset_version() -> str:
    """Return the versions of what decides a rung, joined by plus signs.

    Designs' rules are part of the ladder, so its version is the highest of ladder.yaml and every design.yaml.
    """
    own = [read_knowledge("ladder")["version"], *(said["version"] for said in declarations().values())]
    ladder = max(own, key=lambda version: [int(part) for part in version.split(".")])
    others = ("design_facts", "error_sources", "crosswalk")
    return "+".join([ladder, *(str(read_knowledge(name)["version"]) for name in others)])
