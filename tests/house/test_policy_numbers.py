"""Numbers that decide what is said of a result stand in YAML, once, with a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from data_contracts import phrases as texts
from data_contracts.calendar import quarters
from data_contracts.ladder import ladder
from data_contracts.phrases import LANGUAGES, phrase
from data_contracts.protocol.reading import read_protocol
from data_contracts.reading import knowledge
from data_contracts.reading import limits as limits_module
from data_contracts.reading.faults import InputRefused
from data_contracts.reading.limits import limit, limits
from models.disclosure.policy import default_policy, safe_count
from models.study import compare
from models.values.comparison import Gate
from pipelines.documentation.limit_pages import limit_files, limits_page, notes_of
from tests.house.policy_numbers import bare_numbers
from tests.support.places import ROOT
from tests.support.small_study import PROTOCOL

WINGS = (
    "evidence",
    "disclosure",
    "detectors",
    "designs",
    "comparing",
    "estimating",
    "doubt",
    "people",
    "economics",
)
ALLOWED = {
    # how a text or a picture looks
    "evidence/claims.py: MOST_DECIMALS": "decimals that a declared number is searched through",
    "evidence/claims.py: abs(value) >= 10": "decimals of a mean: none from ten on",
    "evidence/plan_lock.py: LONGEST_VALUE": "characters of a changed setting that are shown",
    "detectors/interface.py: DIGITS": "significant digits of a numeric effect in a finding",
    "detectors/plan_sources.py: MOST_KEYS_SHOWN": "changed settings that are listed; the rest are counted",
    "comparing/overlap.py: FIFTHS": "bars of a picture, whose texts say fifths",
    # what a formula or its source fixes
    "evidence/paper_study.py: NORMAL_REACH": "the normal quantile of papers.confidence_level",
    "doubt/e_values.py: LOG_RATIO_PER_DEVIATION": "VanderWeele & Ding 2017, table 2",
    "designs/expert_assessment/pool.py: QUANTILES": "Cooke 1991: what experts are asked for",
    "designs/expert_assessment/pool.py: BINS": "shares between those quantiles",
    "designs/matched_control/effects.py: len(data.y) < matrix.values.shape[1] + 4": "degrees of freedom of the regression",
    "designs/panel/design.py: MONTHS": "the calendar",
    # tolerances and ends of scales: nobody could tell the results apart
    "designs/benchmarking/synthetic_control.py: ONE": "how heavily the sum of weights is held to 1",
    "designs/panel/group_time.py: LARGEST_CONDITION": "beyond it a matrix has no inverse in double precision",
    "designs/systematic_review/meta_regression.py: SMALLEST_STEP": "when an iteration has ended",
    "designs/systematic_review/study_effects.py: SMALLEST_ERROR": "a standard error that is zero but for rounding",
    "comparing/entropy_balancing.py: LARGEST_REMAINING_SMD": "when an iteration has ended",
    "comparing/optimal_matching.py: TIE_WEIGHT": "breaks ties, and nothing else",
    "estimating/abadie_imbens.py: TIE_DISTANCE": "what counts as a tie (Matching's default)",
    "disclosure/table_bounds.py: UNLIMITED": "no limit, in a solver that needs one",
    "doubt/e_values.py: SMALLEST_SHARE": "keeps a ratio finite",
    "doubt/hidden_bias.py: LARGEST_GAMMA": "where the search for a root ends",
    "economics/who_pays.py: SMALLEST": "half an øre, rounding",
    # draws, iterations, memory and speed
    "designs/case_study/qca.py: MOST_SOLUTIONS": "where a search ends",
    "designs/expert_assessment/pool.py: GRID": "points of a curve",
    "designs/panel/estimators.py: MOST_SETS": "draws, where there are too many sets to try all",
    "designs/panel/group_time.py: BAND_DRAWS": "draws",
    "designs/randomised_trial/randomisation_test.py: PEOPLE_AT_ONCE": "memory",
    "designs/systematic_review/meta_regression.py: MOST_STEPS": "iterations",
    "comparing/entropy_balancing.py: MAXIMUM_ITERATIONS": "iterations",
    "comparing/nearest.py: MOST_TIED": "which of two equal ways of searching is faster",
    "estimating/bootstrap.py: DRAWS": "draws",
    "estimating/bootstrap.py: MOST_BLOCKS": "memory",
    # marks that are no numbers
    "comparing/greedy.py: UNMATCHED": "a mark",
    "comparing/optimal_matching.py: LEFT_OUT": "a mark",
    "comparing/strata.py: LEFT_OUT": "a mark",
}
"""Constants of formulas and of computing, which decide nothing about what is said, each with its reason."""


def found_numbers() -> dict[str, str]:
    found = {}
    for wing in WINGS:
        for path in sorted((ROOT / "models" / wing).rglob("*.py")):
            file = path.relative_to(ROOT / "models").as_posix()
            found |= {f"{file}: {name}": line for name, line in bare_numbers(path.read_text(encoding="utf-8"))}
    return found


def test_no_policy_number_stands_in_code() -> None:
    found = found_numbers()
    new = [f"{name} (line {line})" for name, line in found.items() if name not in ALLOWED]
    assert not new, "Put these into YAML with a source, and read them by limit(…):\n" + "\n".join(new)
    assert not ALLOWED.keys() - found.keys(), "allowed, and there no more"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("FEWEST = 12", ["FEWEST"]),
        ("FEW, MANY = 3, 40", ["FEW", "MANY"]),
        ("SHARES: tuple[float, ...] = (0.1, 0.9)", ["SHARES"]),
        ("FACTORS = {1: 1.0, 2: 0.8}", ["FACTORS"]),
        ("def f(x):\n    return x > 0.55", ["x > 0.55"]),
        ("def f(x):\n    return x > 2 / 3", ["x > 2 / 3"]),
        ("def f(x):\n    return len(x) < 3", ["len(x) < 3"]),
        ("def f(x):\n    return g(x, alpha=0.05)", ["g(x, alpha=0.05)"]),
        ("class A:\n    level: float = 0.95", ["level: float = 0.95"]),
        ("def f(x, *, limit=0.055):\n    return x", ["def f(x, *, limit=0.055):\n    return x"]),
    ],
)
def test_a_planted_number_is_found(code: str, names: list[str]) -> None:
    assert [name for name, _ in bare_numbers(code)] == names


@pytest.mark.parametrize(
    "code",
    [
        "NAMES = ('a', 'b')",
        "def f(x):\n    return 0 <= x <= 1 and x > 0.5",
        "def f(x):\n    return abs(x) < 1e-9",
        "def f(x):\n    return x < limit('fewest_places')",
        "def f(x):\n    return (1 + 0.3 * x) / 7",
    ],
)
def test_formulas_are_left_alone(code: str) -> None:
    assert list(bare_numbers(code)) == []


def test_every_limit_says_what_it_decides_and_from_where() -> None:
    for file, names in limit_files().items():
        notes = notes_of(file)
        assert all(len(notes.get(name.rpartition(".")[2], "")) >= 8 for name in names), file
    listed = {name for names in limit_files().values() for name in names}
    elsewhere = {*ladder.error_sources(), "economics"}  # with sources of their own
    assert {name for name in limits() if name not in listed} == {
        name for name in limits() if name.partition(".")[0] in elsewhere
    }


def test_texts_name_limits_that_exist() -> None:
    for language in LANGUAGES:
        assert not [key for key, text in texts.phrases(language).items() if "{limit." in text]
    assert not [code for code, both in ladder.gate_reasons().items() if "{limit." in "".join(both.values())]


@contextmanager
def knowing(monkeypatch: pytest.MonkeyPatch, file: str, change: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Read one of our YAML files as if it said something else; everything that rests on it is read anew."""
    caches = (
        knowledge.read_knowledge,
        limits_module.limits,
        ladder.gate_reasons,
        ladder.error_sources,
        texts.phrases,
        quarters.earliest_quarter,
        quarters.schedule_lag_days,
    )
    read_own = knowledge.read_own

    def changed(*place: str) -> Any:
        data = read_own(*place)
        if place[-1] == file:
            change(data)
        return data

    monkeypatch.setattr(knowledge, "read_own", changed)
    try:
        for cached in caches:
            cached.cache_clear()
        yield
    finally:
        monkeypatch.undo()
        for cached in caches:
            cached.cache_clear()


