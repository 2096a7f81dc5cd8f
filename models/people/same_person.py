"""Repeated rows of the same person: which one counts.

Every function returns rows of the frame it was given, and no row of a person
who is left out, so that the difference in people is what the rule cost.
"""

from __future__ import annotations

import pandas as pd


def one_place_per_person(rows: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Keep each participant's rows from one municipality.

    Parameters
    ----------
    rows : DataFrame
        `person_id`, `index_date`, `municipality_code`.
    rule : {'earliest_start', 'latest_start', 'leave_out'}
        Which place counts for people that two places delivered. On the same day the lower code does.
    """
    places = rows.groupby("person_id")["municipality_code"].transform("nunique")
    if rule == "leave_out":
        return rows[places <= 1]
    # A row without a place does not show which of the two places it was.
    ordered = rows[rows["municipality_code"].notna()].sort_values(
        ["index_date", "municipality_code"], ascending=[rule == "earliest_start", True], kind="stable"
    )
    chosen = ordered.drop_duplicates("person_id").set_index("person_id")["municipality_code"]
    own = rows["person_id"].map(chosen)
    return rows[(places <= 1) | (rows["municipality_code"] == own)]


def one_start_per_person(rows: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Keep one start per participant.

    Parameters
    ----------
    rows : DataFrame
        `person_id`, `index_date`.
    rule : {'earliest_start', 'latest_start', 'leave_out'}

    Returns
    -------
    DataFrame
        One row per person.
    """
    if rule == "leave_out":
        return rows[~rows["person_id"].duplicated(keep=False)]
    return _first(rows, "index_date", ascending=rule == "earliest_start")


def one_extract_per_person(rows: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Keep one register row per comparison person.

    Parameters
    ----------
    rows : DataFrame
        `person_id`, `covariate_date`.
    rule : {'earliest', 'latest'}

    Returns
    -------
    DataFrame
        One row per person.
    """
    return _first(rows, "covariate_date", ascending=rule == "earliest")


def latest_before_start(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep each participant's last register row up to the start date.

    Parameters
    ----------
    rows : DataFrame
        `person_id`, `index_date`, `covariate_date`.

    Returns
    -------
    DataFrame
        One row per person who has such a row.
    """
    return _first(rows[rows["covariate_date"] <= rows["index_date"]], "covariate_date", ascending=False)


def _first(rows: pd.DataFrame, column: str, *, ascending: bool) -> pd.DataFrame:
    """Return each person's first row by a date, in order of arrival."""
    chosen = rows.sort_values(column, ascending=ascending, kind="stable").drop_duplicates("person_id")
    return rows.loc[chosen.index.sort_values()]
