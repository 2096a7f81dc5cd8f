"""Rates of places over time, for a synthetic control."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from data_contracts.designs.benchmarking.settings import BenchmarkSettings
from data_contracts.protocol.protocol import Outcome, Protocol
from data_contracts.reading.limits import limit
from models.designs.benchmarking.rates import ALL
from models.designs.benchmarking.synthetic_control import synthetic_control
from models.values.breakdown import Breakdown, Measure, ResultPart
from models.values.comparison import Comparison, Gate
from models.values.design_findings import DesignFindings, PanelFindings
from models.values.effects import Effects
from models.values.estimates import Estimate


def series_effects(comparison: Comparison, rates: pd.DataFrame, outcome: Outcome, protocol: Protocol) -> Effects:
    """Estimate by synthetic control, from the places' own rates.

    Parameters
    ----------
    rates : DataFrame
        Rates of one outcome.
    """
    settings = protocol.settings(BenchmarkSettings)
    n = comparison.diagnostics.n_treated
    blank = Effects(outcome.name, comparison.gate, n, 0)
    if not blank.gate.is_open:
        return blank
    whole = rates[rates["stratum"] == ALL] if (rates["stratum"] == ALL).any() else rates
    wide = whole.pivot_table(index="period_date", columns="place", values="value", aggfunc="mean").sort_index()
    counts = whole.pivot_table(index="period_date", columns="place", values="people_count", aggfunc="mean").sort_index()
    own_places = [place for place in settings.own_places if place in wide]
    if not own_places:
        return replace(blank, gate=Gate("own_place_without_rate"))
    weight = counts[own_places].fillna(0)
    own = (wide[own_places].fillna(0) * weight).sum(axis=1) / weight.sum(axis=1).where(lambda s: s > 0)
    others = wide.drop(columns=own_places).dropna(axis=1)
    known = own.notna().to_numpy()
    start = pd.Timestamp.max if settings.starts_on is None else pd.Timestamp(settings.starts_on)
    before = (wide.index < start) & known
    if before.sum() < limit("fewest_times_before") or not (known & ~before).any():
        return replace(blank, gate=Gate("too_few_times"))
    if others.shape[1] < 2:
        return replace(blank, gate=Gate("too_few_places"))
    found = synthetic_control(own[known].to_numpy(dtype=float), others[known].to_numpy(dtype=float), before[known])
    limits = found.interval(protocol.effects.confidence_level)
    measures = (Measure("synthetic_fit", found.misfit), Measure("placebo_units_p", found.p))
    if limits is None:
        return replace(blank, gate=Gate("too_few_places"), breakdown=Breakdown(measures=measures))
    after = own[known].to_numpy(dtype=float)[~before[known]]
    mean = float(after.mean())
    error = float(found.placebo.std(ddof=1))
    primary = Estimate(
        "difference_to_synthetic_control",
        found.effect,
        error,
        *limits,
        "places without the project",
        mean,
        mean - found.effect,
        np.empty(0),
    )
    times = wide.index[known]
    parts = tuple(
        ResultPart("year", {"da": f"{day:%Y-%m}", "en": f"{day:%Y-%m}"}, float(gap))
        for day, gap in zip(times, found.gaps, strict=True)
    )
    change = others[known].mean(axis=1).to_numpy(dtype=float)
    moved = float(change[~before[known]].mean() - change[before[known]].mean())
    panel = PanelFindings(control_trend_share=moved / found.effect if found.effect else None)
    return replace(
        blank, primary=primary, breakdown=Breakdown(measures=measures, parts=parts), design=DesignFindings(panel=panel)
    )
