"""Notices: who is notified when a run fails."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from data_contracts.reading.parts import Section, ShortText

Address = Annotated[ShortText, Field(pattern=r"^[!-~]+@[!-~]+$")]
"""An address for an e-mail header: no spaces or line breaks."""


class Email(Section):
    """An e-mail sent through a mail server without authentication."""

    server: ShortText = Field(description="Host name of the mail server.")
    port: int = Field(default=25, ge=1, le=65535)
    sender: Address
    to: tuple[Address, ...] = Field(min_length=1, description="Recipients.")


class Notices(Section):
    """The recipients of failure notices: a command, an e-mail, or both."""

    command: tuple[ShortText, ...] = Field(
        default=(),
        description="A program and its arguments; it receives the notice on standard input. No shell is used.",
    )
    email: Email | None = None

    @model_validator(mode="after")
    def _tells_somebody(self) -> Notices:
        if not self.command and self.email is None:
            raise ValueError("Give a command or an e-mail; to turn notices off, remove the file")
        return self
