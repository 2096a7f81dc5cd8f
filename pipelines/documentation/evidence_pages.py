"""Pages about the ladder, generated from rules and specification tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_contracts.ladder.ladder import crosswalk, design_facts, economics_sources, error_sources, rung_rules, rungs
from data_contracts.phrases.limits import with_limits
from data_contracts.reading.knowledge import read_knowledge

SPECIFICATION = Path(__file__).resolve().parent.parent.parent / "tests" / "spec"
EFFORTS = {1: "data that exist", 2: "new data", 3: "another way of running the project"}


def specification() -> Iterator[str]:
    """Yield the specification of the ladder, with a line per test.

    Its files are numbered, and each has a heading.
    """
    for path in sorted(SPECIFICATION.glob("test_[0-9]_*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        title, _, lead = (ast.get_docstring(module) or "").partition("\n")
        yield from (f"## {title}", "", lead.strip(), "")
        for node in module.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield f"- {' '.join((ast.get_docstring(node) or '').split())}"
        yield ""


def ladder_page() -> str:
    """Return the page of the ladder: its specification and its rules."""
    lines = [
        "# The evidence ladder",
        "",
        "The sentences of the first part are the specification, which the tests in `tests/spec/` enforce; the tables of the",
        "second are generated from `data_contracts/ladder/` (`ladder.yaml`, `design_facts.yaml`, `crosswalk.yaml`) and `data_contracts/designs/*/design.yaml`.",
        "",
        *specification(),
        "## The rules",
        "",
        "The first row whose facts all hold decides. 1 is the top of the ladder.",
        "",
        "| rung | facts needed | certainty starts at | and reaches at most | worth climbing to |",
        "|---|---|---|---|---|",
    ]
    for rule in rung_rules():
        name = rungs()[int(rule.detail[0])].name["en"]
        needs = ", ".join(f"`{need}`" for need in rule.needs) or "none"
        words = (rule.start.replace("_", " "), rule.cap.replace("_", " "), "yes" if rule.is_goal else "no")
        lines.append(f"| {rule.detail} {name} | {needs} | {' | '.join(words)} |")
    lines += [
        "",
        "## The facts",
        "",
        "| fact | when it holds | how to get it | effort | asked of each participant |",
        "|---|---|---|---|---|",
    ]
    for name, fact in design_facts().items():
        asked = f"{fact.burden.fields:g} fields, {fact.burden.minutes:g} minutes" if fact.burden.fields else "nothing"
        lines.append(f"| `{name}` | {fact.holds['en']} | {fact.lift['en']} | {EFFORTS[fact.burden.effort]} | {asked} |")
    lines += ["", "## Other standards", "", "| standard | grades by rung | source |", "|---|---|---|"]
    conditions = read_knowledge("crosswalk")["conditions"]
    for standard in crosswalk().values():
        grades = "; ".join(
            f"{', '.join(details)}: {standard['grades'][grade]['en']}"
            + (f" if {' and '.join(conditions[c]['en'] for c in under)}" if under else "")
            for (grade, under), details in _rungs_by_grade(standard).items()
        )
        lines.append(f"| [{standard['name']}]({standard['link']}) | {grades} | {standard['source']} |")
    return "\n".join(lines) + "\n"


def _rungs_by_grade(standard: dict[str, Any]) -> dict[tuple[str, tuple[str, ...]], list[str]]:
    """Return rungs by grade and conditions, in the standard's order."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for rule in standard["rules"]:
        found.setdefault((rule["grade"], tuple(rule.get("if", ()))), []).extend(rule["rungs"])
    order = list(standard["grades"])
    return dict(sorted(found.items(), key=lambda item: order.index(item[0][0])))


def error_sources_page() -> str:
    """Return the page of error sources by rung."""
    lines = [
        "# Error sources by rung",
        "",
        "Generated from `data_contracts/ladder/error_sources.yaml`. Every source of a rung is always listed on the result, checked or not.",
        "",
    ]
    groups = [(f"{r.number}. {r.name['en']} ({r.name['da']})", r.error_sources) for r in rungs().values()]
    groups.append(("Beside every result in money", economics_sources()))
    sources = error_sources()
    for title, codes in groups:
        lines += [
            f"## {title}",
            "",
            "| code | name | measured by | thresholds | source | to mend it takes |",
            "|---|---|---|---|---|---|",
        ]
        for code in codes:
            s = sources[code]
            limits = ", ".join(f"{k} {v:g}" for k, v in s.thresholds.items()) or "–"
            mend = "nothing can be done afterwards" if s.burden is None else EFFORTS[s.burden.effort]
            lines.append(
                f"| `{code}` | {s.name['en']} ({s.name['da']}) | {s.metric} | {limits} | [{s.source}]({s.link}) | {mend} |"
            )
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def risk_of_bias_page() -> str:
    """Return the page of risk-of-bias instruments and their trees."""
    lines = [
        "# Risk of bias",
        "",
        "Generated from `data_contracts/ladder/risk_of_bias.yaml`: two instruments, their questions in our own words, and the trees from answers to",
        "judgements. The pipeline answers what its own checks can; questions marked *person* are answered in the project's",
        "[judgements.yaml](judgements.md), and count as no information until a person signs. Where a published tree lets a worse answer",
        "lead to a better judgement, ours is raised to that of the better answer.",
        "",
    ]
    for instrument in read_knowledge("risk_of_bias")["instruments"].values():
        lines += [
            f"## {instrument['name']} ({instrument['version']})",
            "",
            f"[{instrument['source']}]({instrument['link']})",
            "",
        ]
        for domain in instrument["domains"].values():
            lines += [
                f"### {domain['name']['en']} ({domain['name']['da']})",
                "",
                "| question | | answers, best first |",
                "|---|---|---|",
            ]
            for number, question in domain["questions"].items():
                answers = " · ".join("/".join(group) for group in question["answers"])
                who = "*person*" if question.get("person") else ""
                lines.append(f"| {number} | {with_limits(question['text']['en'], 'en')} {who} | {answers} |")
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"
