"""A project's quarter from files to records without Dagster: for documentation and for tests.

Belongs here: calling the same functions as the stations, in their order. Does
not belong here: anything a station does not do; what it keeps is kept nowhere.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from assets.intake.assembly import assemble
from assets.intake.reading.delivery import accepted_rows
from assets.intake.reception import take_in
from assets.pseudonyms.keys import create_key
from assets.storage.home import Home, write_atomically
from data_contracts.calendar.quarters import Quarter
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.table_contract import TABLES
from data_contracts.results.result_record import ResultRecord
from models.designs.interface import Effects
from models.designs.registry import DESIGNS
from models.disclosure.populations import dominance
from models.evidence.findings import Circumstances
from models.evidence.plan_lock import LockState
from models.evidence.record import Provenance, q_values, tag_result
from models.people.derived_outcomes import with_derived
from models.values.comparison import Comparison

UNTOUCHED = LockState(is_locked=True, is_unchanged=True)
NOWHERE = Provenance("rehearsal", {}, "0" * 64, "0" * 64, 0)


def demo_home(root: Path, project: str) -> Home:
    """Set up a home with one demo project and its deliveries."""
    from projects.portfolio import PORTFOLIO, protocol_folder

    home = Home(root)
    home.prepare()
    create_key(home, demo=True)
    text = (protocol_folder(project) / "project.yaml").read_bytes()
    write_atomically(home.projects / project / "project.yaml", text, 0o644)
    PORTFOLIO[project](home.inbox / project)
    return home


def rehearse(
    home: Home, project: str, quarter: Quarter, *, day: date | None = None, lock: LockState = UNTOUCHED
) -> list[tuple[Comparison, Effects, ResultRecord]]:
    """Evaluate a quarter.

    Parameters
    ----------
    home : Home
        Files that wait in its inbox are taken in.
    project : str
    quarter : Quarter
    day : date, optional
        The day the files arrived.
    lock : LockState

    Returns
    -------
    list of (Comparison, Effects, ResultRecord)
        One per outcome, in full precision.

    Raises
    ------
    InputRefused
        As the stations do.
    """
    protocol: Protocol = home.protocol(project)
    take_in(home, protocol, day)
    judged = {table: assemble(home, protocol, table, quarter).table for table in TABLES}
    tables = {table: accepted_rows(found.frame, found.contract) for table, found in judged.items()}
    named = set(judged["participants"].frame["person_id"].dropna())
    design = DESIGNS[protocol.design]
    cohort = design.cohort(tables, protocol, quarter.end, named)
    comparison = design.compare(cohort, protocol, tables)
    measured = with_derived(tables["outcomes"], protocol)
    effects = []
    for outcome in protocol.outcomes:
        y = design.values(comparison.people, measured, outcome, protocol)
        estimated = design.estimate(comparison, y, outcome, protocol)
        effects.append(replace(estimated, dominance=dominance(comparison, y, outcome)))
    q = q_values(tuple(effects))
    around = Circumstances(quarter, lock, steps=cohort.steps)
    made = []
    for outcome, found in zip(protocol.outcomes, effects, strict=True):
        facts = design.facts(
            cohort.covariates_dated_before_index, comparison, outcome, protocol, lock=lock, effects=found
        )
        record = tag_result(
            protocol=protocol,
            outcome=outcome,
            comparison=comparison,
            effects=found,
            q_value=q.get(outcome.name),
            facts=facts,
            design=design,
            around=around,
            provenance=NOWHERE,
        )
        made.append((comparison, found, record))
    return made
