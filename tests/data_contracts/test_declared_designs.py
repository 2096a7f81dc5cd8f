"""What a design declares fits together, with the ladder and with its code."""

from __future__ import annotations

from typing import Any

import pytest

from data_contracts.designs.declared import DeclaredDesign, declared_designs
from data_contracts.designs.registry import sections
from data_contracts.ladder.ladder import crosswalk, design_facts, error_sources, rung_rules
from data_contracts.phrases import LANGUAGES
from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.design_folders import DESIGNS as FOLDER
from data_contracts.reading.design_folders import declarations, has_file, joined, own_parts
from data_contracts.reading.safe_yaml import read_own
from data_contracts.tables.declared import TABLES
from models.designs.registry import DESIGNS
from tests.support.places import ROOT

DECLARED = declared_designs()


def test_both_folders_of_a_design_have_its_name() -> None:
    for room in ("data_contracts", "models"):
        folders = {p.name for p in (ROOT / room / FOLDER).iterdir() if (p / "__init__.py").is_file()}
        assert folders == set(DECLARED), room


@pytest.mark.parametrize(("name", "design"), DECLARED.items(), ids=DECLARED)
def test_a_design_is_what_it_declares(name: str, design: DeclaredDesign) -> None:
    assert DESIGNS[name].name == name
    assert DESIGNS[name].intended_rung == design.rung
    assert {*design.tables, *design.may_use} <= set(TABLES)
    assert design.section in Protocol.model_fields
    assert {used.split(".")[0] for used in design.uses} <= set(Protocol.model_fields)
    assert set(design.must_declare) <= {"outcome_window", "smallest_worthwhile_effect", "confounder_domains"}
    assert set(design.name) == set(LANGUAGES)


def test_designs_come_from_the_top_of_the_ladder_down() -> None:
    assert [design.rung for design in DECLARED.values()] == sorted(design.rung for design in DECLARED.values())
    assert list(DESIGNS) == list(DECLARED)


def test_rules_have_an_order_and_ask_for_facts_that_are_declared() -> None:
    places = [(row["detail"], row.get("position", 1)) for said in declarations().values() for row in said["rules"]]
    assert len(set(places)) == len(places)
    assert [rule.detail for rule in rung_rules()] == sorted(detail for detail, _ in places)
    needed = {name for rule in rung_rules() for name in rule.needs}
    assert needed <= set(design_facts())
    for name, said in declarations().items():
        assert set(said.get("facts", {})) <= needed, name
        assert min(int(row["detail"][0]) for row in said["rules"]) == said["rung"], name


def test_every_detail_of_a_rung_has_one_grade_in_each_standard() -> None:
    for standard in crosswalk().values():
        last = [rule["rungs"] for rule in standard["rules"] if not rule.get("if")]
        assert sorted(last) == [[detail] for detail in sorted({rule.detail for rule in rung_rules()})]


def test_own_detectors_look_for_own_error_sources() -> None:
    looked_for = {name: set(own) for name, own in own_parts("models", "detectors", "DETECTORS").items()}
    declared = {name: set(said["error_sources"]) for name, said in declarations().items() if "error_sources" in said}
    assert looked_for == declared
    assert set().union(*declared.values()) <= set(error_sources())


@pytest.mark.parametrize("name", DECLARED)
def test_phrases_of_a_design_are_in_both_languages(name: str) -> None:
    files = [f"phrases.{language}.yaml" for language in LANGUAGES]
    assert len({has_file(name, file) for file in files}) == 1
    if has_file(name, files[0]):
        keys = [set(read_own(FOLDER, name, file)) for file in files]
        assert keys[0] == keys[1]


def test_a_name_that_is_declared_twice_is_an_error() -> None:
    rows: dict[str, Any] = {"waves_count": 1}
    with pytest.raises(ValueError, match="facts: declared twice: waves_count"):
        joined("facts", rows, {"waves_count": 2})


def test_every_section_of_a_protocol_that_a_design_brings_is_its_own() -> None:
    own = [DECLARED[name].section for name in own_parts("data_contracts", "settings", "SETTINGS")]
    assert sorted(own) == sorted(sections())
