"""Claims: what may and may not be said of a result.

The same function reads a restricted and a published record, so a published
sentence holds published numbers only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_contracts.ladder.ladder import error_sources, rungs
from data_contracts.phrases import LANGUAGES, bilingual, decimals_for, difference_in, difference_text, number_words

MOST_DECIMALS = 6
OPEN_STATES = ("warning", "serious", "not_measured", "not_measurable")
BLOCKING_SOURCES = (
    "unmeasured_confounding",
    "group_differences",
    "no_overlap",
    "immortal_time",
    "outside_factors",
    "reverse_causality",
    "regression_to_mean",
    "attrition",
    "multiplicity",
    "publication_bias",
    "included_study_quality",
)
"""A serious state of one of these leaves a result unresolved: neither promising nor firmly without effect."""

NEEDED_SOURCES = {3: ("outside_factors", "unmeasured_confounding"), 4: ("unmeasured_confounding",)}
"""Sources that must have been looked at before anything is promising, by rung."""


TRIAL_DETAILS = ("1", "1a", "2")
"""Where chance alone decided who got the project, or mostly did; “1” stands in records of earlier versions."""


def is_blocked_by(evidence: Mapping[str, Any]) -> bool:
    """Whether what was found, or never looked at, forbids a verdict either way.

    A rate, or a single group before and after, says nothing of the cause, whatever else is fine.
    """
    sources = {source["code"]: source for source in evidence["error_sources"]}
    if evidence["rung"] == 5 or evidence.get("rung_detail") == "3b":
        return True
    if any(source.get("is_critical") for source in sources.values()):
        return True
    if any(code in sources and sources[code]["state"] == "serious" for code in BLOCKING_SOURCES):
        return True
    needed = NEEDED_SOURCES.get(evidence["rung"], ())
    return any(code in sources and sources[code]["state"] == "not_measured" for code in needed)


def verdict_of(record: Mapping[str, Any]) -> str:
    """Return the verdict's code.

    Parameters
    ----------
    record : mapping
        A result record's fields, `claims` not needed.

    Returns
    -------
    str
        One of the fixed verdicts; total over every record.
    """
    evidence = record["evidence"]
    rung = evidence["rung"]
    if record["status"] in ("assessed", "told"):
        return "story_only"
    if record["status"] != "estimated":
        return "cannot_tell"
    if rung >= 6:
        return "story_only"
    low, high = record["interval_low"], record["interval_high"]
    states = {source["code"]: source["state"] for source in evidence["error_sources"]}
    is_blocked = is_blocked_by(evidence)
    if low <= 0 <= high:
        if states.get("underpowered") != "clear":
            return "cannot_tell"
        # What could make an effect out of nothing could also hide one.
        return "unresolved" if is_blocked else "no_certain_effect"
    if states.get("repeated_looks") == "warning":
        return "unresolved"  # certain this quarter only
    is_good = (low > 0) == (record["outcome_direction"] == "higher_is_better")
    if is_blocked:
        return "unresolved"
    if not is_good:
        return "wrong_way"
    if evidence.get("rung_detail", str(rung)) in TRIAL_DETAILS and evidence["certainty"] in ("high", "moderate"):
        return "works_in_trial"
    return "promising"


def build_claims(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what can and cannot be said, and the verdict.

    Parameters
    ----------
    record : mapping
        A result record's fields, `claims` not needed.

    Returns
    -------
    dict
        Fields of the record's `claims` part.
    """
    verdict = verdict_of(record)
    return {
        "can": _can(record, verdict),
        "cannot": _cannot(record),
        "verdict": verdict,
        "verdict_text": bilingual(f"verdict_{verdict}"),
    }


def _can(record: Mapping[str, Any], verdict: str) -> list[dict[str, str]]:
    if record["status"] == "suppressed":
        return [bilingual("claim_suppressed")]
    if record["status"] == "pooled_only":
        return [bilingual("claim_pooled_only", reason=record["status_reason"])]
    if record["status"] == "not_estimable":
        return [bilingual("claim_not_estimable", reason=record["status_reason"])]
    if record["status"] == "told":
        return [bilingual("claim_told"), *record["texts"]]
    if record["status"] == "assessed":
        return [_assessed_sentence(record)]
    claims = [_interval_sentence(record)]
    # Of a panel the other value is what was to be expected, and nobody's own.
    has_values = record["treated_value"] is not None and record["control_value"] is not None
    if has_values and record["evidence"]["rung"] != 3:
        claims.insert(0, _values_sentence(record))
    if record.get("always_valid_low") is not None:
        claims.append(_looks_sentence(record))
    rung = record["evidence"]["rung"]
    above = record["estimate"] > 0
    smallest = next(s["threshold"] for s in record["evidence"]["error_sources"] if s["code"] == "underpowered")
    compared = rungs()[rung].compared_with
    if verdict == "cannot_tell" and smallest is None:
        claims.append(bilingual("claim_cannot_tell_plain"))
    elif verdict == "cannot_tell":
        claims.append(bilingual("claim_cannot_tell", smallest=_as_declared(record, smallest)))
    elif verdict == "no_certain_effect":
        claims.append(bilingual("claim_no_certain", smallest=_as_declared(record, smallest)))
    elif rung == 5:
        claims.append(bilingual("claim_lies_above" if above else "claim_lies_below"))
    elif verdict == "works_in_trial":
        claims.append(bilingual("claim_led_to"))
    elif verdict == "wrong_way":
        claims.append(bilingual("claim_associated_worse", compared_with=compared))
    elif verdict == "promising":
        claims.append(bilingual("claim_associated", compared_with=compared))
    bounds = record["diagnostics"]
    if rung in (3, 4) and bounds["e_value"] is not None:
        claims.append(
            bilingual(
                "claim_e_value",
                point=number_words(bounds["e_value"], 1),
                limit=number_words(bounds["e_value_limit"], 1),
            )
        )
    return claims


