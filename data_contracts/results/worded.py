"""Parts of a record that store texts beside the statements they come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import model_validator

from data_contracts.results.statements import Part, as_written


class Worded(Part):
    """A part with texts that are made from its statements.

    Both are stored. On reading, the statements are used; a record of version 1 has texts only, which become statements
    with the same text.

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
            if statement in fields or given is None:
                continue
            if isinstance(given, list | tuple):
                fields[statement] = tuple(as_written(one) for one in given)
            else:
                is_several = "tuple" in str(cls.model_fields[statement].annotation)
                fields[statement] = (as_written(given),) if is_several else as_written(given)
        for name in cls.model_computed_fields:
            fields.pop(name, None)
        return fields
