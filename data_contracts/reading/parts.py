"""What every section of a file that people write is made of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
ProjectId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,40}$")]
MunicipalityCode = Annotated[str, Field(pattern=r"^0[1-9][0-9]{2}$")]
# No control characters but line breaks and tabs, and none that turn the reading direction: texts are shown as they stand.
ShortText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]*$",
    ),
]


class Section(BaseModel):
    """Base of every section: unknown keys are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Text(Section):
    """A text in Danish and English; a plain string stands for both."""

    da: ShortText = Field(description="Danish.")
    en: ShortText = Field(description="English.")

    @model_validator(mode="before")
    @classmethod
    def _both(cls, value: Any) -> Any:
        return {"da": value, "en": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        """Tell editors that a plain string will do."""
        return {"anyOf": [{"type": "string", "minLength": 1}, handler(core_schema)], "description": cls.__doc__}