def _values_sentence(record: Mapping[str, Any]) -> dict[str, str]:
    compared = rungs()[record["evidence"]["rung"]].compared_with
    if record["outcome_type"] == "binary":
        return bilingual(
            "claim_frequency",
            treated=number_words(record["treated_value"] * 100, 0),
            control=number_words(record["control_value"] * 100, 0),
            compared_with={"da": f"blandt {compared['da']}", "en": f"among {compared['en']}"}
            if record["evidence"]["rung"] != 5
            else {"da": f"i {compared['da']}", "en": f"in {compared['en']}"},
            outcome=record["outcome_label"],
        )
    return bilingual(
        "claim_means",
        outcome=record["outcome_label"],
        treated=_plain_number(record, record["treated_value"]),
        control=_plain_number(record, record["control_value"]),
        unit=record["unit"],
        compared_with={"da": f"({compared['da']})", "en": f"({compared['en']})"},
    )


def _plain_number(record: Mapping[str, Any], value: float) -> dict[str, str]:
    decimals = decimals_for(record.get("rounded_to"), record["outcome_type"])
    return number_words(value, (0 if abs(value) >= 10 else 2) if decimals is None else decimals)


def _interval_sentence(record: Mapping[str, Any]) -> dict[str, str]:
    return bilingual(
        "claim_interval_ratio" if record["outcome_type"] == "ratio" else "claim_interval",
        estimate=_difference(record, record["estimate"]),
        low=_difference(record, record["interval_low"]),
        high=_difference(record, record["interval_high"]),
        level=number_words(record["confidence_level"] * 100, 0),
    )


def _assessed_sentence(record: Mapping[str, Any]) -> dict[str, str]:
    return bilingual(
        "claim_assessed",
        count=str(record["n_treated"]),
        estimate=_difference(record, record["estimate"], signed=False),
        low=_difference(record, record["interval_low"], signed=False),
        high=_difference(record, record["interval_high"], signed=False),
    )


def _looks_sentence(record: Mapping[str, Any]) -> dict[str, str]:
    return bilingual(
        "claim_looks",
        count=str(record["looks_count"]),
        low=_difference(record, record["always_valid_low"]),
        high=_difference(record, record["always_valid_high"]),
    )


def _as_declared(record: Mapping[str, Any], smallest: float) -> dict[str, str]:
    """Write the smallest worthwhile effect with the decimals it was declared with: it rests on nobody's data."""
    shown = smallest * 100 if record["outcome_type"] == "binary" else smallest
    if record["outcome_type"] == "ratio":
        return _difference({**record, "rounded_to": None}, smallest, signed=False)
    decimals = next((d for d in range(MOST_DECIMALS) if abs(round(shown, d) - shown) < 1e-9), MOST_DECIMALS)
    return {
        language: difference_text(
            language, smallest, record["outcome_type"], record["unit"][language], decimals
        ).removeprefix("+")
        for language in LANGUAGES
    }


def _difference(record: Mapping[str, Any], value: float, signed: bool = True) -> dict[str, str]:
    words = {language: difference_in(language, record, value) for language in LANGUAGES}
    return words if signed else {language: text.removeprefix("+") for language, text in words.items()}


def _cannot(record: Mapping[str, Any]) -> list[dict[str, str]]:
    status = record["status"]
    if status not in ("estimated", "assessed", "told"):
        return [bilingual("cannot_nothing_estimated")]
    rung = record["evidence"]["rung"]
    claims = [bilingual("cannot_cause_rung", rung=str(rung))] if rung >= 3 else []
    if status != "estimated":
        claims.append(bilingual("cannot_number_told" if status == "told" else "cannot_measured_assessed"))
    order = {"serious": 0, "not_measured": 1, "warning": 2, "not_measurable": 3}
    opened = [s for s in record["evidence"]["error_sources"] if s["state"] in OPEN_STATES]
    if status == "told":  # without a number nothing can be a lucky or a missed one
        opened = [s for s in opened if s["code"] not in ("multiplicity", "underpowered")]
    if status != "estimated" or not record["interval_low"] <= 0 <= record["interval_high"]:
        # “That there is no effect” is nobody's reading of an interval that leaves out zero.
        opened = [s for s in opened if s["code"] != "underpowered"]
    for source in sorted(opened, key=lambda s: order[s["state"]]):
        text = error_sources()[source["code"]].cannot
        detail = _detail_of(source)
        claims.append({language: text[language].format_map({"detail": detail[language]}) for language in LANGUAGES})
    return claims


def _detail_of(source: Mapping[str, Any]) -> dict[str, str]:
    """The list inside a finding such as “Not measured in both groups: violence, motivation.”."""
    return {language: source["finding"][language].partition(": ")[2].rstrip(".") for language in LANGUAGES}
