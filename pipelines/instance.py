"""Dagster's own home: its settings, and an instance on it.

Belongs here: `dagster.yaml` and opening the instance. Does not belong here:
definitions.
"""

from __future__ import annotations

from dagster import DagsterInstance

from assets.home import Home, write_atomically

SETTINGS = """\
# Written by trin; your own changes are kept.
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
concurrency:
  runs:
    max_concurrent_runs: 1
"""


def prepare_instance(home: Home) -> None:
    """Write Dagster's settings unless somebody has written their own."""
    path = home.dagster / "dagster.yaml"
    if not path.exists():
        write_atomically(path, SETTINGS.encode(), 0o600)


def open_instance(home: Home) -> DagsterInstance:
    """Open the home's instance; close it with its own context manager."""
    return DagsterInstance.from_config(str(home.dagster))
