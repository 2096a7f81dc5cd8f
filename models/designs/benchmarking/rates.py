"""Rates of whole groups, made comparable with one's own people.

Sources: Breslow & Day (1987) for indirect standardisation; Spiegelhalter
(2005) for the funnel; DerSimonian & Laird (1986) for the variance between
places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from data_contracts.reading.limits import limit
from models.designs.benchmarking.funnel import Funnel, funnel
from models.statistics.pooling import pool
from models.values.refusal import Refusal

Array = NDArray[np.float64]
ALL = "all"


@dataclass(frozen=True, slots=True)
class ExpectedRate:
    """The outcome to be expected of people like the participants.

    Attributes
    ----------
    value : float
    variance : float
        Of the rate itself.
    per_person : ndarray of float, shape (n,)
        Each participant's own expected value.
    overall : float
        The rate of everybody behind it, however composed.
    """

    value: float
    variance: float
    per_person: Array
    overall: float

    @property
    def people_count(self) -> float | None:
        """Number of people that a rate of a yes-or-no outcome would rest on.

        None if the rate is taken as exact.
        """
        return self.value * (1 - self.value) / self.variance if self.variance > 0 and 0 < self.value < 1 else None


def chosen_rates(rates: pd.DataFrame, own_places: tuple[str, ...], most_years_back: int | None) -> pd.DataFrame:
    """Return rows of other places, of one period.

    The period is the latest, or some years back from it.

    Parameters
    ----------
    rates : DataFrame
        Rows of one outcome.
    """
    others = rates[~rates["place"].isin(own_places)]
    if others.empty:
        return others
    latest = others["period_date"].max()
    first = latest if most_years_back is None else latest - pd.DateOffset(years=most_years_back)
    chosen: pd.DataFrame = others.loc[others["period_date"] >= first]
    return chosen


def _variance(rows: pd.DataFrame, is_binary: bool) -> Array:
    """Return the variance of each row's rate.

    Means are taken as exact, for their spread is not delivered.
    """
    if not is_binary:
        return np.zeros(len(rows))
    p, n = rows["value"].to_numpy(dtype=float), rows["people_count"].to_numpy(dtype=float)
    return np.asarray(np.clip(p, 0.5 / n, 1 - 0.5 / n) * (1 - np.clip(p, 0.5 / n, 1 - 0.5 / n)) / n)


def standardised_rate(
    rows: pd.DataFrame, strata: pd.Series | None, n: int, *, is_binary: bool
) -> ExpectedRate | Refusal:
    """Give every participant her stratum's rate.

    This is indirect standardisation.

    Parameters
    ----------
    rows : DataFrame
        Chosen rates; strata by name, or one called `all`.
    strata : Series or None
        Each participant's stratum, shape (n,); None compares with everybody.
    n : int
        Participants.

    Returns
    -------
    ExpectedRate or Refusal
        `no_rates`, or `stratum_without_rate` where a participant's stratum has none.
    """
    if strata is None:
        whole = rows[rows["stratum"] == ALL] if (rows["stratum"] == ALL).any() else rows
        if whole.empty:
            return Refusal("no_rates")
        value, variance = _mean_rate(whole, is_binary)
        return ExpectedRate(value, variance, np.full(n, value), value)
    parts = rows[rows["stratum"] != ALL]
    if parts.empty:
        return Refusal("no_rates")
    found = {str(name): _mean_rate(group, is_binary) for name, group in parts.groupby("stratum")}
    if not set(strata) <= set(found):
        return Refusal("stratum_without_rate")
    per_person = np.array([found[str(name)][0] for name in strata])
    shares = strata.value_counts(normalize=True)
    variance = float(sum(share**2 * found[str(name)][1] for name, share in shares.items()))
    overall = float(np.average(parts["value"], weights=parts["people_count"]))
    return ExpectedRate(float(per_person.mean()), variance, per_person, overall)


def _mean_rate(rows: pd.DataFrame, is_binary: bool) -> tuple[float, float]:
    weight = rows["people_count"].to_numpy(dtype=float)
    weight = weight / weight.sum()
    return float(weight @ rows["value"].to_numpy(dtype=float)), float(weight**2 @ _variance(rows, is_binary))


@dataclass(frozen=True, slots=True)
class StructuralRate:
    """The rate that places of such a structure usually reach.

    It also has how much of the differences structure explains.
    """

    expected: ExpectedRate
    r_squared: float


def structural_rate(
    rates: pd.DataFrame, own_places: tuple[str, ...], names: tuple[str, ...], n: int
) -> StructuralRate | Refusal:
    """Predict one's own places' rate from how they are composed.

    Parameters
    ----------
    rates : DataFrame
        Rows of one outcome in the chosen periods, own places included, with a column per covariate.
    names : tuple of str
        Covariates of places.
    n : int
        Participants.

    Returns
    -------
    StructuralRate or Refusal
        Least squares over other places, weighted by people. `own_place_without_rate`; `too_few_places` with fewer
        than `fewest_places_per_covariate`; `structure_unknown`.
    """
    whole = rates[rates["stratum"] == ALL] if (rates["stratum"] == ALL).any() else rates
    known = whole.dropna(subset=[*names, "value", "people_count"])
    own, others = known[known["place"].isin(own_places)], known[~known["place"].isin(own_places)]
    if own.empty:
        return Refusal("own_place_without_rate")
    if others["place"].nunique() < limit("fewest_places_per_covariate") * (len(names) + 1):
        return Refusal("too_few_places")
    x = np.column_stack([np.ones(len(others)), others[list(names)].to_numpy(dtype=float)])
    if np.linalg.matrix_rank(x) < x.shape[1]:
        return Refusal("structure_unknown")
    y, w = others["value"].to_numpy(dtype=float), others["people_count"].to_numpy(dtype=float)
    w = w / w.mean()
    inverse = np.linalg.inv((x * w[:, None]).T @ x)
    beta = inverse @ ((x * w[:, None]).T @ y)
    residual = y - x @ beta
    scale = float((w * residual**2).sum() / (len(y) - x.shape[1]))
    total = float((w * (y - np.average(y, weights=w)) ** 2).sum())
    own_x = np.concatenate(
        [[1.0], np.average(own[list(names)].to_numpy(dtype=float), axis=0, weights=own["people_count"])]
    )
    value = float(own_x @ beta)
    variance = float(
        scale * (own_x @ inverse @ own_x)
        + scale / max(1.0, float(own["people_count"].sum() / others["people_count"].mean()))
    )
    expected = ExpectedRate(value, variance, np.full(n, value), float(np.average(y, weights=w)))
    return StructuralRate(expected, 1 - float((w * residual**2).sum()) / total if total > 0 else 0.0)


def observed_over_expected(observed: float, expected: float, confidence_level: float) -> tuple[float, float, float]:
    """Return how many had the outcome against how many were expected to.

    The limits are exact Poisson limits.
    """
    tail = (1 - confidence_level) / 2
    low = scipy.stats.chi2.ppf(tail, 2 * observed) / 2 if observed > 0 else 0.0
    high = scipy.stats.chi2.isf(tail, 2 * (observed + 1)) / 2
    return observed / expected, float(low / expected), float(high / expected)


@dataclass(frozen=True, slots=True)
class Spread:
    """The spread of places around their rate.

    Attributes
    ----------
    places : tuple of str
    rates, people : ndarray of float, shape (k,)
    limits : Funnel
    between : float
        Variance between places beyond chance.
    variance_share : float
        Of a single person's outcome that lies between places.
    """

    places: tuple[str, ...]
    rates: Array
    people: Array
    limits: Funnel
    between: float
    variance_share: float


def spread_of_places(rows: pd.DataFrame) -> Spread | None:
    """Measure the spread of places' latest rates.

    None with few places, or with a rate of 0 or 1.
    """
    whole = rows[rows["stratum"] == ALL] if (rows["stratum"] == ALL).any() else rows
    by_place = (
        whole.assign(count=whole["value"] * whole["people_count"]).groupby("place")[["count", "people_count"]].sum()
    )
    if len(by_place) < limit("fewest_places"):
        return None
    people = by_place["people_count"].to_numpy(dtype=float)
    rates = by_place["count"].to_numpy(dtype=float) / people
    rate = float(np.average(rates, weights=people))
    if not 0 < rate < 1:
        return None
    between = pool(rates, rate * (1 - rate) / people, between="dersimonian_laird").tau_squared
    names = tuple(map(str, by_place.index))
    limits = funnel(
        rates,
        people,
        rate,
        level=1 - limit("all_or_nothing_works.alpha"),
        winsorised_share=limit("winsorised_share"),
    )
    return Spread(names, rates, people, limits, between, between / (between + rate * (1 - rate)))
