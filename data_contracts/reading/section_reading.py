"""Reading of YAML sections: every fault at once, each with its line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from data_contracts.reading.faults import Fault, InputRefused, suggestion
from data_contracts.reading.safe_yaml import Path, line_of, read_yaml

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
CONTROL_FREE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]*$"
PATTERN_WORDS = {
    CONTROL_FREE: "The text contains control characters, or characters that change the reading direction",
    r"^[a-z][a-z0-9_]{0,40}$": "A name contains only a-z, 0-9 and “_”, and begins with a letter",
    r"^[a-z0-9][a-z0-9-]{1,40}$": "An id contains only a-z, 0-9 and “-”, 2 to 41 characters",
    r"^[A-Za-z0-9æøåÆØÅ_.*?{} ()-]{1,120}$": "A file name contains only letters, digits, “_”, “.”, “-”, “*”, {period} and {version}; no folders",
}

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Reading(Generic[S]):
    """The result of reading a text.

    Holds its data, the line of each key, its faults, and the section unless there are faults.
    """

    data: dict[str, Any]
    lines: dict[Path, int]
    section: S | None
    faults: list[Fault]


def read_shape(text: str, file: str, section: type[S]) -> Reading[S]:
    """Read a text into the shape of a section.

    Parameters
    ----------
    file : str
        Name used in faults.
    section : type
        The shape.

    Raises
    ------
    InputRefused
        If the text is not YAML or holds no keys.
    """
    data, lines = read_yaml(text, file)
    if not isinstance(data, dict):
        raise InputRefused([Fault("The file contains no keys.", "Start from the reference page.", file, 1)])
    try:
        return Reading(data, lines, section.model_validate(data), [])
    except ValidationError as error:
        faults = [_schema_fault(dict(detail), lines, file, section) for detail in error.errors()]
    # An empty list is redundant next to a fault inside it.
    inside = {f.where.split("[")[0] for f in faults if "[" in f.where}
    return Reading(data, lines, None, [f for f in faults if not ("at least 1 item" in f.what and f.where in inside)])


def read_section(text: str, file: str, section: type[S]) -> S:
    """Read a text into a section, or raise with every fault."""
    reading = read_shape(text, file, section)
    if reading.section is None:
        raise InputRefused(in_order(reading.faults))
    return reading.section


def in_order(faults: list[Fault]) -> list[Fault]:
    """Return faults without duplicates, by line."""
    return sorted(dict.fromkeys(faults), key=lambda fault: (fault.line or 0, fault.where))


def spoken(path: Path) -> str:
    """Return a path in readable form: `outcomes[2].name`."""
    words = ""
    for step in path:
        words += f"[{step + 1}]" if isinstance(step, int) else (f".{step}" if words else step)
    return words


def _schema_fault(detail: dict[str, Any], lines: dict[Path, int], file: str, section: type[BaseModel]) -> Fault:
    path = tuple(step for step in detail["loc"] if step != "[key]")
    kind = str(detail["type"])
    line = line_of(lines, path)
    where = spoken(path)
    if kind == "extra_forbidden":
        known = _known_keys(path, section)
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


def _known_keys(path: Path, section: type[BaseModel]) -> list[str]:
    model: Any = section
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
