"""A setting that changes nothing is told of, and one that does is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from data_contracts.designs.declared import declared_designs
from data_contracts.protocol.reading import read_protocol
from data_contracts.protocol.unused_settings import unused_settings
from pipelines.command_line.main import trin
from projects.portfolio import PORTFOLIO, protocol_folder
from tests.support.design_studies import STUDIES, Study, trial


@pytest.mark.parametrize("project", PORTFOLIO)
def test_the_demo_projects_declare_nothing_in_vain(project: str) -> None:
    assert unused_settings(read_protocol((protocol_folder(project) / "project.yaml").read_text("utf-8"))) == ()


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_of_each_design_declares_nothing_in_vain(name: str) -> None:
    assert unused_settings(read_protocol(STUDIES[name]().protocol)) == ()


def saying(study: Study, *lines: str) -> tuple[str, ...]:
    return unused_settings(read_protocol("\n".join(lines) + "\n" + study.protocol))


def test_what_belongs_to_another_design_is_named() -> None:
    """Somebody turns a matched study into a trial and leaves its sections where they were."""
    matched = "comparison: {method: nearest_neighbour, score_covariates: [age], caliper_sd_logit: 0.2, ratio: 1}"
    assert saying(trial(), matched) == ("comparison",)
    effects = "effects: {estimator: matched_difference, alternatives: [inverse_probability], confidence_level: 0.9}"
    assert saying(trial(), effects) == ("effects.alternatives", "effects.estimator")
    assert saying(trial(), "effects: {estimator: of_the_design, confidence_level: 0.9}") == ()
    assert saying(trial(), "panel: {period: year}") == ()  # a default said aloud declares nothing
    assert saying(trial(), "benchmark: {method: synthetic_control}") == ("benchmark",)


def test_a_subgroup_in_a_trial_is_worked_out_and_not_told_of_as_unused(tmp_path: Path) -> None:
    subgroup = "{name: older, label: Older, covariate: age, at_least: 30}"
    effects = f"effects: {{estimator: of_the_design, subgroups: [{subgroup}]}}\n"
    study = trial()
    assert saying(study, effects) == ()
    (found,) = Study(effects + study.protocol, study.files).run(tmp_path).subgroups
    assert found.estimator == "assigned_difference"
    ages = study.files["known.csv"].set_index("id")["age"]
    older = study.files["draw.csv"].assign(age=study.files["draw.csv"]["id"].map(ages)).query("age >= 30")
    scores = study.files["after.csv"].set_index("id")["score"]
    arms = older.assign(score=older["id"].map(scores)).groupby("place")["score"].mean()
    assert found.estimate == pytest.approx(arms[1] - arms[0])
    assert found.n_treated + found.n_control == len(older)


def test_every_design_uses_settings_that_exist() -> None:
    for name, design in declared_designs().items():
        assert design.section in design.uses or design.section == "comparison", name


def test_check_says_it(tmp_path: Path) -> None:
    folder = tmp_path / "projects" / "small"
    folder.mkdir(parents=True)
    file = folder / "project.yaml"
    file.write_text("placebo_outcomes: [{covariate: age, leave_out: [age]}]\n" + trial().protocol, encoding="utf-8")
    told = CliRunner().invoke(trin, ["check", str(file), "--home", str(tmp_path / "home")])
    assert told.exit_code == 0, told.output
    assert "placebo_outcomes: declared but ignored, because design randomised_trial does not use it" in " ".join(
        told.output.split()
    )
