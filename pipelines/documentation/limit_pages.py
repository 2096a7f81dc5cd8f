"""The reference page of limits: the numbers that decide what is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from data_contracts.designs.declared import declared_designs
from data_contracts.ladder.ladder import gate_reasons
from data_contracts.reading.knowledge import wings
from data_contracts.reading.limits import SECTIONS, limits

CONTRACTS = Path(__file__).resolve().parent.parent.parent / "data_contracts"
FILES = ("gates", "disclosure", "ladder", "crosswalk", "risk_of_bias", "claim_words")
NOTED = re.compile(r"^ *([a-z_]+): [^#\n]*? +# (.+)$", re.MULTILINE)


def limits_page() -> str:
    """Return the page of limits: each number, its file and its source."""
    lines = [
        "# Limits",
        "",
        "Generated from the YAML files under `data_contracts/` that hold them. Code, texts and checks read each number from there.",
        "Thresholds of error sources have [a page of their own](error-sources.md); what money is worth over time is in",
        "`data_contracts/economics/economics.yaml`.",
        "",
    ]
    for file, names in limit_files().items():
        notes = notes_of(file)
        lines += [
            f"## `data_contracts/{file}`",
            "",
            "| limit | value | what it decides, and its source |",
            "|---|---|---|",
        ]
        lines += [f"| `{name}` | {limits()[name]:.12g} | {notes[name.rpartition('.')[2]]} |" for name in names]
        lines.append("")
    lines += ["## Why a design gives no number", "", "| code | what people read |", "|---|---|"]
    lines += [f"| `{code}` | {texts['en']} |" for code, texts in gate_reasons().items()]
    return "\n".join(lines) + "\n"


def limit_files() -> dict[str, list[str]]:
    """Return names of limits by file, its path inside `data_contracts`."""
    own = [f"designs/{design}/design.yaml" for design in declared_designs()]
    files = [*(f"{wings()[name]}/{name}.yaml" for name in FILES), *own]
    found = {file: list(_names(file)) for file in files}
    return {file: names for file, names in found.items() if names}


def notes_of(file: str) -> dict[str, str]:
    """Return the notes of a file's keys: the comments that end their lines."""
    text = (CONTRACTS / file).read_text(encoding="utf-8")
    return {name: note[0].upper() + note[1:] for name, note in NOTED.findall(text)}


def _names(file: str) -> Iterator[str]:
    """Yield the names of the limits that a file holds, in its own order."""
    stem = Path(file).stem
    sections = [section for section, (holder, _) in SECTIONS.items() if holder == stem]
    for key in re.findall(
        r"^ *([a-z_]+): [-\d.]+(?= |$)", (CONTRACTS / file).read_text(encoding="utf-8"), re.MULTILINE
    ):
        yield from (name for name in ([f"{section}.{key}" for section in sections] or [key]) if name in limits())
