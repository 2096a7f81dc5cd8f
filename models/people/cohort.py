"""The cohort: who is studied, decided without seeing an outcome."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import pandas as pd

from data_contracts.protocol.comparison_settings import Subgroup
from data_contracts.protocol.protocol import EligibilityRule, Protocol
from models.people.same_person import (
    latest_before_start,
    one_extract_per_person,
    one_place_per_person,
    one_start_per_person,
)

PEOPLE_COLUMNS = ("person_id", "treated", "index_date", "municipality_code")


@dataclass(frozen=True, slots=True)
class Step:
    """People left after one step of restriction.

    The first step counts rows. None where a step does not concern a group.
    """

    step: str
    treated: int
    pool: int | None


@dataclass(frozen=True, slots=True)
class Cohort:
    """Who is studied.

    Attributes
    ----------
    people : DataFrame
        One row per person, sorted by pseudonym: `person_id`, `treated`, `index_date`,
        `municipality_code` and one column per register covariate.
    steps : tuple of Step
    covariates_dated_before_index : bool
        True when covariate dates were delivered and none kept is later than the index date.
    """

    people: pd.DataFrame
    steps: tuple[Step, ...]
    covariates_dated_before_index: bool


def build_cohort(
    participants: pd.DataFrame,
    pool: pd.DataFrame | None,
    protocol: Protocol,
    quarter_end: date,
    named: Collection[str] = (),
) -> Cohort:
    """Select participants and comparison people.

    Parameters
    ----------
    participants : DataFrame
        Accepted rows of the participants table; a person may occur more than once.
    pool : DataFrame or None
        Accepted rows of the register extract, participants included; None if the design needs none.
    quarter_end : date
        Last day of the reporting quarter; people enter when their follow-up has ended by then.
    named : collection of str
        Pseudonyms of everybody the project named as a participant, refused rows included: a
        participant whose row was refused is lost, but is never used as a control.
    """
    rules = protocol.same_person
    treated = participants[["person_id", "index_date", "municipality_code"]].reset_index(drop=True)
    rows_count = None if pool is None else len(pool)
    steps = [Step("delivered", len(treated), rows_count)]
    treated = one_place_per_person(treated, rules.two_municipalities)
    steps.append(Step("one_place_per_person", treated["person_id"].nunique(), rows_count))
    treated = one_start_per_person(treated, rules.starts_again)
    steps.append(Step("one_start_per_person", len(treated), rows_count))
    if pool is None:
        treated = _followed(treated, "index_date", protocol, quarter_end)
        steps.append(Step("followed_long_enough", len(treated), None))
        people = treated.assign(treated=True)[list(PEOPLE_COLUMNS)]
        return Cohort(_canonical(people), tuple(steps), False)

    covariates = [c.name for c in protocol.register_covariates]
    register = pool[["person_id", "covariate_date", "municipality_code", *covariates]].reset_index(drop=True)
    own = {*participants["person_id"], *named}
    others = register[~register["person_id"].isin(own)]
    steps.append(Step("not_participants", len(treated), len(others)))

    treated = _followed(treated, "index_date", protocol, quarter_end)
    others = _followed(others, "covariate_date", protocol, quarter_end)
    steps.append(Step("followed_long_enough", len(treated), len(others)))

    others = one_extract_per_person(others, rules.several_extracts).copy()
    steps.append(Step("one_extract_per_person", len(treated), len(others)))

    treated = treated.merge(
        register.drop(columns="municipality_code"), on="person_id", how="inner", validate="one_to_many"
    )
    steps.append(Step("found_in_register", treated["person_id"].nunique(), len(others)))

    treated = latest_before_start(treated).copy()
    others["index_date"] = others["covariate_date"]
    steps.append(Step("covariates_before_start", len(treated), len(others)))

    treated["treated"] = True
    others["treated"] = False
    columns = [*PEOPLE_COLUMNS, *covariates]
    people = pd.concat([treated[columns], others[columns]], ignore_index=True)
    people = in_target_group(people, protocol.eligibility)
    steps.append(_count("in_target_group", people))

    if protocol.comparison.missing_covariates == "refuse":
        used = [*protocol.comparison.score_covariates, *protocol.comparison.exact]
        people = people[people[used].notna().all(axis=1)]
        steps.append(_count("covariates_known", people))
    return Cohort(_canonical(people), tuple(steps), True)


def _followed(frame: pd.DataFrame, column: str, protocol: Protocol, quarter_end: date) -> pd.DataFrame:
    ends = frame[column] + pd.DateOffset(months=protocol.evaluation.follow_up_months)
    return frame[ends <= pd.Timestamp(quarter_end)].copy()


def in_target_group(people: pd.DataFrame, rules: tuple[EligibilityRule, ...]) -> pd.DataFrame:
    """Return the people who meet every rule."""
    keep = pd.Series(True, index=people.index)
    for rule in rules:
        keep &= meets(people, rule)
    return people[keep]


def meets(people: pd.DataFrame, rule: EligibilityRule | Subgroup) -> pd.Series:
    """Say who meets a declared limit; a missing value meets none."""
    values = people[rule.covariate]
    keep = values.notna()
    if rule.at_least is not None:
        keep &= values >= rule.at_least
    if rule.at_most is not None:
        keep &= values <= rule.at_most
    if rule.one_of:
        keep &= values.isin(rule.one_of)
    return keep.fillna(False).astype(bool)


def _count(step: str, people: pd.DataFrame) -> Step:
    return Step(step, int(people["treated"].sum()), int((~people["treated"]).sum()))


def _canonical(people: pd.DataFrame) -> pd.DataFrame:
    """Sort by pseudonym.

    The order of delivered rows then changes nothing, not even the last bit.
    """
    return people.sort_values("person_id", kind="stable").reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class IntakeShare:
    """How many participants an intake field describes."""

    covariate: str
    share: float | None
    mean: float | None
    known_count: int


def describe_intake(participants: pd.DataFrame, protocol: Protocol) -> tuple[IntakeShare, ...]:
    """Describe participants by the intake fields of the project.

    Parameters
    ----------
    participants : DataFrame
        Accepted rows.

    Returns
    -------
    tuple of IntakeShare
        A share for binary fields, a mean for numeric ones; categorical fields give the share of the first level.
    """
    rows = []
    for covariate in protocol.intake_covariates:
        known = participants[covariate.name].dropna()
        share = mean = None
        if len(known) and covariate.type == "categorical":
            share = float((known == covariate.levels[0]).mean())
        elif len(known) and covariate.type == "binary":
            share = float(known.mean())
        elif len(known):
            mean = float(known.mean())
        rows.append(IntakeShare(covariate.name, share, mean, len(known)))
    return tuple(rows)
