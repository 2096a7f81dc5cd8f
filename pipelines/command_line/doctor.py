"""Checks of the installation."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from rich.markup import escape

from assets.intake.delivery_log import read_delivery_log
from assets.pseudonyms.keys import read_key
from assets.release.check import faults_in
from assets.storage.audit import events
from assets.storage.home import PRIVATE_FOLDERS, Home
from assets.storage.liveness import leftovers
from assets.storage.manifest import SUFFIX, damaged, sum_path
from assets.storage.partitions import PROJECT_DIMENSION
from assets.storage.store import read_parquet
from assets.upgrades.home_version import missing_steps, recorded
from data_contracts.reading.faults import InputRefused
from pipelines.command_line import exit_codes
from pipelines.command_line.printing import console

SMALLEST_FREE_BYTES = 500_000_000
HEARTBEAT_SECONDS = 300

Finding = tuple[bool, str, str]
"""Whether the check passed, what was checked, and what to do if it failed."""


def examine(home: Home) -> int:
    """Print findings; return an exit code."""
    code = exit_codes.OK
    for is_well, words, fix in findings(home):
        sign = "[green]✓[/green]" if is_well else "[red]✗[/red]"
        console.print(f"{sign} {escape(words)}" + ("" if is_well else f". {escape(fix)}"))
        if not is_well:
            code = exit_codes.FAILED
    return code


def findings(home: Home) -> Iterator[Finding]:
    """Yield every finding, good or bad."""
    yield from _versions()
    if not home.exists:
        yield False, f"No home in {home.root}", "Run trin init."
        return
    yield os.access(home.root, os.W_OK), f"home {home.root}", "Run trin as its owner, or chown it."
    mode = home.root.stat().st_mode & 0o777
    yield not mode & 0o022, f"the home has mode {mode:o}", f"Other users can write to it: run chmod 700 {home.root}."
    for name in PRIVATE_FOLDERS:
        folder = home.root / name
        if not folder.is_dir():
            yield False, f"{name}/ is missing", "Restore it from backup, or let trin run create an empty one."
            continue
        mode = folder.stat().st_mode & 0o777
        yield mode == 0o700, f"{name}/ has mode {mode:o}", f"Run chmod 700 {folder}."
    free = shutil.disk_usage(home.root).free
    yield free > SMALLEST_FREE_BYTES, f"{free / 1e9:.1f} GB free", "Free up space: at least 0.5 GB is needed."
    look_again = "Fix the other faults listed here, then run trin doctor again."
    yield from _as_far_as_possible(_version_of(home), "the home's version", look_again)
    if missing_steps(home):
        return  # the remaining checks assume the current format
    yield from _as_far_as_possible(_key(home), "the key", "See keys/location.txt and TRIN_KEY_FILE.")
    yield from _as_far_as_possible(_files(home), "stored files", look_again)
    yield from _as_far_as_possible(_deliveries(home), "deliveries", look_again)
    yield from _as_far_as_possible(_protocols(home), "protocols", look_again)
    only_logs = "It contains only logs: check its dagster.yaml, or stop Dagster, move dagster/ away and run trin run."
    yield from _as_far_as_possible(_dagster(home), "dagster/", only_logs)


def _as_far_as_possible(part: Iterator[Finding], what: str, fix: str) -> Iterator[Finding]:
    """Yield a part's findings, or a fault if the check itself fails.

    A failing part must not prevent the others from running.
    """
    try:
        yield from part
    except InputRefused as refused:
        for fault in refused.faults:
            yield False, f"{fault.file}: {fault.what}" if fault.file else fault.what, fault.fix
    except Exception as error:
        # Its message may contain personal data, so only the type is shown.
        yield False, f"{what} cannot be checked ({type(error).__name__})", fix


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
            fix = f"Run make env; the supported version is {wanted.specifier}."
            yield wanted.specifier.contains(found), f"{wanted.name} {found}", fix


def _version_of(home: Home) -> Iterator[Finding]:
    at = recorded(home)["version"]
    yield (
        not missing_steps(home),
        f"home of version {at}",
        "Preview the upgrade with trin upgrade, then run trin upgrade --apply.",
    )


def _key(home: Home) -> Iterator[Finding]:
    key = read_key(home, allow_demo=True)
    if not key.is_demo:
        read_key(home, allow_demo=False)  # also checks its location
    demo = " (demo key: for synthetic and public data only)" if key.is_demo else ""
    yield True, f"pseudonym key {key.key_id}{demo}", ""


def _files(home: Home) -> Iterator[Finding]:
    broken = list(damaged(home.restricted))
    for path in broken:
        fix = "Restore it from backup, or delete it and rerun its quarter."
        yield False, f"{path.relative_to(home.root)} fails its checksum", fix
    without = [path for path in _summed(home) if not sum_path(path).is_file()]
    for path in without:
        fix = "It cannot be verified without its checksum: rerun its quarter with --again."
        yield False, f"{path.relative_to(home.root)} has no {SUFFIX} beside it", fix
    if not broken and not without:
        yield True, "stored tables match their checksums", ""
    rows, faults = events(home)
    yield (
        not faults,
        f"audit of {len(rows)} events",
        "It was changed: run trin audit --verify, and restore it from backup.",
    )
    faults = faults_in(home)
    yield not faults, "ledger of releases", "It was changed, or a release was interrupted: run trin ledger verify."
    left = len(list(leftovers(home)))
    yield (
        left == 0,
        f"{left} temp files left by killed runs",
        "The janitor sensor deletes them; or delete .writing-* yourself.",
    )


def _summed(home: Home) -> Iterator[Path]:
    """Yield stored partitions, each of which has a checksum."""
    for station in ("deliveries", "cohort", "comparison", "effects", "evidence"):
        for path in sorted((home.restricted / station).rglob("*")):
            if path.suffix in (".json", ".parquet"):
                yield path


def _deliveries(home: Home) -> Iterator[Finding]:
    """Yield findings about received rows, which cannot be rebuilt."""
    fix = "Restore it from backup; it cannot be rebuilt."
    for project in home.project_ids():
        try:
            register = read_delivery_log(home, project)
        except InputRefused as refused:
            for fault in refused.faults:
                yield False, f"{fault.file}: {fault.what}", fault.fix
            continue
        counted = [use.rows for entry in register.entries if entry.state == "accepted" for use in entry.uses]
        lost = []
        for name in dict.fromkeys(counted):
            path = home.received / project / name
            try:
                if not path.is_file():
                    lost.append(name)
                else:
                    read_parquet(path)
            except InputRefused:
                lost.append(name)
        for name in lost:
            yield False, f"restricted/received/{project}/{name} is damaged or missing", fix
        if not lost:
            yield True, f"{len(counted)} tables received for {project}", ""


def _protocols(home: Home) -> Iterator[Finding]:
    from pipelines.notices import NOTICES, notices_of
    from pipelines.running.runner import default_quarter
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
    yield not missing, f"{quarter} evaluated" + (f", except {', '.join(missing)}" if missing else ""), "Run trin run."
    try:
        told = notices_of(home)
        yield (
            True,
            f"{NOTICES}: " + ("failed runs are not reported" if told is None else "failed runs are reported"),
            "",
        )
    except InputRefused as refused:
        for fault in refused.faults:
            yield False, fault.what, fault.fix


def _dagster(home: Home) -> Iterator[Finding]:
    from dagster import DagsterInstance
    from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
    from dagster._time import get_current_timestamp

    from pipelines.janitor import dead_runs
    from pipelines.running.instance import DATABASES

    if not (home.dagster / DATABASES[-1]).exists():
        yield True, "Dagster has not been used with this home yet", ""
        return
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        instance.get_dynamic_partitions(PROJECT_DIMENSION)  # reads the event log, which no other check does
        off = not instance.telemetry_enabled
        yield (
            off,
            f"telemetry {'off' if off else 'on'}",
            f"Set telemetry: enabled: false in {home.dagster / 'dagster.yaml'}.",
        )
        silent = isinstance(instance.compute_log_manager, NoOpComputeLogManager)
        yield (
            silent,
            "output of runs is " + ("not stored" if silent else "stored, and may contain rows"),
            "Move dagster.yaml away and run trin run, which recreates it, or copy compute_logs from deploy/postgres/dagster.yaml.",
        )
        beats = instance.get_daemon_heartbeats()
        newest = max((beat.timestamp for beat in beats.values()), default=None)
        if newest is None:
            yield True, "Dagster's daemon has never run here; quarters run only with trin run", ""
        else:
            age = get_current_timestamp() - newest
            fix = "Start it (make dev, or the service), because schedules do not run without it."
            yield age < HEARTBEAT_SECONDS, f"Dagster's daemon was last seen {age / 60:.0f} minutes ago", fix
        dead, _ = dead_runs(instance, home, {})
        fix = "The janitor sensor marks them as failed within five minutes of the daemon's start."
        yield not dead, f"{len(dead)} runs whose process is dead", fix
