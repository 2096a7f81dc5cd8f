"""The cohort of a randomised trial: people who drew lots."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import pandas as pd

from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.limits import limit
from models.people.cohort import PEOPLE_COLUMNS, Cohort, Step, in_target_group
from models.people.same_person import latest_before_start

TRIAL_COLUMNS = ("block", "draw_cluster", "took_part")


def build_trial_cohort(
    assignment: pd.DataFrame,
    participants: pd.DataFrame,
    pool: pd.DataFrame,
    protocol: Protocol,
    quarter_end: date,
    named: Collection[str],
) -> Cohort:
    """Follow everybody on the list from the day of the draw.

    Parameters
    ----------
    assignment : DataFrame
        Accepted rows of the list, one per person.
    participants : DataFrame
        Those who took part; may be empty.
    pool : DataFrame
        Register rows of people in the draw; may be empty.
    quarter_end : date
        People enter when their follow-up has ended; nobody does while one group is further on than the other.
    named : collection of str
        Everybody the project named as a participant, refused rows included.

    Returns
    -------
    Cohort
        `treated` is who drew a place; `took_part` who came.
    """
    people = pd.DataFrame(
        {
            "person_id": assignment["person_id"],
            "treated": assignment["assigned"] == 1,
            "index_date": assignment["assigned_date"],
            "municipality_code": assignment["municipality_code"],
            "block": assignment["block"],
            "draw_cluster": assignment["cluster"],
        }
    )
    came = {*participants["person_id"], *named}
    people["took_part"] = people["person_id"].isin(came)
    steps = [_step("drawn", people), _step("came", people[people["took_part"]])]
    ends = people["index_date"] + pd.DateOffset(months=protocol.evaluation.follow_up_months)
    is_followed = ends <= pd.Timestamp(quarter_end)
    shares = is_followed.groupby(people["treated"]).mean()
    if len(shares) == 2 and abs(float(shares.iloc[0] - shares.iloc[1])) > limit("largest_difference_followed"):
        # One group is further on than the other: the people compared now are no draw.
        is_followed &= False
    people = people[is_followed]
    steps.append(_step("followed_long_enough", people))
    covariates = [c.name for c in protocol.register_covariates]
    is_dated = bool(len(pool)) and bool(covariates)
    if is_dated:
        register = pool[["person_id", "covariate_date", *covariates]]
        known = latest_before_start(
            people[["person_id", "index_date"]].merge(register, on="person_id", how="inner", validate="one_to_many")
        )
        # A person without a register row stays: the draw decides who is compared, not the register.
        people = people.merge(known[["person_id", *covariates]], on="person_id", how="left", validate="one_to_one")
        if protocol.eligibility:
            people = in_target_group(people, protocol.eligibility)
            steps.append(_step("in_target_group", people))
    else:
        people = people.assign(**{name: float("nan") for name in covariates})
    columns = [*PEOPLE_COLUMNS, *TRIAL_COLUMNS, *covariates]
    ordered = people.sort_values("person_id", kind="stable")[columns].reset_index(drop=True)
    return Cohort(ordered, tuple(steps), is_dated)


def _step(name: str, people: pd.DataFrame) -> Step:
    own = people["treated"].to_numpy(dtype=bool)
    return Step(name, int(own.sum()), int((~own).sum()))
