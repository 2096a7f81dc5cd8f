"""Reading a protocol: every fault at once, each with its line.

Belongs here: turning the text of `project.yaml` into a `Protocol` or into
faults in plain words. Does not belong here: the sections (`protocol.py`), the
rules between them (`protocol_rules.py`) and opening files (assets do that).
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from data_contracts.faults import Fault, InputRefused, suggestion
from data_contracts.protocol import Protocol
from data_contracts.protocol_rules import rule_faults
from data_contracts.safe_yaml import Path, line_of, read_yaml

PLAIN_WORDS = {
    "int_parsing": ("A whole number is needed here.", "Write digits only, e.g. 12."),
    "float_parsing": ("A number is needed here.", "Write it with a point, e.g. 0.2."),
    "bool_parsing": ("“true” or “false” is needed here.", "Write one of them."),
    "model_type": ("Keys are needed here.", "Write “key: value” lines, indented below this key."),
    "dict_type": ("Keys are needed here.", "Write “key: value” lines, indented below this key."),
    "finite_number": ("An ordinary number is needed here.", "Write it with a point, e.g. 0.2; not inf or nan."),
    "tuple_type": ("A list is needed here.", "Write [a, b], or one “- item” a line."),
    "string_type": ("A text is needed here.", "Write one value, in quotes if it has special characters."),
    "date_from_datetime_parsing": ("A date is needed here.", "Write it like 2031-12-31."),
    "date_parsing": ("A date is needed here.", "Write it like 2031-12-31."),
    "too_short": ("The list needs at least 1 item.", "Add one."),
}
PATTERN_WORDS = {
    r"^[a-z][a-z0-9_]{0,40}$": "A name holds a-z, 0-9 and “_” and begins with a letter",
    r"^[a-z0-9][a-z0-9-]{1,40}$": "An id holds a-z, 0-9 and “-”, 2 to 41 characters",
    r"^[A-Za-z0-9æøåÆØÅ_.*?{} ()-]{1,120}$": "A file name holds letters, digits, “_”, “.”, “-”, “*”, {period} and {version}; no folders",
}


def read_protocol(text: str, file: str = "project.yaml", folder: str | None = None) -> Protocol:
    """Read and check a protocol.

    Parameters
    ----------
    text : str
        Content of `project.yaml`.
    file : str
        Name used in faults.
    folder : str, optional
        Name of the folder the file lies in; must equal the protocol's id.

    Returns
    -------
    Protocol

    Raises
    ------
    InputRefused
        With every fault in the file.
    """
    data, lines = read_yaml(text, file)
    if not isinstance(data, dict):
        raise InputRefused([Fault("The file holds no keys.", "Start from the reference page.", file, 1)])
    faults: list[Fault] = []
    protocol: Protocol | None = None
    try:
        protocol = Protocol.model_validate(data)
    except ValidationError as error:
        for detail in error.errors():
            faults.append(_schema_fault(dict(detail), data, lines, file))
    # An empty list beside a fault inside it says nothing new.
    inside = {f.where.split("[")[0] for f in faults if "[" in f.where}
    faults = [f for f in faults if not ("at least 1 item" in f.what and f.where in inside)]
    for path, what, fix in rule_faults(data, folder):
        faults.append(Fault(what, fix, file, line_of(lines, path), _spoken(path)))
    if faults or protocol is None:
        unique = dict.fromkeys(faults)
        raise InputRefused(sorted(unique, key=lambda fault: (fault.line or 0, fault.where)))
    return protocol


def _spoken(path: Path) -> str:
    words = ""
    for step in path:
        words += f"[{step + 1}]" if isinstance(step, int) else (f".{step}" if words else step)
    return words


def _schema_fault(detail: dict[str, Any], data: Any, lines: dict[Path, int], file: str) -> Fault:
    path = tuple(step for step in detail["loc"] if step != "[key]")
    kind = str(detail["type"])
    line = line_of(lines, path)
    where = _spoken(path)
    if kind == "extra_forbidden":
        known = _known_keys(path)
        close = suggestion(str(path[-1]), known)
        fix = close or f"Known keys here: {', '.join(known)}."
        return Fault("This key is not known.", fix, file, line, where)
    if kind == "missing":
        return Fault("This key is missing.", "Add it; the reference page says what it means.", file, line, where)
    plain = PLAIN_WORDS.get(kind)
    if plain is not None:
        return Fault(plain[0], plain[1], file, line, where)
    message = str(detail["msg"]).removeprefix("Value error, ").rstrip(".")
    if kind == "string_pattern_mismatch":
        pattern = detail.get("ctx", {}).get("pattern", "")
        message = PATTERN_WORDS.get(pattern, f"The text must match the pattern {pattern}")
        if "municipalities" in path:
            message = "A municipality code is four digits that start with 0, in quotes"
    return Fault(f"{message}.", "Correct the value.", file, line, where)


def _known_keys(path: Path) -> list[str]:
    model: Any = Protocol
    for step in path[:-1]:
        if isinstance(step, int):
            continue
        field = getattr(model, "model_fields", {}).get(step)
        if field is None:
            return []
        model = _section_in(field.annotation)
    return list(getattr(model, "model_fields", {}))


def _section_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _section_in(part)
        if found is not None:
            return found
    return None
