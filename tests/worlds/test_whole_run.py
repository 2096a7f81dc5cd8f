"""The whole river on the demo portfolio: right numbers, the same every time, nothing identifying left behind."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import jsonschema
import pandas as pd
import pytest

from assets.storage.home import Home
from assets.storage.store import Store
from data_contracts.ladder.ladder import rungs
from data_contracts.protocol.rules import LIVING_REVIEW
from data_contracts.reading.faults import InputRefused
from data_contracts.results.public_record import PublicRecord
from data_contracts.results.result_record import ResultRecord
from pipelines.running.demo import set_up
from projects.portfolio import PORTFOLIO
from projects.worlds.young_mothers import TRUE_ATT
from tests.support.runs import QUARTER, deliver_again, public_records, records, run_and_kill, run_demo, send

# Together on one worker: the home they start from takes a minute to make.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]
ONE_PER_DESIGN = [
    "bcg-vaccine",
    "nsw-trial",
    "castle-doctrine",
    "i-gang-null",
    "i-gang-rate",
    "fleiss-diagnoses",
    "lipset-democracies",
]

NSW = "nsw-jobs.2026Q3.earnings_1978"
TO_THE_CENT = 0.005


def restricted_bytes(home: Home) -> bytes:
    return (home.restricted / "results" / str(QUARTER) / "results.json").read_bytes()


def test_every_project_of_the_portfolio_has_its_results(demo_template: Home) -> None:
    assert {r["project"] for r in records(demo_template).values()} == {*PORTFOLIO, LIVING_REVIEW}


def test_all_seven_rungs_stand_in_one_table_with_their_published_answers(demo_template: Home) -> None:
    found = records(demo_template)
    assert {r["evidence"]["rung"] for r in found.values()} == set(range(1, 8))
    trial, laws, trials = (
        found[f"{name}.{QUARTER}.{outcome}"]
        for name, outcome in (
            ("nsw-trial", "earnings_1978"),
            ("castle-doctrine", "homicide"),
            ("bcg-vaccine", "tuberculosis"),
        )
    )
    assert (trial["evidence"]["rung_detail"], laws["evidence"]["rung_detail"]) == ("2", "3a")
    assert (trial["estimate"], trial["standard_error"]) == pytest.approx((1794.34, 671), abs=0.5)
    assert (laws["estimate"], laws["standard_error"]) == pytest.approx((0.0755, 0.0348), abs=5e-5)
    assert [round(math.exp(trials[n]), 3) for n in ("estimate", "interval_low", "interval_high")] == [
        0.489,
        0.344,
        0.696,
    ]
    diagnoses, states = found[f"fleiss-diagnoses.{QUARTER}.diagnosis"], found[f"lipset-democracies.{QUARTER}.survived"]
    kappa = next(m for m in diagnoses["measures"] if m["code"] == "fleiss_kappa")
    assert kappa["value"] == pytest.approx(kappa["published_value"], abs=5e-4)
    assert (states["status"], states["estimate"]) == ("told", None)
    assert "wealth and stable governments" in states["texts"][-1]["en"]
    pages = demo_template.published / str(QUARTER) / "site" / "resultat"
    assert "Dehejia &amp; Wahba 1999" in (pages / f"nsw-trial.{QUARTER}.earnings_1978.html").read_text(encoding="utf-8")


def test_the_published_numbers_of_nsw_come_out_of_the_river(demo_template: Home) -> None:
    nsw = records(demo_template)[NSW]
    others = {a["estimator"]: a for a in nsw["alternatives"]}
    placebo = {p["estimator"]: p for p in nsw["placebo"]}
    assert nsw["raw_difference"] == pytest.approx(-8497.52, abs=TO_THE_CENT)
    assert (nsw["estimate"], nsw["standard_error"]) == pytest.approx((1494.90, 677.90), abs=TO_THE_CENT)
    assert others["inverse_probability"]["estimate"] == pytest.approx(1377.12, abs=TO_THE_CENT)
    assert others["regression"]["estimate"] == pytest.approx(1066.38, abs=TO_THE_CENT)
    assert others["regression"]["standard_error"] == pytest.approx(626.85, abs=TO_THE_CENT)
    assert placebo["inverse_probability"]["estimate"] == pytest.approx(-1154.68, abs=TO_THE_CENT)
    assert placebo["regression"]["estimate"] == pytest.approx(-1134.82, abs=TO_THE_CENT)
    assert placebo["regression"]["standard_error"] == pytest.approx(272.44, abs=TO_THE_CENT)
    assert nsw["known_answers"][0]["estimate"] == 1794.34
    states = {s["code"]: s for s in nsw["evidence"]["error_sources"]}
    assert states["unmeasured_confounding"]["state"] == "serious"
    assert "placebo test fails" in states["unmeasured_confounding"]["finding"]["en"]
    assert nsw["claims"]["verdict"] == "unresolved"


def test_rungs_are_earned_and_not_claimed(demo_template: Home) -> None:
    found = {(r["project"], r["outcome"]): r["evidence"] for r in records(demo_template).values()}
    assert found["i-gang", "in_work_or_education"]["rung_detail"] == "4a"
    assert found["i-gang", "off_cash_benefit"]["rung_detail"] == "4b"
    assert found["i-gang-rate", "in_work_or_education"]["rung_detail"] == "5"
    waiting = found["i-gang-waiting-list", "in_work_or_education"]
    assert (waiting["rung"], waiting["claimed_rung"]) == (4, 2)
    assert any("says rung 2" in text["en"] for text in waiting["why"])


@pytest.mark.parametrize(("project", "scenario"), [("i-gang", "ignorable"), ("i-gang-waiting-list", "lottery")])
def test_the_interval_holds_the_true_effect(demo_template: Home, project: str, scenario: str) -> None:
    result = records(demo_template)[f"{project}.2026Q3.in_work_or_education"]
    assert result["interval_low"] < TRUE_ATT[scenario] < result["interval_high"]
    assert result["control_value"] == pytest.approx(0.12, abs=0.04)


def test_a_project_without_effect_is_not_called_promising(demo_template: Home) -> None:
    result = records(demo_template)["i-gang-null.2026Q3.in_work_or_education"]
    assert result["interval_low"] > 0  # the matched comparison is fooled …
    states = {s["code"]: s["state"] for s in result["evidence"]["error_sources"]}
    assert states["unmeasured_confounding"] == "serious"  # … and the placebo test says so
    assert result["claims"]["verdict"] == "unresolved"


def test_every_record_meets_the_schema_it_ships_with(demo_template: Home) -> None:
    folder = demo_template.published / str(QUARTER)
    schema = json.loads((folder / "results.schema.json").read_text())
    jsonschema.validate(list(public_records(demo_template).values()), schema)
    for rows, model in ((records(demo_template), ResultRecord), (public_records(demo_template), PublicRecord)):
        for row in rows.values():
            assert model.model_validate(row).model_dump(mode="json") == row
            codes = [s["code"] for s in row["evidence"]["error_sources"]]
            assert codes == list(rungs()[row["evidence"]["rung"]].error_sources)


def test_published_numbers_are_coarse(demo_template: Home) -> None:
    for row in public_records(demo_template).values():
        assert not {"standard_error", "sites", "subgroups", "risk_ratio"} & set(row)
        for name in ("n_treated", "n_control") if row["counted"] == "people" else ():
            assert row[name] is None or row[name] % 5 == 0
        if row["outcome_type"] == "binary" and row["estimate"] is not None:
            assert row["estimate"] == round(row["estimate"], 2)


def test_published_files_can_be_read_by_other_tools(demo_template: Home) -> None:
    folder = demo_template.published / str(QUARTER)
    table = pd.read_csv(folder / "results.csv")
    public = public_records(demo_template)
    assert sorted(table["result_id"]) == sorted(public)
    assert {"interval_low", "interval_high", "rung", "status", "certainty"} <= set(table.columns)
    with duckdb.connect(str(folder / "marts.duckdb"), read_only=True) as marts:
        names = {row[0] for row in marts.execute("SELECT table_name FROM information_schema.tables").fetchall()}
        assert {"fct_effect", "fct_error_source", "dim_ladder", "dim_municipality"} <= names
        count = marts.execute("SELECT count(*) FROM fct_error_source").fetchone()
    assert count == (sum(len(r["evidence"]["error_sources"]) for r in public.values()),)


def test_a_second_call_redoes_only_what_changed(demo_home: Home, tmp_path: Path) -> None:
    assert {o.state for o in run_demo(demo_home)} == {"unchanged"}
    protocol = demo_home.projects / "nsw-jobs" / "project.yaml"
    protocol.write_text(protocol.read_text().replace("seed", "seed"))
    folder = deliver_again("i-gang", tmp_path / "again")
    copy = folder / "aarhus_2026Q3.csv"
    send(demo_home, "i-gang", copy, copy.read_bytes())
    assert {o.state for o in run_demo(demo_home)} == {"unchanged"}  # the same bytes change nothing
    send(demo_home, "i-gang", copy, copy.read_bytes().replace(b"\r\n", b"\n"))
    states = {o.project: o.state for o in run_demo(demo_home)}
    assert states["i-gang"] == "made"
    assert {v for k, v in states.items() if k not in ("i-gang", "publication")} == {"unchanged"}


def test_two_runs_give_the_same_bytes(demo_home: Home) -> None:
    before = restricted_bytes(demo_home)
    assert {o.state for o in run_demo(demo_home, again=True, projects=ONE_PER_DESIGN)} == {"made"}
    assert restricted_bytes(demo_home) == before


def test_rows_in_any_order_change_nothing(demo_home: Home, tmp_path: Path) -> None:
    before = restricted_bytes(demo_home)
    folder = deliver_again("i-gang", tmp_path / "i-gang")
    for path in folder.glob("*.parquet"):
        pd.read_parquet(path).sample(frac=1, random_state=3).to_parquet(demo_home.inbox / "i-gang" / path.name)
    csv = folder / "aarhus_2026Q3.csv"
    head, *rows = csv.read_bytes().splitlines()
    send(demo_home, "i-gang", csv, b"\n".join([head, *reversed(rows)]) + b"\n")
    nsw = deliver_again("nsw-jobs", tmp_path / "nsw") / "nsw_cps.csv"
    head, *rows = nsw.read_bytes().splitlines()
    send(demo_home, "nsw-jobs", nsw, b"\n".join([head, *reversed(rows)]) + b"\n")
    states = {o.project: o.state for o in run_demo(demo_home, projects=["i-gang", "nsw-jobs"])}
    assert states["i-gang"] == states["nsw-jobs"] == "made"
    assert restricted_bytes(demo_home) == before


@pytest.mark.parametrize("seconds", [pytest.param(seconds, marks=pytest.mark.long) for seconds in (4.0, 5.5, 7.5)])
def test_killed_in_the_middle_and_repeated_gives_the_same(demo_home: Home, seconds: float) -> None:
    before = restricted_bytes(demo_home)
    run_and_kill(demo_home, seconds, "--again", "--project", "i-gang-null")
    for path in demo_home.restricted.rglob("*.json"):
        json.loads(path.read_text())  # no half file
    assert {o.state for o in run_demo(demo_home, again=True, projects=["i-gang-null"])} == {"made"}
    assert restricted_bytes(demo_home) == before
    assert (demo_home.published / str(QUARTER) / "site" / "index.html").is_file()


def test_no_identifier_is_left_anywhere(demo_template: Home, tmp_path: Path) -> None:
    """Every byte under the home, inbox and Dagster's own files included."""
    folder = deliver_again("i-gang", tmp_path / "again")
    numbers = set(pd.read_parquet(folder / "register.parquet")["person_id"])
    needles = {n.encode() for n in sorted(numbers)[:3000]}
    anywhere = re.compile(rb"(?=([6-9][0-9]{9}))")  # also within longer numbers
    digits = re.compile(rb"(?<![0-9.])[6-9][0-9]{9}(?![0-9])")
    searched = 0
    for path in demo_template.root.rglob("*"):
        if not path.is_file() or "keys" in path.parts:
            continue
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += pd.read_parquet(path).to_csv(index=False).encode()
        searched += 1
        assert not {m.decode() for m in digits.findall(content)} & numbers, path
        if len(content) < 5_000_000:
            assert needles.isdisjoint(anywhere.findall(content)), path
    assert searched > 40


