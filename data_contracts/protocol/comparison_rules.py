"""Rules of the comparison and its estimators in a protocol."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from data_contracts.designs.declared import declared_designs
from data_contracts.reading.faults import suggestion
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.raw import RuleFault, number_of, rows_of, section_of, words_of
from data_contracts.reading.safe_yaml import Path

WHAT_IS_MISSING = {
    "score_covariates": ("The score has no covariates.", "List register covariates under score_covariates."),
    "caliper_sd_logit": (
        "The caliper is not declared.",
        "Add “caliper_sd_logit: 0.2” or another width, because it decides who is left out.",
    ),
    "subclasses": ("The number of subclasses is not declared.", "Add “subclasses: 5”, or another number."),
    "cuts": (
        "No cut points are declared.",
        "Add “cuts: {age_years: [20, 25, 30], sex: []}”; an empty list means exactly equal.",
    ),
}
OPTIONAL_SETTINGS = (
    "ratio",
    "replace",
    "order",
    "caliper_sd_logit",
    "calipers",
    "mahalanobis",
    "exact",
    "subclasses",
    "cuts",
)


def comparisons_of(data: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any], list[tuple[Path, str]]]]:
    """Yield each comparison of a protocol: path, rows, and estimators by path."""
    effects = section_of(data, "effects")
    own: list[tuple[Path, str]] = []
    if isinstance(effects.get("estimator"), str):
        own.append((("effects", "estimator"), effects["estimator"]))
    yield ("comparison",), section_of(data, "comparison"), own
    for i, row in rows_of(effects, "specifications"):
        place: Path = ("effects", "specifications", i)
        chosen = [((*place, "estimator"), row["estimator"])] if isinstance(row.get("estimator"), str) else []
        yield (*place, "comparison"), section_of(row, "comparison"), chosen


def comparison_faults(data: dict[str, Any], covariates: dict[str, Any]) -> Iterator[RuleFault]:
    """Yield faults of matched comparisons.

    Parameters
    ----------
    data : dict
        The protocol from `read_yaml`, valid or not.
    covariates : dict
        Raw covariate rows by name.
    """
    design = declared_designs().get(str(data.get("design")))
    uses = () if design is None else design.uses
    if "effects" in uses or "effects.subgroups" in uses:
        yield from _subgroup_faults(data, covariates)
    if "comparison" not in uses:
        return
    for place, comparison, estimators in comparisons_of(data):
        yield from _method_faults(place, comparison, estimators)
        yield from _term_faults(place, comparison, covariates)
        yield from _kind_faults(place, comparison, covariates)
    yield from _alternative_faults(data)
    yield from _specification_faults(data)


def _method_faults(place: Path, comparison: dict[str, Any], estimators: list[tuple[Path, str]]) -> Iterator[RuleFault]:
    method = comparison.get("method")
    if method == "reference_rate":
        fix = "Use “design: benchmarking”, or another method."
        yield (*place, "method"), "A rate is not a control group.", fix
    table = read_knowledge("comparison_methods")
    known = table["methods"].get(method)
    if known is None:
        return
    for key in known["needs"]:
        if not comparison.get(key):
            what, fix = WHAT_IS_MISSING[key]
            yield place, what, fix
    for key in OPTIONAL_SETTINGS:
        if comparison.get(key) and key not in known["needs"] and key not in known["may_use"]:
            what = f"Method {method} does not use {key}."
            yield (*place, key), what, "Remove it, or use a method that does (docs/methods/)."
    estimand = comparison.get("estimand", "att")
    if estimand not in known["estimands"]:
        answers = " or ".join(known["estimands"])
        what = f"Method {method} estimates {answers}."
        yield ((*place, "estimand") if "estimand" in comparison else place), what, f"Write “estimand: {answers}”."
    for path, estimator in estimators:
        yield from _estimator_faults(path, estimator, str(method), known, comparison)


def _estimator_faults(
    path: Path, estimator: str, method: str, known: dict[str, Any], comparison: dict[str, Any]
) -> Iterator[RuleFault]:
    if estimator == "difference_to_rate":
        yield path, "This estimator belongs to benchmarking.", "Use another estimator."
        return
    if estimator not in known["estimators"]:
        what = f"With method {method} the result is {' or '.join(known['estimators'])}."
        yield path, what, f"Use “estimator: {known['estimators'][0]}”; list others under alternatives."
    if comparison.get("score_model") == "boosted_trees":
        yield from _tree_faults(path, estimator)


def _tree_faults(path: Path, estimator: str) -> Iterator[RuleFault]:
    if read_knowledge("comparison_methods")["estimators"].get(estimator, {}).get("needs_logit"):
        what = f"The error of {estimator} is known for a logit score only."
        yield path, what, "Use “score_model: logit”, or the estimator cross_fitted or a matched one."


def _alternative_faults(data: dict[str, Any]) -> Iterator[RuleFault]:
    comparison, effects = section_of(data, "comparison"), section_of(data, "effects")
    table = read_knowledge("comparison_methods")
    estimand, method = comparison.get("estimand", "att"), comparison.get("method")
    for i, estimator in words_of(effects, "alternatives"):
        path: Path = ("effects", "alternatives", i)
        if estimator == "difference_to_rate":
            yield path, "This estimator belongs to benchmarking.", "Use another estimator."
        elif estimator in table["estimators"] and estimand not in table["estimators"][estimator]["estimands"]:
            what = f"{estimator} does not estimate {estimand}, so it cannot be an alternative."
            yield path, what, "Remove it, or declare a separate specification for it."
        elif estimator in ("matched_difference", "matched_regression") and estimator not in table["methods"].get(
            method, {}
        ).get("estimators", ()):
            what = f"Method {method} forms no matched sets."
            yield path, what, "Use another estimator, or “method: nearest_neighbour”."
        if comparison.get("score_model") == "boosted_trees":
            yield from _tree_faults(path, estimator)
    if effects.get("estimator") in [word for _, word in words_of(effects, "alternatives")]:
        what = "The estimator is also listed as an alternative."
        yield ("effects", "alternatives"), what, "Remove it from alternatives."


def _term_faults(place: Path, comparison: dict[str, Any], covariates: dict[str, Any]) -> Iterator[RuleFault]:
    names = [word for _, word in words_of(comparison, "score_covariates")]
    for i, row in rows_of(comparison, "score_terms"):
        path = (*place, "score_terms", i)
        pair = [word for _, word in words_of(row, "interaction")]
        own = row.get("covariate")
        if bool(own) == bool(pair):
            yield (
                path,
                "A term names one covariate or an interaction.",
                "Write “covariate: …” or “interaction: [a, b]”.",
            )
            continue
        for word in [str(own)] if own else pair:
            if word not in names:
                fix = suggestion(word, names) or "Add it to score_covariates."
                yield path, f"“{word}” is not in score_covariates.", fix
        if pair:
            if len(set(pair)) != 2:
                yield (
                    (*path, "interaction"),
                    "An interaction must have two different covariates.",
                    "For a square use “shape: square”.",
                )
            if set(row) - {"interaction"}:
                yield path, "An interaction cannot have a shape or levels.", "Put them in a separate term."
            continue
        is_level = covariates.get(str(own), {}).get("type") == "categorical"
        if is_level != ("most_levels" in row) or is_level == ("shape" in row):
            yield path, "A term needs a shape (numeric) or most_levels (categorical).", "Write the one that fits."
        if covariates.get(str(own), {}).get("type") == "binary":
            yield path, "A binary covariate cannot have a shape.", "Remove the term."
        if (row.get("shape") == "spline") != ("knots" in row):
            yield path, "A spline needs a number of knots, and only a spline may have one.", "Write “knots: 4”."


def _kind_faults(place: Path, comparison: dict[str, Any], covariates: dict[str, Any]) -> Iterator[RuleFault]:
    for key in ("score_covariates", "exact", "mahalanobis"):
        words = [word for _, word in words_of(comparison, key)]
        for i, word in words_of(comparison, key):
            if word in words[:i]:
                yield (*place, key, i), f"“{word}” is listed twice.", "Remove one."
    for i, word in words_of(comparison, "mahalanobis"):
        if covariates.get(word, {}).get("type") == "categorical":
            yield (*place, "mahalanobis", i), "Distance needs a numeric covariate.", "Use exact for categorical ones."
    for name in section_of(comparison, "calipers"):
        if covariates.get(str(name), {}).get("type", "numeric") != "numeric":
            yield (*place, "calipers", name), "A caliper needs a numeric covariate.", "Use exact for others."
    for name, points in section_of(comparison, "cuts").items():
        if not isinstance(points, list):
            continue
        numbers = [number_of(p) for p in points]
        kind = covariates.get(str(name), {}).get("type", "numeric")
        if points and kind == "categorical":
            yield (*place, "cuts", name), "A categorical covariate has no cut points.", "Use an empty list."
        if any(a is not None and b is not None and a >= b for a, b in pairwise(numbers)):
            yield (
                (*place, "cuts", name),
                "Cut points must be in ascending order.",
                "Sort them from the smallest to the largest.",
            )


def _specification_faults(data: dict[str, Any]) -> Iterator[RuleFault]:
    rows = rows_of(section_of(data, "effects"), "specifications")
    names = [str(row.get("name")) for _, row in rows]
    estimand = section_of(data, "comparison").get("estimand", "att")
    for i, row in rows:
        path: Path = ("effects", "specifications", i)
        if names.count(str(row.get("name"))) > 1:
            yield (*path, "name"), f"The name “{row.get('name')}” is used more than once.", "Give each its own name."
        if section_of(row, "comparison").get("estimand", "att") != estimand:
            what = "A specification must have the same estimand as the comparison."
            yield (*path, "comparison"), what, f"Write “estimand: {estimand}”."


def _subgroup_faults(data: dict[str, Any], covariates: dict[str, Any]) -> Iterator[RuleFault]:
    rows = rows_of(section_of(data, "effects"), "subgroups")
    names = [str(row.get("name")) for _, row in rows]
    for i, row in rows:
        path: Path = ("effects", "subgroups", i)
        if names.count(str(row.get("name"))) > 1:
            yield (*path, "name"), f"The name “{row.get('name')}” is used more than once.", "Give each its own name."
        kind = covariates.get(str(row.get("covariate")), {}).get("type")
        sizes = [number_of(row.get(key)) for key in ("at_least", "at_most")]
        allowed = [word for _, word in words_of(row, "one_of")]
        if kind == "categorical" and any(size is not None for size in sizes):
            yield path, "at_least and at_most are for numeric covariates.", "Use one_of."
        if kind in ("numeric", "binary") and allowed:
            yield (*path, "one_of"), "one_of is for categorical covariates.", "Use at_least and at_most."
        if not allowed and all(size is None for size in sizes):
            yield path, "The subgroup has no condition.", "Add at_least, at_most or one_of."


def used_covariates(data: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield every covariate named by comparisons and subgroups, with path."""
    for place, comparison, _ in comparisons_of(data):
        for key in ("score_covariates", "exact", "mahalanobis"):
            for i, word in words_of(comparison, key):
                yield (*place, key, i), word
        for key in ("calipers", "cuts"):
            for name in section_of(comparison, key):
                yield (*place, key, str(name)), str(name)
        if isinstance(comparison.get("other_programme"), str):
            yield (*place, "other_programme"), comparison["other_programme"]
    for i, row in rows_of(section_of(data, "effects"), "subgroups"):
        yield ("effects", "subgroups", i, "covariate"), str(row.get("covariate"))
