"""Synthetic participants for "I Gang": worlds with a known true effect.

The participants' marginals follow what is published on I Gang (Mandag Morgen
2011): almost half with eating disorder, depression or anxiety (here 48 %), one
in four placed outside home, as many with substance abuse, more than four in
ten with violence (here 42 %), 8 % incest. Everything else is invented. No person number belongs to a living person: 60 is added to the
day of birth, which no real number has.

True effect on participants, outcome `in_work_or_education` after 12 months:

============  ==========  =====================================================
scenario      true ATT    why
============  ==========  =====================================================
ignorable     +0.20       who takes part depends only on what registers hold
lottery       +0.15       applicants drew lots for a place; the rest waited
null           0.00       motivation, seen by nobody, drives both taking part
                          and the outcome; matched controls stay behind anyway
creaming      +0.10       motivation drives both half as strongly: the keen
                          come, and would have done better anyway
cycle         +0.10       times are good for everybody: without the project
                          22 % instead of the 12 % of earlier years
============  ==========  =====================================================
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import openpyxl
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

Scenario = Literal["ignorable", "lottery", "null", "creaming", "cycle"]
Array = NDArray[np.float64]

TRUE_ATT: dict[Scenario, float] = {"ignorable": 0.20, "lottery": 0.15, "null": 0.0, "creaming": 0.10, "cycle": 0.10}
SHARE_WITHOUT: dict[str, float] = {"ignorable": 0.12, "lottery": 0.12, "null": 0.32, "creaming": 0.22, "cycle": 0.22}
"""Participants' share with the outcome after 12 months without the project."""
HIDDEN_STRENGTH: dict[str, float] = {"null": 1.0, "creaming": 0.5}
"""Strength of motivation on participation and the outcome, relative to the null world."""
SEEDS: dict[str, int] = {"ignorable": 1, "lottery": 2, "null": 3, "creaming": 4, "cycle": 5}
MUNICIPALITIES = ("0751", "0461", "0851", "0561", "0621", "0730", "0615", "0657", "0740", "0791")
SITES = ("0751", "0461")
FIRST_START, LAST_START = date(2023, 4, 1), date(2025, 6, 30)
LAST_MEASUREMENT = date(2026, 9, 30)
FOLLOW_UP_QUARTERS = 8
FULL_EFFECT_AFTER_QUARTERS = 4


@dataclass(frozen=True, slots=True)
class World:
    """A drawn population.

    Attributes
    ----------
    people : DataFrame
        One row per person: number, treated, start, covariates, and `share_without`, the chance of the
        outcome after 12 months without the project.
    outcomes : DataFrame
        `person_id, outcome, measured_date, value`.
    """

    people: pd.DataFrame
    outcomes: pd.DataFrame


def draw_world(scenario: Scenario, *, participants: int = 600, population: int = 7000, seed: int = 2026) -> World:
    """Draw people, participation and outcomes.

    Parameters
    ----------
    scenario : str
        See the table above for the true effect.
    participants : int
        People in the project; in the lottery twice as many apply.
    population : int
        Mothers in the register extract, participants included.
    """
    rng = np.random.default_rng([seed, SEEDS[scenario]])
    people = _draw_people(rng, population)
    chosen = _choose(rng, people, scenario, participants)
    people["treated"] = chosen == "treated"
    if scenario == "lottery":
        people = people[chosen != "other"].reset_index(drop=True)
    people["share_without"] = _share_without(people, scenario)
    return World(people, _draw_outcomes(rng, people, TRUE_ATT[scenario]))


def _draw_people(rng: np.random.Generator, n: int) -> pd.DataFrame:
    severity = rng.normal(size=n)
    motivation = rng.normal(size=n)
    age = np.clip(np.round(rng.gamma(6.0, 1.0, n) + 16.5, 1), 17, 35)
    psychiatric = rng.random(n) < expit(logit(0.315) + 0.7 * severity)
    placed = rng.random(n) < expit(logit(0.12) + 0.6 * severity)
    substance = rng.random(n) < expit(logit(0.115) + 0.7 * severity)
    basic_school = rng.random(n) < expit(0.4 + 0.5 * severity - 0.12 * (age - 22))
    benefit = np.clip(np.round(6 + 2.2 * severity - 0.8 * motivation + rng.normal(0, 2.5, n), 1), 0, 12)
    level = -1.0 - 0.5 * severity + 0.6 * motivation - 0.12 * (benefit - 6)
    earlier = rng.random(n) < expit(level + 0.2)
    latest = rng.random(n) < expit(level + 1.2 * earlier - 0.9)  # many start in a trough
    days = (LAST_START - FIRST_START).days
    start = [FIRST_START + timedelta(days=int(d)) for d in rng.integers(0, days + 1, n)]
    return pd.DataFrame(
        {
            "person_id": _test_numbers(rng, age, start),
            "start": start,
            "municipality_code": rng.choice(MUNICIPALITIES, n, p=[0.2, 0.15, *[0.65 / 8] * 8]),
            "age_years": age,
            "basic_school_only": basic_school,
            "psychiatric_diagnosis": psychiatric,
            "placed_outside_home": placed,
            "substance_treatment": substance,
            "benefit_months": benefit,
            "youngest_child_months": np.round(rng.gamma(2.0, 8.0, n)).clip(0, 120),
            "active_2q_before": earlier,
            "active_1q_before": latest,
            "other_programme": rng.random(n) < 0.06,
            "severity": severity,
            "motivation": motivation,
            "violence": rng.random(n) < expit(logit(0.385) + 0.5 * severity),
            "incest": rng.random(n) < expit(logit(0.072) + 0.4 * severity),
        }
    )


