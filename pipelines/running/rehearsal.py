"""A project's quarter without Dagster, for documentation and tests."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from assets.intake.assembly import assemble
from assets.intake.reception import take_in
from assets.pseudonyms.keys import create_key
from assets.storage.home import Home, write_atomically
from assets.storage.rows import accepted_rows
from data_contracts.calendar.quarters import Quarter
from data_contracts.protocol.protocol import Protocol
from data_contracts.results.result_record import ResultRecord
from data_contracts.tables.declared import TABLES
from models.evaluate import evaluate
from models.evidence.findings import Circumstances
from models.evidence.plan_lock import LockState
from models.evidence.record import Provenance
from models.values.comparison import Comparison
from models.values.effects import Effects

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
        Files waiting in its inbox are received.
    day : date, optional
        The day the files arrived.

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
    around = Circumstances(quarter, lock)
    done = evaluate(protocol, tables, around, NOWHERE, named=set(judged["participants"].frame["person_id"].dropna()))
    return [(done.comparison, effects, record) for effects, record in zip(done.effects, done.records, strict=True)]
