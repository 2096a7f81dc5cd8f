"""Publishing builds: a field that nobody thought of leaves nowhere, whatever it is and wherever it is added."""

from __future__ import annotations

import re
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from data_contracts.phrases import LANGUAGES, phrases
from data_contracts.results.public_evidence import ErrorSourceState, Evidence
from data_contracts.results.public_record import PublicRecord
from data_contracts.results.result_record import (
    AlternativeEstimate,
    BalanceRow,
    Diagnostics,
    PlaceboResult,
    ResultRecord,
    Specification,
)
from data_contracts.results.statements import Quantity, Statement, Words, says
from data_contracts.results.wording import UNNUMBERED, blanks_of, sentence
from data_contracts.results.zones import Public, kind_of, parts_of
from models.disclosure.coarsening import opened_statement
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from tests.support.example_record import example_record
from tests.support.unthought_fields import CANARY, NUMBER, PLACES, spoilt

POLICY = default_policy()
names = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=12).map("secret_{}".format)


@settings(max_examples=40)
@given(name=names, place=st.sampled_from(PLACES), n=st.sampled_from([5, 12, 60, 700]), withheld=st.booleans())
def test_a_field_that_nobody_thought_of_is_in_no_public_record(name: str, place: str, n: int, withheld: bool) -> None:
    record = spoilt(example_record(n_treated=n, n_control=3 * n), place, name)
    public = publish(record, POLICY, is_withheld=withheld)
    text = public.model_dump_json()
    assert CANARY not in text
    assert str(NUMBER) not in text
    assert name not in text


def test_the_canary_is_where_it_is_put() -> None:
    """Or the test above would find nothing whatever was published."""
    for place in PLACES:
        record = spoilt(example_record(), place, "secret_one")
        dumped = record.model_dump_json(serialize_as_any=True)
        assert CANARY in dumped, place


# Marks ----------------------------------------------------------------------------------------------------------------


def public_models(model: type[BaseModel], seen: set[type[BaseModel]] | None = None) -> set[type[BaseModel]]:
    seen = set() if seen is None else seen
    if model not in seen:
        seen.add(model)
        for field in model.model_fields.values():
            for inner in parts_of(field.annotation):
                if kind_of(field) is None:
                    public_models(inner, seen)
    return seen


def test_every_public_field_says_how_it_is_coarsened() -> None:
    models = public_models(PublicRecord)
    assert {Evidence, ErrorSourceState} <= models
    for model in models:
        for name, field in model.model_fields.items():
            is_nested = next(parts_of(field.annotation), None) is not None
            assert kind_of(field) is not None or is_nested, f"{model.__name__}.{name} has no kind"


def test_numbers_are_never_published_as_they_are_unless_they_rest_on_nobody() -> None:
    """Each such field is listed with its reason."""
    declared = {
        "effort", "rung", "claimed_rung", "highest_supported_rung", "change", "strength", "seed", "threshold",
        "confidence_level", "fields_per_participant", "minutes_per_participant",  # rules and settings
        "looks_count", "restated_times", "always_valid_tuned_for", "negative_controls",  # counts of things, not people
        "published_value",  # from the literature
    }  # fmt: skip
    for model in public_models(PublicRecord):
        if model.__name__ == "KnownAnswerRow":
            continue  # from the literature
        for name, field in model.model_fields.items():
            is_number = re.search(r"\b(float|int)\b", str(field.annotation)) is not None
            if is_number and kind_of(field) == "as_is":
                assert name in declared, f"{model.__name__}.{name}"


def test_a_field_added_to_a_restricted_class_has_no_mark_and_needs_none() -> None:
    restricted = {
        (model, name)
        for model in (ResultRecord, Diagnostics, AlternativeEstimate, Specification, PlaceboResult, BalanceRow)
        for name, field in model.model_fields.items()
        if name not in _inherited(model)
    }
    assert restricted
    assert all(kind_of(model.model_fields[name]) is None for model, name in restricted)


def _inherited(model: type[BaseModel]) -> set[str]:
    base = next(b for b in model.__mro__[1:] if issubclass(b, BaseModel))
    return set(base.model_fields)


def test_an_unmarked_field_of_a_public_class_is_not_published() -> None:
    class Careless(BaseModel):
        model_config = ConfigDict(extra="forbid")
        marked: Annotated[str, Public("as_is")]
        unmarked: str = ""

    from models.disclosure.coarsening import Rounding, opened

    rounding = Rounding(POLICY, 0.01, 0.01, 2, counts_people=True)
    assert opened(Careless, Careless(marked="yes", unmarked=CANARY), rounding).unmarked == ""


# Sentences ------------------------------------------------------------------------------------------------------------

TWINS = sorted(key.removesuffix(UNNUMBERED) for key in phrases("da") if key.endswith(UNNUMBERED))


@pytest.mark.parametrize("key", TWINS)
def test_a_sentence_without_its_numbers_holds_none_and_hides_no_finding(key: str) -> None:
    for language in LANGUAGES:
        numbered, bare = phrases(language)[key], phrases(language)[key + UNNUMBERED]
        assert set(blanks_of(bare)) < set(blanks_of(numbered))
        values = {name: Quantity(kind="number", value=None, decimals=2) for name in blanks_of(numbered)}
        kept: dict[str, Any] = dict(values) | {name: Words(da="kø", en="queue") for name in blanks_of(bare)}
        told = sentence(Statement(code=key, values=kept), language)
        assert "public" not in told
        assert "offentlig" not in told


def test_a_hidden_placebo_still_says_that_it_failed() -> None:
    said = says("placebo_fails_same", value=Quantity(kind="effect", value=0.09), covariate="work")
    record = example_record(n_treated=12, n_control=30)
    sources = tuple(
        source.model_copy(update={"state": "serious", "finding_says": (said,)})
        if source.code == "unmeasured_confounding"
        else source
        for source in record.evidence.error_sources
    )
    spoilt_record = record.model_copy(
        update={"evidence": record.evidence.model_copy(update={"error_sources": sources})}
    )
    public = publish(spoilt_record, POLICY)
    (found,) = [s for s in public.evidence.error_sources if s.code == "unmeasured_confounding"]
    assert found.state == "serious"
    assert "fails in the same direction" in found.finding.en
    assert not any(letter.isdigit() for letter in found.finding.en)


def test_a_statement_keeps_only_the_blanks_of_its_phrase() -> None:
    said = says("placebo_clear", anything="private")
    assert opened_statement(said).values == {}
