"""Checking the installation.

Belongs here: what `trin doctor` looks at, and what mends it. Does not belong
here: mending it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement
from rich.markup import escape

from assets.audit import events
from assets.home import Home
from assets.intake.keys import read_key
from assets.liveness import leftovers
from assets.manifest import damaged
from assets.release_check import faults_in
from data_contracts.faults import InputRefused
from pipelines.command_line import printing
from pipelines.command_line.printing import console

SMALLEST_FREE_BYTES = 500_000_000
HEARTBEAT_SECONDS = 300

Finding = tuple[bool, str, str]
"""Whether it is well, what was looked at, and what to do if it is not."""


def examine(home: Home) -> int:
    """Print findings; return an exit code."""
    code = printing.OK
    for is_well, words, fix in findings(home):
        sign = "[green]✓[/green]" if is_well else "[red]✗[/red]"
        console.print(f"{sign} {escape(words)}" + ("" if is_well else f". {escape(fix)}"))
        if not is_well:
            code = printing.FAILED
    return code


def findings(home: Home) -> Iterator[Finding]:
    """Yield what is well and what is not."""
    yield from _versions()
    if not home.exists:
        yield False, f"No home in {home.root}", "Run trin init."
        return
    yield os.access(home.root, os.W_OK), f"home {home.root}", "Run trin as its owner, or chown it."
    for folder in (home.restricted, home.ledger, home.dagster):
        if folder.is_dir():
            mode = folder.stat().st_mode & 0o777
            yield mode == 0o700, f"{folder.name}/ has mode {mode:o}", f"Run chmod 700 {folder}."
    free = shutil.disk_usage(home.root).free
    yield free > SMALLEST_FREE_BYTES, f"{free / 1e9:.1f} GB free", "Make room: half a GB at least."
    yield from _key(home)
    yield from _files(home)
    yield from _protocols(home)
    yield from _dagster(home)


def _versions() -> Iterator[Finding]:
    yield (
        sys.version_info >= (3, 11),
        f"Python {sys.version.split()[0]}",
        "Install Python 3.11 or newer; run make clean env.",
    )
    for text in requires("trin") or ():
        wanted = Requirement(text)
        if wanted.marker is not None:
            continue  # for developers, browsers, …
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            yield False, f"{wanted.name} is missing", "Run make env."
            continue
        if not wanted.specifier.contains(found) or "==" in str(wanted.specifier):
            fix = f"Run make env; {wanted.specifier} is what works together."
            yield wanted.specifier.contains(found), f"{wanted.name} {found}", fix


def _key(home: Home) -> Iterator[Finding]:
    try:
        key = read_key(home, allow_demo=True)
    except InputRefused as refused:
        for fault in refused.faults:
            yield False, fault.what, fault.fix
        return
    demo = " (demo key: for synthetic and public data only)" if key.is_demo else ""
    yield True, f"pseudonym key {key.key_id}{demo}", ""


def _files(home: Home) -> Iterator[Finding]:
    broken = list(damaged(home.restricted))
    for path in broken:
        fix = "Restore it from backup, or remove it and run its quarter again."
        yield False, f"{path.relative_to(home.root)} is not what was written", fix
    if not broken:
        yield True, "stored tables are what was written", ""
    rows, faults = events(home)
    yield (
        not faults,
        f"audit of {len(rows)} events",
        "It was changed: see trin audit --verify, and restore it from backup.",
    )
    faults = faults_in(home)
    yield not faults, "ledger of releases", "It was changed, or a release was interrupted: see trin ledger verify."
    left = len(list(leftovers(home)))
    yield (
        left == 0,
        f"{left} half-written files of killed runs",
        "The janitor sensor sweeps them; or delete .writing-*.",
    )


def _protocols(home: Home) -> Iterator[Finding]:
    from pipelines.notices import NOTICES, notices_of
    from pipelines.runner import default_quarter
    from pipelines.whole_quarter import begun_by

    quarter = default_quarter()
    missing = []
    for project in home.project_ids():
        try:
            home.protocol(project)
            yield True, f"protocol of {project}", ""
        except InputRefused as refused:
            fix = f"Run trin check {home.projects / project}."
            yield False, f"protocol of {project}: {len(refused.faults)} faults", fix
    for project in begun_by(home, quarter):
        made = home.restricted / "evidence" / "records" / project / f"{quarter.partition_key}.json"
        if not made.is_file():
            missing.append(project)
    yield not missing, f"{quarter} evaluated" + (f", but for {', '.join(missing)}" if missing else ""), "Run trin run."
    try:
        told = notices_of(home)
        yield (
            True,
            f"{NOTICES}: " + ("nobody is told of failed runs" if told is None else "failed runs are told of"),
            "",
        )
    except InputRefused as refused:
        for fault in refused.faults:
            yield False, fault.what, fault.fix


def _dagster(home: Home) -> Iterator[Finding]:
    from dagster import DagsterInstance
    from dagster._time import get_current_timestamp

    from pipelines.instance import DATABASES
    from pipelines.janitor import dead_runs

    if not (home.dagster / DATABASES[-1]).exists():
        yield True, "Dagster has not been used with this home yet", ""
        return
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        off = not instance.telemetry_enabled
        yield (
            off,
            f"telemetry {'off' if off else 'on'}",
            f"Set telemetry: enabled: false in {home.dagster / 'dagster.yaml'}.",
        )
        beats = instance.get_daemon_heartbeats()
        newest = max((beat.timestamp for beat in beats.values()), default=None)
        if newest is None:
            yield True, "Dagster's daemon has never run here: quarters are made with trin run only", ""
        else:
            age = get_current_timestamp() - newest
            fix = "Start it (make dev, or the service): schedules do not tick without it."
            yield age < HEARTBEAT_SECONDS, f"Dagster's daemon was last seen {age / 60:.0f} minutes ago", fix
        dead, _ = dead_runs(instance, home, {})
        fix = "The janitor sensor closes them within five minutes of the daemon's start."
        yield not dead, f"{len(dead)} runs whose process is dead", fix
