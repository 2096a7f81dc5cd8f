"""Signed judgements: what only people can answer about a project's result.

Belongs here: the shape of `judgements.yaml` in a project's folder. Does not
belong here: what follows from the answers (models).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from data_contracts.protocol_parts import Section, ShortText, Text


class JudgedAnswer(Section):
    """One answer with its reason."""

    answer: Literal["Y", "PY", "WN", "PN", "N", "SN", "NI"] = Field(
        description="Yes, probably yes, weak no, probably no, no, strong no, no information."
    )
    because: Text = Field(description="The reason; shown on pages.")


class Judgements(Section):
    """What people have judged, and who they are. Missing means “no information”, which counts against the result."""

    judgements_version: Literal["1"] = Field(description="Version of this format.")
    signed_by: ShortText = Field(description="Name and role of the one who answers; shown on pages.")
    signed_on: date = Field(description="The day it was signed.")
    plan_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{12,64}$")] = Field(
        description="The plan that was judged, at least its first 12 characters, as `trin check` shows it. Under another plan the answers do not count."
    )
    answers: dict[Literal["1.1", "3.8"], JudgedAnswer] = Field(
        description="Question of ROBINS-I to answer: `1.1` whether all important confounders were named, `3.8` whether selection is so severe that the result should not count."
    )
