"""Safe YAML reading: strings stay strings, every value has its line.

YAML's own typing reads the municipality code 0751 as 489 and the word `no` as
False, so no scalar is typed here; the protocol's schema types them instead.
Anchors, aliases and tags are refused: nothing in a protocol needs them, and
aliases are how a small file becomes a large one.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

from data_contracts.reading.faults import Fault, InputRefused

MAXIMUM_CHARACTERS = 262_144
DEEPEST = 20
"""Protocols and dossiers are nested less than half as deep; parsing thousands of levels takes minutes."""
NULL_WORDS = frozenset({"", "~", "null"})

Path = tuple[str | int, ...]

# The C loader is seven times as fast, if PyYAML was built with it. Users' files are read in Python,
# because its error messages are clearer.
_OWN_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_own(*place: str) -> Any:
    """Return one of the contracts' own YAML files, with YAML's typing.

    Parameters
    ----------
    *place : str
        Folders and file name inside `data_contracts`.
    """
    text = files("data_contracts").joinpath(*place).read_text(encoding="utf-8")
    return _OWN_LOADER(text).get_single_data()


def read_yaml(text: str, file: str) -> tuple[Any, dict[Path, int]]:
    """Read YAML text into string-typed data and a map of lines.

    Parameters
    ----------
    text : str
        The file's content, at most 262,144 characters.
    file : str
        Name used in faults.

    Returns
    -------
    data : dict, list, str or None
        Nested data; every scalar is a string, an empty scalar is None.
    lines : dict of tuple to int
        1-based line for each path of keys and indices.

    Raises
    ------
    InputRefused
        If the text is too large, is not YAML, repeats a key, or uses anchors, aliases or tags.
    """
    if len(text) > MAXIMUM_CHARACTERS:
        raise InputRefused([Fault("The file is larger than 262,144 characters.", "Split or shorten it.", file)])
    try:
        _refuse_hostile(text, file)
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        problem = getattr(error, "problem", None) or "it cannot be read"
        fix = "Check indentation, colons and quotes on and above this line."
        raise InputRefused([Fault(f"This is not valid YAML: {problem}.", fix, file, line)]) from None
    except RecursionError:
        raise InputRefused([Fault("The file is nested too deeply.", "Flatten it.", file)]) from None
    lines: dict[Path, int] = {(): 1}
    faults: list[Fault] = []
    data = _plain(node, (), lines, faults, file) if node is not None else None
    if faults:
        raise InputRefused(faults)
    return data, lines


def _refuse_hostile(text: str, file: str) -> None:
    """Refuse aliases, tags and deep nesting before composing nodes."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        line = event.start_mark.line + 1 if event.start_mark is not None else None
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise InputRefused([Fault("The file is nested too deeply.", "Flatten it.", file, line)])
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            fault = Fault("Anchors (&) and aliases (*) are not allowed.", "Write the value out.", file, line)
            raise InputRefused([fault])
        if getattr(event, "tag", None) not in (None, "!"):
            fault = Fault(
                "Tags (!) are not allowed.", "Remove the tag; quote the text if it begins with “!”.", file, line
            )
            raise InputRefused([fault])


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int], faults: list[Fault], file: str) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                faults.append(Fault("A key must be text.", "Write “key: value”.", file, line))
                continue
            key = str(key_node.value)
            if key in result:
                fix = "Keep one of them."
                faults.append(Fault(f"The key “{key}” occurs twice.", fix, file, line))
            result[key] = _plain(value_node, (*path, key), lines, faults, file)
            lines[(*path, key)] = line
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, i), lines, faults, file) for i, item in enumerate(node.value)]
    quoted = getattr(node, "style", None) in ("'", '"')
    return None if not quoted and node.value in NULL_WORDS else str(node.value)


def line_of(lines: dict[Path, int], path: Path) -> int | None:
    """Return the line of `path`, or of its nearest parent that has one."""
    while path not in lines and path:
        path = path[:-1]
    return lines.get(path)