def test_a_changed_protocol_is_on_the_result(demo_home: Home) -> None:
    protocol = demo_home.projects / "i-gang-rate" / "project.yaml"
    protocol.write_text(protocol.read_text().replace("value: 0.17", "value: 0.10"))
    run_demo(demo_home, projects=["i-gang-rate"])
    result = records(demo_home)["i-gang-rate.2026Q3.in_work_or_education"]
    states = {s["code"]: s["state"] for s in result["evidence"]["error_sources"]}
    assert states["protocol_changed"] == "serious"


def test_too_many_bad_rows_stop_the_river_and_the_last_results_stay(demo_home: Home, tmp_path: Path) -> None:
    before = restricted_bytes(demo_home)
    path = deliver_again("i-gang", tmp_path / "again") / "aarhus_2026Q3.csv"
    lines = path.read_bytes().splitlines()
    broken = [line.replace(b";0751;", b";9999;") if i % 3 == 0 else line for i, line in enumerate(lines)]
    send(demo_home, "i-gang", path, b"\n".join(broken) + b"\n")
    outcome = next(o for o in run_demo(demo_home, projects=["i-gang"]) if o.project == "i-gang")
    assert outcome.state == "refused"
    assert any("was refused, and no other file has replaced it" in m for m in outcome.messages)
    assert not any("Error" in m for m in outcome.messages)
    assert restricted_bytes(demo_home) == before
    receipt = json.loads((demo_home.quarantine / "i-gang" / "0009.json").read_text())
    assert receipt["state"] == "refused"
    rules = {r["rule"]: r["count"] for r in receipt["tables"][0]["refusals"]}
    assert rules["allowed(municipality_code)"] > 150
    # A correct version of the same file takes its place, and everything is as it was.
    send(demo_home, "i-gang", path, path.read_bytes())
    assert {o.state for o in run_demo(demo_home, projects=["i-gang"])} <= {"made", "unchanged"}
    assert restricted_bytes(demo_home) == before


