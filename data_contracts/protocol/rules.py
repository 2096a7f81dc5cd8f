"""Rules that involve several sections of a protocol."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from data_contracts.calendar.quarters import Quarter, earliest_quarter
from data_contracts.protocol.comparison_rules import comparison_faults, used_covariates
from data_contracts.protocol.delivery_rules import delivery_faults
from data_contracts.protocol.design_rules import design_faults
from data_contracts.reading.faults import suggestion
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.raw import RuleFault, number_of, rows_of, section_of, words_of
from data_contracts.reading.safe_yaml import Path

LIVING_REVIEW = "living-review"
RESERVED_NAMES = frozenset(
    {
        "person_id",
        "index_date",
        "covariate_date",
        "municipality_code",
        "outcome",
        "measured_date",
        "value",
        "treated",
        "propensity_logit",
        "weight",
        "cluster",
        "left_out",
        "row_in_file",
        "file_number",
        "is_accepted",
        "position",
        "block",
        "assigned",
        "assigned_date",
        "took_part",
    }
)


def rule_faults(data: dict[str, Any], folder: str | None) -> Iterator[RuleFault]:
    """Yield faults that involve several sections.

    Parameters
    ----------
    data : dict
        The protocol from `read_yaml`, valid or not.
    folder : str or None
        Name of the file's folder, if it must equal the id.
    """
    if folder is not None and isinstance(data.get("id"), str) and data["id"] != folder:
        yield ("id",), f"The id differs from the folder's name “{folder}”.", "Make them equal."
    if data.get("id") == LIVING_REVIEW:
        yield ("id",), "This id is reserved for the review of all projects together.", "Choose another."
    known_places = read_knowledge("municipalities")["municipalities"]
    for i, code in words_of(data, "municipalities"):
        if len(code) == 4 and code.isdigit() and code not in known_places:
            yield (
                ("municipalities", i),
                "No Danish municipality has this code.",
                "See data_contracts/registers/municipalities.yaml.",
            )
    covariates = {str(row.get("name")): row for _, row in rows_of(data, "covariates")}
    outcomes = {str(row.get("name")): row for _, row in rows_of(data, "outcomes")}
    yield from _quarter_faults(data)
    yield from _name_faults(data, covariates, outcomes)
    yield from _outcome_faults(data)
    yield from _covariate_faults(data, outcomes)
    yield from _reference_faults(data, covariates, outcomes)
    yield from design_faults(data, covariates, outcomes)
    yield from comparison_faults(data, covariates)
    yield from delivery_faults(data, covariates, outcomes)


def _quarter_faults(data: dict[str, Any]) -> Iterator[RuleFault]:
    try:
        first = Quarter.parse(str(section_of(data, "evaluation").get("first_quarter")))
    except ValueError:
        return  # the section says so itself
    earliest = earliest_quarter()
    if first < earliest:
        what = f"Results cannot be made of {first}: {earliest} is the earliest quarter."
        yield ("evaluation", "first_quarter"), what, f"Write {earliest} or a later quarter."


def _name_faults(data: dict[str, Any], covariates: dict[str, Any], outcomes: dict[str, Any]) -> Iterator[RuleFault]:
    for key in ("covariates", "outcomes"):
        counts = Counter(str(row.get("name")) for _, row in rows_of(data, key))
        for i, row in rows_of(data, key):
            if counts[str(row.get("name"))] > 1:
                yield (
                    (key, i, "name"),
                    f"The name “{row.get('name')}” is used more than once.",
                    "Give each a unique name.",
                )
    for key in ("covariates", "outcomes"):
        for i, row in rows_of(data, key):
            name = str(row.get("name"))
            if name in RESERVED_NAMES or "__" in name:
                yield (
                    (key, i, "name"),
                    f"“{name}” is reserved by the pipeline.",
                    "Choose another name, and map it in the delivery's columns.",
                )
    for name in sorted(set(covariates) & set(outcomes)):
        yield (
            ("covariates",),
            f"“{name}” is both a covariate and an outcome.",
            "Rename one of them, because people must not be matched on their own outcome.",
        )


def _outcome_faults(data: dict[str, Any]) -> Iterator[RuleFault]:
    rows = rows_of(data, "outcomes")
    primary_count = sum(str(row.get("primary")).lower() in ("true", "yes", "1", "on", "y", "t") for _, row in rows)
    if rows and primary_count != 1:
        yield ("outcomes",), f"{primary_count} outcomes are primary.", "Mark exactly one with “primary: true”."
    follow_up = number_of(section_of(data, "evaluation").get("follow_up_months"))
    for i, row in rows:
        opens, closes = number_of(row.get("from_months")), number_of(row.get("before_months"))
        low, high = number_of(row.get("minimum")), number_of(row.get("maximum"))
        if low is not None and high is not None and low > high:
            yield ("outcomes", i, "minimum"), "The minimum is larger than the maximum.", "Swap them."
        if opens is not None and closes is not None and closes <= opens:
            yield (
                ("outcomes", i, "before_months"),
                "The window closes before it opens.",
                "before_months must be larger than from_months.",
            )
        if closes is not None and follow_up is not None and closes > follow_up:
            yield (
                ("outcomes", i, "before_months"),
                "The window closes after follow_up_months.",
                "Raise evaluation.follow_up_months or shorten the window.",
            )
        if row.get("derived") is not None and row.get("type") not in (None, "binary"):
            yield ("outcomes", i, "type"), "A derived outcome must be binary.", "Write “type: binary”."
        if row.get("type") == "numeric" and not row.get("unit"):
            yield ("outcomes", i), "A numeric outcome needs a unit.", "Add “unit: …”."


def _covariate_faults(data: dict[str, Any], outcomes: dict[str, Any]) -> Iterator[RuleFault]:
    asked = [row for _, row in rows_of(data, "covariates") if row.get("source") == "intake"]
    known = read_knowledge("asking")
    count, most = len(asked) + len(known["core_fields"]), int(known["most_asked_fields"])
    if count > most:
        what = f"{count} fields are asked of each participant; the maximum is {most}."
        yield (
            ("covariates",),
            what,
            "Get the rest from registers, because documentation takes time from the participants.",
        )
    for i, row in rows_of(data, "covariates"):
        if row.get("type") == "categorical" and not row.get("levels"):
            yield ("covariates", i), "A categorical covariate needs its levels.", "Add “levels: [a, b]”."
        if row.get("type") != "categorical" and row.get("levels"):
            yield (
                ("covariates", i, "levels"),
                "Only a categorical covariate can have levels.",
                "Remove levels, or use “type: categorical”.",
            )
        low, high = number_of(row.get("minimum")), number_of(row.get("maximum"))
        if low is not None and high is not None and low > high:
            yield ("covariates", i, "minimum"), "The minimum is larger than the maximum.", "Swap them."
        earlier = row.get("pre_period_of")
        if isinstance(earlier, str) and earlier not in outcomes:
            yield (
                ("covariates", i, "pre_period_of"),
                f"There is no outcome “{earlier}”.",
                suggestion(earlier, outcomes) or "Name one of the outcomes.",
            )
        if isinstance(earlier, str) and row.get("source") == "intake":
            yield (
                ("covariates", i, "pre_period_of"),
                "An intake field is not known for the comparison group.",
                "Use a register covariate.",
            )


def _reference_faults(
    data: dict[str, Any], covariates: dict[str, Any], outcomes: dict[str, Any]
) -> Iterator[RuleFault]:
    comparison = section_of(data, "comparison")
    yield from _eligibility_faults(data, covariates)
    uses: list[tuple[Path, str]] = list(used_covariates(data))
    for i, row in rows_of(data, "eligibility"):
        uses.append((("eligibility", i, "covariate"), str(row.get("covariate"))))
    for i, row in rows_of(data, "placebo_outcomes"):
        uses.append((("placebo_outcomes", i, "covariate"), str(row.get("covariate"))))
        if covariates.get(str(row.get("covariate")), {}).get("type") == "categorical":
            yield (
                ("placebo_outcomes", i, "covariate"),
                "A placebo outcome must be numeric or binary.",
                "Choose another covariate.",
            )
        left_out = [word for _, word in words_of(row, "leave_out")]
        uses += [(("placebo_outcomes", i, "leave_out", j), word) for j, word in words_of(row, "leave_out")]
        if row.get("covariate") not in left_out:
            yield (
                ("placebo_outcomes", i, "leave_out"),
                "The placebo itself must be left out of its score.",
                "Add it to leave_out.",
            )
    for path, word in uses:
        if word not in covariates:
            yield (
                path,
                f"There is no covariate “{word}”.",
                suggestion(word, covariates) or "Declare it under covariates.",
            )
        elif covariates[word].get("source") == "intake":
            what = f"“{word}” is known for participants only (source: intake), so the groups cannot be compared on it."
            yield (
                path,
                what,
                "Use a register covariate; the domain of this one stays on the result as an open error source.",
            )
    other = comparison.get("other_programme")
    if isinstance(other, str) and covariates.get(other, {}).get("type") not in (None, "binary"):
        yield (
            ("comparison", "other_programme"),
            f"“{other}” is not binary.",
            "Use a binary covariate: 1 for people in another programme, 0 for others.",
        )
    known = list(rows_of(comparison, "reference_rates"))
    for key, rows in (("known_answers", rows_of(data, "known_answers")), ("comparison.reference_rates", known)):
        for i, row in rows:
            if str(row.get("outcome")) not in outcomes:
                yield (
                    (*key.split("."), i, "outcome"),
                    f"There is no outcome “{row.get('outcome')}”.",
                    suggestion(str(row.get("outcome")), outcomes) or "Name one of the outcomes.",
                )


def _eligibility_faults(data: dict[str, Any], covariates: dict[str, Any]) -> Iterator[RuleFault]:
    for i, row in rows_of(data, "eligibility"):
        low, high = number_of(row.get("at_least")), number_of(row.get("at_most"))
        allowed = [word for _, word in words_of(row, "one_of")]
        kind = covariates.get(str(row.get("covariate")), {}).get("type")
        if kind == "categorical" and (low is not None or high is not None):
            yield ("eligibility", i), "at_least and at_most are for numeric covariates.", "Use one_of."
        if kind in ("numeric", "binary") and allowed:
            yield ("eligibility", i, "one_of"), "one_of is for categorical covariates.", "Use at_least and at_most."
        if low is None and high is None and not allowed:
            yield ("eligibility", i), "The rule has no condition.", "Add at_least, at_most or one_of."
        if low is not None and high is not None and low > high:
            yield (
                ("eligibility", i),
                "No one can meet this rule, because at_least is larger than at_most.",
                "Swap them.",
            )
        levels = [word for _, word in words_of(covariates.get(str(row.get("covariate")), {}), "levels")]
        for word in allowed:
            if levels and word not in levels:
                yield (
                    ("eligibility", i, "one_of"),
                    f"“{word}” is not a level of this covariate.",
                    suggestion(word, levels) or f"Levels: {', '.join(levels)}.",
                )
