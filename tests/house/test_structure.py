"""The floor plan: rooms with wings, files of a readable size, imports that run one way and never in a circle."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.support.places import ROOT

ROOMS = ("assets", "dashboards", "data_contracts", "models", "pipelines", "projects")
MOST_LINES = 400
MOST_MODULES = 16


def modules(*rooms: str) -> list[Path]:
    """Return every module with code or words in it."""
    return sorted(p for room in rooms for p in (ROOT / room).rglob("*.py") if p.read_text(encoding="utf-8").strip())


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """Return the modules of ours that a file imports, inside functions and under TYPE_CHECKING too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in known else node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & set(known)


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Return every group of modules that import each other, directly or by way of others."""
    reach: dict[str, set[str]] = {}
    for start in arrows:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for other in arrows[waiting.pop()] - seen:
                seen.add(other)
                waiting.append(other)
        reach[start] = seen
    groups = {frozenset(b for b in reach[a] if a in reach[b]) for a in arrows if a in reach[a]}
    return sorted(sorted(group) for group in groups)


@pytest.mark.parametrize("path", modules(*ROOMS), ids=relative)
def test_every_module_opens_with_a_sentence_and_is_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    sentence = ast.get_docstring(ast.parse(text))
    assert sentence is not None


@pytest.mark.parametrize("room", ROOMS)
def test_every_folder_says_what_lies_in_it(room: str) -> None:
    for folder in {path.parent for path in modules(room)}:
        sign = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
        assert sign, f"{relative(folder)}/__init__.py says nothing"


def test_no_folder_holds_more_modules_than_a_reader_can_overlook() -> None:
    counted = Counter(relative(path.parent) for path in modules(*ROOMS, "tests", "bench") if path.name != "__init__.py")
    assert {folder: n for folder, n in counted.items() if n > MOST_MODULES} == {}


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports inside functions are counted: a circle that is hidden is one all the same."""
    named = {relative(path)[:-3].replace("/", ".").removesuffix(".__init__"): path for path in modules(*ROOMS)}
    arrows = {name: imports(path, named) - {name} for name, path in named.items()}
    assert sum(len(found) for found in arrows.values()) > 1000
    assert circles(arrows) == []


def test_a_circle_would_be_found() -> None:
    arrows = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"a"}}
    assert circles(arrows) == [["b", "c"]]


def test_imports_keep_the_laws() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]


def test_our_modules_are_imported_inside_functions_in_the_command_line_only() -> None:
    """It imports a verb's work when it is called, so that help is quick; elsewhere each has its reason."""
    allowed = {
        "pipelines/running/demo.py": "homes of real data never load the demo's worlds",
        "pipelines/running/rehearsal.py": "the same",
    }
    found = set()
    for path in modules("assets", "dashboards", "data_contracts", "models", "pipelines"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = {id(node) for node in tree.body}
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or id(node) in top or _is_guarded(node, tree):
                continue
            if (node.module or "").split(".")[0] in ROOMS:
                found.add(relative(path))
    elsewhere = {name for name in found if not name.startswith("pipelines/command_line/")}
    assert elsewhere <= set(allowed)


def _is_guarded(node: ast.stmt, tree: ast.Module) -> bool:
    """Whether an import stands under TYPE_CHECKING or in a `with` at the top, where warnings are caught."""
    return any(node in ast.walk(block) for block in tree.body if isinstance(block, ast.If | ast.With))


def test_a_make_target_runs_each_folder_of_tests() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    rooms = {p.name for p in (ROOT / "tests").iterdir() if p.is_dir() and list(p.rglob("test_*.py"))} - {"spark"}
    named = re.search(r"^TEST_ROOMS := (.*)$", text, re.M)
    assert named is not None
    assert set(named[1].split()) == rooms
