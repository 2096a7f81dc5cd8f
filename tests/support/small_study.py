"""A small study in one CSV file with a known effect, for quick tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from assets.storage.home import Home

TRUE_EFFECT = 5.0

PROTOCOL = """\
protocol_version: "1"
id: small
name: {da: Lille, en: Small}
organisation: Test
data_note: confidential
profile:
  goal: Goal
  from_a_to_b: From A to B
  active_ingredient: Ingredient
  how_people_move_on: On
  prevention_level: early
intervention: {why: Why, what: What, who_delivers: Who, how: How, where: Where, how_much: Much}
municipalities: ["0751"]
design: matched_control
claimed_rung: 4
identifier_scheme: local
outcomes:
  - name: score
    label: Score
    type: numeric
    unit: points
    from_months: 6
    before_months: 12
    direction: higher_is_better
    primary: true
    chosen_by: participants
    source: register
    smallest_worthwhile_effect: 3
covariates:
  - {name: age, label: Age, type: numeric, domain: demography, source: register}
  - {name: earlier, label: Earlier score, type: numeric, domain: education, source: register, pre_period_of: score}
  - {name: group, label: Group, type: categorical, levels: [a, b, c], domain: family, source: register}
  - {name: mood, label: Mood, type: numeric, domain: motivation, source: intake, minimum: 1, maximum: 5, required: false}
confounder_domains: [demography, education, family]
comparison:
  method: nearest_neighbour
  score_covariates: [age, earlier, group]
  ratio: 2
  caliper_sd_logit: 0.5
effects:
  estimator: matched_difference
  alternatives: [inverse_probability, augmented_inverse_probability, regression]
placebo_outcomes:
  - {covariate: earlier, leave_out: [earlier]}
evaluation: {first_quarter: 2026Q3, follow_up_months: 12}
deliveries:
  - {table: participants, files: "people*.csv", format: csv, where: {club: "1"}, columns: {person_id: id, index_date: start, municipality_code: place}}
  - {table: comparison_pool, files: "people*.csv", format: csv, columns: {person_id: id, covariate_date: start, municipality_code: place}}
  - {table: outcomes, files: "people*.csv", format: csv, columns: {person_id: id, measured_date: test_day}, outcome_columns: {score: score}}
"""


def small_rows(treated: int = 60, others: int = 300, seed: int = 7) -> pd.DataFrame:
    """Return rows with the true effect `TRUE_EFFECT` on participants."""
    rng = np.random.default_rng(seed)
    n = treated + others
    club = np.arange(n) < treated
    earlier = rng.normal(50, 8, n) - 2.0 * club
    score = 10 + 0.8 * earlier + rng.normal(0, 5, n) + TRUE_EFFECT * club
    return pd.DataFrame(
        {
            "id": [f"p{i:04d}" for i in range(n)],
            "club": club.astype(int),
            "start": "2025-01-15",
            "place": "0751",
            "age": np.round(rng.normal(30, 5, n), 1),
            "earlier": np.round(earlier, 2),
            "group": rng.choice(["a", "b", "c"], n),
            "mood": rng.integers(1, 6, n),
            "test_day": "2025-09-01",
            "score": np.round(score, 3),
        }
    )


def write_small_study(home: Home, rows: pd.DataFrame | None = None, protocol: str = PROTOCOL) -> Path:
    """Write the study's protocol and file; return the file."""
    (home.projects / "small").mkdir(parents=True, exist_ok=True)
    (home.projects / "small" / "project.yaml").write_text(protocol, encoding="utf-8")
    folder = home.inbox / "small"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "people.csv"
    (small_rows() if rows is None else rows).to_csv(path, index=False)
    return path
