"""Killed, out of space or with a failing disk, at random points of every asset: nothing is half, and repeating gives the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assets.storage.home import Home

SEED = 20261


def trials(home: Home, folder: Path, *, each: int, most: int, in_a_row: int) -> dict[str, Any]:
    """Do the trials in a process of their own: what forks must not have begun anything."""
    numbers = [str(number) for number in (each, most, in_a_row, SEED)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.machine.crash_trials", str(home.root), str(folder), *numbers],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert report["faults"] == [], done.stderr[-2000:]
    return report


@pytest.mark.slow
def test_twenty_crashes_leave_nothing_half_and_the_same_result(small_home: Home, tmp_path: Path) -> None:
    report = trials(small_home, tmp_path, each=2, most=20, in_a_row=20)
    assert report["trials"] == 20
    assert report["kills"] >= 11
    assert report["refusals"] == 8


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_twenty_points_in_every_asset(small_home: Home, tmp_path: Path) -> None:
    report = trials(small_home, tmp_path, each=20, most=10_000, in_a_row=5)
    assert report["assets"] >= 15
    assert report["trials"] == 20 * report["assets"]
    assert report["kills"] > 200
