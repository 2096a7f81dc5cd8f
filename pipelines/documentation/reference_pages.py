"""Reference pages generated from code, so that they cannot drift."""

from __future__ import annotations

import inspect
import json
import types
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from assets.release.public_files import record_schema
from data_contracts.economics.settings import EconomicsSettings
from data_contracts.home_files.dossier import PaperStudy
from data_contracts.home_files.judgements import Judgements
from data_contracts.protocol.protocol import Protocol
from data_contracts.tables.declared import TABLES, contract_text
from pipelines.documentation.evidence_pages import error_sources_page, ladder_page, risk_of_bias_page
from pipelines.documentation.limit_pages import limits_page

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "reference"
SECTION_NOTES = {
    "deliveries": "The same file may feed several tables: one spreadsheet with a row per person is enough for a whole study.",
}


def pages() -> dict[str, str]:
    """Return every generated page by file name."""
    return {
        "project-yaml.md": protocol_page(),
        "project.schema.json": json.dumps(Protocol.model_json_schema(), indent=1, sort_keys=True, ensure_ascii=False)
        + "\n",
        "results.schema.json": json.dumps(record_schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n",
        "error-sources.md": error_sources_page(),
        "tables.md": tables_page(),
        "ladder.md": ladder_page(),
        "limits.md": limits_page(),
        "risk-of-bias.md": risk_of_bias_page(),
        "dossier.md": sections_page("Studies on paper", DOSSIER_LEAD, PaperStudy),
        "judgements.md": sections_page("Signed judgements", JUDGEMENTS_LEAD, Judgements),
        "economics.md": sections_page("Accounts in money", ECONOMICS_LEAD, EconomicsSettings),
    }


def _kind(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return " · ".join(f"`{value}`" for value in get_args(annotation))
    if origin in (Union, types.UnionType):
        return " · ".join(_kind(a) for a in get_args(annotation) if a is not type(None))
    if origin is tuple:
        return f"list of {_kind(get_args(annotation)[0])}"
    if origin is dict:
        return "mapping"
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return " · ".join(f"`{value}`" for value in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    if hasattr(annotation, "__metadata__"):
        return _kind(get_args(annotation)[0])
    return {
        date: "day, like 2026-10-01",
        str: "text",
        int: "whole number",
        float: "number",
        bool: "`true` · `false`",
    }.get(annotation, str(annotation))


def _sections(model: type[BaseModel], seen: dict[str, type[BaseModel]]) -> dict[str, type[BaseModel]]:
    seen[model.__name__] = model
    for field in model.model_fields.values():
        for part in _parts(field.annotation):
            if part.__name__ not in seen:
                _sections(part, seen)
    return seen


def _parts(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [part for argument in get_args(annotation) for part in _parts(argument)]


def _section_page(model: type[BaseModel]) -> list[str]:
    lines = [
        f"## {model.__name__}",
        "",
        inspect.cleandoc(model.__doc__ or ""),
        "",
        "| key | needed | what | values |",
        "|---|---|---|---|",
    ]
    for name, field in model.model_fields.items():
        default = (
            "yes"
            if field.is_required()
            else (
                "no"
                if field.default in (None, (), {}) or field.default_factory or isinstance(field.default, BaseModel)
                else f"no, default `{_shown(field.default)}`"
            )
        )
        note = field.description or SECTION_NOTES.get(name, "")
        limits = [
            str(m)
            .replace("Ge(ge=", "at least ")
            .replace("Gt(gt=", "more than ")
            .replace("Le(le=", "at most ")
            .rstrip(")")
            for m in field.metadata
            if type(m).__name__ in ("Ge", "Gt", "Le")
        ]
        kind = _kind(field.annotation) + (f" ({', '.join(limits)})" if limits else "")
        lines.append(f"| `{name}` | {default} | {note} | {kind} |")
    return [*lines, ""]


def _shown(value: Any) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def protocol_page() -> str:
    """Return the reference page of `project.yaml`."""
    intro = (FOLDER / "project-yaml.intro.md").read_text(encoding="utf-8").rstrip()
    lines = [intro, "", "# Every key", ""]
    for model in _sections(Protocol, {}).values():
        lines += _section_page(model)
    return "\n".join(lines).rstrip() + "\n"


DOSSIER_LEAD = """\
One file per study in `projects/<id>/dossier/<study>.yaml`: what a report, an article or a press release says, graded by the same
rules as our own results. Enter only what the source states; anything it does not state counts against the study. Without a
number of people or a stated interval, no interval is possible and the figure remains a claim. `trin check projects/<id>` reports
every fault; `trin explain <project>.dossier.<study>` shows the grade; `trin lint-claim TEXT --result <project>.dossier.<study>` checks a
text against it. `projects/i-gang/dossier/` has seven examples. The facts are those of [the ladder](ladder.md).
"""
ECONOMICS_LEAD = """\
`projects/<id>/economics.yaml`: what a project costs, and what follows when one more person reaches an outcome. The effect itself is
not here: it is the published one, with its interval and its rung, and what would have happened anyway was measured by the control group.
`trin check projects/<id>` checks the file; the account has its own page, and is in `marts.duckdb` (`fct_economics`).

Prices come from the file, or by name from an [illustrative catalogue](../../data_contracts/economics/prices.yaml) whose amounts are invented and marked
as such wherever they are shown. Rates, the net tax factor, tax distortion and the price index are the [Ministry of Finance's and Statistics
Denmark's](../../data_contracts/economics/economics.yaml).

    economics_version: "1"
    report_price_year: 2023
    costs:
      - {name: course, label: {da: Forløbet, en: The course}, amount: 36000, low: 32000, high: 40000, per: participant,
         paid_by: {municipality: 0.75, foundation: 0.25}, price_year: 2023, source: "The project's accounts 2023"}
    consequences:
      - {outcome: in_work, price: cash_benefit_month, units_a_year: -11, low: -12, high: -9, source: "Who says so"}
    duration:
      full_years: {value: 2, low: 1, high: 3, source: "Who says so"}
      drop_off: {value: 0.25, low: 0.15, high: 0.5, source: "Who says so"}
    displacement: {value: 0.1, low: 0, high: 0.3, source: "Who says so"}
    attribution: {value: 0.95, low: 0.8, high: 1, source: "Who says so"}

A price of your own, and a later year's index (both numbers are invented):

    prices:
      - {name: home_nurse_visit, label: {da: Besøg af sundhedsplejersken, en: A health visitor's visit}, unit: {da: besøg, en: visit},
         units: {da: besøg, en: visits}, kind: service, counts: health_visitor, amount: 900, low: 700, high: 1100, price_year: 2024,
         paid_by: {municipality: 1}, source: "Who says so"}
    price_index:
      - {year: 2024, index: 119.1, source: "Who says so"}
"""
JUDGEMENTS_LEAD = """\
`projects/<id>/judgements.yaml`: answers that only people can give in a [risk-of-bias instrument](risk-of-bias.md). The file states a name
and the plan it was signed for; after a change of plan the answers do not count until a person signs again. `trin check projects/<id>`
prints the plan's hash. A signature does not override what the pipeline found: of its answer and a person's, the worse one counts.

    judgements_version: "1"
    signed_by: Name, role
    signed_on: 2026-10-01
    plan_sha256: 5f518d7efdd9
    answers:
      "1.1": {answer: PY, because: {da: "Alle forhold, vi kender til, er målt.", en: "Everything we know of is measured."}}
"""


def sections_page(title: str, lead: str, model: type[BaseModel]) -> str:
    """Return the reference page of a YAML file."""
    lines = [f"# {title}", "", lead]
    for section in _sections(model, {}).values():
        lines += _section_page(section)
    return "\n".join(lines).rstrip() + "\n"


def tables_page() -> str:
    """Return the page of delivered tables."""
    import yaml

    lines = [
        "# Delivered tables",
        "",
        "Generated from the contracts in `data_contracts/tables/` and in the designs' folders (Open Data Contract Standard 3.1). A project adds its covariates in `project.yaml`.",
        "",
    ]
    for table in TABLES:
        document = yaml.safe_load(contract_text(table))
        schema = document["schema"][0]
        lines += [
            f"## {table} (version {document['version']})",
            "",
            document["description"]["purpose"],
            "",
            "| column | type | required | what | why |",
            "|---|---|---|---|---|",
        ]
        for column in schema["properties"]:
            custom = {c["property"]: c["value"] for c in column["customProperties"]}
            lines.append(
                f"| `{column['name']}` | {column['logicalType']} | {'yes' if column.get('required') else 'no'} | {column['description']} | {custom['purpose']} |"
            )
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def write_pages() -> None:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages()