def gate_of_twenty() -> str | None:
    """Match twenty participants and tell which gate closes."""
    rng = np.random.default_rng(1)
    people = pd.DataFrame({"took_part": np.repeat([1, 0], [20, 400]), "age": rng.normal(40, 9, 420)})
    groups = compare(people, "took_part", ["age"], method="nearest_neighbour", caliper_sd_logit=0.2, ratio=2)
    return groups.comparison.gate.reason


def test_a_changed_limit_changes_gate_text_and_documentation(monkeypatch: pytest.MonkeyPatch) -> None:
    def raised(data: dict[str, Any]) -> None:
        data["limits"]["minimum_treated"] = 23

    assert gate_of_twenty() != "too_few_treated"
    with knowing(monkeypatch, "gates.yaml", raised):
        assert limit("minimum_treated") == 23
        assert gate_of_twenty() == "too_few_treated"
        assert "fewer than 23" in (Gate("too_few_treated").text or {})["en"]
        assert "færre end 23" in (Gate("too_few_treated").text or {})["da"]
        page = limits_page()
        assert "(fewer than 23)" in page
        assert "| `minimum_treated` | 23 |" in page
    assert "23" not in (Gate("too_few_treated").text or {})["en"]


def test_a_changed_disclosure_limit_changes_what_is_hidden_and_what_pages_say(monkeypatch: pytest.MonkeyPatch) -> None:
    def stricter(data: dict[str, Any]) -> None:
        data["redact_at_or_below"] = 11

    assert safe_count(9, default_policy()) == 10
    with knowing(monkeypatch, "disclosure.yaml", stricter):
        assert safe_count(9, default_policy()) is None
        assert phrase("en", "hidden") == "Hidden (11 or fewer)"
        assert phrase("da", "hidden") == "Skjult (11 eller færre)"
        assert "| `redact_at_or_below` | 11 |" in limits_page()
    assert phrase("en", "hidden") == "Hidden (7 or fewer)"


