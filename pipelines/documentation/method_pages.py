"""Pages per comparison method, each with an executed example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from causaldata import nhefs

from dashboards.charts.results import balance_chart
from data_contracts.phrases import phrase
from data_contracts.reading.knowledge import read_knowledge
from models.study import StudyGroups, compare
from models.values.estimates import Estimate

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "methods"
COVARIATES = ("sex", "race", "age", "education", "smokeintensity", "smokeyrs", "exercise", "active", "wt71")
EXAMPLES: dict[str, dict[str, Any]] = {
    "nearest_neighbour": {"caliper_sd_logit": 0.2, "ratio": 2},
    "optimal_pairs": {"caliper_sd_logit": 0.2},
    "full_matching": {"caliper_sd_logit": 0.2},
    "subclassification": {"subclasses": 6},
    "coarsened_exact": {"cuts": {"sex": [], "race": [], "age": [30, 40, 50, 60], "smokeyrs": [10, 20, 30, 40]}},
    "inverse_probability": {},
    "overlap_weights": {"estimand": "ato"},
    "entropy_balancing": {},
}
ESTIMANDS = {"att": "participants (`att`)", "ate": "everybody (`ate`)", "ato": "the overlap (`ato`)"}


def example_people() -> pd.DataFrame:
    """Return the NHEFS smokers who were weighed again."""
    rows: pd.DataFrame = nhefs.load_pandas().data.dropna(subset=["wt82"]).sort_values("seqn").reset_index(drop=True)
    for name in ("sex", "race", "qsmk"):
        rows[name] = pd.to_numeric(rows[name]).astype(int)
    for name in ("education", "exercise", "active"):
        rows[name] = pd.to_numeric(rows[name]).astype(int).astype(str)
    return rows


def pages() -> dict[str, str]:
    """Return every page by file name."""
    people = example_people()
    methods = read_knowledge("comparison_methods")["methods"]
    found = {"README.md": _index(methods)}
    for name, facts in methods.items():
        found[f"{name.replace('_', '-')}.md"] = _page(name, facts, people)
    return found


def _groups(name: str, people: pd.DataFrame) -> StudyGroups:
    return compare(people, "qsmk", COVARIATES, person_id="seqn", method=name, **EXAMPLES[name])


def _index(methods: dict[str, Any]) -> str:
    lines = [
        "# Ways to compare",
        "",
        "Generated from `data_contracts/protocol/comparison_methods.yaml`. A protocol names one under `comparison: method`; others can be added as",
        "declared specifications. How well each reproduces published numbers and known truths: [validation](../validation.md).",
        "",
        "| method | answers for | estimators | use it when |",
        "|---|---|---|---|",
    ]
    for name, facts in methods.items():
        answers = ", ".join(ESTIMANDS[e] for e in facts["estimands"])
        estimators = ", ".join(f"`{e}`" for e in facts["estimators"])
        page = f"[{facts['name']['en']}]({name.replace('_', '-')}.md)"
        lines.append(f"| {page} | {answers} | {estimators} | {facts['use_when']} |")
    lines += [
        "",
        "In a notebook, without Dagster and without files:",
        "",
        "```python",
        "from models.study import compare",
        "",
        'groups = compare(people, "took_part", ["age", "sex"], method="nearest_neighbour", caliper_sd_logit=0.2)',
        'print(groups, groups.effect(people["income"]))',
        "```",
    ]
    return "\n".join(lines) + "\n"


def _page(name: str, facts: dict[str, Any], people: pd.DataFrame) -> str:
    groups = _groups(name, people)
    used = [f"`{key}`" for key in facts["needs"]]
    optional = [
        f"`{key}`" for key in (*facts["may_use"], "score_terms", "score_model", "trimming", "missing_covariates")
    ]
    lines = [
        f"# {facts['name']['en']} ({facts['name']['da']})",
        "",
        f"**Assumes.** {facts['assumes']}",
        "",
        f"**Use it when.** {facts['use_when']}",
        "",
        f"**What it changes about the effect.** {facts['changes']}",
        "",
        f"**In a protocol.** `method: {name}` with {', '.join(used)}; may use {', '.join(optional)}. "
        "See [every key](../reference/project-yaml.md#comparisonsettings).",
        "",
        "## Example",
        "",
        "Did people who quit smoking gain weight? 1,566 smokers of the NHEFS, 403 of whom quit (causaldata 0.1.5).",
        "",
        "```python",
        *_call(name),
        "print(groups)",
        *[f"# {line}" for line in str(groups).splitlines()],
        "```",
        "",
        f"![Standardised differences before and after]({name.replace('_', '-')}.svg)",
        "",
        "| estimator | kg | 95 % interval | error |",
        "|---|---|---|---|",
    ]
    estimators = facts["estimators"]
    for estimator in estimators:
        lines.append(_row(groups.effect(people["wt82_71"], estimator)))
    lines += ["", f"Source: [{facts['source']}]({facts['link']})."]
    return "\n".join(lines) + "\n"


def _call(name: str) -> list[str]:
    """Return the example's call, formatted as ruff would format it."""
    settings = {"person_id": "seqn", "method": name} | EXAMPLES[name]
    named = [f"{key}={value!r}" for key, value in settings.items()]
    arguments = ["people", '"qsmk"', repr(list(COVARIATES)), *named]
    return ["groups = compare(", *[f"    {argument},".replace("'", '"') for argument in arguments], ")"]


def _row(estimate: Estimate) -> str:
    name = phrase("en", f"estimator.{estimate.estimator}")
    interval = f"{estimate.low:.2f} to {estimate.high:.2f}"
    return (
        f"| {name} | {estimate.value:.2f} | {interval} | {estimate.standard_error:.2f} ({estimate.interval_method}) |"
    )


def pictures() -> dict[str, str]:
    """Return the picture of each example by file name."""
    people = example_people()
    found = {}
    for name in EXAMPLES:
        balance = _groups(name, people).balance
        rows = balance.loc[balance["kind"] == "covariate", ["column", "smd_before", "smd_after"]]
        lines = [
            {"label": column, "smd_before": before, "smd_after": after}
            for column, before, after in rows.itertuples(index=False)
        ]
        found[f"{name.replace('_', '-')}.svg"] = standing_alone(balance_chart(lines, "en"))
    return found


def standing_alone(svg: str) -> str:
    """Return a picture with the XML namespace that a separate file needs."""
    return svg if "xmlns=" in svg else svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def write_pages() -> None:
    """Write every page and picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in (pages() | pictures()).items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages()
