"""Dagster's own home: its settings, and an instance on it."""

from __future__ import annotations

import shutil

from dagster import DagsterInstance

from assets.storage.home import Home, locked, write_atomically

SETTINGS = """\
# Written by trin; your own changes are kept.
instance_class:
  module: pipelines.running.kept_connections
  class: KeptInstance
telemetry:
  enabled: false
nux:
  enabled: false
run_monitoring:
  enabled: true
  start_timeout_seconds: 180
  poll_interval_seconds: 60
run_retries:
  enabled: true
  max_retries: 1
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1
concurrency:
  runs:
    max_concurrent_runs: 2
freshness:
  enabled: true
# What a library prints may quote what it was given; nothing of it is stored.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


DATABASES = ("schedules", "history")


def prepare_instance(home: Home) -> None:
    """Write Dagster's settings if missing, and create its databases.

    Dagster creates its databases table by table and cannot resume after a kill, which would leave the home unusable. They
    are therefore created in a temp folder and moved into place.
    """
    path = home.dagster / "dagster.yaml"
    if not path.exists():
        write_atomically(path, SETTINGS.encode(), 0o600)
    if path.read_text(encoding="utf-8") == SETTINGS and not (home.dagster / DATABASES[-1]).exists():
        with locked(home.ledger / "init.lock"):
            _make_databases(home)


def _make_databases(home: Home) -> None:
    """Move Dagster's databases into place, each folder atomically.

    The last folder marks that all are in place.
    """
    if (home.dagster / DATABASES[-1]).exists():
        return
    making = home.root / ".making-dagster"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    write_atomically(making / "dagster.yaml", SETTINGS.encode(), 0o600)
    with DagsterInstance.from_config(str(making)):
        pass
    for name in DATABASES:
        # Without the last folder there are no runs yet, because nothing is opened before all are in place.
        shutil.rmtree(home.dagster / name, ignore_errors=True)
        (making / name).rename(home.dagster / name)
    shutil.rmtree(making)


def open_instance(home: Home) -> DagsterInstance:
    """Open the home's instance; close it with its own context manager."""
    return DagsterInstance.from_config(str(home.dagster))
