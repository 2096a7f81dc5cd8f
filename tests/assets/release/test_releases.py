"""Releases: two people let a quarter out, nothing changes afterwards, and nobody is found by comparing two of them."""

from __future__ import annotations

import json
import os
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from assets.release import approve as approvals
from assets.release.approve import approve
from assets.release.check import faults_in
from assets.release.history import chain_path, earlier_releases, people_path, proposal_path, release_folder
from assets.release.propose import _decisions, propose
from assets.rights.erasure import erase
from assets.rights.retention import enforce_retention
from assets.rights.rotation import rotate
from assets.storage.chain import append, read
from assets.storage.home import Home, write_atomically
from assets.storage.store import parquet_bytes, read_parquet
from data_contracts.reading.faults import InputRefused
from pipelines.command_line.main import trin
from pipelines.running.demo import set_up
from tests.support.example_record import example_record
from tests.support.runs import QUARTER, run_demo
from tests.support.small_study import PROTOCOL, small_rows, write_small_study

# Together on one worker: they start from the same released home.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("releases")]
RESULT = "small.2026Q3.score"


@pytest.fixture(scope="module")
def released_template(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("released") / "home")
    set_up(home, demo=False)
    write_small_study(home)
    run_demo(home)
    propose(home, QUARTER, by="Anne")
    approve(home, QUARTER, by="Bo")
    return home


@pytest.fixture
def released(released_template: Home, tmp_path: Path) -> Home:
    """A home whose quarter was released once."""
    shutil.copytree(released_template.root, tmp_path / "home")
    return Home(tmp_path / "home")


def record(home: Home, version: int) -> dict:
    rows = json.loads((release_folder(home, QUARTER, version) / "results.json").read_text())
    return next(row for row in rows if row["result_id"] == RESULT)


def with_more(count: int, seed: int = 9) -> pd.DataFrame:
    """The small study with some participants more, who do far better than all others."""
    rows = small_rows()
    rng = np.random.default_rng(seed)
    more = rows[rows["club"] == 1].sample(count, random_state=seed).reset_index(drop=True)
    more = more.assign(id=[f"new{i:03d}" for i in range(count)], score=rng.normal(95, 1, count).round(2))
    return pd.concat([rows, more], ignore_index=True)


def release_again(home: Home, rows: pd.DataFrame | None = None) -> int:
    """Deliver anew, run, and release; return the version."""
    if rows is not None:
        write_small_study(home, rows)
    run_demo(home)
    version = propose(home, QUARTER, by="Anne", reason="A late file").version
    approve(home, QUARTER, by="Bo")
    return version


def test_a_release_has_pages_and_files_and_is_in_the_chain(released: Home) -> None:
    folder = release_folder(released, QUARTER, 1)
    assert (folder / "site" / "index.html").is_file()
    assert {p.name for p in folder.iterdir()} >= {"results.json", "results.csv", "marts.duckdb", "release.json"}
    assert all(p.stat().st_mode & 0o222 == 0 for p in [folder, *folder.rglob("*")])
    rows, faults = read(chain_path(released))
    assert faults == faults_in(released) == []
    assert [row["kind"] for row in rows[:2]] == ["proposed", "approved"]
    cells = {row["cell"]: row for row in rows if row["kind"] == "cell" and row["result_id"] == RESULT}
    assert set(cells) == {"control", "treated"}
    assert all(
        len(row["population_sha256"]) == 64 and row["policy_version"] and row["code_version"] for row in cells.values()
    )
    # Who did it stands in the chain and on no page.
    assert all(b"Anne" not in p.read_bytes() for p in folder.rglob("*") if p.is_file())


def test_running_again_changes_the_draft_and_no_release(released: Home) -> None:
    before = {p: p.read_bytes() for p in release_folder(released, QUARTER, 1).rglob("*") if p.is_file()}
    write_small_study(released, with_more(20))
    run_demo(released)
    assert {p: p.read_bytes() for p in before} == before
    draft = json.loads((released.published / "2026Q3" / "results.json").read_text())
    assert draft[0]["estimate"] != record(released, 1)["estimate"]


def test_few_newcomers_change_nothing_that_is_shown(released: Home) -> None:
    """Else the difference between two releases would be theirs alone."""
    version = release_again(released, with_more(7))
    before, now = record(released, 1), record(released, version)
    assert now["repeats_quarter"] == "2026Q3"
    assert {k: v for k, v in now.items() if k != "repeats_quarter"} == {
        k: v for k, v in before.items() if k != "repeats_quarter"
    }


