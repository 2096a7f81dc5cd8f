"""The order of work, from cohort to records.

Cohort, comparison, effects, records: the steps of stations, and the whole.

The first two steps take no outcome. Stations call the steps one by one and keep intermediate results; rehearsals,
calibration and tests call `evaluate`, so that everything is tested in the order that runs in production.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from data_contracts.protocol.protocol import Protocol
from data_contracts.results.result_record import ResultRecord
from models.comparing.overlap import overlap_fifths
from models.designs.interface import Tables, summary_of
from models.designs.registry import DESIGNS
from models.disclosure.places import places_of
from models.disclosure.populations import dominance, population
from models.evidence.bias_answers import SignedAnswers
from models.evidence.findings import Circumstances
from models.evidence.record import Provenance, q_values, tag_result
from models.people.cohort import Cohort
from models.people.derived_outcomes import with_derived
from models.values.comparison import Comparison
from models.values.effects import Effects


@dataclass(frozen=True, slots=True)
class Estimated:
    """Result of the step `effects`.

    Attributes
    ----------
    effects : tuple of Effects
        One per declared outcome, in the protocol's order.
    people : DataFrame
        People behind the numbers, so that a release can be compared with earlier ones.
    """

    effects: tuple[Effects, ...]
    people: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A project's quarter, step by step."""

    cohort: Cohort
    comparison: Comparison
    effects: tuple[Effects, ...]
    records: tuple[ResultRecord, ...]


def select_cohort(protocol: Protocol, tables: Tables, quarter_end: date, named: Collection[str]) -> Cohort:
    """Select the people studied, before any outcome is read.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Accepted rows of `participants`, `assignment` and `comparison_pool`.
    named : collection of str
        Pseudonyms of all participants, refused rows included: none of them may be compared with.
    """
    return DESIGNS[protocol.design].cohort(tables, protocol, quarter_end, named)


def make_comparison(protocol: Protocol, cohort: Cohort, tables: Tables) -> Comparison:
    """Make the comparison of the protocol, before outcomes are read.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Accepted rows of `rates`, `studies`, `ratings` and `codings`.
    """
    return DESIGNS[protocol.design].compare(cohort, protocol, tables)


def estimate_effects(protocol: Protocol, comparison: Comparison, outcomes: pd.DataFrame) -> Estimated:
    """Estimate every declared outcome in every declared way.

    Outcomes are read here for the first time.

    Parameters
    ----------
    outcomes : DataFrame
        Accepted rows of `outcomes`.
    """
    design = DESIGNS[protocol.design]
    measurements = with_derived(outcomes, protocol)
    fifths = overlap_fifths(comparison.people)
    found, behind = [], []
    for outcome in protocol.outcomes:
        y = design.values(comparison.people, measurements, outcome, protocol)
        own = population(comparison, y, outcome)
        behind.append(own)
        effects = design.estimate(comparison, y, outcome, protocol)
        largest, places = dominance(comparison, y, outcome), places_of(own, outcome.name)
        doubt, breakdown = effects.doubt, effects.breakdown
        found.append(
            replace(
                effects,
                doubt=replace(doubt, dominance=largest),
                breakdown=replace(breakdown, places=places, fifths=fifths),
            )
        )
    return Estimated(tuple(found), pd.concat(behind, ignore_index=True))


def tag_effects(
    protocol: Protocol,
    comparison: Comparison,
    effects: tuple[Effects, ...],
    *,
    cohort_is_dated: bool,
    around: Circumstances,
    provenance: Provenance,
    signed: SignedAnswers | None = None,
) -> tuple[ResultRecord, ...]:
    """Assign every effect its rung, error sources and claims.

    Parameters
    ----------
    effects : tuple of Effects
        In the order of the protocol's outcomes.
    cohort_is_dated : bool
        Whether every covariate was dated no later than the index date.

    Returns
    -------
    tuple of ResultRecord
        In full precision, for the restricted zone.
    """
    design = DESIGNS[protocol.design]
    summary = summary_of(design, protocol)
    q = q_values(effects)
    return tuple(
        tag_result(
            protocol=protocol,
            outcome=outcome,
            comparison=comparison,
            effects=found,
            q_value=q.get(outcome.name),
            facts=design.facts(cohort_is_dated, comparison, outcome, protocol, lock=around.lock, effects=found),
            summary=summary,
            around=around,
            provenance=provenance,
            signed=signed,
        )
        for outcome, found in zip(protocol.outcomes, effects, strict=True)
    )


def evaluate(
    protocol: Protocol,
    tables: Tables,
    around: Circumstances,
    provenance: Provenance,
    *,
    named: Collection[str] = (),
) -> Evaluated:
    """Evaluate a project's quarter from accepted rows to records.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Accepted rows of every table that the design reads.
    around : Circumstances
        Its steps are replaced by the cohort's.
    named : collection of str
        See `select_cohort`.
    """
    cohort = select_cohort(protocol, tables, around.quarter.end, named)
    comparison = make_comparison(protocol, cohort, tables)
    estimated = estimate_effects(protocol, comparison, tables["outcomes"])
    records = tag_effects(
        protocol,
        comparison,
        estimated.effects,
        cohort_is_dated=cohort.covariates_dated_before_index,
        around=replace(around, steps=cohort.steps),
        provenance=provenance,
    )
    return Evaluated(cohort, comparison, estimated.effects, records)
