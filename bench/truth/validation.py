"""`docs/validation.md`: the engine against published values and coverage.

Run with `make docs`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from causaldata import cps_mixtape, nsw_mixtape

from models.study import StudyGroups, compare
from pipelines.documentation.method_pages import COVARIATES, example_people

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "validation.md"
RESULTS = ROOT / "bench" / "results"
SQUARES = [{"covariate": name, "shape": "square"} for name in ("age", "smokeintensity", "smokeyrs", "wt71")]
NEAREST: dict[str, dict[str, Any]] = {
    "nn11_caliper": {"caliper_sd_logit": 0.2},
    "nn11_caliper_smallest": {"caliper_sd_logit": 0.2, "order": "smallest_score"},
    "nn11_caliper_closest": {"caliper_sd_logit": 0.2, "order": "closest"},
    "nn11_mahalanobis": {"caliper_sd_logit": 0.2, "mahalanobis": ["age", "wt71", "smokeyrs"]},
    "nn11_own_units": {"caliper_sd_logit": 0.2, "calipers": {"age": 3, "wt71": 10}},
    "nn31_caliper": {"caliper_sd_logit": 0.2, "ratio": 3},
    "nn21_replace": {"caliper_sd_logit": 0.2, "ratio": 2, "replace": True},
}
Line = tuple[str, float, float]


def reference(name: str) -> dict[str, Any]:
    """Return a file of reference values."""
    values: dict[str, Any] = json.loads((ROOT / "tests" / "reference" / name).read_text(encoding="utf-8"))
    return values


def smokers(**settings: Any) -> StudyGroups:
    """Compare quitters with smokers, using the score of the references."""
    people = example_people()
    return compare(people, "qsmk", COVARIATES, person_id="seqn", score_terms=SQUARES, **settings)


def against_r() -> Iterator[Line]:
    """Yield the quantity, our value and R's."""
    expected = reference("nhefs_more_methods.json")
    people = example_people()
    y, seqn = people["wt82_71"], people["seqn"].to_numpy(dtype=int)
    for name, settings in NEAREST.items():
        groups = smokers(method="nearest_neighbour", **settings)
        theirs, pairs = expected["matchings"][name], groups.comparison.pairs
        numbers = seqn[groups.order]
        checksum = int((numbers[pairs["treated"]] * numbers[pairs["control"]]).sum())
        effect = groups.effect(y)
        yield f"{name}: pairs", len(pairs), theirs["pairs"]
        yield f"{name}: sum of products of the pairs' numbers", checksum, theirs["sum_of_seqn_products"]
        yield f"{name}: effect", effect.value, theirs["estimate"]
        if theirs["se_cluster"] is not None:
            yield f"{name}: error by matched set", effect.standard_error, theirs["se_cluster"]
    for name, settings in (("pairs_caliper", {"caliper_sd_logit": 0.2}), ("pairs_no_caliper", {})):
        groups = smokers(method="optimal_pairs", **settings)
        total = float(groups.comparison.pairs["distance"].sum())
        yield f"optimal {name}: total distance", total, expected["optimal"][name]["total_distance"]
        yield f"optimal {name}: effect", groups.effect(y).value, expected["optimal"][name]["estimate"]
    subclass = smokers(method="subclassification", subclasses=6, estimand="ate").effect(y)
    yield "six subclasses, everybody: effect", subclass.value, expected["subclass_ate"]["estimate"]
    for estimand, method in (
        ("att", "inverse_probability"),
        ("ate", "inverse_probability"),
        ("ato", "overlap_weights"),
    ):
        weighted = smokers(method=method, estimand=estimand).effect(y)
        error = float(np.sqrt((weighted.influence**2).sum()))
        yield f"weights {estimand}: effect", weighted.value, expected["weighting"][estimand]["estimate"]
        yield f"weights {estimand}: stacked error", error, expected["weighting"][estimand]["se_stacked_hc0"]
    yield (
        "entropy balancing: effect",
        smokers(method="entropy_balancing").effect(y).value,
        expected["entropy"]["estimate"],
    )
    for estimand in ("att", "ate"):
        robust = smokers(method="inverse_probability", estimand=estimand).effect(y, "augmented_inverse_probability")
        yield f"doubly robust {estimand}: effect", robust.value, expected["aipw"][estimand]["estimate"]
    matched = smokers(method="nearest_neighbour", caliper_sd_logit=0.2).effect(y, "matched_regression")
    yield "regression after matching: effect", matched.value, expected["g_computation"]["estimate"]


def against_publications() -> Iterator[Line]:
    """Yield the quantity, our value and the published one."""
    people = example_people()
    everybody = smokers(method="inverse_probability", estimand="ate").effect(people["wt82_71"])
    yield "NHEFS, weight gained by quitting, kg (Hernán & Robins, 3.44)", everybody.value, 3.44
    experiment, survey = nsw_mixtape.load_pandas().data, cps_mixtape.load_pandas().data
    rows = pd.concat([experiment[experiment.treat == 1], survey], ignore_index=True)
    rows["u74"], rows["u75"] = (rows.re74 == 0).astype(int), (rows.re75 == 0).astype(int)
    rows["treat"] = rows["treat"].astype(int)
    names = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75", "u74", "u75"]
    groups = compare(rows, "treat", names, method="inverse_probability")
    yield "NSW-CPS, inverse probability, dollars", groups.effect(rows["re78"]).value, 1377.12
    robust = groups.effect(rows["re78"], "augmented_inverse_probability")
    yield "NSW-CPS, doubly robust, dollars", robust.value, 1494.90
    yield "NSW-CPS, doubly robust, error", robust.standard_error, 677.90
    placebo = compare(rows, "treat", [n for n in names if n not in ("re75", "u75")], method="inverse_probability")
    yield "NSW-CPS, placebo on earnings before, dollars", placebo.effect(rows["re75"]).value, -1154.68


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.6g}"


