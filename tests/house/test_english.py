"""The English of finished rooms: short first lines, imperative functions, no private idiom."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.places import ROOT

ROOMS_DONE = [
    "assets",
    "bench",
    "dashboards",
    "data_contracts",
    "models",
    "pipelines",
    "projects",
    "tests/support",
]
LONGEST_FIRST_LINE = 72
NOT_IMPERATIVE = {"The", "A", "An", "What", "How", "Whether", "It", "This"}
IDIOMS = re.compile(r"\banew\b|\btold of\b|\bof (its|her|his|their) own\b|\bwhoever\b|\bstands in\b", re.IGNORECASE)
PROPERTIES = {"property", "cached_property"}
# Calls whose literal arguments users read, and variables that carry such text to them.
SPOKEN_CALLS = {"Fault", "Failure", "InputRefused", "ValueError", "Field", "show_faults", "print"}
CLICK_CALLS = {"BadParameter", "argument", "confirm", "echo", "option", "prompt"}
SPOKEN_NAMES = {"fix", "what", "words"}
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def name_of(node: ast.expr) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def docstring_faults(node: Documented) -> Iterator[str]:
    text = ast.get_docstring(node)
    if text is None:
        return
    first = text.splitlines()[0]
    if len(first) > LONGEST_FIRST_LINE:
        yield f"first line has {len(first)} characters: {first}"
    if not first.endswith("."):
        yield f"first line does not end with a period: {first}"
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        is_property = any(name_of(decorator) in PROPERTIES for decorator in node.decorator_list)
        if not is_property and first.split(maxsplit=1)[0] in NOT_IMPERATIVE:
            yield f"{node.name} is not imperative: {first}"
    if found := IDIOMS.search(text):
        yield f"idiom “{found[0]}” in a docstring: {first}"


def spoken_literals(node: ast.AST) -> Iterator[str]:
    """Yield literals that a call or an assignment passes on to users."""
    if isinstance(node, ast.Call) and name_of(node) in SPOKEN_CALLS | CLICK_CALLS:
        roots: list[ast.AST] = [*node.args, *node.keywords]
    elif isinstance(node, ast.Assign) and SPOKEN_NAMES & {
        part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)
    }:
        roots = [node.value]
    else:
        return
    for root in roots:
        for part in ast.walk(root):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def english_faults(source: str) -> list[str]:
    faults: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Documented):
            faults += docstring_faults(node)
        for text in spoken_literals(node):
            if found := IDIOMS.search(text):
                faults.append(f"idiom “{found[0]}” in a text for users: {text}")
    return faults


@pytest.mark.parametrize("room", ROOMS_DONE)
def test_finished_rooms_are_in_plain_english(room: str) -> None:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files, room
    faults = [
        f"{path.relative_to(ROOT)}: {fault}" for path in files for fault in english_faults(path.read_text("utf-8"))
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "source",
    [
        f'"""{"Long " * 20}."""',
        '"""No period"""',
        'def f():\n    """The sum of two numbers."""',
        'async def f():\n    """Whether a file exists."""',
        'class C:\n    """A table that is made anew."""',
        'Fault("File is told of.", "Fix it.")',
        'raise Failure(description=f"{n} files: ask whoever sent them.")',
        'click.option("--key", help="A key of its own.")(f)',
        'what = "The key stands in two files."',
    ],
)
def test_the_check_can_fail(source: str) -> None:
    assert english_faults(source)


def test_properties_may_be_noun_phrases() -> None:
    assert not english_faults('class C:\n    """A file."""\n    @property\n    def p(self):\n        """The path."""')
