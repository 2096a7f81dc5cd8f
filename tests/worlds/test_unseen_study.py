"""A study nobody has seen: a folder with a protocol and one CSV file, and no Python."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from assets.storage.home import Home
from pipelines.command_line.main import trin
from tests.support.places import ROOT
from tests.support.runs import public_records, records, run_demo
from tests.support.small_study import PROTOCOL, TRUE_EFFECT, small_rows, write_small_study

pytestmark = pytest.mark.slow

RESULT = "small.2026Q3.score"


def test_a_small_study_runs_and_finds_what_is_there(small_home: Home) -> None:
    assert {o.state for o in run_demo(small_home)} == {"made"}
    result = records(small_home)[RESULT]
    assert result["interval_low"] < TRUE_EFFECT < result["interval_high"]
    assert result["evidence"]["rung_detail"] == "4a"
    assert public_records(small_home)[RESULT]["n_treated"] == 60
    steps = {s["step"]: (s["treated"], s["pool"]) for s in result["flow"]}
    assert steps["not_participants"] == (60, 300)


def test_the_example_of_the_reference_page_runs(tmp_path: Path) -> None:
    from pipelines.running.demo import set_up

    page = (ROOT / "docs" / "reference" / "project-yaml.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", page, re.S)
    assert example is not None
    home = Home(tmp_path / "home")
    set_up(home, demo=False)
    (home.projects / "reading-club").mkdir()
    (home.projects / "reading-club" / "project.yaml").write_text(example[1])
    rows = small_rows(40, 200)
    pupils = pd.DataFrame(
        {
            "pupil": rows["id"],
            "club": rows["club"],
            "start": "2024-09-01",
            "age": rows["age"],
            "earlier_score": rows["earlier"],
            "test_day": "2025-06-10",
            "score": rows["score"],
        }
    )
    (home.inbox / "reading-club").mkdir(parents=True)
    pupils.to_csv(home.inbox / "reading-club" / "pupils.csv", index=False)
    assert {o.state for o in run_demo(home)} == {"made"}
    assert records(home)["reading-club.2026Q3.score"]["status"] == "estimated"


NOT_ESTIMABLE = [
    ("nobody to compare with", lambda r: r[r["club"] == 1], "no_comparison"),
    ("nine participants", lambda r: r[(r["club"] == 0) | (r.index < 9)], "too_few_treated"),
    ("groups that have nothing in common", lambda r: r.assign(earlier=r["earlier"] + 500 * r["club"]), "separation"),
    ("an outcome that never varies", lambda r: r.assign(score=1.0), "zero_standard_error"),
    (
        "an outcome only one group has",
        lambda r: r.assign(test_day=["2025-09-01" if c else "2020-01-01" for c in r["club"]]),
        "outcome_missing",
    ),
    ("covariates that never vary", lambda r: r.assign(age=1, earlier=2, group="a"), "no_score_covariates"),
    ("nobody followed long enough", lambda r: r.assign(start="2026-06-01", test_day="2026-08-01"), "no_treated"),
]


@pytest.mark.parametrize(("story", "change", "reason"), NOT_ESTIMABLE, ids=[n[0] for n in NOT_ESTIMABLE])
def test_what_cannot_be_estimated_says_why(small_home: Home, story: str, change, reason: str) -> None:
    from data_contracts.ladder.ladder import gate_reasons

    write_small_study(small_home, change(small_rows()))
    assert {o.state for o in run_demo(small_home)} == {"made"}
    result = records(small_home)[RESULT]
    assert result["status"] == "not_estimable"
    assert result["estimate"] is None
    assert result["status_reason"] == gate_reasons()[reason]
    assert result["claims"]["verdict"] in ("cannot_tell", "story_only")
    assert public_records(small_home)[RESULT]["status"] == "not_estimable"


def test_twelve_people_against_a_rate_give_a_wide_interval_and_not_a_refusal(small_home: Home) -> None:
    head, tail = PROTOCOL.index("comparison:\n"), PROTOCOL.index("evaluation:")
    protocol = (
        PROTOCOL[:head]
        + "comparison:\n  method: reference_rate\n  reference_rates:\n    - {outcome: score, value: 50, source: A table}\n"
        + "effects: {estimator: difference_to_rate}\n"
        + PROTOCOL[tail:]
    ).replace("design: matched_control", "design: benchmarking")
    write_small_study(small_home, small_rows(12, 0), protocol)
    assert {o.state for o in run_demo(small_home)} == {"made"}
    result = records(small_home)[RESULT]
    assert (result["status"], result["evidence"]["rung"], result["n_treated"]) == ("estimated", 5, 12)
    assert result["interval_high"] - result["interval_low"] > 4


def test_a_participant_whose_row_was_refused_is_never_a_control(small_home: Home) -> None:
    rows = small_rows().astype({"mood": "str"})
    rows.loc[[0, 1], "mood"] = "9"  # outside the contract: lost as participants, and still no controls
    write_small_study(small_home, rows)
    run_demo(small_home)
    flow = {s["step"]: (s["treated"], s["pool"]) for s in records(small_home)[RESULT]["flow"]}
    assert flow["not_participants"] == (58, 300)
    groups = pd.read_parquet(next((small_home.restricted / "comparison" / "groups" / "small").glob("*.parquet")))
    assert (~groups["treated"]).sum() == 300


def test_a_quarter_before_the_first_is_refused_in_words(small_home: Home) -> None:
    code, text = run("run", "--home", str(small_home.root), "--quarter", "2026Q2")
    assert code == 3
    assert "before the evaluation's first quarter" in text
    assert "Traceback" not in text


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(trin, list(arguments), catch_exceptions=False)
    return result.exit_code, result.output


@pytest.mark.parametrize(
    "verb",
    [
        "init",
        "run",
        "check",
        "status",
        "explain",
        "lint-claim",
        "open",
        "template",
        "withdraw",
        "erase",
        "key rotate",
        "doctor",
    ],
)
def test_every_verb_explains_itself_with_an_example(verb: str) -> None:
    code, text = run(*verb.split(), "--help")
    assert code == 0
    assert "Example" in text
    assert f"trin {verb}" in text
    assert "--home" in text


def test_the_commands_tell_exit_codes_apart(small_home: Home, tmp_path: Path) -> None:
    home = ("--home", str(small_home.root))
    assert run("run", "--home", str(tmp_path / "nowhere"))[0] == 4
    assert run("run", *home, "--quarter", "2026Q7")[0] == 2
    assert run("run", *home, "--project", "smal")[0] == 2
    assert run("check", *home, str(small_home.projects / "small"))[0] == 0
    assert run("run", *home, "--quarter", "2026Q3")[0] == 0
    assert run("explain", *home, RESULT)[0] == 0
    assert run("explain", *home, "nothing")[0] == 1
    assert run("status", *home)[0] == 0
    assert run("doctor", *home)[0] == 0
    write_small_study(small_home, protocol=PROTOCOL.replace("ratio: 2", "ratio: x"))
    assert run("check", *home, str(small_home.projects / "small"))[0] == 3
    assert run("run", *home)[0] == 3


def test_explain_says_why_and_what_would_lift_it(small_home: Home) -> None:
    run_demo(small_home)
    _, text = run("explain", "--home", str(small_home.root), RESULT, "--language", "en")
    for part in ("Rung 4a of 7", "Why this rung", "What would lift the result", "Maryland", "E-value"):
        assert part in text
    _, danish = run("explain", "--home", str(small_home.root), RESULT)
    assert "Trin 4a af 7" in danish


def test_checking_stores_nothing(small_home: Home) -> None:
    before = sorted(str(p) for p in small_home.root.rglob("*"))
    run("check", "--home", str(small_home.root), str(small_home.projects / "small"))
    assert sorted(str(p) for p in small_home.root.rglob("*")) == before


def test_bad_deliveries_are_told_without_a_traceback(small_home: Home) -> None:
    (small_home.inbox / "small" / "people.csv").write_bytes(b"id,club\n1,2,3\n")
    code, text = run("run", "--home", str(small_home.root), "--quarter", "2026Q3")
    assert code == 3
    assert "Række 2: Rækken har 3 celler" in text
    assert "Traceback" not in text
    assert (
        not (small_home.restricted / "results" / "2026Q3" / "results.json").exists()
        or json.loads((small_home.restricted / "results" / "2026Q3" / "results.json").read_text()) == []
    )


def test_damage_in_the_home_ends_in_a_sentence(small_home: Home) -> None:
    home = ("--home", str(small_home.root))
    assert run("run", *home, "--quarter", "2026Q3")[0] == 0
    mark = next((small_home.ledger / "runs").rglob("small.json"))
    mark.write_text("{")
    assert run("run", *home, "--quarter", "2026Q3")[0] == 0  # a mark is only a memory
    lock = small_home.ledger / "protocol_locks" / "small.json"
    lock.write_text("not json")
    code, text = run("run", *home, "--quarter", "2026Q3", "--again")
    assert code == 3
    assert "damaged" in text
    assert "protocol_locks/small.json" in text
    lock.unlink()
    record = next((small_home.restricted / "evidence" / "records" / "small").glob("*.json"))
    record.write_text(record.read_text()[:100])
    code, text = run("run", *home, "--quarter", "2026Q3", "--again")
    assert code == 0  # made anew
    (small_home.restricted / "results" / "2026Q3" / "results.json").write_text("[")
    code, text = run("status", *home)
    assert code == 3
    assert "damaged" in text


def test_a_home_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, text = run("init", "--home", str(tmp_path / "file" / "home"))
    assert code == 1
    assert "could not be read or written" in text


def test_a_delivery_that_lands_during_a_run_is_new_the_next_time(
    small_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.running import runner

    real = runner._warnings

    def late(events):
        write_small_study(small_home, small_rows().assign(score=lambda r: r["score"] + 20 * r["club"]))
        return real(events)

    monkeypatch.setattr(runner, "_warnings", late)
    run_demo(small_home)
    first = records(small_home)[RESULT]["estimate"]
    monkeypatch.setattr(runner, "_warnings", real)
    assert {o.state for o in run_demo(small_home)} == {"made"}
    assert records(small_home)[RESULT]["estimate"] == pytest.approx(first + 20)


def test_what_an_exception_quotes_is_not_stored(small_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.designs import of_people

    def explode(*arguments, **options):
        raise ValueError("could not convert: Zebulon 0202909818")

    monkeypatch.setattr(of_people, "build_cohort", explode)
    (outcome, *_) = run_demo(small_home)
    assert outcome.state == "failed"
    assert "ValueError" in outcome.messages[0]
    everything = b"".join(p.read_bytes() for p in small_home.root.rglob("*") if p.is_file())
    assert b"Zebulon" not in everything


def test_one_bad_project_stops_no_other(small_home: Home) -> None:
    bad = small_home.projects / "bad"
    bad.mkdir()
    (bad / "project.yaml").write_text(
        PROTOCOL.replace("id: small", "id: bad").replace("table: participants", "table: {a: b}")
    )
    states = {o.project: o.state for o in run_demo(small_home)}
    assert states == {"bad": "refused", "small": "made", "publication": "made"}


def test_an_outcome_that_parts_the_groups_completely_is_no_crash(small_home: Home) -> None:
    rows = small_rows()
    rows["score"] = rows["club"].astype(float)
    write_small_study(small_home, rows, PROTOCOL.replace("type: numeric\n    unit: points", "type: binary"))
    assert {o.state for o in run_demo(small_home)} == {"made"}
    result = records(small_home)[RESULT]
    assert result["estimate"] == 1.0
    assert result["interval_low"] < 1.0
    assert public_records(small_home)[RESULT]["status"] == "suppressed"


def test_numbers_that_are_counts_in_disguise_are_hidden(small_home: Home) -> None:
    rows = small_rows()
    rows["score"] = 0.0
    rows.loc[[0, 70, 80, 90, 100, 110, 120, 130, 140, 150], "score"] = 1.0
    write_small_study(small_home, rows)
    run_demo(small_home)
    assert public_records(small_home)[RESULT]["status"] in ("suppressed", "not_estimable")
