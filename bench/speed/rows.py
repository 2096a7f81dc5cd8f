"""Rows of a benchmark, printed as a table and saved to a file."""

from __future__ import annotations

import csv
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One measurement: medians over its runs.

    Attributes
    ----------
    size : str
        Participants and others.
    ratio_to : str
        Denominator of the ratio, measured in the same run.
    aim : str
        The target ratio or memory.
    note : str
        The finding, or why there is no figure.
    """

    size: str
    what: str
    seconds: float | None = None
    processor_seconds: float | None = None
    ratio: float | None = None
    ratio_to: str = ""
    aim: str = ""
    peak_gb: float | None = None
    runs: int = 0
    note: str = ""


def write_rows(rows: list[Row], path: Path) -> None:
    """Write rows with the machine they were measured on."""
    machine = {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "date": datetime.now(UTC).date().isoformat(),
    }
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = [{name: _short(value) for name, value in (asdict(row) | machine).items()} for row in rows]
        writer = csv.DictWriter(file, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


def _short(value: object) -> object:
    return f"{value:.4g}" if isinstance(value, float) else value


def print_rows(rows: list[Row]) -> None:
    """Print rows under one heading."""
    print(f"{'size':<9} {'what':<38} {'seconds':>8} {'cpu s':>7} {'GB':>5} {'ratio':>7}  to (aim); note")
    for row in rows:
        figures = (
            _figure(row.seconds, 8, 3),
            _figure(row.processor_seconds, 7, 2),
            _figure(row.peak_gb, 5, 2),
            _figure(row.ratio, 7, 2),
        )
        aim = f" ({row.aim})" if row.aim else ""
        words = "; ".join(part for part in (row.ratio_to + aim, row.note) if part)
        print(f"{row.size:<9} {row.what:<38} {' '.join(figures)}  {words}")


def _figure(value: float | None, width: int, digits: int) -> str:
    return " " * width if value is None else f"{value:>{width}.{digits}f}"