def test_eight_and_more_newcomers_change_it(released: Home) -> None:
    version = release_again(released, with_more(20))
    now = record(released, version)
    assert now["repeats_quarter"] is None
    assert now["estimate"] != record(released, 1)["estimate"]
    rows, _ = read(chain_path(released))
    (line,) = (row for row in rows if row["kind"] == "approved" and row["version"] == version)
    assert (line["changed"], line["reason"]) == (RESULT, "A late file")


def test_who_is_erased_leaves_the_release_nameless_and_still_counts(released: Home) -> None:
    path = people_path(released, "small", QUARTER, 1)
    before = read_parquet(path)
    person = small_rows().query("club == 1")["id"].iloc[0]
    erase(released, [released.protocol("small")], [person])
    after = read_parquet(path)
    assert len(after) == len(before)
    assert after["person_id"].isna().sum() == 2  # her answer, and where she comes from
    version = release_again(released)
    assert record(released, version)["repeats_quarter"] == "2026Q3"
    assert record(released, version)["estimate"] == record(released, 1)["estimate"]


def test_when_the_last_rows_go_so_do_the_people_behind_a_release(released: Home) -> None:
    """The release stands as it was; without its people nothing to approve can be held against it, so it is repeated."""
    text = PROTOCOL.replace("format: csv,", 'format: csv, retention_until: "2026-12-31",')
    (released.projects / "small" / "project.yaml").write_text(text)
    plan = released.protocol("small")
    path = people_path(released, "small", QUARTER, 1)
    enforce_retention(released, plan, date(2026, 12, 31))
    assert path.is_file()
    enforce_retention(released, plan, date(2027, 1, 1))
    assert not list(path.parent.glob("*.parquet"))
    assert faults_in(released) == []
    before = record(released, 1)
    (earlier,) = earlier_releases(released, "small", "score")
    assert earlier.is_forgotten
    (released.projects / "small" / "project.yaml").write_text(PROTOCOL)
    version = release_again(released, with_more(20))
    assert record(released, version)["estimate"] == before["estimate"]
    assert record(released, version)["repeats_quarter"] == "2026Q3"


def test_another_key_makes_nobody_somebody_else(small_home: Home) -> None:
    run_demo(small_home)
    propose(small_home, QUARTER, by="Anne")
    approve(small_home, QUARTER, by="Bo")
    rotate(small_home)
    version = release_again(small_home)
    assert record(small_home, version)["repeats_quarter"] is None
    assert record(small_home, version)["estimate"] == record(small_home, 1)["estimate"]


@pytest.mark.parametrize("name", ["Anne", " anne ", "ANNE", "Ａｎｎｅ", ""])
def test_nobody_approves_what_she_proposed(released: Home, name: str) -> None:
    propose(released, QUARTER, by="Anne", reason="Again")
    with pytest.raises(InputRefused, match=r"cannot approve it|not a person's name"):
        approve(released, QUARTER, by=name)
    assert not release_folder(released, QUARTER, 2).exists()


def test_a_release_again_has_a_reason(released: Home) -> None:
    with pytest.raises(InputRefused, match="already released, as version 1"):
        propose(released, QUARTER, by="Anne")


def test_what_was_approved_is_what_was_proposed(released: Home) -> None:
    propose(released, QUARTER, by="Anne", reason="Again")
    path = proposal_path(released, QUARTER)
    path.write_text(path.read_text().replace('"estimated"', '"suppressed"'))
    with pytest.raises(InputRefused, match="it was changed"):
        approve(released, QUARTER, by="Bo")


def test_results_that_wait_for_a_run_are_not_released(released: Home) -> None:
    person = small_rows().query("club == 1")["id"].iloc[0]
    erase(released, [released.protocol("small")], [person])
    with pytest.raises(InputRefused, match="rows have changed"):
        propose(released, QUARTER, by="Anne", reason="Again")


def test_a_project_can_be_taken_out_and_the_archive_says_so(released: Home) -> None:
    propose(released, QUARTER, by="Anne", reason="Withdrawn by the project", without=("small",))
    approve(released, QUARTER, by="Bo")
    assert json.loads((release_folder(released, QUARTER, 2) / "results.json").read_text()) == []
    told = CliRunner().invoke(trin, ["release", "list", "--home", str(released.root)]).output
    assert "Withdrawn by the project" in " ".join(told.split())