def _lines(found: Iterator[Line], theirs: str) -> list[str]:
    table = [f"| what | Trin | {theirs} | difference |", "|---|---|---|---|"]
    for what, ours, other in found:
        apart = abs(ours - other)
        table.append(f"| {what} | {_number(ours)} | {_number(other)} | {'0' if apart == 0 else f'{apart:.0e}'} |")
    return table


def _rows(name: str) -> list[dict[str, str]]:
    path = RESULTS / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def simulation_lines() -> list[str]:
    """Return coverage by estimator and world, one column per world."""
    rows = _rows("simulations.csv")
    worlds = list(dict.fromkeys((r["people"], r["outcome"], r["true_effect"]) for r in rows))
    by_name: dict[str, dict[tuple[str, str, str], dict[str, str]]] = {}
    for row in rows:
        by_name.setdefault(row["estimator"], {})[row["people"], row["outcome"], row["true_effect"]] = row
    head = [f"{people}, {outcome}, effect {effect}" for people, outcome, effect in worlds]
    lines = [f"| estimator and error | {' | '.join(head)} |", "|---" * (len(worlds) + 1) + "|"]
    for name, found in by_name.items():
        cells = []
        for world in worlds:
            share = float(found[world]["coverage"]) if world in found else float("nan")
            text = f"{100 * share:.1f} %"
            cells.append(text if 0.93 <= share <= 0.97 else f"**{text}**")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _kept(file: str) -> list[str]:
    """Return a stored table as it is."""
    rows = _rows(file)
    if not rows:
        return []
    names = [name for name in rows[0] if any(row[name] for row in rows)]
    return [
        f"| {' | '.join(names)} |",
        "|---" * len(names) + "|",
        *[f"| {' | '.join(row[name] for name in names)} |" for row in rows],
    ]


def page() -> str:
    """Return the page."""
    simulations = _rows("simulations.csv")
    draws = max((int(row["draws"]) for row in simulations), default=0)
    parts = [
        "# Validation",
        "",
        "Made by `make docs` from reference values, simulations and timings that are kept in the repository. Tests hold the same",
        "values and limits; the ways to compare are described under [methods](methods/README.md).",
        "",
        "## Against R",
        "",
        "The 1,566 smokers of the NHEFS, whose scores all differ, so that pairs can be compared one by one: MatchIt 4.7.2, optmatch",
        "0.10.8, sandwich 3.0.2 and formulas worked out in R 4.2.2 (`tests/reference/matchit_nhefs_more.R`; more in `tests/reference/`).",
        "On a line many pairings are equally long in all; of these Trin takes the one with the least squares, for which a total may",
        "be up to a millionth longer.",
        "",
        *_lines(against_r(), "R"),
        "",
        "## Against published studies",
        "",
        *_lines(against_publications(), "published"),
        "",
        "The Infant Health and Development Program with simulated outcomes (Hill 2011, first draw of 747 children): the effect on",
        "participants is 4.000 by construction. The data are not ours to keep; `python -m bench.truth.ihdp FILE` makes the table.",
        "",
        *_kept("ihdp.csv"),
        "",
        "## Intervals in worlds whose truth is known",
        "",
        f"Share of {draws:,} draws in which the 95 % interval holds the true effect; where there is no effect, what is missing to 100 % is",
        "the type-I error. About a third of the people take part, three covariates move both taking part and outcome",
        "(`tests/support/simulated.py`). Between 93 and 97 % is asked for; what lies outside is printed bold. `make simulations` makes the table.",
        "",
        *simulation_lines(),
        "",
        "## The ladder in worlds whose truth is known",
        "",
        "Five worlds of 600 participants with the same kind of people (`projects/worlds/young_mothers.py`): what each rung says, how often",
        "its 95 % interval holds the true effect, how often the project is said to be the cause, and how often that is on an effect",
        "of the other sign. Rungs 2 and 3 are the plain differences such designs rest on. In the null world nothing works: a matched",
        "group is fooled, its placebo test gives it away, and the verdict is “unresolved”. `make calibration` makes the table.",
        "",
        *_kept("ladder_calibration.csv"),
        "",
        "## Twenty looks",
        "",
        "Studies that grow every quarter for five years, matched anew each time: the share in which an interval ever leaves out the",
        "truth. Where nothing works, that is a project called effective by looking often enough. The last column is the length of the",
        "interval that holds at every look against the ordinary one, at the last look.",
        "",
        *_kept("repeated_looks.csv"),
        "",
        "## Timings",
        "",
        "`make bench`; medians of at least three runs, each in a process of its own, and ratios within one run. Machines differ: read the",
        "ratios.",
        "",
        *_kept("matching.csv"),
        "",
        "## Operations and scale",
        "",
        "Two cores, 24 GB. Seconds are of that machine; counts and ratios are not.",
        "",
        *_kept("operations.csv"),
    ]
    return "\n".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
