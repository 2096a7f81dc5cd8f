"""Cohort or panel study (rung 3): each unit compared with itself.

Each unit is also compared with units without the project.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.designs.panel.settings import PanelSettings
from data_contracts.protocol.protocol import Outcome, Protocol
from data_contracts.reading.limits import limit
from models.comparing.diagnosis import balance_lines
from models.designs.interface import Tables
from models.designs.panel.checks import Panel
from models.designs.panel.work import PanelWork
from models.evidence.plan_lock import LockState
from models.evidence.rung import DesignFacts
from models.people.cohort import Cohort, build_cohort
from models.score.design_matrix import build_design_matrix
from models.values.breakdown import Breakdown
from models.values.comparison import BalanceLine, Comparison, ComparisonDiagnostics, Gate, gate_limits, no_pairs
from models.values.design_findings import DesignFindings
from models.values.doubt import Doubt
from models.values.effects import Counted, Effects
from models.values.estimates import Estimate
from models.values.refusal import Refusal

Array = NDArray[np.float64]
MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Waves:
    """An outcome in waves.

    Attributes
    ----------
    y : ndarray of float, shape (units, waves)
        NaN where a unit was not measured.
    start : ndarray of int, shape (units,)
        Column of the wave in which a unit started; the number of waves for those who did not.
    first : int
        The first wave, counted from year 0.
    """

    y: Array
    start: NDArray[np.int64]
    first: int


class PanelStudy:
    """The design that compares units with themselves before the start."""

    name = "panel"
    intended_rung = 3

    def cohort(self, tables: Tables, protocol: Protocol, quarter_end: date, named: Collection[str]) -> Cohort:
        """Select units that start, and units without the project.

        The latter only where a register of them is delivered.
        """
        pool = tables["comparison_pool"] if len(tables["comparison_pool"]) else None
        return build_cohort(tables["participants"], pool, protocol, quarter_end, named)

    def compare(self, cohort: Cohort, protocol: Protocol, tables: Tables) -> Comparison:
        """Give units their weights and clusters, and show how alike they were.

        They are compared at the beginning.
        """
        people, panel = cohort.people, protocol.settings(PanelSettings)
        n = len(people)
        treated = people["treated"].to_numpy(dtype=bool)
        weight = np.ones(n)
        if panel.weight is not None and panel.weight in people:
            weight = people[panel.weight].to_numpy(dtype=float, na_value=np.nan)
        cluster = np.arange(n)
        if panel.cluster is not None and panel.cluster in people:
            cluster = pd.factorize(people[panel.cluster].astype("str"), sort=True)[0]
        weighed = people.assign(propensity_logit=np.nan, weight=weight, cluster=cluster, left_out="")
        known = [c for c in protocol.register_covariates if c.name in people and people[c.name].notna().any()]
        lines: tuple[BalanceLine, ...] = ()
        if known and treated.any() and not treated.all():
            matrix = build_design_matrix(people, known, missing="impute")
            every = balance_lines(matrix, np.zeros(n), treated, np.ones(n), pooled=True)
            lines = tuple(line for line in every if line.kind == "covariate")
        smds = [abs(line.smd_after) for line in lines if np.isfinite(line.smd_after)]
        n_own, n_others = int(treated.sum()), int((~treated).sum())
        diagnostics = ComparisonDiagnostics(
            n_own,
            n_others,
            n_own,
            n_others,
            float(n_others),
            max_smd_before=max(smds, default=None),
            max_smd_after=max(smds, default=None),
            score_columns=tuple(c.name for c in known),
        )
        gate = Gate(_closed_by(n_own, n_others, weight, protocol))
        return Comparison(weighed, no_pairs(), lines, diagnostics, "att_panel", gate)

    def values(self, people: pd.DataFrame, measurements: pd.DataFrame, outcome: Outcome, protocol: Protocol) -> Waves:
        """Place every measurement in its wave.

        Several in one wave count by their mean.
        """
        months = MONTHS[protocol.settings(PanelSettings).period]

        def wave(days: pd.Series) -> NDArray[np.int64]:
            return np.asarray((days.dt.year * 12 + days.dt.month - 1) // months, dtype=np.int64)

        own = measurements[measurements["outcome"] == outcome.name]
        own = own[own["person_id"].isin(people["person_id"]) & own["value"].notna()]
        if own.empty or people.empty:
            return Waves(np.empty((len(people), 0)), np.zeros(len(people), np.int64), 0)
        placed = own.assign(wave=wave(own["measured_date"]))
        first, last = int(placed["wave"].min()), int(placed["wave"].max())
        means = placed.groupby(["person_id", "wave"])["value"].mean().unstack()
        means = means.reindex(index=people["person_id"], columns=range(first, last + 1))
        starts = wave(people["index_date"]) - first
        # What was measured in the wave of the start, but before the start itself, is from before.
        latest = placed.groupby(["person_id", "wave"])["measured_date"].max()
        places = pd.MultiIndex.from_arrays([people["person_id"], starts + first])
        measured_last = latest.reindex(places).to_numpy()
        starts = starts + (measured_last < people["index_date"].to_numpy()).astype(np.int64)
        never = last - first + 1
        treated = people["treated"].to_numpy(dtype=bool)
        # A start after the last wave is no start yet: the unit is one of the others so far.
        start = np.where(treated, np.clip(starts, 0, never), never)
        return Waves(means.to_numpy(dtype=float, na_value=np.nan), start.astype(np.int64), first)

    def estimate(self, comparison: Comparison, y: Waves, outcome: Outcome, protocol: Protocol) -> Effects:
        """Estimate by the declared estimator, with tests of what it assumes."""
        people = comparison.people
        # A wave that few were measured in is no wave: one stray date must not cost everybody else theirs.
        measured = np.isfinite(y.y).mean(axis=0) if y.y.size else np.empty(0)
        columns = np.flatnonzero(measured >= limit("smallest_wave_share"))
        whole = np.asarray(np.isfinite(y.y[:, columns]).all(axis=1)) & bool(len(columns))
        own = people["treated"].to_numpy(dtype=bool)
        lost = [float(1 - whole[group].mean()) if group.any() else None for group in (own, ~own)]
        # Units with the project from the first wave on have no time before, and are no controls either.
        started = y.start > (columns[0] if len(columns) else 0)
        has_late = bool((whole & own & started).any())
        whole = whole & (started | ~own) if has_late else whole
        panel = Panel(y.y[np.ix_(whole, columns)], np.searchsorted(columns, y.start[whole]).astype(np.int64))
        n_own = int(panel.treated.sum())
        closed = Effects(
            outcome.name,
            _outcome_gate(comparison.gate, panel, protocol),
            n_own,
            int(len(panel.y) - n_own),
            doubt=Doubt(missing_treated_share=lost[0], missing_control_share=lost[1]),
        )
        if not closed.gate.is_open:
            return closed
        kept = people.loc[whole].reset_index(drop=True)
        work = PanelWork(panel, kept["weight"].to_numpy(dtype=float), _clusters(kept, protocol), protocol)
        found = {
            name: work.by(name)
            for name in (protocol.settings(PanelSettings).estimator, *protocol.settings(PanelSettings).alternatives)
        }
        primary = found.pop(protocol.settings(PanelSettings).estimator)
        if not isinstance(primary, Estimate):
            return replace(closed, gate=Gate(primary.reason))
        if not (np.isfinite(primary.standard_error) and primary.high > primary.low):
            return replace(closed, gate=Gate("zero_standard_error"))
        others = panel.y[~panel.treated] if n_own < len(panel.y) else panel.y
        return replace(
            closed,
            primary=primary,
            alternatives=tuple(e for e in found.values() if isinstance(e, Estimate)),
            not_computed=tuple((name, e.reason) for name, e in found.items() if isinstance(e, Refusal)),
            doubt=replace(
                closed.doubt,
                outcome_deviation=float(others.mean(axis=1).std(ddof=1)) if len(others) > 1 else None,
                fewest_unlike_others=_fewest_unlike(panel, work, protocol),
            ),
            breakdown=Breakdown(measures=work.measures(), parts=work.parts(y.first + int(columns[0]))),
            design=DesignFindings(panel=work.findings(primary.value, protocol)),
        )

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
        """Return facts of a panel.

        Waves before and after are known only when outcomes were read.
        """
        n = comparison.diagnostics
        reason = None if effects is None else effects.gate.reason
        has_waves = effects is not None and effects.primary is not None
        has_before = has_waves or reason not in ("no_wave_before", "outcome_missing", *_CLOSED_BEFORE)
        is_compared = n.n_pool > 0 and protocol.settings(PanelSettings).estimator != "before_after"
        return DesignFacts(
            has_participant_outcomes=n.n_treated > 0 and reason != "outcome_missing",
            has_person_level_participants=n.n_treated > 0 and protocol.settings(PanelSettings).units == "people",
            has_person_level_comparison=is_compared and protocol.settings(PanelSettings).units == "people",
            has_comparison_units=is_compared,
            covariates_dated_before_index=cohort_is_dated,
            waves_count=2 if has_before else 1,
            has_wave_before_start=has_before,
            within_unit_estimand=has_before,
        )

    def estimator(self, protocol: Protocol) -> str:
        """Return the estimator declared under `panel`."""
        return protocol.settings(PanelSettings).estimator

    def counted(self, protocol: Protocol) -> Counted:
        """Return places, or people."""
        return "units" if protocol.settings(PanelSettings).units == "places" else "people"


DESIGN = PanelStudy()


_CLOSED_BEFORE = ("no_treated", "no_comparison")


def _closed_by(n_own: int, n_others: int, weight: Array, protocol: Protocol) -> str | None:
    if n_own == 0:
        return "no_treated"
    if (
        n_others == 0
        and protocol.settings(PanelSettings).estimator != "before_after"
        and protocol.settings(PanelSettings).compared_with == "never_treated"
    ):
        return "no_comparison"
    if not (np.isfinite(weight).all() and (weight > 0).all()):
        return "weights_unknown"
    return None


def _outcome_gate(gate: Gate, panel: Panel, protocol: Protocol) -> Gate:
    if not gate.is_open:
        return gate
    if panel.y.size == 0 or not panel.treated.any():
        return Gate("outcome_missing")
    if panel.never < 2 or not (panel.start[panel.treated] > 0).any():
        return Gate("no_wave_before")
    if (
        protocol.settings(PanelSettings).units == "people"
        and panel.treated.sum() < gate_limits()["smallest_observed_outcomes"]
    ):
        return Gate("outcome_missing")
    if protocol.settings(PanelSettings).estimator != "before_after" and panel.treated.all():
        is_staggered = (
            len(np.unique(panel.start)) > 1 and protocol.settings(PanelSettings).compared_with == "not_yet_treated"
        )
        if not is_staggered:
            return Gate("no_comparison")
    if float(panel.y.std()) == 0:
        return Gate("zero_standard_error")
    return gate


def _clusters(people: pd.DataFrame, protocol: Protocol) -> NDArray[np.int64] | None:
    return None if protocol.settings(PanelSettings).cluster is None else people["cluster"].to_numpy(dtype=np.int64)


def _fewest_unlike(panel: Panel, work: PanelWork, protocol: Protocol) -> int | None:
    """Count the fewest people that a number rests on.

    Their values differ from the others'. None for places.
    """
    if protocol.settings(PanelSettings).units == "places":
        return None
    counts = [work.fewest_at_a_time] if protocol.settings(PanelSettings).summary == "dynamic" and work.counts else []
    for group in (panel.treated, ~panel.treated):
        if group.any():
            _, sizes = np.unique(panel.y[group].mean(axis=1), return_counts=True)
            counts.append(int(group.sum() - sizes.max()))
    return min(counts)
