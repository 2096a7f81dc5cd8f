"""Randomised trial (rung 2): people who drew a place and who did not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.designs.randomised_trial.settings import TrialSettings
from data_contracts.protocol.protocol import Outcome, Protocol
from data_contracts.reading.limits import limit
from models.comparing.diagnosis import balance_lines
from models.designs.interface import Tables
from models.designs.of_people import OfPeople
from models.designs.randomised_trial.cohort import build_trial_cohort
from models.designs.randomised_trial.estimators import (
    Drawn,
    assigned_adjusted,
    assigned_difference,
    block_differences,
    complier_effect,
)
from models.designs.randomised_trial.randomisation_test import balance_p, randomisation_p
from models.doubt.attrition import lee_bounds, manski_bounds
from models.estimating.subgroups import Found, site_estimates, subgroup_estimates
from models.evidence.plan_lock import LockState
from models.evidence.rung import DesignFacts
from models.people.cohort import Cohort
from models.score.design_matrix import DesignMatrix, build_design_matrix
from models.statistics.power_and_q import minimal_detectable_effect
from models.values.breakdown import Breakdown, Measure, ResultPart
from models.values.comparison import BalanceLine, Comparison, ComparisonDiagnostics, Gate, gate_limits, no_pairs
from models.values.design_findings import DesignFindings, TrialFindings
from models.values.doubt import Doubt
from models.values.effects import Effects
from models.values.estimates import Estimate
from models.values.refusal import Refusal

Array = NDArray[np.float64]
LIST_KEY = "trial.assignment_list_sha256"


class RandomisedTrial(OfPeople):
    """The design that compares people chosen by lot with those not chosen."""

    name = "randomised_trial"
    intended_rung = 2

    def cohort(self, tables: Tables, protocol: Protocol, quarter_end: date, named: Collection[str]) -> Cohort:
        """Follow everybody on the list, whether or not they came."""
        return build_trial_cohort(
            tables["assignment"], tables["participants"], tables["comparison_pool"], protocol, quarter_end, named
        )

    def compare(self, cohort: Cohort, protocol: Protocol, tables: Tables) -> Comparison:
        """Compare the groups as they were drawn, and with chance.

        Chance is what lots alone would give.
        """
        people = cohort.people
        treated = people["treated"].to_numpy(dtype=bool)
        n_own, n_others = int(treated.sum()), int((~treated).sum())
        weighed = people.assign(
            propensity_logit=np.nan,
            weight=1.0,
            cluster=_labels(people["draw_cluster"], range(len(people))),
            left_out="",
        )
        matrix = _matrix(weighed, protocol)
        p = None
        lines: tuple[BalanceLine, ...] = ()
        if n_own and n_others and matrix is not None:
            drawn = _drawn(weighed, np.zeros(len(people)), protocol)
            p = balance_p(
                matrix.values,
                treated,
                drawn.block,
                drawn.cluster,
                draws=protocol.settings(TrialSettings).draws,
                seed=protocol.seed,
            )
            every = balance_lines(matrix, np.zeros(len(people)), treated, np.ones(len(people)), pooled=True)
            lines = tuple(line for line in every if line.kind == "covariate")
        error = np.sqrt(1 / n_own + 1 / n_others) if n_own and n_others else None
        smds = [abs(line.smd_after) for line in lines if np.isfinite(line.smd_after)]
        diagnostics = ComparisonDiagnostics(
            n_own,
            n_others,
            n_own,
            n_others,
            float(n_others),
            max_smd_before=max(smds, default=None),
            max_smd_after=max(smds, default=None),
            score_columns=() if matrix is None else tuple(dict.fromkeys(matrix.covariates)),
            columns_left_out=() if matrix is None else matrix.dropped,
            detectable_smd=None
            if error is None
            else minimal_detectable_effect(float(error), alpha=limit("alpha"), power=limit("power")),
        )
        gate = Gate(_wrong_list(people, protocol) or _closed_by(n_own, n_others, p, diagnostics.detectable_smd))
        return Comparison(weighed, no_pairs(), lines, diagnostics, "assigned", gate, {"draw_balance_p": p})

    def estimate(self, comparison: Comparison, y: Array, outcome: Outcome, protocol: Protocol) -> Effects:
        """Compare the groups as drawn; everything else stands beside it."""
        people = comparison.people
        own = people["treated"].to_numpy(dtype=bool)
        seen = np.isfinite(y)
        n_own, n_others = int((seen & own).sum()), int((seen & ~own).sum())
        lost = [1 - n / group.sum() if group.any() else None for n, group in ((n_own, own), (n_others, ~own))]
        gate = comparison.gate
        if gate.is_open and min(n_own, n_others) < gate_limits()["smallest_observed_outcomes"]:
            gate = Gate("outcome_missing")
        if gate.is_open and float(y[seen].std()) == 0:
            gate = Gate("zero_standard_error")
        closed = Effects(
            outcome.name,
            gate,
            n_own,
            n_others,
            doubt=Doubt(missing_treated_share=lost[0], missing_control_share=lost[1]),
        )
        trial = DesignFindings(
            trial=TrialFindings(
                protocol.settings(TrialSettings).is_blinded, protocol.settings(TrialSettings).controls_get_attention
            )
        )
        if not gate.is_open:
            return replace(closed, design=trial)
        analysed = people.loc[seen].reset_index(drop=True)
        drawn = _drawn(analysed, y[seen], protocol)
        found = {
            name: self._by(name, drawn, analysed, outcome, protocol)
            for name in (protocol.settings(TrialSettings).estimator, *protocol.settings(TrialSettings).alternatives)
        }
        primary = found.pop(protocol.settings(TrialSettings).estimator)
        if not isinstance(primary, Estimate):
            return replace(closed, gate=Gate(primary.reason), design=trial)
        lee, manski = _bounds(drawn, lost, outcome)

        def within(inside: NDArray[np.bool_]) -> Found:
            return self._within(analysed[inside], drawn.y[inside], outcome, protocol)

        return replace(
            closed,
            design=trial,
            primary=primary,
            alternatives=tuple(e for e in found.values() if isinstance(e, Estimate)),
            not_computed=tuple((name, e.reason) for name, e in found.items() if isinstance(e, Refusal)),
            raw_difference=float(drawn.y[drawn.assigned].mean() - drawn.y[~drawn.assigned].mean()),
            doubt=replace(
                closed.doubt,
                lee_bounds=lee,
                manski_bounds=manski,
                outcome_deviation=float(drawn.y[~drawn.assigned].std(ddof=1)),
                fewest_unlike_others=_fewest_unlike(drawn),
            ),
            breakdown=Breakdown(
                subgroups=subgroup_estimates(analysed, protocol.effects.subgroups, within),
                sites=site_estimates(analysed, within),
                measures=_measures(comparison, drawn, protocol),
                parts=_parts(analysed, drawn, protocol),
            ),
        )

    def _within(self, people: pd.DataFrame, y: Array, outcome: Outcome, protocol: Protocol) -> Found:
        """Compare some of the people as they were drawn."""
        own = people["treated"].to_numpy(dtype=bool)
        sizes = int(own.sum()), int((~own).sum())
        if min(sizes) < gate_limits()["smallest_observed_outcomes"]:
            return None, "outcome_missing", *sizes
        if float(y.std()) == 0:
            return None, "zero_standard_error", *sizes
        alone = people.reset_index(drop=True)
        found = self._by(
            protocol.settings(TrialSettings).estimator, _drawn(alone, y, protocol), alone, outcome, protocol
        )
        return (None, found.reason, *sizes) if isinstance(found, Refusal) else (found, None, *sizes)

    def _by(
        self, name: str, drawn: Drawn, analysed: pd.DataFrame, outcome: Outcome, protocol: Protocol
    ) -> Estimate | Refusal:
        level = protocol.effects.confidence_level
        if name == "assigned_difference":
            return assigned_difference(drawn, confidence_level=level, is_binary=outcome.type == "binary")
        matrix = _matrix(analysed, protocol, protocol.settings(TrialSettings).adjust_for)
        return (
            Refusal("no_score_covariates")
            if matrix is None
            else assigned_adjusted(drawn, matrix.values, confidence_level=level)
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
        """Return facts of a draw.

        The list is the one whose fingerprint was promised before any outcome was read.
        """
        n = comparison.diagnostics
        has_both = n.n_treated > 0 and n.n_pool > 0
        stands_firm = lock is not None and lock.is_locked and all(c.key != LIST_KEY for c in lock.changes)
        return DesignFacts(
            assignment_list_sha256=protocol.settings(TrialSettings).assignment_list_sha256 if has_both else None,
            assignment_precedes_outcomes=has_both and stands_firm,
            analysed_as_assigned=has_both and comparison.gate.reason != "draw_broken",
            has_participant_outcomes=n.n_treated > 0,
            has_person_level_participants=n.n_treated > 0,
            has_person_level_comparison=has_both,
            covariates_dated_before_index=cohort_is_dated,
            comparison_documented=cohort_is_dated and comparison.gate.is_open,
            has_comparison_units=has_both,
            waves_count=1,
        )

    def estimator(self, protocol: Protocol) -> str:
        """Return the estimator declared under `trial`."""
        return protocol.settings(TrialSettings).estimator


DESIGN = RandomisedTrial()


def _labels(values: pd.Series, otherwise: range) -> NDArray[np.int64]:
    """Number what is named.

    Without names everybody has a separate number.
    """
    if values.isna().all():
        return np.array(otherwise, dtype=np.int64)
    return np.asarray(pd.factorize(values.astype("str"), sort=True)[0], dtype=np.int64)


def _drawn(people: pd.DataFrame, y: Array, protocol: Protocol) -> Drawn:
    how = protocol.settings(TrialSettings).drawn
    blocks = people["block"]
    return Drawn(
        y,
        people["treated"].to_numpy(dtype=bool),
        _labels(blocks, range(len(people))) if how == "blocked" and blocks.notna().any() else None,
        people["cluster"].to_numpy(dtype=np.int64) if how == "cluster" else None,
        people["took_part"].to_numpy(dtype=bool),
    )


def _matrix(people: pd.DataFrame, protocol: Protocol, names: tuple[str, ...] = ()) -> DesignMatrix | None:
    """Return covariates from before the draw: those named, or all."""
    chosen = [c for c in protocol.register_covariates if c.name in names or not names]
    known = [c for c in chosen if people[c.name].notna().any()]
    if not known:
        return None
    matrix = build_design_matrix(people, known, missing="impute")
    return matrix if matrix.values.shape[1] else None


def _wrong_list(people: pd.DataFrame, protocol: Protocol) -> str | None:
    """Return how the list contradicts the way lots were drawn, if it does.

    The way is the one that is declared.
    """
    known = people[people["draw_cluster"].notna()]
    if known.empty:
        return None
    arms = known.groupby("draw_cluster")["treated"].nunique()
    sizes = known.groupby("draw_cluster").size()
    if protocol.settings(TrialSettings).drawn == "cluster":
        return "clusters_in_both_arms" if (arms > 1).any() else None
    # By chance alone whole clusters do not draw the same.
    return "clusters_drew_together" if (sizes > 1).sum() > 1 and (arms[sizes > 1] == 1).all() else None


def _closed_by(n_own: int, n_others: int, balance: float | None, detectable: float | None) -> str | None:
    limits = gate_limits()
    if n_own == 0:
        return "no_treated"
    if n_others == 0:
        return "nobody_drew_without"
    if balance is not None and balance < limits["broken_draw_alpha"]:
        return "draw_broken"
    if detectable is not None and detectable > limits["largest_detectable_smd"]:
        return "low_power"
    return None


def _fewest_unlike(drawn: Drawn) -> int:
    counts = []
    for group in (drawn.assigned, ~drawn.assigned):
        _, sizes = np.unique(drawn.y[group], return_counts=True)
        counts.append(int(group.sum() - sizes.max(initial=0)))
    return min(counts)


Bounds = tuple[float, float] | None


def _bounds(drawn: Drawn, lost: list[float | None], outcome: Outcome) -> tuple[Bounds, Bounds]:
    own, others = drawn.y[drawn.assigned], drawn.y[~drawn.assigned]
    shares = (lost[0] or 0.0, lost[1] or 0.0)
    lee = lee_bounds(
        own, np.ones(len(own)), others, np.ones(len(others)), lost_treated_share=shares[0], lost_control_share=shares[1]
    )
    lowest, highest = (0.0, 1.0) if outcome.type == "binary" else (outcome.minimum, outcome.maximum)
    if lowest is None or highest is None:
        return lee, None
    return lee, manski_bounds(float(own.mean()), float(others.mean()), *shares, lowest=lowest, highest=highest)


def _measures(comparison: Comparison, drawn: Drawn, protocol: Protocol) -> tuple[Measure, ...]:
    trial, level = protocol.settings(TrialSettings), protocol.effects.confidence_level
    p = randomisation_p(drawn.y, drawn.assigned, drawn.block, drawn.cluster, draws=trial.draws, seed=protocol.seed)
    measures = [Measure("randomisation_p", p)]
    if comparison.details["draw_balance_p"] is not None:
        measures.append(Measure("draw_balance_p", comparison.details["draw_balance_p"]))
    if drawn.cluster is not None:
        measures.append(Measure("clusters", float(len(np.unique(drawn.cluster)))))
    if drawn.took_part.any():
        measures.append(Measure("took_place_share", float(drawn.took_part[drawn.assigned].mean())))
        measures.append(Measure("crossed_over_share", float(drawn.took_part[~drawn.assigned].mean())))
        followed = complier_effect(drawn, confidence_level=level)
        if isinstance(followed, Estimate):
            measures.append(Measure("complier_effect", followed.value, followed.low, followed.high))
    return tuple(measures)


def _parts(analysed: pd.DataFrame, drawn: Drawn, protocol: Protocol) -> tuple[ResultPart, ...]:
    rows = block_differences(drawn, confidence_level=protocol.effects.confidence_level)
    if not rows or drawn.block is None:
        return ()
    names = analysed["block"].astype("str").to_numpy()
    parts = []
    for label, value, low, high, count in rows:
        name = str(names[np.flatnonzero(drawn.block == label)[0]])
        parts.append(ResultPart("block", {"da": name, "en": name}, value, low, high, count / len(drawn.y), count))
    return tuple(parts)
