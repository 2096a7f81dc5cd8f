"""Publisher of the pages: the schema of `site.yaml` in a home."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from data_contracts.reading.parts import Section
from data_contracts.reading.section_reading import CONTROL_FREE

LAW = "https://www.retsinformation.dk/eli/lta/2018/692"
"""The Danish web accessibility act: a public body's site needs a statement and a contact."""


class SiteSettings(Section):
    """The publisher, and the contact for accessibility problems.

    The page states which keys are empty.
    """

    publisher: str = Field(default="", max_length=200, pattern=CONTROL_FREE, description="Who publishes the pages.")
    was_url: str = Field(
        default="", max_length=500, description="https address of the accessibility statement, as issued by WAS-Tool."
    )
    phone: str = Field(default="", max_length=40, description="Telephone number for reporting accessibility problems.")
    email: str = Field(default="", max_length=200, description="E-mail address for reporting accessibility problems.")

    @field_validator("*", mode="before")
    @classmethod
    def _blank_is_empty(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value

    @field_validator("was_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https://[A-Za-z0-9.-]+(/[A-Za-z0-9._~/%?=&#+-]*)?", value):
            raise ValueError(
                "An address must begin with https:// and contain only letters a-z, digits and . _ ~ / % ? = & # + -"
            )
        return value

    @field_validator("phone")
    @classmethod
    def _can_be_called(cls, value: str) -> str:
        if value and not re.fullmatch(r"\+?[0-9][0-9 ]{6,20}", value):
            raise ValueError("A telephone number contains only digits and spaces, e.g. 89 40 20 00")
        return value

    @field_validator("email")
    @classmethod
    def _can_be_written_to(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", value):
            raise ValueError("An e-mail address looks like name@kommune.dk")
        return value


def missing_settings(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return keys of the settings that are still empty."""
    return tuple(name for name in SiteSettings.model_fields if not settings.get(name))


EMPTY_FILE = """# Who publishes the pages. Danish law requires a public body's site to have an accessibility statement and a contact for
# accessibility problems (https://www.retsinformation.dk/eli/lta/2018/692). While a key is empty, the page says so.
publisher: ""
was_url: ""
phone: ""
email: ""
"""
