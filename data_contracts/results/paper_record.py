"""The record of a study on paper, graded by the same rules as results."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from data_contracts.results.public_record import Judged
from data_contracts.results.statements import Bilingual, Part


class PaperMoney(Part):
    """An amount given by a source, and what the source does not say."""

    amount_dkk: float
    per: Bilingual | None
    payer: Bilingual | None
    price_year: int | None
    ratio: float | None
    is_modelled: bool
    missing: tuple[str, ...]


class PaperRecord(Judged):
    """A graded study of a dossier; public, because its source is."""

    result_id: str
    study: str
    about: Literal["this_project", "another_project"]
    quarter: str = Field(description="The year of the source.")
    claim: Bilingual
    note: Bilingual | None
    finding_in_words: str | None
    money: PaperMoney | None
    source: dict[str, Any] = Field(description="As the dossier gives it.")
