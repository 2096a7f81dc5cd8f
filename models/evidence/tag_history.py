"""Tag history: what is different between two quarters' tags of one result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_contracts.ladder.ladder import design_facts, error_sources
from data_contracts.phrases import bilingual

Record = Mapping[str, Any]


def tag_changes(before: Record, after: Record) -> list[dict[str, Any]]:
    """Return what is different in a result's tag.

    Parameters
    ----------
    before, after : mapping
        Records of the same project and outcome in two quarters.

    Returns
    -------
    list of dict
        Fields of `TagChange`: rung (with the facts behind it), certainty, verdict, error sources, protocol.
    """
    since = before["quarter"]
    old, new = before["evidence"], after["evidence"]
    changes: list[dict[str, Any]] = []

    def add(what: str, first: str | None, second: str | None, text: dict[str, str], name: str | None = None) -> None:
        changes.append({"since": since, "what": what, "name": name, "before": first, "after": second, "text": text})

    facts = _changed_facts(old["facts"], new["facts"])
    if old["rung_detail"] != new["rung_detail"]:
        because = _because([name for name, _ in facts], new["facts"])
        text = bilingual("change_rung", before=old["rung_detail"], after=new["rung_detail"], because=because)
        add("rung", old["rung_detail"], new["rung_detail"], text)
    for name, holds in facts:
        key = "change_fact_added" if holds else "change_fact_lost"
        add("fact", str(not holds).lower(), str(holds).lower(), bilingual(key, fact=design_facts()[name].holds), name)
    if old["certainty"] != new["certainty"]:
        words = {"before": _certainty(old["certainty"]), "after": _certainty(new["certainty"])}
        add("certainty", old["certainty"], new["certainty"], bilingual("change_certainty", **words))
    first, second = before["claims"]["verdict"], after["claims"]["verdict"]
    if first != second:
        words = {"before": before["claims"]["verdict_text"], "after": after["claims"]["verdict_text"]}
        add("verdict", first, second, bilingual("change_verdict", **words))
    for code, (earlier, later) in _changed_states(old, new).items():
        words = {"source": error_sources()[code].name, "before": _state(earlier), "after": _state(later)}
        add("error_source", earlier, later, bilingual("change_source", **words), code)
    first, second = before["provenance"]["protocol_sha256"][:12], after["provenance"]["protocol_sha256"][:12]
    if first != second:
        add("protocol", first, second, bilingual("change_protocol"))
    return changes


def _changed_facts(old: Mapping[str, bool], new: Mapping[str, bool]) -> list[tuple[str, bool]]:
    return [(name, holds) for name, holds in new.items() if name in old and old[name] != holds]


def _changed_states(old: Record, new: Record) -> dict[str, tuple[str | None, str | None]]:
    """States by code where they differ; None where a source was not listed for the rung."""
    earlier = {source["code"]: source["state"] for source in old["error_sources"]}
    later = {source["code"]: source["state"] for source in new["error_sources"]}
    codes = dict.fromkeys([*later, *earlier])
    return {code: (earlier.get(code), later.get(code)) for code in codes if earlier.get(code) != later.get(code)}


def _because(names: list[str], holds: Mapping[str, bool]) -> dict[str, str]:
    facts = [
        bilingual("change_fact_added" if holds[name] else "change_fact_lost", fact=design_facts()[name].holds)
        for name in names
    ]
    if not facts:
        return bilingual("change_no_fact")
    return {language: " ".join(fact[language] for fact in facts) for language in facts[0]}


def _certainty(level: str) -> dict[str, str]:
    return bilingual(f"certainty_{level}")


def _state(state: str | None) -> dict[str, str]:
    texts = bilingual("not_on_the_list" if state is None else f"state_{state}")
    return {language: text[0].lower() + text[1:] for language, text in texts.items()}
