"""Signed judgements: answers about a result that only people can give."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, field_validator

from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.parts import Section, ShortText, Text


class JudgedAnswer(Section):
    """One answer with its reason."""

    answer: Literal["Y", "PY", "WN", "PN", "N", "SN", "NI"] = Field(
        description="Yes, probably yes, weak no, probably no, no, strong no, no information."
    )
    because: Text = Field(description="The reason; shown on pages.")


class Judgements(Section):
    """Signed answers to risk-of-bias questions.

    A missing answer means “no information”, which counts against the result.
    """

    judgements_version: Literal["1"] = Field(description="Version of this format.")
    signed_by: ShortText = Field(description="Name and role of the person who answers; shown on pages.")
    signed_on: date = Field(description="The day it was signed.")
    plan_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{12,64}$")] = Field(
        description="The plan that was judged, at least its first 12 characters, as `trin check` shows it. If the plan changes, the answers no longer count."
    )
    answers: dict[str, JudgedAnswer] = Field(
        min_length=1,
        description="Question of ROBINS-I to answer: `1.1` whether all important confounders were named, `3.8` whether selection is so severe that the result should not count. Each has its own answers.",
    )

    @field_validator("answers")
    @classmethod
    def _are_asked(cls, answers: dict[str, JudgedAnswer]) -> dict[str, JudgedAnswer]:
        asked = person_questions()
        for question, given in answers.items():
            if question not in asked:
                raise ValueError(
                    f"Question {question} is not answered by people. Questions that are: {', '.join(asked)}"
                )
            if given.answer not in asked[question]:
                raise ValueError(f"Question {question} must be answered with one of {', '.join(asked[question])}")
        return answers

    @field_validator("signed_on")
    @classmethod
    def _is_of_our_time(cls, day: date) -> date:
        if not 2020 <= day.year <= 2100:
            raise ValueError("The date must be between 2020 and 2100")
        return day


def person_questions() -> dict[str, tuple[str, ...]]:
    """Return the questions answered by people, with allowed answers."""
    return {
        name: tuple(answer for group in question["answers"] for answer in group)
        for instrument in read_knowledge("risk_of_bias")["instruments"].values()
        for domain in instrument["domains"].values()
        for name, question in domain["questions"].items()
        if question.get("person")
    }
