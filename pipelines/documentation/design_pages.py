"""Pages per design: a demo project's result, picture and protocol."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from dashboards.charts.results import estimates_chart
from dashboards.pages.parts import measures_markdown, part_groups
from dashboards.words.summary import effect_words
from data_contracts.calendar.quarters import Quarter
from data_contracts.designs.declared import DeclaredDesign, declared_designs
from data_contracts.ladder.ladder import error_sources, rungs
from data_contracts.results.public_record import PublicRecord
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from pipelines.documentation.method_pages import standing_alone
from pipelines.running.rehearsal import demo_home, rehearse
from projects.portfolio import protocol_folder

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "designs"
QUARTER, DAY = Quarter(2026, 3), date(2026, 10, 15)


def worked_example(project: str) -> PublicRecord:
    """Evaluate a demo project and return its published primary result."""
    with tempfile.TemporaryDirectory() as folder:
        made = rehearse(demo_home(Path(folder), project), project, QUARTER, day=DAY)
    return publish(next(record for _, _, record in made if record.primary), default_policy())


def pages_and_pictures() -> tuple[dict[str, str], dict[str, str]]:
    """Return every page, and every design's picture, by file name."""
    designs = declared_designs()
    texts = {"README.md": _index(designs)}
    pictures = {}
    for name, design in designs.items():
        example: list[str] = []
        if design.example is not None:
            row = worked_example(design.example).model_dump(mode="json")
            svg = _picture(row)
            if svg:
                pictures[f"{_file(name)}.svg"] = standing_alone(svg)
            example = _example(design.example, row, f"{_file(name)}.svg" if svg else None)
        texts[f"{_file(name)}.md"] = _page(design, example)
    return texts, pictures


def _file(name: str) -> str:
    return name.replace("_", "-")


def _index(designs: Mapping[str, DeclaredDesign]) -> str:
    lines = [
        "# Designs",
        "",
        "Generated from `data_contracts/designs/*/design.yaml`. A protocol names one under `design:`; it may contain sections of other designs,",
        "which are ignored, so that changing the design means one word and other tables. The rung that a result *earns* is decided by what was observed:",
        "[the ladder](../reference/ladder.md).",
        "",
        "| rung | design | compared with | tables | use it when |",
        "|---|---|---|---|---|",
    ]
    for name, design in designs.items():
        tables = ", ".join(f"`{t}`" for t in design.tables)
        compared = rungs()[design.rung].compared_with["en"]
        lines.append(
            f"| {design.rung} | [{design.name['en']}]({_file(name)}.md) | {compared} | {tables} | {design.use_when} |"
        )
    return "\n".join(lines) + "\n"


def _page(design: DeclaredDesign, example: list[str]) -> str:
    rung = rungs()[design.rung]
    also = ", ".join(f"`{t}`" for t in design.may_use)
    lines = [
        f"# {design.name['en']} ({design.name['da']}), rung {design.rung}",
        "",
        f"**Compared with** {rung.compared_with['en']}.",
        "",
        f"**Assumes.** {design.assumes}",
        "",
        f"**Use it when.** {design.use_when}",
        "",
        f"**Reads** {', '.join(f'`{t}`' for t in design.tables)}{f'; also {also} if delivered' if also else ''}. "
        f"Settings are under [`{design.section}:`](../reference/project-yaml.md); of the settings that not every design uses, it uses "
        f"{', '.join(f'`{key}`' for key in design.uses)}, and `trin check` lists any others that are declared.",
        "",
        "## Error sources",
        "",
        "Checked every time; a source that could not be checked counts against the result.",
        "",
        "| source | measured by |",
        "|---|---|",
        *[f"| {error_sources()[code].name['en']} | {error_sources()[code].metric} |" for code in rung.error_sources],
        *example,
        "",
        f"Source: [{design.source}]({design.link}).",
    ]
    return "\n".join(lines) + "\n"


def _example(project: str, row: dict[str, Any], picture: str | None) -> list[str]:
    """Return the lines about a demo project: result, picture, protocol."""
    protocol = (protocol_folder(project) / "project.yaml").read_text(encoding="utf-8").rstrip()
    return [
        "",
        f"## Example: {row['project_name']['en']}",
        "",
        f"{row['outcome_label']['en']}: **{effect_words(row, 'en')}**. Rung {row['evidence']['rung_detail']}, certainty "
        f"{row['evidence']['certainty'].replace('_', ' ')}, verdict “{row['claims']['verdict_text']['en']}”. Numbers as published.",
        "",
        *[f"- {text['en']}" for text in row["claims"]["can"]],
        *[
            f"- As published: {answer['estimate']:g}{_error(answer)}. {answer['source']}."
            for answer in row["known_answers"]
        ],
        *(["", f"![{row['outcome_label']['en']}]({picture})"] if picture else []),
        *measures_markdown(row, "en"),
        "",
        "## The protocol, to copy",
        "",
        "```yaml",
        protocol,
        "```",
    ]


def _error(answer: dict[str, Any]) -> str:
    return "" if answer["standard_error"] is None else f" ({answer['standard_error']:g})"


def _picture(row: dict[str, Any]) -> str:
    drawn = [group["svg"] for group in part_groups(row, "en") if group["svg"]]
    if drawn:
        return str(drawn[0])
    return estimates_chart(row, "en") if row["status"] == "estimated" else ""


def write_pages() -> None:
    """Write every page and picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    texts, pictures = pages_and_pictures()
    for name, text in (texts | pictures).items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages()