def test_a_flipped_bit_is_found(demo_home: Home) -> None:
    path = next((demo_home.restricted / "cohort" / "people" / "i-gang").glob("*.parquet"))
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0x10
    path.write_bytes(content)
    with pytest.raises(InputRefused, match=f"restricted/cohort/people/i-gang/{path.name}: A stored table is damaged"):
        Store(home_folder=str(demo_home.root)).read(["cohort", "people"], "i-gang", QUARTER.partition_key)


def test_a_home_of_its_own_has_a_key_of_its_own(tmp_path: Path) -> None:
    one, two = Home(tmp_path / "one"), Home(tmp_path / "two")
    for home in (one, two):
        set_up(home, demo=False)
    assert one.key_file.read_bytes() != two.key_file.read_bytes()
    assert one.key_file.stat().st_mode & 0o777 == 0o600
    assert one.restricted.stat().st_mode & 0o777 == 0o700


def test_a_reader_never_finds_the_published_folder_missing(demo_home: Home) -> None:
    from assets.release.public_files import publish_quarter

    public = [PublicRecord.model_validate(row) for row in public_records(demo_home).values()][:4]
    start = demo_home.published / str(QUARTER) / "site" / "index.html"
    watcher = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, os\nwhile not os.path.exists(sys.argv[2]):\n    open(sys.argv[1]).close()",
            str(start),
            str(demo_home.root / "stop"),
        ],
        stderr=subprocess.PIPE,
    )
    for _ in range(5):
        publish_quarter(demo_home, QUARTER, public)
    (demo_home.root / "stop").touch()
    _, errors = watcher.communicate(timeout=30)
    assert watcher.returncode == 0, errors.decode()[-300:]
    assert [p.name for p in demo_home.published.iterdir()] == [str(QUARTER)]