def _test_numbers(rng: np.random.Generator, age: Array, start: list[date]) -> list[str]:
    """Return unique test numbers, with 60 added to the day of birth."""
    numbers: list[str] = []
    taken: set[str] = set()
    for years, begun in zip(age, start, strict=True):
        born = begun - timedelta(days=int(years * 365.25) + int(rng.integers(0, 30)))
        while True:
            seventh = 4 if born.year >= 2000 else int(rng.integers(0, 4))
            number = (
                f"{born.day + 60:02d}{born.month:02d}{born.year % 100:02d}{seventh}{int(rng.integers(0, 1000)):03d}"
            )
            if number not in taken:
                break
            born -= timedelta(days=1)
        taken.add(number)
        numbers.append(number)
    return numbers


def _choose(rng: np.random.Generator, people: pd.DataFrame, scenario: Scenario, participants: int) -> NDArray[np.str_]:
    """Return `treated`, `waiting` or `other`, favouring willing hard cases."""
    pull = (
        0.45 * people["psychiatric_diagnosis"]
        + 0.75 * people["placed_outside_home"]
        + 0.70 * people["substance_treatment"]
        + 0.10 * (people["benefit_months"] - 6)
        - 0.05 * (people["age_years"] - 22)
        - 0.30 * people["active_1q_before"]
        + 0.4 * people["municipality_code"].isin(SITES)
    ).to_numpy(dtype=float)
    if scenario in HIDDEN_STRENGTH:
        pull = pull + 1.5 * HIDDEN_STRENGTH[scenario] * people["motivation"].to_numpy(dtype=float)
    draw = pull + rng.gumbel(size=len(people))
    applicants = participants * (2 if scenario == "lottery" else 1)
    order = np.argsort(-draw)
    chosen = np.full(len(people), "other", dtype="<U7")
    if scenario == "lottery":
        first = rng.permutation(order[:applicants])
        chosen[first[:participants]] = "treated"
        chosen[first[participants:]] = "waiting"
    else:
        chosen[order[:applicants]] = "treated"
    return chosen


def _share_without(people: pd.DataFrame, scenario: Scenario) -> Array:
    """Return the chance of the outcome without the project, after a year.

    It is scaled to the published level.
    """
    level = (
        -0.35 * people["psychiatric_diagnosis"]
        - 0.25 * people["placed_outside_home"]
        - 0.35 * people["substance_treatment"]
        - 0.08 * (people["benefit_months"] - 6)
        - 0.30 * people["basic_school_only"]
        + 0.03 * (people["age_years"] - 22)
        + 0.70 * people["active_1q_before"]
        + 0.35 * people["active_2q_before"]
    ).to_numpy(dtype=float)
    aim = SHARE_WITHOUT[scenario]
    if scenario in HIDDEN_STRENGTH:
        level = level + HIDDEN_STRENGTH[scenario] * people["motivation"].to_numpy(dtype=float)
    treated = people["treated"].to_numpy(dtype=bool)
    low, high = -8.0, 8.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if expit(middle + level[treated]).mean() < aim else (low, middle)
    return np.asarray(expit(low + level), dtype=float)


def _cycle(day: date) -> float:
    """Return the business cycle on the logit scale, with a dip in 2024."""
    return -0.25 if day.year == 2024 else 0.0


