"""A small invented study per design, for tests to modify."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from assets.pseudonyms.keys import create_key
from assets.storage.home import Home
from data_contracts.calendar.quarters import Quarter
from data_contracts.results.result_record import ResultRecord
from models.evidence.plan_lock import LockState
from pipelines.running.rehearsal import UNTOUCHED, rehearse

QUARTER, DAY = Quarter(2026, 3), date(2026, 10, 15)

HEAD = """\
protocol_version: "1"
id: small
name: Small
organisation: Test
data_note: synthetic
profile: {goal: G, from_a_to_b: A, active_ingredient: I, how_people_move_on: O, prevention_level: early}
intervention: {why: W, what: W, who_delivers: W, how: H, where: W, how_much: H}
identifier_scheme: local
evaluation: {first_quarter: 2026Q3, follow_up_months: %s}
"""
OUTCOME = """\
outcomes:
  - {name: score, label: Score, type: %s, unit: points, from_months: 6, before_months: 12, direction: higher_is_better, primary: true, chosen_by: funder, source: register, smallest_worthwhile_effect: %s}
"""

TRIAL = (
    HEAD % 12
    + OUTCOME % ("numeric", 3)
    + """\
design: randomised_trial
trial: {drawn: simple, alternatives: [assigned_adjusted], adjust_for: [age]}
covariates:
  - {name: age, label: Age, type: numeric, domain: demography, source: register, required: false}
deliveries:
  - {table: assignment, files: draw.csv, format: csv, columns: {person_id: id, assigned: place, assigned_date: drawn_on}}
  - {table: participants, files: came.csv, format: csv, columns: {person_id: id, index_date: start}}
  - {table: comparison_pool, files: known.csv, format: csv, columns: {person_id: id, covariate_date: day}}
  - {table: outcomes, files: after.csv, format: csv, columns: {person_id: id, measured_date: day}, outcome_columns: {score: score}}
"""
)
PANEL = (
    HEAD % 12
    + OUTCOME % ("numeric", 1)
    + """\
design: panel
confounder_domains: [demography, income]
panel: {period: year, units: places, weight: people, alternatives: [two_way_fixed_effects]}
covariates:
  - {name: people, label: People, type: numeric, domain: demography, source: register, required: false}
deliveries:
  - {table: participants, files: starts.csv, format: csv, columns: {person_id: place, index_date: start}}
  - {table: comparison_pool, files: places.csv, format: csv, columns: {person_id: place, covariate_date: day}}
  - {table: outcomes, files: waves.csv, format: csv, columns: {person_id: place, measured_date: day}, outcome_columns: {score: score}}
"""
)
RATE = (
    HEAD % 12
    + (OUTCOME % ("binary", 0.1)).replace("unit: points, ", "")
    + """\
design: benchmarking
benchmark: {method: standardised_rate, strata: age_group, own_places: [Home]}
covariates:
  - {name: age_group, label: Age, type: categorical, levels: [young, old], domain: demography, source: intake, required: false}
deliveries:
  - {table: participants, files: came.csv, format: csv, columns: {person_id: id, index_date: start}}
  - {table: outcomes, files: came.csv, format: csv, columns: {person_id: id, measured_date: day}, outcome_columns: {score: score}}
  - {table: rates, files: rates.csv, format: csv, columns: {period_date: day, people_count: people, value: rate}, constants: {outcome: score}}
"""
)
REVIEW = (
    HEAD % 0
    + (OUTCOME % ("numeric", 0.1)).replace("from_months: 6, before_months: 12, ", "")
    + """\
design: systematic_review
review:
  search: {searched_in: [Registers], terms: words, last_searched_on: "2026-01-01", included_if: [Any]}
deliveries:
  - {table: studies, files: studies.csv, format: csv, constants: {outcome: score, is_published: "1"}}
"""
)
JUDGED = (
    HEAD % 0
    + (OUTCOME % ("numeric", 1)).replace("from_months: 6, before_months: 12, ", "")
    + """\
design: expert_assessment
assessment: {form_fixed_on: "2026-01-01", raters_have_interests: false}
deliveries:
  - {table: ratings, files: answers.csv, format: csv, columns: {person_id: expert}, constants: {outcome: score, rated_date: "2026-02-01"}}
"""
)
CASES = (
    HEAD % 0
    + """\
outcomes:
  - {name: job, label: a job, type: binary, direction: higher_is_better, primary: true, chosen_by: funder, source: register}
design: case_study
case_study:
  author_has_interests: false
  conditions: [{name: mentor, label: a mentor}, {name: child, label: a small child}]
  explanations:
    - {name: ours, label: the mentor, is_project: true, prior: 0.5}
    - {name: boom, label: the upswing, prior: 0.5}
  tests:
    - {name: said_so, label: the employer names the mentor, explains: ours, found_if_true: 0.5, found_if_false: 0.05}
    - {name: others_too, label: others got jobs too, explains: boom, found_if_true: 0.95, found_if_false: 0.4}
deliveries:
  - {table: codings, files: cases.csv, format: csv, columns: {person_id: coder, subject: case}, constants: {coded_date: "2026-02-01"}}
