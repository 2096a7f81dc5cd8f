"""A protocol is read whole: every fault at once, each with its line and what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from data_contracts.protocol.reading import read_protocol
from data_contracts.reading.faults import Fault, InputRefused
from data_contracts.reading.safe_yaml import read_yaml
from tests.support.places import ROOT
from tests.support.small_study import PROTOCOL

REFERENCE = ROOT / "docs" / "reference"


def faults_of(text: str, **options: str) -> tuple[Fault, ...]:
    with pytest.raises(InputRefused) as refused:
        read_protocol(text, **options)
    return refused.value.faults


@pytest.mark.parametrize("path", sorted((ROOT / "projects").glob("*/project.yaml")), ids=lambda p: p.parent.name)
def test_the_demo_protocols_are_valid(path: Path) -> None:
    assert read_protocol(path.read_text(encoding="utf-8"), folder=path.parent.name).id == path.parent.name


def test_the_example_of_the_reference_page_is_valid() -> None:
    page = (REFERENCE / "project-yaml.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", page, re.S)
    assert example is not None
    assert read_protocol(example[1]).id == "reading-club"


@pytest.mark.slow
def test_demo_protocols_meet_the_published_json_schema() -> None:
    schema = json.loads((REFERENCE / "project.schema.json").read_text(encoding="utf-8"))
    for path in (ROOT / "projects").glob("*/project.yaml"):
        jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), schema)


def test_comments_and_order_do_not_change_the_hash_but_content_does() -> None:
    first = read_protocol(PROTOCOL)
    lines = PROTOCOL.splitlines()
    moved = "\n".join([lines[2], lines[0], "# a comment", lines[1], *lines[3:]])
    assert read_protocol(moved).sha256 == first.sha256
    assert read_protocol(PROTOCOL.replace("ratio: 2", "ratio: 3")).sha256 != first.sha256


def test_every_fault_is_found_at_once_with_its_line() -> None:
    broken = (
        PROTOCOL.replace("design: matched_control", "desing: matched_control")
        .replace("ratio: 2", "ratio: many")
        .replace("score_covariates: [age, earlier, group]", "score_covariates: [age, earlyer, mood]")
        .replace('municipalities: ["0751"]', "municipalities: [751]")
        .replace("before_months: 12", "before_months: 3")
    )
    faults = faults_of(broken)
    said = {(f.line, f.where): f"{f.what} {f.fix}" for f in faults}
    lines = broken.splitlines()

    def line(part: str) -> int:
        return next(i for i, text in enumerate(lines, start=1) if part in text)

    assert "Did you mean “design”" in said[line("desing"), "desing"]
    assert (line("ratio: many"), "comparison.ratio") in said
    assert "Did you mean “earlier”" in said[line("earlyer"), "comparison.score_covariates[2]"]
    assert "participants only" in said[line("earlyer"), "comparison.score_covariates[3]"]
    assert "four digits" in said[line("[751]"), "municipalities[1]"]
    assert "closes before it opens" in said[line("before_months: 3"), "outcomes[1].before_months"]
    assert any(f.where == "design" and "missing" in f.what for f in faults)


RULES = [
    ("a municipality that is none", ('municipalities: ["0751"]', 'municipalities: ["0999"]'), "No Danish municipality"),
    ("a name the pipeline uses itself", ("{name: age,", "{name: weight,"), "reserved by the pipeline"),
    (
        "a number that is none",
        ("smallest_worthwhile_effect: 3", "smallest_worthwhile_effect: .inf"),
        "number is needed",
    ),
    ("a number without end", ("smallest_worthwhile_effect: 3", "smallest_worthwhile_effect: 1e400"), "ordinary number"),
    (
        "another estimator than the matching",
        (
            "estimator: matched_difference\n  alternatives: [inverse_probability,",
            "estimator: inverse_probability\n  alternatives: [matched_difference,",
        ),
        "the result is matched_difference or matched_regression",
    ),
    (
        "a placebo of kinds",
        ("{covariate: earlier, leave_out: [earlier]}", "{covariate: group, leave_out: [group]}"),
        "numeric or binary",
    ),
    (
        "a size of a kind",
        ("outcomes:\n", "eligibility: [{covariate: group, at_least: 3}]\noutcomes:\n"),
        "are for numeric covariates",
    ),
    ("a table that is a list", ("table: participants", "table: [participants]"), "deliveries"),
    ("another programme that is no yes or no", ("  ratio: 2", "  ratio: 2\n  other_programme: age"), "is not binary"),
    (
        "eligibility nobody can meet",
        ("outcomes:\n", "eligibility: [{covariate: age, at_least: 50, at_most: 40}]\noutcomes:\n"),
        "No one can meet",
    ),
    (
        "eligibility without a limit",
        ("outcomes:\n", "eligibility: [{covariate: age}]\noutcomes:\n"),
        "has no condition",
    ),
    (
        "a level that is none",
        ("outcomes:\n", "eligibility: [{covariate: group, one_of: [d]}]\noutcomes:\n"),
        "not a level",
    ),
    (
        "a column twice",
        (
            "index_date: start, municipality_code: place}}",
            'index_date: start, municipality_code: place}, constants: {index_date: "2025-01-01"}}',
        ),
        "both a column and a constant",
    ),
    (
        "a constant in another format",
        ("measured_date: test_day}", 'value: score}, constants: {measured_date: "01-09-2025"}'),
        "not in the format yyyy-mm-dd",
    ),
    ("a comma in a number", ("caliper_sd_logit: 0.5", "caliper_sd_logit: '0,5'"), "with a point"),
    ("matching on an intake field", ("score_covariates: [age,", "score_covariates: [mood, age,"), "participants only"),
    ("no caliper", ("  caliper_sd_logit: 0.5\n", ""), "caliper is not declared"),
    ("no primary outcome", ("    primary: true\n", ""), "0 outcomes are primary"),
    ("an unknown outcome", ("pre_period_of: score", "pre_period_of: scores"), "no outcome “scores”"),
    ("levels forgotten", (", levels: [a, b, c]", ""), "needs its levels"),
    ("a placebo in its own score", ("leave_out: [earlier]", "leave_out: [age]"), "must be left out"),
    ("follow-up too short", ("follow_up_months: 12", "follow_up_months: 9"), "closes after follow_up_months"),
    ("a window that is no number", ("from_months: 6", "from_months: six"), "whole number is needed"),
    ("a covariate that is an outcome", ("{name: age,", "{name: score,"), "both a covariate and an outcome"),
    ("an unknown column", ("measured_date: test_day", "measured_dat: test_day"), "no column “measured_dat”"),
    ("a rate is no control group", ("method: nearest_neighbour", "method: reference_rate"), "not a control group"),
    ("a bad quarter", ("first_quarter: 2026Q3", "first_quarter: 2026Q5"), "written like 2026Q3"),
    ("the wrong folder", ("id: small", "id: large"), "differs from the folder"),
    ("a path as id", ("id: small", "id: ../../x"), "An id contains"),
    (
        "a path as file",
        ('files: "people*.csv", format: csv, where', 'files: "../x.csv", format: csv, where'),
        "no folders",
    ),
]


@pytest.mark.parametrize(("story", "change", "said"), RULES, ids=[r[0] for r in RULES])
def test_rules(story: str, change: tuple[str, str], said: str) -> None:
    assert change[0] in PROTOCOL
    faults = faults_of(PROTOCOL.replace(*change, 1), folder="small")
    assert any(said in str(f) for f in faults), faults
    assert all(f.line is not None and f.fix for f in faults)


def test_thirteen_questions_are_one_too_many() -> None:
    extra = "".join(f"  - {{name: q{i}, label: Q, type: numeric, domain: health, source: intake}}\n" for i in range(9))
    faults = faults_of(PROTOCOL.replace("confounder_domains:", f"{extra}confounder_domains:"))
    assert any("13 fields are asked" in f.what for f in faults)


def test_yaml_types_nothing() -> None:
    data, lines = read_yaml("a: 0751\nb: no\nc: 1e3\nd:\ne: ''\n", "x")
    assert data == {"a": "0751", "b": "no", "c": "1e3", "d": None, "e": ""}
    assert lines[("c",)] == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x [1]\nb: *x\n", "Anchors"),
        ("a: !!python/object/apply:os.system ['true']\n", "Tags"),
        ("a: 1\na: 2\n", "occurs twice"),
        ("a: [1\nb: 2\n", "not valid YAML"),
        ("x" * 300_000, "larger than"),
        ("[" * 5000, "YAML"),
        ("", "no keys"),
        ("- a\n", "no keys"),
        ("a: \x00\n", "YAML"),
    ],
)
def test_hostile_files_end_in_a_sentence(text: str, said: str) -> None:
    faults = faults_of(text)
    assert any(said in str(f) or "nested" in str(f) for f in faults), faults


def test_how_files_are_called_and_laid_out_is_no_promise() -> None:
    """A total row found later, or another file name, must not look like a plan that changed after outcomes were seen."""
    plain = read_protocol(PROTOCOL)
    laid_out = read_protocol(
        PROTOCOL.replace("format: csv", "rows_to_drop: [I alt], header_row: 2, format: csv").replace("people*", "folk*")
    )
    assert laid_out.sha256 != plain.sha256
    assert laid_out.plan_sha256 == plain.plan_sha256
    for old, new in (
        ('where: {club: "1"}', 'where: {club: "2"}'),
        ("measured_date: test_day", "measured_date: start"),
        ("ratio: 2", "ratio: 3"),
    ):
        assert read_protocol(PROTOCOL.replace(old, new)).plan_sha256 != plain.plan_sha256
