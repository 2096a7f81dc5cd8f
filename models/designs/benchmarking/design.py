"""Benchmarking (rung 5): participants against a rate of a larger group."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from data_contracts.designs.benchmarking.settings import BenchmarkSettings
from data_contracts.protocol.protocol import Outcome, Protocol
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.limits import limit
from models.designs.benchmarking.place_series import series_effects
from models.designs.benchmarking.rates import (
    ALL,
    ExpectedRate,
    chosen_rates,
    observed_over_expected,
    spread_of_places,
    standardised_rate,
    structural_rate,
)
from models.designs.interface import Tables
from models.designs.of_people import OfPeople
from models.estimating.subgroups import Found, site_estimates
from models.evidence.plan_lock import LockState
from models.evidence.rung import DesignFacts
from models.people.cohort import Cohort
from models.statistics.intervals import newcombe_interval, wilson_interval
from models.statistics.multilevel import moments_of, random_intercepts
from models.values.breakdown import Breakdown, Measure, ResultPart
from models.values.comparison import Comparison, ComparisonDiagnostics, Gate, gate_limits, no_pairs
from models.values.design_findings import DesignFindings, PanelFindings, RateFindings
from models.values.doubt import Doubt
from models.values.effects import Effects
from models.values.estimates import Estimate
from models.values.refusal import Refusal

Array = NDArray[np.float64]
STRATUM = "stratum_of_person"


class Benchmarking(OfPeople):
    """The design that compares participants with a rate."""

    name = "benchmarking"
    intended_rung = 5

    def cohort(self, tables: Tables, protocol: Protocol, quarter_end: date, named: Collection[str]) -> Cohort:
        """Select participants, each with the stratum she belongs to."""
        selected = super().cohort(tables, protocol, quarter_end, named)
        strata = protocol.settings(BenchmarkSettings).strata
        if strata is None:
            return selected
        own = tables["participants"].sort_values(["person_id", "index_date"], kind="stable")
        known = own.drop_duplicates(["person_id", "index_date"])[["person_id", "index_date", strata]]
        people = selected.people.merge(known, on=["person_id", "index_date"], how="left", validate="one_to_one")
        return replace(selected, people=people.rename(columns={strata: STRATUM}))

    def compare(self, cohort: Cohort, protocol: Protocol, tables: Tables) -> Comparison:
        """Give every participant a weight of one, and keep the rates.

        Participants are compared with the rates later.
        """
        n = len(cohort.people)
        people = cohort.people.assign(propensity_logit=np.nan, weight=1.0, cluster=np.arange(n), left_out="")
        diagnostics = ComparisonDiagnostics(n, 0, n, 0, 0.0)
        reason = "no_treated" if n == 0 else None
        if reason is None and STRATUM in people and people[STRATUM].isna().any():
            reason = "stratum_unknown"
        return Comparison(
            people, no_pairs(), (), diagnostics, "difference_to_rate", Gate(reason), {"rates": _plain(tables)}
        )

    def estimate(self, comparison: Comparison, y: Array, outcome: Outcome, protocol: Protocol) -> Effects:
        """Estimate the difference between the participants' mean and the rate.

        Binary outcomes get Wilson's interval (Newcombe's when the rate's own size is known), so
        that few participants give a wide interval and not a refusal.
        """
        rates = _rates_of(comparison, outcome)
        if protocol.settings(BenchmarkSettings).method == "synthetic_control":
            return series_effects(comparison, rates, outcome, protocol)
        has_outcome = np.isfinite(y)
        seen = y[has_outcome]
        missing = 1 - len(seen) / len(y) if len(y) else None
        gate = comparison.gate
        if gate.is_open and len(seen) < gate_limits()["smallest_observed_outcomes"]:
            gate = Gate("outcome_missing")
        if gate.is_open and outcome.type == "numeric" and float(seen.std(ddof=1)) == 0:
            gate = Gate("zero_standard_error")
        closed = Effects(outcome.name, gate, len(seen), 0, doubt=Doubt(missing_treated_share=missing))
        if not gate.is_open:
            return closed
        strata = comparison.people[STRATUM][has_outcome] if STRATUM in comparison.people else None
        found = _expected(rates, strata, len(seen), outcome, protocol)
        if isinstance(found, Refusal):
            return replace(closed, gate=Gate(found.reason))
        expected, measures = found
        primary = _difference(seen, outcome, expected, protocol)
        _, sizes = np.unique(seen, return_counts=True)
        among, parts = _by_place(
            comparison.people["municipality_code"][has_outcome], seen - expected.per_person, protocol
        )
        shift, shift_error = _expected_shift(expected, outcome)
        more, rates_around, rate, change = _surroundings(rates, primary.value, protocol)

        def within(inside: NDArray[np.bool_]) -> Found:
            return self._within(comparison, y, inside, outcome, protocol)

        return replace(
            closed,
            primary=primary,
            raw_difference=float(seen.mean() - expected.overall),
            doubt=replace(
                closed.doubt,
                predicted_shift=shift,
                predicted_shift_error=shift_error,
                fewest_unlike_others=int(len(seen) - sizes.max()),
            ),
            breakdown=Breakdown(
                sites=site_estimates(comparison.people, within),
                measures=(*measures, *_counts(seen, expected, outcome, protocol), *more, *among),
                parts=(*parts, *rates_around),
            ),
            design=DesignFindings(rate=rate, panel=change),
        )

    def _within(
        self, comparison: Comparison, y: Array, inside: NDArray[np.bool_], outcome: Outcome, protocol: Protocol
    ) -> Found:
        """Compare some of the people with the rate, as if they were all."""
        people = comparison.people[inside].reset_index(drop=True)
        found = self.estimate(replace(comparison, people=people), y[inside], outcome, protocol)
        return found.primary, found.gate.reason, found.n_treated, found.n_control

    def facts(
        self,
        cohort_is_dated: bool,
        comparison: Comparison,
        outcome: Outcome,
        protocol: Protocol,
        *,
        lock: LockState | None = None,
        effects: Effects | None = None,
    ) -> DesignFacts:
        """Return facts of a comparison with a rate."""
        has_people = comparison.diagnostics.n_treated > 0
        declared = any(r.outcome == outcome.name for r in protocol.comparison.reference_rates)
        delivered = (
            protocol.settings(BenchmarkSettings).method != "reference_rate" and len(_rates_of(comparison, outcome)) > 0
        )
        return DesignFacts(
            has_participant_outcomes=has_people,
            has_person_level_participants=has_people,
            reference_rate_declared=declared or delivered,
        )

    def estimator(self, protocol: Protocol) -> str:
        """Return the estimator that goes with the method."""
        method = protocol.settings(BenchmarkSettings).method
        return "difference_to_rate" if method == "reference_rate" else f"difference_to_{method}"


DESIGN = Benchmarking()


def _plain(tables: Tables) -> list[dict[str, object]]:
    """Return rates as plain data, in a fixed order."""
    if "rates" not in tables or tables["rates"].empty:
        return []
    rows = tables["rates"].sort_values(["outcome", "period_date", "place", "stratum"], kind="stable")
    spelt = rows.assign(period_date=rows["period_date"].dt.strftime("%Y-%m-%d"))
    return [{str(k): None if pd.isna(v) else v for k, v in row.items()} for row in spelt.to_dict("records")]


def _rates_of(comparison: Comparison, outcome: Outcome) -> pd.DataFrame:
    rows = [row for row in comparison.details.get("rates", ()) if row["outcome"] == outcome.name]
    columns = ["place", "period_date", "stratum", "outcome", "people_count", "value"]
    frame = pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)
    return frame.assign(period_date=pd.to_datetime(frame["period_date"]))


def _expected(
    rates: pd.DataFrame, strata: pd.Series | None, n: int, outcome: Outcome, protocol: Protocol
) -> tuple[ExpectedRate, tuple[Measure, ...]] | Refusal:
    """Find the rate to compare participants with, by the declared method."""
    settings, is_binary = protocol.settings(BenchmarkSettings), outcome.type == "binary"
    if settings.method == "reference_rate":
        declared = next(r for r in protocol.comparison.reference_rates if r.outcome == outcome.name)
        spread = declared.value * (1 - declared.value) if is_binary else 0.0
        variance = spread / declared.people_count if declared.people_count else 0.0
        return ExpectedRate(declared.value, variance, np.full(n, declared.value), declared.value), ()
    if rates.empty:
        return Refusal("no_rates")
    if settings.method == "structural_rate":
        names = tuple(c.name for c in protocol.covariates if c.source == "place")
        latest = chosen_rates(rates, (), settings.most_years_back)
        found = structural_rate(latest, settings.own_places, names, n)
        if isinstance(found, Refusal):
            return found
        return found.expected, (Measure("structure_r_squared", max(0.0, found.r_squared)),)
    chosen = chosen_rates(rates, settings.own_places, settings.most_years_back)
    expected = standardised_rate(chosen, strata, n, is_binary=is_binary)
    return expected if isinstance(expected, Refusal) else (expected, ())


def _difference(seen: Array, outcome: Outcome, expected: ExpectedRate, protocol: Protocol) -> Estimate:
    n, level = len(seen), protocol.effects.confidence_level
    mean = float(seen.mean())
    value = mean - expected.value
    influence = (seen - mean) / n
    count = expected.people_count
    if outcome.type == "binary":
        error = float(np.sqrt(mean * (1 - mean) / n + expected.variance))
        if count is None:
            low, high = (end - expected.value for end in wilson_interval(mean, n, level))
            method = "Wilson, the rate taken as exact"
        else:
            low, high = newcombe_interval(mean, n, expected.value, count, level)
            method = "Newcombe"
    else:
        error = float(np.sqrt(seen.var(ddof=1) / n + expected.variance))
        reach = float(scipy.stats.t.isf((1 - level) / 2, n - 1)) * error
        low, high, method = value - reach, value + reach, "Student, the rate taken as exact"
    name = Benchmarking().estimator(protocol)
    return Estimate(name, value, error, low, high, method, mean, expected.value, influence)


def _counts(seen: Array, expected: ExpectedRate, outcome: Outcome, protocol: Protocol) -> tuple[Measure, ...]:
    if outcome.type != "binary" or not expected.value > 0:
        return ()
    ratio = observed_over_expected(
        float(seen.sum()), float(expected.per_person.sum()), protocol.effects.confidence_level
    )
    return (Measure("observed_expected", *ratio),)


def _expected_shift(expected: ExpectedRate, outcome: Outcome) -> tuple[float | None, float | None]:
    """Return how much better participants were expected to do than everybody.

    The expectation follows from who they are: it shows creaming off the easiest.
    """
    if outcome.type != "binary" or not 0 < expected.overall < 1 or float(np.ptp(expected.per_person)) == 0:
        return None, None
    deviation = float(np.sqrt(expected.overall * (1 - expected.overall)))
    spread = float(expected.per_person.std(ddof=1)) / np.sqrt(len(expected.per_person))
    return (expected.value - expected.overall) / deviation, spread / deviation


def _by_place(
    codes: pd.Series, beyond: Array, protocol: Protocol
) -> tuple[tuple[Measure, ...], tuple[ResultPart, ...]]:
    """Return one's own places, each with its shrunken difference.

    Differences are drawn towards the middle. Nothing is returned with few places.
    """
    known = codes.notna().to_numpy(dtype=bool)
    if codes[known].nunique() < limit("fewest_places"):
        return (), ()
    numbers, names = pd.factorize(codes[known].astype("str"), sort=True)
    values = beyond[known]
    fitted = random_intercepts(moments_of(np.ones((len(values), 1)), values, numbers.astype(np.int64)))
    reach = float(scipy.stats.norm.isf((1 - protocol.effects.confidence_level) / 2))
    counts = np.bincount(numbers)
    middle_error = float(1 / np.sqrt((counts / (fitted.within + counts * fitted.between)).sum()))
    towns = read_knowledge("municipalities")["municipalities"]
    parts = []
    for i, code in enumerate(names):
        value = float(fitted.coefficients[0] + fitted.level[i])
        half, name = reach * float(np.hypot(fitted.level_error[i], middle_error)), str(towns.get(str(code), code))
        parts.append(
            ResultPart(
                "place", {"da": name, "en": name}, value, value - half, value + half, count=int((numbers == i).sum())
            )
        )
    return (Measure("own_places_variance_share", fitted.variance_share),), tuple(parts)


def _surroundings(
    rates: pd.DataFrame, effect: float, protocol: Protocol
) -> tuple[tuple[Measure, ...], tuple[ResultPart, ...], RateFindings | None, PanelFindings | None]:
    """Return how places lie around their rate, and how the rate moved."""
    if rates.empty or protocol.settings(BenchmarkSettings).method == "reference_rate":
        return (), (), None, None
    measures: tuple[Measure, ...] = ()
    parts: tuple[ResultPart, ...] = ()
    found = None
    latest = chosen_rates(rates, (), None)
    is_share = bool(latest["value"].between(0, 1).all())
    spread = spread_of_places(latest) if is_share else None
    if spread is not None:
        measures = (
            Measure("overdispersion", spread.limits.overdispersion),
            Measure("place_variance_share", spread.variance_share),
        )
        limits = spread.limits
        parts = tuple(
            ResultPart("place_rate", {"da": name, "en": name}, float(value), float(low), float(high), count=int(count))
            for name, value, low, high, count in zip(
                spread.places, spread.rates, limits.low, limits.high, spread.people, strict=True
            )
        )
        found = RateFindings(len(spread.limits.z), spread.limits.outside_count, spread.limits.expected_outside)
    others = rates[~rates["place"].isin(protocol.settings(BenchmarkSettings).own_places)]
    whole = others[others["stratum"] == ALL] if (others["stratum"] == ALL).any() else others
    by_time = (
        whole.assign(total=whole["value"] * whole["people_count"])
        .groupby("period_date")[["total", "people_count"]]
        .sum()
    )
    change = None
    if len(by_time) > 1 and effect != 0:
        series = (by_time["total"] / by_time["people_count"]).to_numpy(dtype=float)
        change = PanelFindings(control_trend_share=float((series[-1] - series[0]) / effect))
    return measures, parts, found, change
