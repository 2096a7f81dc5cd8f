"""A design declares itself in two folders of one name."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data_contracts.ladder.ladder import rungs
from tests.support.places import ROOT

EXAMPLE = ROOT / "tests" / "support" / "interrupted_example"
FOLDERS = {
    "data_contracts": Path("data_contracts/designs/interrupted_example"),
    "models": Path("models/designs/interrupted_example"),
}
pytestmark = pytest.mark.slow


def files_of(checkout: Path) -> dict[Path, bytes]:
    """Return every file that is no product of running something."""
    told = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    names = {Path(name) for name in told.stdout.split("\0") if name}
    names |= {p.relative_to(checkout) for folder in FOLDERS for p in (checkout / folder).rglob("*.*")}
    return {
        name: (checkout / name).read_bytes()
        for name in names
        if (checkout / name).is_file() and "__pycache__" not in name.parts
    }


def run(checkout: Path, *words: object) -> str:
    """Run Python in a checkout, and return what it prints."""
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=checkout,
        env={
            "PYTHONPATH": str(checkout),
            "PATH": "/usr/bin:/bin",
            "XDG_CONFIG_HOME": str(checkout.parent / "settings"),
        },
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy this checkout, and put the example's two folders into it."""
    copy = tmp_path_factory.mktemp("new_design") / "checkout"
    for name, content in files_of(ROOT).items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(content)
    for room, folder in FOLDERS.items():
        shutil.copytree(EXAMPLE / room, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture(scope="module")
def told(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the copy makes of a study of the new design."""
    answer: dict[str, Any] = json.loads(
        run(checkout, "-m", "tests.support.interrupted_example.probe", tmp_path_factory.mktemp("study"))
    )
    return answer


def test_two_folders_are_all_that_is_new(checkout: Path, told: dict[str, Any]) -> None:
    before, after = files_of(ROOT), files_of(checkout)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {name.parent for name in changed} == set(FOLDERS.values())


def test_its_section_and_its_rules_are_read(told: dict[str, Any]) -> None:
    assert told["settings"] == {"other_events": 1}
    assert told["has_schema"]
    assert "interruption.other_event: This key is not known." in told["unknown_key"]
    assert "A level is a number." in told["own_rule"]


def test_its_own_fact_earns_its_rung(told: dict[str, Any]) -> None:
    assert told["earned"] == "3c"
    assert "`interruption_dated`" in told["ladder_page"]
    assert told["ruleset"].startswith("2.2.0+")
    assert [code for code in told["error_sources"] if code not in rungs()[3].error_sources] == ["coinciding_event"]


def test_a_delivery_becomes_a_record(told: dict[str, Any]) -> None:
    record = told["record"]
    assert record["status"] == "estimated"
    assert record["estimate"] == pytest.approx(sum(50 + i % 9 for i in range(40)) / 40 - 40)
    assert record["evidence"]["rung_detail"] == "3c"
    assert record["evidence"]["facts"]["interruption_dated"]
    (found,) = [s for s in record["evidence"]["error_sources"] if s["code"] == "coinciding_event"]
    assert found["state"] == "serious"
    assert found["finding"]["en"] == "1 other events at the interruption."
    assert [measure["code"] for measure in record["measures"]] == ["level_before"]


def test_it_is_named_in_both_languages(told: dict[str, Any]) -> None:
    assert told["phrases"] == ["Forskel til niveauet før", "Difference to the level before"]


def test_what_holds_of_every_design_holds_of_it(checkout: Path) -> None:
    run(
        checkout,
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"),
        "tests/data_contracts/test_declared_designs.py",
        "tests/models/evidence/test_evidence.py",
        "tests/house/test_structure.py",
    )
