"""The portfolio pooled: every outcome across projects.

Projects whose result never came are counted too.

Every project that was ever registered counts: one that promised an outcome
and never reported it is what publication bias is made of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data_contracts.calendar.quarters import Quarter
from data_contracts.designs.systematic_review.settings import ReviewSettings, SearchRule
from data_contracts.phrases import bilingual
from data_contracts.protocol.deliveries import Delivery
from data_contracts.protocol.protocol import Evaluation, Intervention, Outcome, PreventionLevel, Profile, Protocol
from data_contracts.protocol.rules import LIVING_REVIEW
from data_contracts.reading.limits import limit
from data_contracts.reading.parts import Text
from data_contracts.results.result_record import ResultRecord
from models.designs.interface import summary_of
from models.designs.systematic_review.design import SystematicReview, rests_on_trials
from models.designs.systematic_review.meta_regression import three_levels
from models.designs.systematic_review.review import Review, Studies, review
from models.designs.without_people import comparison_of
from models.evidence.findings import Circumstances
from models.evidence.plan_lock import LockState
from models.evidence.record import Provenance, tag_result
from models.evidence.rung import DesignFacts
from models.values.breakdown import Breakdown, Measure
from models.values.comparison import Gate
from models.values.design_findings import DesignFindings
from models.values.effects import Effects

PROJECT = LIVING_REVIEW
Key = tuple[str, str, str, str, str]
COUNTED_STATUSES = ("estimated", "pooled_only")


@dataclass(frozen=True, slots=True)
class Promise:
    """An outcome that a registered project promised.

    Attributes
    ----------
    project, outcome : str
    first_quarter : str
        When its results were due.
    """

    project: str
    outcome: str
    first_quarter: str


def poolable(records: Sequence[ResultRecord], groups: Mapping[str, str]) -> dict[Key, list[ResultRecord]]:
    """Group results by what they may be pooled with.

    Results are alike in outcome, type, unit, kind of data, and which way is good.

    Parameters
    ----------
    records : sequence of ResultRecord
        Restricted records of one quarter.
    groups : mapping of str to str
        Project to the group of projects it shares people with.

    Returns
    -------
    dict
        Results of at least two projects without people in common, in a fixed order. Reviews, judgements and stories are no
        results of a project's own people.
    """
    found: dict[Key, list[ResultRecord]] = defaultdict(list)
    first_without = limit("claims.first_rung_without_effects")
    for row in sorted(records, key=lambda r: r.result_id):
        has_number = row.status in COUNTED_STATUSES and (row.standard_error or 0) > 0
        if has_number and row.evidence.rung < first_without and row.counted in ("people", "units"):
            found[row.outcome, row.outcome_type, row.unit.en, row.data_note, row.outcome_direction].append(row)
    return {
        key: rows for key, rows in sorted(found.items()) if len({groups.get(r.project, r.project) for r in rows}) > 1
    }


def living_review(
    records: Sequence[ResultRecord],
    outcomes: Mapping[tuple[str, str], Outcome],
    groups: Mapping[str, str],
    promises: Sequence[Promise],
    quarter: Quarter,
    provenance: Provenance,
    hidden: frozenset[str],
) -> list[ResultRecord]:
    """Pool every outcome that several projects share.

    Parameters
    ----------
    records : sequence of ResultRecord
        Restricted records of the quarter.
    outcomes : mapping of (project, outcome) to Outcome
        As the protocols declare them.
    groups : mapping of str to str
        Project to the group of projects it shares people with; itself if it shares none.
    promises : sequence of Promise
        Of every project that was ever registered.
    hidden : frozenset of str
        Results that may not be shown alone; they count, and their numbers are hidden.

    Returns
    -------
    list of ResultRecord
    """
    found = []
    for key, rows in poolable(records, groups).items():
        declared = outcomes[rows[0].project, rows[0].outcome]
        planned, missing = _registry(promises, key[0], records, quarter)
        found.append(_record(key, rows, declared, groups, (planned, missing), quarter, provenance, hidden))
    return found


def _registry(
    promises: Sequence[Promise], outcome: str, records: Sequence[ResultRecord], quarter: Quarter
) -> tuple[int, int]:
    """Count projects that promised an outcome, and those without a number.

    Only promises that are due by now count.
    """
    due = {p.project for p in promises if p.outcome == outcome and not quarter < Quarter.parse(p.first_quarter)}
    came = {r.project for r in records if r.outcome == outcome and r.status in COUNTED_STATUSES}
    return len(due | came), len(due - came)


def _record(
    key: Key,
    rows: list[ResultRecord],
    declared: Outcome,
    groups: Mapping[str, str],
    registry: tuple[int, int],
    quarter: Quarter,
    provenance: Provenance,
    hidden: frozenset[str],
) -> ResultRecord:
    protocol = _protocol(declared, rows)
    outcome = protocol.outcomes[0]
    studies = _studies(rows, groups)
    made = review(
        studies,
        protocol.settings(ReviewSettings),
        confidence_level=protocol.effects.confidence_level,
        planned_count=registry[0],
        never_reported_count=registry[1],
    )
    if isinstance(made, Review):
        in_words = {_label(row)["en"] for row in rows if row.result_id in hidden}
        parts = tuple(
            replace(p, is_hidden=True) if p.label["en"] in in_words or (in_words and p.kind == "rung") else p
            for p in made.parts
        )
        effects = Effects(
            outcome.name,
            Gate(),
            studies.count,
            0,
            primary=made.primary,
            breakdown=Breakdown(
                measures=(*made.measures, *_over_sites(rows, groups, protocol.effects.confidence_level)), parts=parts
            ),
            design=DesignFindings(synthesis=made.findings),
        )
    else:
        effects = Effects(outcome.name, Gate(made.reason), studies.count, 0)
    material = comparison_of(_material(rows), studies.count, "pooled", None)
    return tag_result(
        protocol=protocol,
        outcome=outcome,
        comparison=material,
        effects=effects,
        q_value=None,
        facts=DesignFacts(
            pooled_studies_count=studies.count,
            pooled_mainly_trials=rests_on_trials(effects),
            search_rule_recorded=True,
        ),
        summary=summary_of(SystematicReview(), protocol),
        # Nobody chooses what is pooled: it is the same rule every quarter, fixed in the code.
        around=Circumstances(quarter, LockState(is_locked=True, is_unchanged=True, calculations_run=1)),
        provenance=provenance,
    )


def _material(rows: list[ResultRecord]) -> pd.DataFrame:
    return pd.DataFrame({"outcome": [row.outcome for row in rows], "study_key": [row.project for row in rows]})


def _label(row: ResultRecord) -> dict[str, str]:
    return {"da": row.project_name.da, "en": row.project_name.en}


def _studies(rows: list[ResultRecord], groups: Mapping[str, str]) -> Studies:
    names = sorted({groups.get(row.project, row.project) for row in rows})
    errors = np.array([row.standard_error for row in rows], dtype=float)
    return Studies(
        labels=tuple(_label(row) for row in rows),
        study=np.array([names.index(groups.get(row.project, row.project)) for row in rows], dtype=np.int64),
        effects=np.array([row.estimate for row in rows], dtype=float),
        variances=errors**2,
        rung=np.array([row.evidence.rung for row in rows], dtype=np.int64),
        is_published=np.ones(len(rows), dtype=bool),
        is_low_risk=np.array([_is_low_risk(row) for row in rows]),
        moderators=np.empty((len(rows), 0)),
        people_per_arm=_people_per_arm(rows),
        kind="project",
    )


def _over_sites(rows: list[ResultRecord], groups: Mapping[str, str], level: float) -> tuple[Measure, ...]:
    """Pool municipalities within projects.

    It shows whether places differ more than projects do.

    A project comes in by its municipalities if every one of them gave a number, and else as a whole, so that nobody
    falls out. Without a project of several municipalities there is nothing to add.
    """
    effects: list[float | None] = []
    errors: list[float | None] = []
    belongs: list[str] = []
    for row in rows:
        sites = [s for s in row.sites if s.estimate is not None and (s.standard_error or 0) > 0]
        units = sites if sites and len(sites) == len(row.sites) else [row]
        effects += [unit.estimate for unit in units]
        errors += [unit.standard_error for unit in units]
        belongs += [groups.get(row.project, row.project)] * len(units)
    if len(effects) == len(rows):
        return ()
    labels = np.unique(belongs, return_inverse=True)[1]
    values, spreads = (np.array(numbers, dtype=float) for numbers in (effects, errors))
    found = three_levels(values, spreads**2, labels, confidence_level=level)
    return (
        Measure("sites_pooled", float(len(effects))),
        Measure("over_sites", found.estimate, found.low, found.high),
        Measure("tau_squared_sites", found.within_studies),
    )


def _is_low_risk(row: ResultRecord) -> float:
    """Return 1 where no source of error is serious, otherwise 0.

    The certainty must also not be very low.
    """
    states = [source.state for source in row.evidence.error_sources]
    return float("serious" not in states and row.evidence.certainty != "very_low")


def _people_per_arm(rows: list[ResultRecord]) -> int | None:
    own, others = (
        sum(n or 0 for n in counts) for counts in zip(*((r.n_treated, r.n_control) for r in rows), strict=True)
    )
    return min(own, others) or None


def _text(key: str) -> Text:
    return Text(**bilingual(key))


def _protocol(declared: Outcome, rows: list[ResultRecord]) -> Protocol:
    """Return the living review's own protocol.

    It is the same for every outcome, and nobody wrote it by hand.
    """
    places = tuple(dict.fromkeys(code for row in rows for code in row.municipalities))
    search = SearchRule(
        searched_in=("The registry of protocols",),
        terms=declared.name,
        last_searched_on=Quarter.parse(rows[0].quarter).end,
        included_if=("A number with its error, on rung 5 or above",),
    )
    protocol = Protocol(
        protocol_version="1",
        id=PROJECT,
        name=_text("living_review_name"),
        organisation="Trin",
        data_note=rows[0].data_note,
        profile=Profile(
            goal=_text("living_review_goal"),
            from_a_to_b=_text("living_review_goal"),
            active_ingredient=_text("living_review_goal"),
            how_people_move_on=_text("living_review_goal"),
            prevention_level=PreventionLevel.early,
        ),
        intervention=Intervention(),
        municipalities=places,
        design="systematic_review",
        identifier_scheme="local",
        outcomes=(declared.model_copy(update={"primary": True}),),
        evaluation=Evaluation(first_quarter=rows[0].quarter, follow_up_months=0),
        deliveries=(Delivery(table="studies", files="registry.csv", format="csv"),),
    )
    strong = int(limit("living_review_strong_rung"))
    return protocol.with_settings(ReviewSettings(minimum_rung=strong, search=search))
