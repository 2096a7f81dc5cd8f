"""Rules of each design in a protocol."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from data_contracts.protocol.raw import number_of, rows_of, section_of, words_of
from data_contracts.reading.faults import suggestion
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.safe_yaml import Path

RuleFault = tuple[Path, str, str]
Rows = dict[str, dict[str, Any]]


def design_faults(data: dict[str, Any], covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    """Yield faults of the design that is in force.

    Parameters
    ----------
    data : dict
        The protocol as `read_yaml` gives it, valid or not.
    covariates, outcomes : dict
        Raw rows by name.

    Yields
    ------
    (path, what, fix)
    """
    design = str(data.get("design"))
    known = read_knowledge("designs")["designs"].get(design)
    if known is None:
        return
    yield from _outcome_needs(data, design, bool(known["follows_people"]))
    yield from _published_faults(data, outcomes)
    if design in ("matched_control", "panel") and not data.get("confounder_domains"):
        yield (
            ("confounder_domains",),
            "The domains that matter for the outcome are not declared.",
            "List them; a domain without a covariate stays on the result as an open error source.",
        )
    rules = {
        "matched_control": _matched,
        "randomised_trial": _trial,
        "panel": _panel,
        "benchmarking": _benchmark,
        "systematic_review": _review,
        "expert_assessment": _assessment,
        "case_study": _case_study,
    }
    yield from rules[design](data, covariates, outcomes)


def _has_delivery(data: dict[str, Any], table: str) -> bool:
    return any(row.get("table") == table for _, row in rows_of(data, "deliveries"))


def _outcome_needs(data: dict[str, Any], design: str, follows_people: bool) -> Iterator[RuleFault]:
    is_category = design == "expert_assessment" and section_of(data, "assessment").get("scale") == "category"
    for i, row in rows_of(data, "outcomes"):
        if follows_people and design != "panel":
            for key in ("from_months", "before_months"):
                if key not in row:
                    yield (
                        ("outcomes", i, key),
                        "This key is missing.",
                        "State when after the start the outcome is measured.",
                    )
        if design != "case_study" and not is_category and "smallest_worthwhile_effect" not in row:
            yield (
                ("outcomes", i, "smallest_worthwhile_effect"),
                "This key is missing.",
                "Give the smallest difference that would matter; without it “no effect” cannot be concluded.",
            )
        if row.get("type") == "ratio" and design != "systematic_review":
            yield ("outcomes", i, "type"), "Only a systematic review can pool ratios.", "Use binary or numeric."
        smallest = number_of(row.get("smallest_worthwhile_effect"))
        if row.get("type") == "ratio" and smallest is not None and not (0 < smallest != 1):
            yield ("outcomes", i, "smallest_worthwhile_effect"), "A ratio of 1 means no difference.", "Write e.g. 0.9."


def _published_faults(data: dict[str, Any], outcomes: Rows) -> Iterator[RuleFault]:
    codes = read_knowledge("measures")["measures"]
    for i, row in rows_of(data, "published_answers"):
        for key, known in (("outcome", outcomes), ("measure", codes)):
            word = str(row.get(key))
            if word not in known:
                fix = suggestion(word, known) or f"Known: {', '.join(sorted(known))}."
                yield ("published_answers", i, key), f"There is no {key} “{word}”.", fix


def _matched(data: dict[str, Any], covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    for key in ("comparison", "effects"):
        if key not in data:
            yield (key,), "This section is missing.", "Add it; it describes the matched control group."
    if section_of(data, "comparison").get("method") == "none":
        yield ("comparison", "method"), "A matched control group needs a method.", "See docs/methods/."
    if section_of(data, "effects").get("estimator") == "of_the_design":
        yield ("effects", "estimator"), "A matched control group must declare its estimator here.", "See docs/methods/."


def _register_faults(path: Path, word: str, covariates: Rows, source: str = "register") -> Iterator[RuleFault]:
    if word not in covariates:
        yield path, f"There is no covariate “{word}”.", suggestion(word, covariates) or "Declare it under covariates."
    elif covariates[word].get("source") != source:
        yield path, f"“{word}” is not a covariate with source {source}.", f"Use one with “source: {source}”."


def _trial(data: dict[str, Any], covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    trial = section_of(data, "trial")
    names = words_of(trial, "adjust_for")
    for i, word in names:
        yield from _register_faults(("trial", "adjust_for", i), word, covariates)
    used = [trial.get("estimator"), *(word for _, word in words_of(trial, "alternatives"))]
    if "assigned_adjusted" in used and not names:
        yield ("trial",), "assigned_adjusted needs covariates.", "List them under adjust_for."
    if names and not _has_delivery(data, "comparison_pool"):
        yield (
            ("deliveries",),
            "No delivery contains the covariates of adjust_for.",
            "Add a delivery for the table comparison_pool with everyone in the draw.",
        )
    if trial.get("estimator", "assigned_difference") in [word for _, word in words_of(trial, "alternatives")]:
        yield ("trial", "alternatives"), "The estimator is also listed as an alternative.", "Remove it there."
    waiting = number_of(trial.get("others_start_after_months"))
    if trial.get("drawn") == "waiting_list":
        if waiting is None:
            yield (
                ("trial", "others_start_after_months"),
                "The date when those on the waiting list got their place is missing.",
                "Add it, because after that day there is no comparison group.",
            )
        for i, row in rows_of(data, "outcomes"):
            closes = number_of(row.get("before_months"))
            if waiting is not None and closes is not None and closes > waiting:
                yield (
                    ("outcomes", i, "before_months"),
                    "The window closes after those on the waiting list got their place.",
                    "Measure before that.",
                )


def _panel(data: dict[str, Any], covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    panel = section_of(data, "panel")
    for key in ("weight", "cluster"):
        if isinstance(panel.get(key), str):
            yield from _register_faults(("panel", key), panel[key], covariates)
            if key == "weight" and covariates.get(panel[key], {}).get("type", "numeric") != "numeric":
                yield ("panel", key), f"“{panel[key]}” is not numeric.", "Use a numeric covariate as the weight."
    estimator = panel.get("estimator", "group_time")
    used: list[tuple[Path, Any]] = [(("panel", "estimator"), estimator)]
    used += [(("panel", "alternatives", i), word) for i, word in words_of(panel, "alternatives")]
    for path, word in used:
        if word != "before_after" and not _has_delivery(data, "comparison_pool"):
            yield (
                path,
                f"{word} needs units without the project.",
                "Deliver them as comparison_pool, or use “before_after”, which cannot claim a cause.",
            )
    if estimator in [word for _, word in words_of(panel, "alternatives")]:
        yield ("panel", "alternatives"), "The estimator is also listed as an alternative.", "Remove it there."


def _benchmark(data: dict[str, Any], covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    comparison, effects, benchmark = (section_of(data, key) for key in ("comparison", "effects", "benchmark"))
    method = benchmark.get("method", "reference_rate")
    if comparison.get("method") not in (None, "none", "reference_rate") and method == "reference_rate":
        yield ("comparison", "method"), "Benchmarking compares with a rate.", "Use “method: reference_rate”."
    if effects.get("estimator") not in (None, "of_the_design", "difference_to_rate") and method == "reference_rate":
        yield ("effects", "estimator"), "Benchmarking has only one estimator.", "Use “estimator: difference_to_rate”."
    for i, row in rows_of(comparison, "reference_rates"):
        rate = number_of(row.get("value"))
        kind = outcomes.get(str(row.get("outcome")), {}).get("type")
        if kind == "binary" and rate is not None and not 0 <= rate <= 1:
            yield (
                ("comparison", "reference_rates", i, "value"),
                "The rate of a binary outcome must be a share from 0 to 1.",
                "Write 12 % as 0.12.",
            )
    if method == "reference_rate":
        rated = {str(row.get("outcome")) for _, row in rows_of(comparison, "reference_rates")}
        for i, row in rows_of(data, "outcomes"):
            if str(row.get("name")) not in rated:
                what, fix = "This outcome has no reference rate.", "Add one under comparison.reference_rates."
                yield ("outcomes", i, "name"), what, fix
        return
    if not _has_delivery(data, "rates"):
        yield ("deliveries",), f"{method} needs the table “rates”.", "Add a delivery for it."
    strata = benchmark.get("strata")
    if isinstance(strata, str):
        yield from _register_faults(("benchmark", "strata"), strata, covariates, "intake")
        if covariates.get(strata, {}).get("type") not in (None, "categorical"):
            yield (
                ("benchmark", "strata"),
                f"“{strata}” is not categorical.",
                "Use a categorical covariate, because its levels are the strata.",
            )
    if method in ("structural_rate", "synthetic_control") and not benchmark.get("own_places"):
        yield (
            ("benchmark", "own_places"),
            "The project's own places are not declared.",
            "List them as they are written in the rates table.",
        )
    if method == "synthetic_control" and "starts_on" not in benchmark:
        yield ("benchmark", "starts_on"), "The project's first day is missing.", "Add it."
    if method == "structural_rate" and not any(row.get("source") == "place" for row in covariates.values()):
        what = "No covariate describes the composition of places."
        yield ("covariates",), what, "Add some with “source: place”, such as unemployment."


def _review(data: dict[str, Any], covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    review = section_of(data, "review")
    for i, word in words_of(review, "moderators"):
        yield from _register_faults(("review", "moderators", i), word, covariates, "study")
        if covariates.get(word, {}).get("type") == "categorical":
            yield (
                ("review", "moderators", i),
                "A moderator must be numeric or binary.",
                "Split it into binary columns.",
            )
    needed = {"risk_ratio": "ratio", "odds_ratio": "ratio", "risk_difference": "binary"}.get(str(review.get("measure")))
    for i, row in rows_of(data, "outcomes"):
        if needed is not None and row.get("type") not in (None, needed):
            yield (
                ("outcomes", i, "type"),
                f"The measure {review['measure']} needs an outcome of type {needed}.",
                f"Write “type: {needed}”.",
            )


def _assessment(data: dict[str, Any], covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    assessment = section_of(data, "assessment")
    seeds = section_of(assessment, "seeds")
    if assessment.get("aggregate") == "cooke" and not seeds:
        yield (
            ("assessment", "seeds"),
            "Cooke's weights need seed questions.",
            "Add seed questions with their true answers.",
        )
    if assessment.get("scale") == "category" and assessment.get("aggregate", "median") != "median":
        yield ("assessment", "aggregate"), "Codes without an order cannot be averaged.", "Remove aggregate."
    for name in seeds:
        if name in outcomes:
            yield (
                ("assessment", "seeds", str(name)),
                f"“{name}” is an outcome too.",
                "Rename the seed question.",
            )
    if assessment.get("truth") is not None and len(outcomes) > 1:
        yield (
            ("assessment", "truth"),
            "Only one outcome is possible when the true answer is given.",
            "Declare one outcome per protocol.",
        )
    if assessment.get("truth") is not None and assessment.get("naive_forecast") is None:
        what = "Skill is measured against a naive forecast, which is missing."
        yield ("assessment", "naive_forecast"), what, "Add the forecast you would have made without experts."


def _case_study(data: dict[str, Any], covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    cases = section_of(data, "case_study")
    explanations = rows_of(cases, "explanations")
    names = {str(row.get("name")) for _, row in explanations}
    if not rows_of(cases, "conditions") and not rows_of(cases, "tests"):
        what = "Neither conditions nor tests are declared, so nothing is looked for in the cases."
        yield ("case_study",), what, "Add conditions, or explanations with tests."
    items = [str(row.get("name")) for key in ("conditions", "tests") for _, row in rows_of(cases, key)]
    items += [str(row.get("name")) for _, row in explanations]
    for word, count in sorted(Counter([*items, *outcomes]).items()):
        if count > 1:
            yield ("case_study",), f"The name “{word}” is used more than once.", "Give each a unique name."
    if rows_of(cases, "tests") and len(explanations) < 2:
        what = "Tests need at least two explanations: the project's and a rival."
        yield ("case_study", "explanations"), what, "Add what else could explain the outcome."
    if explanations:
        own = sum(str(row.get("is_project")).lower() == "true" for _, row in explanations)
        if own != 1:
            yield (
                ("case_study", "explanations"),
                f"{own} explanations are marked as the project's.",
                "Mark exactly one with “is_project: true”.",
            )
        priors = [number_of(row.get("prior")) for _, row in explanations]
        total = sum(p for p in priors if p is not None)
        if None not in priors and abs(total - 1) > 1e-6:
            what = f"The explanations' priors sum to {total:g}."
            yield ("case_study", "explanations"), what, "Change them so that they sum to 1."
    for i, row in rows_of(cases, "tests"):
        if str(row.get("explains")) not in names:
            fix = suggestion(str(row.get("explains")), names) or "Use the name of one of the explanations."
            yield ("case_study", "tests", i, "explains"), f"There is no explanation “{row.get('explains')}”.", fix
        likely, otherwise = number_of(row.get("found_if_true")), number_of(row.get("found_if_false"))
        if likely is not None and otherwise is not None and likely <= otherwise:
            what = "The trace is not more likely if the explanation holds than if it does not, so it cannot test it."
            yield (
                ("case_study", "tests", i, "found_if_true"),
                what,
                "Swap the probabilities, or name the other explanation.",
            )
    kinds = {name: row.get("type") for name, row in outcomes.items()}
    for i, row in rows_of(data, "outcomes"):
        if kinds.get(str(row.get("name"))) not in (None, "binary"):
            yield ("outcomes", i, "type"), "The outcome of a case study must be binary.", "Write “type: binary”."