def test_a_protocol_from_before_the_earliest_quarter_is_refused_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    text = PROTOCOL.replace("first_quarter: 2026Q3", "first_quarter: 2020Q1")
    line = next(i for i, row in enumerate(text.splitlines(), 1) if "first_quarter" in row)
    with pytest.raises(InputRefused) as refused:
        read_protocol(text, "project.yaml")
    assert [(fault.line, fault.what, fault.fix) for fault in refused.value.faults] == [
        (line, "Results cannot be made of 2020Q1: 2023Q1 is the earliest quarter.", "Write 2023Q1 or a later quarter.")
    ]

    def earlier(data: dict[str, Any]) -> None:
        data["earliest_quarter"] = "2019Q4"

    with knowing(monkeypatch, "calendar.yaml", earlier):
        assert read_protocol(text, "project.yaml").evaluation.first_quarter == "2020Q1"


def test_partitions_and_command_line_know_the_same_earliest_quarter(monkeypatch: pytest.MonkeyPatch) -> None:
    import click

    from assets.storage.partitions import quarter_partitions
    from pipelines.command_line.options import chosen_quarter

    earliest = quarters.earliest_quarter()
    assert quarter_partitions.start.date() == earliest.start
    assert chosen_quarter(str(earliest)) == earliest
    with pytest.raises(click.BadParameter, match=str(earliest)):
        chosen_quarter(str(earliest.shifted(-1)))


def test_the_schedule_runs_a_known_number_of_days_after_a_quarter(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.schedules import quarterly_schedule

    lag = quarters.schedule_lag_days()
    assert quarterly_schedule.cron_schedule == f"0 6 {lag + 1} 1,4,7,10 *"

    def later(data: dict[str, Any]) -> None:
        data["schedule_lag_days"] = 30

    with knowing(monkeypatch, "calendar.yaml", later), pytest.raises(ValueError, match="0 to 27, not 30"):
        quarters.schedule_lag_days()


def test_instruments_of_bias_share_no_rung() -> None:
    instruments = yaml.safe_load((ROOT / "data_contracts/ladder/risk_of_bias.yaml").read_text("utf-8"))["instruments"]
    fits = [detail for own in instruments.values() for detail in own["fits"]]
    assert len(fits) == len(set(fits))
    assert set(fits) <= {rule.detail for rule in ladder.rung_rules()}
