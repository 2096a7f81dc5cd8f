"""Checking the installation.

Belongs here: what `trin doctor` looks at. Does not belong here: mending it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from assets.home import Home
from assets.intake.keys import read_key
from data_contracts.faults import InputRefused
from pipelines.command_line import printing
from pipelines.command_line.printing import console

PACKAGES = ("dagster", "duckdb", "great-expectations", "pandas", "scikit-learn", "statsmodels", "vl-convert-python")
SMALLEST_FREE_BYTES = 500_000_000

Finding = tuple[bool, str]


def examine(home: Home) -> int:
    """Print findings; return an exit code."""
    code = printing.OK
    for is_well, words in findings(home):
        console.print(("[green]✓[/green] " if is_well else "[red]✗[/red] ") + words)
        if not is_well:
            code = printing.FAILED
    return code


def findings(home: Home) -> Iterator[Finding]:
    """Yield what is well and what is not."""
    yield sys.version_info >= (3, 11), f"Python {sys.version.split()[0]}"
    for package in PACKAGES:
        try:
            yield True, f"{package} {version(package)}"
        except PackageNotFoundError:
            yield False, f"{package} is missing: run make"
    if not home.exists:
        yield False, f"No home in {home.root}: run trin init"
        return
    yield os.access(home.root, os.W_OK), f"home {home.root}"
    mode = home.restricted.stat().st_mode & 0o777
    yield mode == 0o700, f"restricted/ has mode {mode:o}" + ("" if mode == 0o700 else "; run chmod 700 on it")
    free = shutil.disk_usage(home.root).free
    yield free > SMALLEST_FREE_BYTES, f"{free / 1e9:.1f} GB free"
    try:
        key = read_key(home, allow_demo=True)
        yield (
            True,
            f"pseudonym key {key.key_id}" + (" (demo key: for synthetic and public data only)" if key.is_demo else ""),
        )
    except InputRefused as refused:
        for fault in refused.faults:
            yield False, str(fault)
    for project in home.project_ids():
        try:
            home.protocol(project)
            yield True, f"protocol of {project}"
        except InputRefused as refused:
            yield (
                False,
                f"protocol of {project}: {len(refused.faults)} faults; run trin check {home.projects / project}",
            )
