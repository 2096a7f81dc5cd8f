"""Words of a record: made from statements, and kept where the statements cannot be written any more."""

from __future__ import annotations

from typing import Any

from data_contracts.results.public_evidence import Claims, ErrorSourceState
from data_contracts.results.statements import number_value, says


def source(**changes: Any) -> ErrorSourceState:
    fields = {"code": "expert_interest", "state": "warning", "metric": "agreement"}
    return ErrorSourceState.model_validate(fields | changes)


def test_words_are_stored_beside_the_statements_and_made_from_them() -> None:
    made = source(finding_says=[says("agreement_words", value=number_value(0.4312, 2))])
    stored = made.model_dump(mode="json")
    assert stored["finding"]["en"] == "Agreement beyond chance: 0.43."
    stored["finding"]["en"] = "Something that nobody said."
    assert source(**stored) == made


def test_a_record_of_version_1_keeps_its_words() -> None:
    old = source(finding={"da": "Enighed 0,43.", "en": "Agreement 0.43."})
    assert (old.finding.da, old.finding.en) == ("Enighed 0,43.", "Agreement 0.43.")
    claims = Claims.model_validate(
        {"can": [{"da": "Noget.", "en": "Something."}], "cannot": [], "verdict": "promising", "verdict_text": None}
    )
    assert [text.en for text in claims.can] == ["Something."]


def test_a_statement_whose_phrase_is_gone_keeps_the_words_it_was_stored_with() -> None:
    words = {"da": "Gamle ord.", "en": "Old words."}
    gone = {"code": "a_phrase_of_an_earlier_version", "values": {}}
    nested = {"code": "finding_no_answer", "values": {"lacked": gone | {"kind": "statement"}}}
    for said in (gone, nested):
        assert source(finding=words, finding_says=[said]).finding.en == "Old words."
