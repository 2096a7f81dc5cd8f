"""Recipes in CONTRIBUTING.md: the files they name exist, and are those that an existing example is found in."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from data_contracts.designs.declared import declared_designs
from tests.support.places import ROOT

CODE = ("assets", "dashboards", "data_contracts", "models", "pipelines")
PHRASES = {"data_contracts/phrases/da.yaml", "data_contracts/phrases/en.yaml"}


@dataclass(frozen=True)
class Example:
    """Something that was added already.

    Attributes
    ----------
    pattern : str
        Matches in the files that adding it touched, and in no others.
    rooms : tuple of str
        Where to search.
    """

    pattern: str
    rooms: tuple[str, ...] = CODE


EXAMPLES = {
    "an error source": Example("stale_prices"),
    "an estimator": Example("entropy_balanced"),
    "a file format": Example(r'read_workbook|not_xlsx|"xlsx"', ("assets", "data_contracts", "pipelines")),
    "a verb of the command line": Example(r"command_line\.auditing|^def audit\("),
    "a number to the result page": Example(
        "effective_sample_size", ("data_contracts/results", "dashboards", "models/evidence")
    ),
}


def recipes() -> dict[str, list[str]]:
    """Return the files that each recipe names, in its order."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = {}
    for title, body in re.findall(r"^## To add (.+?)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
        entries = re.findall(r"^- ((?:.|\n(?!- |\n))*)", body, re.MULTILINE)
        found[title] = [name for entry in entries for name in re.findall(r"`([^`\s]+/[^`\s]*)`", _files_part(entry))]
    return found


def _files_part(entry: str) -> str:
    """Return what precedes the colon, without the alternatives in brackets."""
    return re.sub(r"\([^)]*\)", "", entry.partition(":")[0])


def test_every_recipe_has_a_list_and_an_example() -> None:
    assert set(recipes()) == {"a design", *EXAMPLES}
    assert all(recipes().values())


@pytest.mark.parametrize("title", recipes())
def test_files_of_a_recipe_exist(title: str) -> None:
    names = [name.replace("<name>", design) for name in recipes()[title] for design in declared_designs()]
    assert [name for name in names if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("title", EXAMPLES)
def test_the_example_is_found_in_the_files_of_the_recipe(title: str) -> None:
    example, listed = EXAMPLES[title], set(recipes()[title])
    found = {
        path.relative_to(ROOT).as_posix()
        for room in example.rooms
        for path in (ROOT / room).rglob("*")
        if path.suffix in (".py", ".yaml", ".html", ".css", ".js")
        and re.search(example.pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    in_code = {name for name in listed if name.startswith(example.rooms)}
    assert found - listed == set(), "files that the recipe forgets"
    assert in_code - found <= PHRASES, "files that need no change"
