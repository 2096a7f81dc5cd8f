"""Parts of a record that store texts beside the statements they come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import model_validator

from data_contracts.results.statements import Part, as_written
from data_contracts.results.wording import blanks_of_code, has_phrase


class Worded(Part):
    """A part with texts that are made from its statements.

    Both are stored. On reading, the statements are used, unless today's phrases do not know them any more; then, and for
    records of version 1, which have texts only, the stored texts become the statements: a result keeps its words.

    Attributes
    ----------
    written : mapping of str to str
        Name of each text in version 1, and of the statement or statements it is made from.
    """

    written: ClassVar[Mapping[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _read_back(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        fields = dict(data)
        for text, statement in cls.written.items():
            given = fields.get(text)
            if given is None or (statement in fields and _is_known(fields[statement])):
                continue
            if isinstance(given, list | tuple):
                fields[statement] = tuple(as_written(one) for one in given)
            else:
                is_several = "tuple" in str(cls.model_fields[statement].annotation)
                fields[statement] = (as_written(given),) if is_several else as_written(given)
        for name in cls.model_computed_fields:
            fields.pop(name, None)
        return fields


def _is_known(stored: Any) -> bool:
    """Return True if today's phrases can write a stored value."""
    if isinstance(stored, Part):
        stored = stored.model_dump()
    if isinstance(stored, list | tuple):
        return all(_is_known(value) for value in stored)
    if not isinstance(stored, Mapping):
        return True
    if "codes" in stored:
        return all(has_phrase(code) for code in stored["codes"])
    if "code" in stored and not _can_fill(stored["code"], stored.get("values", {})):
        return False
    return all(_is_known(value) for value in (*stored.get("values", {}).values(), *stored.get("statements", ())))


def _can_fill(code: str, values: Mapping[str, Any]) -> bool:
    """Return True if there is a phrase and a value for each of its blanks."""
    return has_phrase(code) and blanks_of_code(code) <= values.keys()
