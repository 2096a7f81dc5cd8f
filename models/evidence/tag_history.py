"""Tag history: what is different between two quarters' tags of one result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from data_contracts.results.public_evidence import Evidence, TagChange
from data_contracts.results.public_record import PublicRecord
from data_contracts.results.statements import Names, Sentences, Statement, Value, says

What = Literal["rung", "certainty", "verdict", "error_source", "fact", "protocol"]


def tag_changes(before: PublicRecord, after: PublicRecord) -> tuple[TagChange, ...]:
    """Return what is different in a result's tag.

    Parameters
    ----------
    before, after : PublicRecord
        Of the same project and outcome in two quarters.

    Returns
    -------
    tuple of TagChange
        Rung (with the facts behind it), certainty, verdict, error sources, protocol.
    """
    old, new = before.evidence, after.evidence
    changes: list[TagChange] = []

    def add(what: What, first: str | None, second: str | None, said: Statement, name: str | None = None) -> None:
        changes.append(
            TagChange(since=before.quarter, what=what, name=name, before=first, after=second, text_says=said)
        )

    facts = [(name, holds) for name, holds in new.facts.items() if name in old.facts and old.facts[name] != holds]
    if old.rung_detail != new.rung_detail:
        said = says("change_rung", before=old.rung_detail, after=new.rung_detail, because=_because(facts))
        add("rung", old.rung_detail, new.rung_detail, said)
    for name, holds in facts:
        add("fact", str(not holds).lower(), str(holds).lower(), _fact(name, holds=holds), name)
    if old.certainty != new.certainty:
        first, second = says(f"certainty.{old.certainty}"), says(f"certainty.{new.certainty}")
        add("certainty", old.certainty, new.certainty, says("change_certainty", before=first, after=second))
    earlier, later = before.claims.verdict, after.claims.verdict
    if earlier != later:
        first, second = says(f"verdict.{earlier}"), says(f"verdict.{later}")
        add("verdict", earlier, later, says("change_verdict", before=first, after=second))
    for code, (was, now) in _changed_states(old, new).items():
        source = Names(codes=(f"source_name:{code}",))
        said = says("change_source", source=source, before=_state(was), after=_state(now))
        add("error_source", was, now, said, code)
    digest, other = before.provenance.protocol_sha256[:12], after.provenance.protocol_sha256[:12]
    if digest != other:
        add("protocol", digest, other, says("change_protocol"))
    return tuple(changes)


def _changed_states(old: Evidence, new: Evidence) -> Mapping[str, tuple[str | None, str | None]]:
    """Return states by code where they differ.

    None where a source was not listed for the rung.
    """
    earlier = {source.code: source.state for source in old.error_sources}
    later = {source.code: source.state for source in new.error_sources}
    codes = dict.fromkeys([*later, *earlier])
    return {code: (earlier.get(code), later.get(code)) for code in codes if earlier.get(code) != later.get(code)}


def _fact(name: str, *, holds: bool) -> Statement:
    return says("change_fact_added" if holds else "change_fact_lost", fact=says(f"fact:{name}"))


def _because(facts: list[tuple[str, bool]]) -> Value:
    if not facts:
        return says("change_no_fact")
    return Sentences(statements=tuple(_fact(name, holds=holds) for name, holds in facts))


def _state(state: str | None) -> Names:
    return Names(codes=("not_on_the_list" if state is None else f"state.{state}",), style="steps")