"""
)


@dataclass(frozen=True, slots=True)
class Study:
    """A protocol and its files."""

    protocol: str
    files: dict[str, pd.DataFrame]

    def with_file(self, name: str, frame: pd.DataFrame) -> Study:
        return Study(self.protocol, self.files | {name: frame})

    def saying(self, old: str, new: str) -> Study:
        assert old in self.protocol, old
        return Study(self.protocol.replace(old, new), self.files)

    def run(self, folder: Path, lock: LockState = UNTOUCHED) -> ResultRecord:
        """Evaluate it; raise InputRefused as the stations do."""
        home = Home(folder)
        home.prepare()
        create_key(home, demo=True)
        (home.projects / "small").mkdir(parents=True, exist_ok=True)
        (home.projects / "small" / "project.yaml").write_text(self.protocol, encoding="utf-8")
        inbox = home.inbox / "small"
        inbox.mkdir(parents=True, exist_ok=True)
        for name, frame in self.files.items():
            frame.to_csv(inbox / name, index=False)
        made = rehearse(home, "small", QUARTER, day=DAY, lock=lock)
        return made[0][2]


def trial(n: int = 120, effect: float = 5.0, seed: int = 1) -> Study:
    """Return a trial in which most who drew a place came.

    The true effect of coming is `effect`.
    """
    rng = np.random.default_rng(seed)
    ids = [f"p{i:03d}" for i in range(n)]
    place = np.zeros(n, dtype=int)
    place[rng.permutation(n)[: n // 2]] = 1
    came = (place == 1) & (rng.random(n) < 0.8)
    age = rng.normal(30, 5, n).round(1)
    score = (50 + 0.5 * age + effect * came + rng.normal(0, 5, n)).round(2)
    draw = pd.DataFrame({"id": ids, "place": place, "drawn_on": "2025-01-10"})
    known = pd.DataFrame({"id": ids, "day": "2024-12-31", "age": age})
    after = pd.DataFrame({"id": ids, "day": "2025-09-01", "score": score})
    arrived = pd.DataFrame({"id": [i for i, c in zip(ids, came, strict=True) if c], "start": "2025-02-01"})
    return Study(TRIAL, {"draw.csv": draw, "came.csv": arrived, "known.csv": known, "after.csv": after})


def panel(units: int = 40, effect: float = 2.0, seed: int = 2) -> Study:
    """Return a panel; half of the places start in 2023, true effect `effect`."""
    rng = np.random.default_rng(seed)
    places = [f"place{i:02d}" for i in range(units)]
    years = range(2020, 2026)
    level = rng.normal(10, 3, units)
    rows = [
        {
            "place": place,
            "day": f"{year}-12-31",
            "score": round(
                float(level[i] + 0.3 * (year - 2020) + effect * (i < units // 2 and year >= 2023) + rng.normal()), 3
            ),
        }
        for i, place in enumerate(places)
        for year in years
    ]
    starts = pd.DataFrame({"place": places[: units // 2], "start": "2023-01-01"})
    known = pd.DataFrame({"place": places, "day": "2019-12-31", "people": rng.integers(100, 900, units)})
    return Study(PANEL, {"starts.csv": starts, "places.csv": known, "waves.csv": pd.DataFrame(rows)})


def rate(n: int = 60, effect: float = 0.15, seed: int = 3) -> Study:
    """Return a benchmarking study with rates of 30 places by age.

    Participants are mostly young; the true effect is `effect`.
    """
    rng = np.random.default_rng(seed)
    age = np.where(rng.random(n) < 0.7, "young", "old")
    truth = np.where(age == "young", 0.35, 0.6) + effect
    came = pd.DataFrame(
        {
            "id": [f"p{i:03d}" for i in range(n)],
            "start": "2025-01-10",
            "day": "2025-08-01",
            "age_group": age,
            "score": (rng.random(n) < truth).astype(int),
        }
    )
    rates = pd.DataFrame(
        [
            {
                "place": f"Town{i}",
                "day": "2024-12-31",
                "stratum": stratum,
                "people": 800,
                "rate": round(float(rng.binomial(800, p) / 800), 4),
            }
            for i in range(30)
            for stratum, p in (("young", 0.35), ("old", 0.6))
        ]
    )
    return Study(RATE, {"came.csv": came, "rates.csv": rates})


def studies() -> Study:
    """Return a review of six studies around +0.3."""
    frame = pd.DataFrame(
        {
            "study": [f"Author{letter} {1990 + i}" for i, letter in enumerate("ABCDEF")],
            "published_date": [f"{1990 + i}-12-31" for i in range(6)],
            "rung": [2, 2, 2, 4, 4, 5],
            "effect": [0.25, 0.4, 0.3, 0.2, 0.35, 0.5],
            "standard_error": [0.05, 0.1, 0.08, 0.06, 0.09, 0.12],
        }
    )
    return Study(REVIEW, {"studies.csv": frame})


def judged() -> Study:
    """Return an assessment: seven experts, three questions, two rounds."""
    rng = np.random.default_rng(5)
    rows = [
        {
            "expert": f"e{e}",
            "subject": f"q{q}",
            "round_number": r,
            "value": round(float(20 + 5 * q + rng.normal(0, 6 / r)), 1),
        }
        for e in range(7)
        for q in range(3)
        for r in (1, 2)
    ]
    return Study(JUDGED, {"answers.csv": pd.DataFrame(rows)})


def cases() -> Study:
    """Return nine cases coded by two people, where a mentor leads to a job."""
    rows = []
    for i in range(9):
        mentor, child = i % 2, i % 3 == 0
        for coder in ("c1", "c2"):
            values = {"mentor": mentor, "child": int(child), "job": mentor, "said_so": mentor, "others_too": 0}
            rows += [{"coder": coder, "case": f"s{i}", "item": item, "value": value} for item, value in values.items()]
    return Study(CASES, {"cases.csv": pd.DataFrame(rows)})


STUDIES = {"trial": trial, "panel": panel, "rate": rate, "studies": studies, "judged": judged, "cases": cases}