def _draw_outcomes(rng: np.random.Generator, people: pd.DataFrame, effect: float) -> pd.DataFrame:
    n = len(people)
    own = rng.random(n)
    benefit_own = rng.random(n)
    severity = people["severity"].to_numpy(dtype=float)
    treated = people["treated"].to_numpy(dtype=bool)
    base = people["share_without"].to_numpy(dtype=float)
    # The register loses the hardest cases, participants a little more often.
    is_lost = rng.random(n) < expit(-3.4 + 0.5 * severity + 0.3 * treated)
    rows = []
    for i, (number, start) in enumerate(zip(people["person_id"], people["start"], strict=True)):
        for k, day in enumerate(_quarter_ends(start), start=1):
            if day > LAST_MEASUREMENT or (is_lost[i] and k > 2):
                break
            is_year = k == FULL_EFFECT_AFTER_QUARTERS + 1
            drift = 0.0 if is_year else 0.08 * (k - FULL_EFFECT_AFTER_QUARTERS - 1) + _cycle(day)
            without = float(expit(logit(base[i]) + drift))
            gained = effect * min(1.0, (k - 1) / FULL_EFFECT_AFTER_QUARTERS) if treated[i] else 0.0
            rows.append((number, "in_work_or_education", day, float(own[i] < without + gained)))
            off = float(expit(logit(base[i]) + 0.6 + drift))
            rows.append((number, "off_cash_benefit", day, float(benefit_own[i] < off + 0.5 * gained)))
    return pd.DataFrame(rows, columns=["person_id", "outcome", "measured_date", "value"])


def _quarter_ends(start: date) -> list[date]:
    """Return quarter ends after a start, from the starting quarter's end."""
    year, month = start.year, 3 * ((start.month + 2) // 3)
    ends = []
    for _ in range(FOLLOW_UP_QUARTERS + 1):
        following = date(year + month // 12, month % 12 + 1, 1)
        ends.append(following - timedelta(days=1))
        year, month = (year + 1, 3) if month == 12 else (year, month + 3)
    return ends


REGISTER_COLUMNS = (
    "age_years",
    "basic_school_only",
    "psychiatric_diagnosis",
    "placed_outside_home",
    "substance_treatment",
    "benefit_months",
    "youngest_child_months",
    "active_2q_before",
    "active_1q_before",
    "other_programme",
)


def write_deliveries(
    folder: Path,
    scenario: Scenario,
    *,
    participants: int = 600,
    population: int = 7000,
    seed: int = 2026,
    with_register: bool = True,
) -> None:
    """Write a world in the formats that its sites use.

    Aarhus sends CSV with semicolons, decimal commas and Danish dates; Odense sends a workbook; the
    register comes as Parquet. Both sites add an undeclared column.

    Parameters
    ----------
    folder : Path
        The project's inbox; created if missing.
    scenario : str
        As in `draw_world`.
    with_register : bool
        Whether there is a register extract at all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    world = draw_world(scenario, participants=participants, population=population, seed=seed)
    asked = asked_of_sites(world, seed)
    _write_csv(folder / "aarhus_deltagere.csv", asked[asked["kommune"] == SITES[0]])
    _write_xlsx(folder / "odense_deltagere.xlsx", asked[asked["kommune"] == SITES[1]])
    if with_register:
        register_rows(world).to_parquet(folder / "register.parquet", index=False)
    outcome_rows(world).to_parquet(folder / "udfald.parquet", index=False)


def asked_of_sites(world: World, seed: int) -> pd.DataFrame:
    """Return the sites' own data: `cpr`, start, municipality and intake."""
    own = world.people[world.people["treated"]]
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "cpr": own["person_id"],
            "startdato": own["start"],
            "kommune": np.where(own["municipality_code"] == SITES[1], SITES[1], SITES[0]),
            "motivation": np.clip(np.round(5.5 + 1.6 * own["motivation"] + rng.normal(0, 0.8, len(own)), 1), 1, 10),
            "vold": own["violence"].astype(int),
            "incest": own["incest"].astype(int),
        }
    )


def register_rows(world: World) -> pd.DataFrame:
    """Return the register extract as of the day before the start."""
    register = world.people[["person_id", "start", "municipality_code", *REGISTER_COLUMNS]].copy()
    register = register.rename(columns={"start": "covariate_date"})
    register["covariate_date"] = pd.to_datetime(register["covariate_date"]) - pd.to_timedelta(
        world.people["treated"].astype(int), unit="D"
    )
    for name in register.columns[3:]:
        register[name] = register[name].astype(float)
    return register


def outcome_rows(world: World) -> pd.DataFrame:
    """Return the measurements, dated."""
    return world.outcomes.assign(measured_date=pd.to_datetime(world.outcomes["measured_date"]))


def _write_csv(path: Path, rows: pd.DataFrame) -> None:
    text = io.StringIO()
    frame = rows.assign(
        cpr=rows["cpr"].str[:6] + "-" + rows["cpr"].str[6:],
        startdato=[day.strftime("%d-%m-%Y") for day in rows["startdato"]],
        sagsbehandler="(ikke bedt om)",
    )
    frame.to_csv(text, sep=";", decimal=",", index=False)
    path.write_bytes(text.getvalue().encode("cp1252"))


def _write_xlsx(path: Path, rows: pd.DataFrame) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Deltagere"
    sheet.append([*rows.columns, "bemærkning"])
    for row in rows.itertuples(index=False):
        sheet.append([*row, "(ikke bedt om)"])
    book.create_sheet("Vejledning").append(["Udfyld arket Deltagere."])
    book.save(path)
