"""Signed judgements in a project's folder."""

from __future__ import annotations

from assets.storage.home import Home, text_of
from data_contracts.home_files.judgements import Judgements
from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.section_reading import read_section
from models.evidence.bias_answers import SignedAnswers


def signed_answers(home: Home, protocol: Protocol) -> SignedAnswers | None:
    """Return a project's signed answers, or None if there are none.

    Raises
    ------
    InputRefused
        With every fault of the file.
    """
    path = home.projects / protocol.id / "judgements.yaml"
    if not path.is_file():
        return None
    name = f"projects/{protocol.id}/judgements.yaml"
    judged = read_section(text_of(path, name), name, Judgements)
    return SignedAnswers(
        signed_by=f"{judged.signed_by}, {judged.signed_on.isoformat()}",
        answers={
            question: (given.answer, {"da": given.because.da, "en": given.because.en})
            for question, given in judged.answers.items()
        },
        is_current=protocol.plan_sha256.startswith(judged.plan_sha256),
    )
