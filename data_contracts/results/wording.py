"""Sentences from statements; the only code that writes a record's texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from string import Formatter

from data_contracts.ladder.ladder import design_facts, error_sources, gate_reasons
from data_contracts.phrases import LANGUAGES, difference_text, number_text, phrases
from data_contracts.results.statements import Bilingual, Names, Quantity, Sentences, Statement, Value, Words

UNNUMBERED = "_unnumbered"
"""Suffix of the key of a phrase without numbers; an empty phrase omits the sentence."""


def sentence(statement: Statement, language: str) -> str:
    """Return a statement as text in one language.

    Empty if its phrase without numbers is.

    Raises
    ------
    KeyError
        If the phrase or a placeholder's value is missing.
    """
    is_unnumbered = any(isinstance(value, Quantity) and value.value is None for value in statement.values.values())
    template = _template(statement.code, language, is_unnumbered=is_unnumbered)
    blanks = blanks_of(template)
    return template.format_map({name: _written(statement.values[name], language) for name in blanks})


def sentences(statements: Iterable[Statement], language: str) -> str:
    """Return statements as consecutive sentences."""
    return " ".join(filter(None, (sentence(statement, language) for statement in statements)))


def in_words(*statements: Statement) -> Bilingual:
    """Return statements as text in both languages."""
    texts = {language: sentences(statements, language) for language in LANGUAGES}
    return Bilingual(**texts)


def blanks_of(template: str) -> tuple[str, ...]:
    """Return the placeholders of a phrase."""
    return tuple(name for _, name, _, _ in Formatter().parse(template) if name)


@cache
def blanks_of_code(code: str) -> frozenset[str]:
    """Return the placeholders of a statement's phrase with numbers."""
    found = set(blanks_of(_template(code, "da", is_unnumbered=False)))
    return frozenset(found)


@cache
def has_phrase(code: str) -> bool:
    """Return True if a statement with this code can be written today."""
    try:
        _template(code, "da", is_unnumbered=False)
    except KeyError:
        return False
    return True


def _template(code: str, language: str, *, is_unnumbered: bool) -> str:
    kind, _, name = code.rpartition(":")
    if kind == "source":
        source = error_sources()[name]
        text = source.finding_unnumbered if is_unnumbered else source.finding
        if text is None:
            raise KeyError(code)
        return text[language]
    if kind:
        return _knowledge(kind, name)[language]
    if code == "as_written":
        return "{text}"
    return phrases(language)[code + UNNUMBERED if is_unnumbered else code]


def _knowledge(kind: str, name: str) -> Mapping[str, str]:
    """Return a text from the ladder's files."""
    if kind == "gate":
        return gate_reasons()[name]
    if kind in ("fact", "fact_lift"):
        fact = design_facts()[name]
        return fact.holds if kind == "fact" else fact.lift
    source = error_sources()[name]
    return {"source_name": source.name, "cannot": source.cannot, "lift": source.lift}[kind]


def _written(value: Value, language: str) -> str:
    if isinstance(value, Quantity):
        return quantity_text(value, language)
    if isinstance(value, Words):
        return value.da if language == "da" else value.en
    if isinstance(value, Names):
        return _listed(value, language)
    if isinstance(value, Sentences):
        return sentences(value.statements, language)
    return sentence(value, language)


def _listed(names: Names, language: str) -> str:
    texts = [_template(code, language, is_unnumbered=False) for code in names.codes]
    if names.style in ("comma", "lower"):
        joined = ", ".join(texts) or "–"
        return joined.lower() if names.style == "lower" else joined
    joined = "; ".join(text[0].lower() + text[1:] for text in texts)
    return joined[0].upper() + joined[1:] if names.style == "first" else joined


def quantity_text(quantity: Quantity, language: str) -> str:
    """Return a number as text in a language.

    Raises
    ------
    ValueError
        If the number is hidden.
    """
    value = quantity.value
    if value is None:
        raise ValueError("A number that is not public cannot be written.")
    if quantity.kind == "count":
        return str(round(value))
    if quantity.kind == "number":
        sign = "+" if quantity.is_signed and value > 0 else ""
        return sign + number_text(language, value, quantity.decimals or 0)
    if quantity.kind == "share":
        return f"{number_text(language, value * 100, 0)} %"
    if quantity.kind == "distance":
        return number_text(language, abs(value), 2)
    if quantity.kind == "shift":
        return ("+" if value > 0 else "") + number_text(language, value, 2)
    return _effect_text(quantity, value, language)


def _effect_text(quantity: Quantity, value: float, language: str) -> str:
    unit = "" if quantity.unit is None else (quantity.unit.da if language == "da" else quantity.unit.en)
    shown = float(f"{value:.{quantity.digits}g}") if quantity.digits else value
    text = difference_text(language, shown, quantity.outcome_type or "numeric", unit, quantity.decimals)
    return text if quantity.is_signed else text.removeprefix("+")
