"""The audit: every act is written down, nothing can be changed unseen, and one person can be asked for."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from assets.pseudonyms.identities import digest_of_person
from assets.rights.erasure import erase
from assets.rights.retention import withdraw
from assets.rights.stored_tables import partitions_with
from assets.storage.audit import audit_path, events, note
from assets.storage.chain import read
from assets.storage.home import Home
from data_contracts.reading.faults import InputRefused
from pipelines.command_line.main import trin
from tests.support.receiving import take
from tests.support.runs import evaluate
from tests.support.small_study import write_small_study


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    return home


@pytest.mark.slow
def test_what_was_done_stands_there_with_who_and_when(small_home: Home) -> None:
    evaluate(small_home, "small")
    rows, faults = events(small_home)
    assert faults == []
    made = {row.asset for row in rows if row.action == "materialised"}
    assert {"deliveries/participants", "cohort/people", "effects/estimates", "evidence/records"} <= made
    assert all(row.who and row.at.endswith("+00:00") for row in rows)
    assert [row.file for row in rows if row.action == "taken_in"] == [1]
    text = audit_path(small_home).read_text(encoding="utf-8")
    assert "p0001" not in text  # neither identifiers nor pseudonyms
    withdraw(small_home, "small", 1)
    assert events(small_home)[0][-1].action == "withdrawn"


@pytest.mark.slow
def test_one_person_can_be_asked_for_before_and_after_erasure(small_home: Home) -> None:
    evaluate(small_home, "small")
    people = small_home.restricted / "cohort" / "people" / "small" / "2026-07-01.parquet"
    pseudonym = str(pd.read_parquet(people)["person_id"].iloc[0])
    assert ("cohort/people", "small/2026-07-01") in partitions_with(small_home, pseudonym)
    assert ("received", "small/0001") in partitions_with(small_home, pseudonym)
    shown = CliRunner().invoke(trin, ["audit", "--home", str(small_home.root), "--person"], input=pseudonym + "\n")
    assert shown.exit_code == 0, shown.output
    assert "materialised" in shown.output
    assert "taken_in" in shown.output
    assert pseudonym not in shown.output
    erase(small_home, [small_home.protocol("small")], [f"p{i:04d}" for i in range(360)])
    rows = [row for row in events(small_home)[0] if row.action == "erased"]
    assert [digest_of_person(small_home, pseudonym) in row.people for row in rows] == [True]
    assert pseudonym not in audit_path(small_home).read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_thousand_random_edits_are_all_seen(home: Home) -> None:
    """Bytes changed, lines dropped, doubled, swapped or moved to the end, the end cut off, the head forged."""
    for i in range(60):
        note(home, "read", what=f"result {i}")
    path, head = audit_path(home), audit_path(home).with_suffix(".head")
    whole, kept = path.read_bytes(), head.read_bytes()
    lines = whole.splitlines(keepends=True)
    rng = np.random.default_rng(7)
    seen = tried = 0
    while tried < 1000:
        content, top = whole, kept
        kind = str(rng.choice(["byte", "drop", "double", "swap", "cut", "insert", "head", "field"]))
        i, j = rng.integers(60), rng.integers(60)
        if kind == "byte":
            at = rng.integers(len(whole))
            content = whole[:at] + bytes([whole[at] ^ (1 << int(rng.integers(8)))]) + whole[at + 1 :]
        elif kind == "drop":
            content = b"".join(lines[:i] + lines[i + 1 :])
        elif kind == "double":
            content = b"".join(lines[: i + 1] + lines[i:])
        elif kind == "swap":
            changed = list(lines)
            changed[i], changed[j] = changed[j], changed[i]
            content = b"".join(changed)
        elif kind == "cut":
            content = whole[: rng.integers(len(whole))]
        elif kind == "insert":
            at = rng.integers(len(whole))
            content = whole[:at] + bytes([int(rng.integers(256))]) + whole[at:]
        elif kind == "field":
            row = json.loads(lines[i]) | {"who": "somebody else"}
            line = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            content = b"".join([*lines[:i], line, *lines[i + 1 :]])
        else:
            at = rng.integers(len(kept))
            top = kept[:at] + bytes([kept[at] ^ (1 << int(rng.integers(8)))]) + kept[at + 1 :]
        if (content, top) == (whole, kept):
            continue
        tried += 1
        path.write_bytes(content)
        head.write_bytes(top)
        seen += bool(read(path)[1])
    assert seen == tried


def test_a_line_that_was_cut_off_by_a_crash_is_taken_away_and_the_chain_goes_on(home: Home) -> None:
    note(home, "read", what="one")
    whole = audit_path(home).read_bytes()
    for cut in (1, len(whole) // 2, len(whole) - 1):
        audit_path(home).write_bytes(whole + whole[:cut])
        note(home, "read", what="two")
        rows, faults = events(home)
        assert faults == []
        assert [row.what for row in rows] == ["one", "two"]
        audit_path(home).write_bytes(whole)
        audit_path(home).with_suffix(".head").write_text(json.dumps({"number": 1, "sha256": rows[0].sha256}))


def test_nothing_is_added_to_a_chain_whose_end_is_missing(home: Home) -> None:
    for what in ("one", "two", "three"):
        note(home, "read", what=what)
    lines = audit_path(home).read_bytes().splitlines(keepends=True)
    audit_path(home).write_bytes(b"".join(lines[:2]))
    with pytest.raises(InputRefused, match="does not match its recorded head"):
        note(home, "read", what="four")
    audit_path(home).unlink()
    with pytest.raises(InputRefused, match="does not match its recorded head"):
        note(home, "read", what="four")


@pytest.mark.slow
def test_many_writers_at_once_make_one_chain_and_killing_them_breaks_nothing(home: Home) -> None:
    children = []
    for number in range(6):
        child = os.fork()
        if child == 0:
            for i in range(200):
                note(home, "read", what=f"{number}-{i}")
            os._exit(0)
        children.append(child)
    for child in children[:2]:
        os.kill(child, signal.SIGKILL)
    for child in children:
        os.waitpid(child, 0)
    note(home, "read", what="last")
    rows, faults = events(home)
    assert faults == []
    assert len(rows) >= 4 * 200 + 1
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))


def test_an_unknown_action_is_an_error_of_ours(home: Home) -> None:
    with pytest.raises(ValueError, match="not a known audit action"):
        note(home, "looked")


def test_a_file_that_is_sent_again_is_no_second_event(small_home: Home) -> None:
    take(small_home)
    write_small_study(small_home)
    take(small_home)
    assert [row.action for row in events(small_home)[0]] == ["taken_in"]