def test_killed_between_the_chain_and_the_folder_it_is_finished_by_approving_again(
    released: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(released, QUARTER, by="Anne", reason="Again")

    def die(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(approvals, "_finish", die)
    with pytest.raises(KeyboardInterrupt):
        approve(released, QUARTER, by="Bo")
    monkeypatch.undo()
    assert any("folder is missing" in fault for fault in faults_in(released))
    approve(released, QUARTER, by="Bo")
    assert faults_in(released) == []
    assert release_folder(released, QUARTER, 2).is_dir()


def test_nothing_is_proposed_over_a_release_that_is_not_finished(
    released: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(released, QUARTER, by="Anne", reason="Again")
    entered = approvals._entered

    def die_after(*given: object) -> None:
        entered(*given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(approvals, "_entered", die_after)
    with pytest.raises(KeyboardInterrupt):
        approve(released, QUARTER, by="Bo")
    monkeypatch.undo()
    with pytest.raises(InputRefused, match="folder is missing"):
        propose(released, QUARTER, by="Anne", reason="Once more")
    approve(released, QUARTER, by="Bo")
    assert faults_in(released) == []


def test_without_the_people_behind_it_nothing_is_held_against_a_release(released: Home) -> None:
    people_path(released, "small", QUARTER, 1).unlink()
    with pytest.raises(InputRefused, match="The people behind 2026Q3 v1 of small are missing"):
        propose(released, QUARTER, by="Anne", reason="Again")


def test_a_proposal_is_stale_when_another_release_was_made_since(released: Home) -> None:
    propose(released, QUARTER, by="Anne", reason="Again")
    rows, _ = read(chain_path(released))
    line = next(row for row in rows if row["kind"] == "approved")
    other = {name: value for name, value in line.items() if name not in ("number", "previous", "sha256")}
    append(chain_path(released), [other | {"quarter": "2026Q2", "version": 1}])
    with pytest.raises(InputRefused, match="Another release was approved after"):
        approve(released, QUARTER, by="Bo")


def verify(home: Home) -> tuple[int, str]:
    done = CliRunner().invoke(trin, ["ledger", "verify", "--home", str(home.root)])
    return done.exit_code, " ".join(done.output.split())


@pytest.mark.long
def test_every_edit_of_the_chain_is_found(released: Home) -> None:
    """1,000 edits: a byte changed, a line taken out, doubled, moved or truncated."""
    path = chain_path(released)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    rng = np.random.default_rng(5)
    missed = 0
    for turn in range(1000):
        kind = turn % 5
        content, at = bytearray(whole), int(rng.integers(len(whole)))
        i, j = (int(k) for k in rng.choice(len(lines), 2, replace=False))
        if kind == 0:
            content[at] ^= 1 << int(rng.integers(8))
            changed = bytes(content)
        elif kind == 1:
            changed = b"".join(lines[:i] + lines[i + 1 :])
        elif kind == 2:
            changed = b"".join([*lines[:i], lines[j], *lines[i:]])
        elif kind == 3:
            moved = [*lines]
            moved[i], moved[j] = moved[j], moved[i]
            changed = b"".join(moved)
        else:
            changed = whole[:at]
        path.write_bytes(changed)
        missed += not faults_in(released)
    assert missed == 0
    path.write_bytes(whole)
    assert verify(released)[0] == 0


def test_an_edited_release_is_found(released: Home) -> None:
    page = release_folder(released, QUARTER, 1) / "site" / "index.html"
    page.chmod(0o644)
    page.write_bytes(page.read_bytes().replace(b"2026", b"2027", 1))
    code, told = verify(released)
    assert code == 1
    assert "Release 2026Q3 v1 was changed after approval" in told


def test_nothing_is_added_to_a_broken_chain(released: Home) -> None:
    chain_path(released).write_bytes(chain_path(released).read_bytes()[:-5])
    with pytest.raises(InputRefused, match="truncated"):
        append(chain_path(released), [{"kind": "x"}])


def test_a_deleted_release_is_found(released: Home) -> None:
    folder = release_folder(released, QUARTER, 1)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    shutil.rmtree(folder)
    assert "folder is missing" in verify(released)[1]


def test_a_release_nobody_approved_is_found(released: Home) -> None:
    shutil.copytree(release_folder(released, QUARTER, 1), release_folder(released, QUARTER, 2))
    assert "no line in the ledger" in verify(released)[1]
    assert os.access(released.ledger, os.W_OK)


def test_a_proposal_is_read_as_pages_before_it_is_approved(released: Home) -> None:
    """The draft may have moved on; what is approved lies beside the proposal, with the day it was proposed."""
    write_small_study(released, with_more(20))
    run_demo(released)
    made = propose(released, QUARTER, by="Anne", reason="Again")
    shown = json.loads((made.preview / "results.json").read_text())
    assert (made.preview / "site" / "index.html").is_file()
    approve(released, QUARTER, by="Bo")
    out = json.loads((release_folder(released, QUARTER, made.version) / "results.json").read_text())
    assert out == shown
    assert made.repeats == ()


def test_repeated_results_are_named_to_whoever_proposes(released: Home) -> None:
    write_small_study(released, with_more(3))
    run_demo(released)
    told = CliRunner().invoke(
        trin,
        [
            "release",
            "propose",
            "--home",
            str(released.root),
            "--quarter",
            "2026Q3",
            "--by",
            "Anne",
            "--reason",
            "Three",
        ],
    )
    assert "1 repeat an earlier release" in " ".join(told.output.split())
    assert RESULT in told.output


def test_drafts_and_proposals_are_for_nobody_else(released: Home) -> None:
    """A draft beside a release is the equation that the rule keeps from being written down."""
    made = propose(released, QUARTER, by="Anne", reason="Again")
    for folder in (released.published / "2026Q3", made.preview):
        assert folder.stat().st_mode & 0o077 == 0
    assert release_folder(released, QUARTER, 1).stat().st_mode & 0o005 == 0o005


@pytest.mark.parametrize("break_off", ["write_overview", "_closed"])
def test_killed_at_the_last_steps_approving_again_does_them(
    released: Home, monkeypatch: pytest.MonkeyPatch, break_off: str
) -> None:
    propose(released, QUARTER, by="Anne", reason="Again")

    def die(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(approvals, break_off, die)
    with pytest.raises(KeyboardInterrupt):
        approve(released, QUARTER, by="Bo")
    monkeypatch.undo()
    assert b"v2/" not in (released.released / "index.html").read_bytes()
    approve(released, QUARTER, by="Bo")
    assert b"v2/" in (released.released / "index.html").read_bytes()
    assert release_folder(released, QUARTER, 2).stat().st_mode & 0o777 == 0o555
    assert faults_in(released) == []
    with pytest.raises(InputRefused, match="nothing to approve"):
        approve(released, QUARTER, by="Bo")


def test_what_was_built_and_lost_is_built_again_and_the_chain_says_so(
    released: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(released, QUARTER, by="Anne", reason="Again")

    def die(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(approvals, "_finish", die)
    with pytest.raises(KeyboardInterrupt):
        approve(released, QUARTER, by="Bo")
    monkeypatch.undo()
    (lost,) = (released.released / "2026Q3").glob(".writing-*")
    shutil.rmtree(lost)
    approve(released, QUARTER, by="Bo")
    assert faults_in(released) == []
    rows, _ = read(chain_path(released))
    assert [row["kind"] for row in rows if row["kind"] == "rebuilt"] == ["rebuilt"]


def test_people_who_changed_after_the_proposal_are_not_let_out(released: Home) -> None:
    propose(released, QUARTER, by="Anne", reason="Again")
    path = people_path(released, "small", QUARTER, 2, is_proposed=True)
    other = read_parquet(path)
    write_atomically(path, parquet_bytes(other.iloc[:50]))
    with pytest.raises(InputRefused, match="The people behind the results have changed"):
        approve(released, QUARTER, by="Bo")
    assert not release_folder(released, QUARTER, 2).exists()


def swapped(home: Home) -> None:
    path = people_path(home, "small", QUARTER, 1)
    frame = read_parquet(path)
    write_atomically(path, parquet_bytes(frame.assign(person_id=frame["person_id"].iloc[0])))


def without_flow(home: Home) -> None:
    people_path(home, "small", QUARTER, 1).with_suffix(".json").unlink()


def shortened(home: Home) -> None:
    path = people_path(home, "small", QUARTER, 1)
    write_atomically(path, parquet_bytes(read_parquet(path).iloc[:50]))


def damaged(home: Home) -> None:
    people_path(home, "small", QUARTER, 1).write_bytes(b"x")


def linked(home: Home) -> None:
    folder = release_folder(home, QUARTER, 1)
    folder.chmod(0o755)
    (folder / "evil").symlink_to("/etc")


def emptied(home: Home) -> None:
    folder = release_folder(home, QUARTER, 1)
    folder.chmod(0o755)
    (folder / "empty").mkdir()


def moved_away(home: Home) -> None:
    folder = release_folder(home, QUARTER, 1)
    other = home.root / "elsewhere"
    shutil.copytree(folder, other)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    shutil.rmtree(folder)
    folder.symlink_to(other)


def doubled(home: Home) -> None:
    shutil.copytree(release_folder(home, QUARTER, 1), home.released / "2026Q3" / "v01")


def added(home: Home) -> None:
    (home.released / "2026Q3" / "index.html").write_text("x")


def odd(home: Home) -> None:
    (home.released / "2026Q3" / "v²").mkdir()


def latest(home: Home) -> None:
    (home.released / "2026Q4" / "latest").mkdir(parents=True)


def another_overview(home: Home) -> None:
    (home.released / "index.html").write_text("<script>1</script>")


def no_overview(home: Home) -> None:
    (home.released / "en" / "index.html").unlink()


def no_head(home: Home) -> None:
    chain_path(home).with_suffix(".head").unlink()


def odd_head(home: Home) -> None:
    chain_path(home).with_suffix(".head").write_text("[]")


def deep_line(home: Home) -> None:
    path = chain_path(home)
    path.write_bytes(path.read_bytes() + b"[" * 200_000 + b"\n")


def lone_surrogate(home: Home) -> None:
    path = chain_path(home)
    path.write_bytes(path.read_bytes() + b'{"a":"\\ud800","sha256":"0"}\n')


def no_kind(home: Home) -> None:
    append(chain_path(home), [{"note": "x"}])


def no_certificate(home: Home) -> None:
    path = release_folder(home, QUARTER, 1) / "release.json"
    path.parent.chmod(0o755)
    path.chmod(0o644)
    path.write_text("{")


TAMPERED = [swapped, without_flow, shortened, damaged, linked, emptied, moved_away, doubled, added, odd, latest]
TAMPERED += [another_overview, no_overview, no_head, odd_head, deep_line, lone_surrogate, no_kind, no_certificate]


def test_whatever_is_done_to_releases_and_what_is_behind_them_is_found_and_said(released: Home, tmp_path: Path) -> None:
    for i, tamper in enumerate(TAMPERED):
        root = tmp_path / f"try{i}"
        shutil.copytree(released.root, root)
        home = Home(root)
        tamper(home)
        code, told = verify(home)
        assert code == 1, (tamper.__name__, told)
        assert "unexpected" not in told, tamper.__name__
        assert told.startswith("✗"), tamper.__name__


def test_a_head_that_was_noted_down_finds_a_chain_that_was_written_anew(released: Home) -> None:
    rows, _ = read(chain_path(released))
    command = ["ledger", "verify", "--home", str(released.root), "--head"]
    assert CliRunner().invoke(trin, [*command, rows[2]["sha256"]]).exit_code == 0
    told = CliRunner().invoke(trin, [*command, "f" * 64])
    assert told.exit_code == 1
    assert "noted head is not in the chain" in " ".join(told.output.split())


@pytest.mark.parametrize(
    "name",
    ["", "A", "Anne\u200b", "Anne\u00ad Holm", "Аnne", "\u202eAnne", "Anne\x07", "010190-1234", "x" * 101, "\udcff"],
)
def test_what_is_no_name_proposes_nothing(released: Home, name: str) -> None:
    with pytest.raises(InputRefused, match="not a person's name"):
        propose(released, QUARTER, by=name, reason="Again")


@pytest.mark.parametrize(
    "reason", ["Om 010190-1234", "to\nlinjer", "\x1b[31mrød", "\u202eavla", "\u200b", "x" * 301, "..."]
)
def test_a_reason_that_should_not_stand_for_good_is_refused(released: Home, reason: str) -> None:
    with pytest.raises(InputRefused, match="--reason"):
        propose(released, QUARTER, by="Anne", reason=reason)


def test_what_was_pooled_with_a_withdrawn_project_is_withheld(tmp_path: Path) -> None:
    """Else the whole less the others is the project that asked to be left out."""
    home = Home(tmp_path / "home")
    home.prepare()
    names = {"project": "living-review", "result_id": "living-review.2026Q3.o", "counted": "studies"}
    row = example_record(**names)
    (alone,) = _decisions(home, [row], QUARTER, set()).values()
    assert alone.record.estimate is not None
    (withheld,) = _decisions(home, [row], QUARTER, {"o"}).values()
    assert withheld.record.estimate is None
    assert withheld.record.parts == ()
    assert withheld.record.status_reason is not None
    assert "vises ikke" in withheld.record.status_reason.da
