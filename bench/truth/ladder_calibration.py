"""How often each rung is right in worlds with known truth.

Run with `make calibration`; a few minutes on two cores. The table is for `docs/validation.md`.

Rungs 4 and 5 are the designs of the demo protocols. Rungs 2 and 3 are the plain differences they rest on (between
those who drew lots; of changes since the quarter before the start), given the facts that such designs earn.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.calendar.quarters import Quarter
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.reading import read_protocol
from models.designs.benchmarking.design import Benchmarking
from models.designs.interface import summary_of
from models.designs.registry import DESIGNS
from models.evaluate import Evaluated, evaluate
from models.evidence.findings import Circumstances
from models.evidence.plan_lock import LockState
from models.evidence.record import Provenance, tag_result
from models.evidence.rung import DesignFacts
from models.people.cohort import Cohort
from models.people.outcomes import outcome_values
from models.statistics.intervals import newcombe_interval
from models.values.comparison import Gate
from models.values.doubt import Doubt
from models.values.effects import Effects
from models.values.estimates import Estimate
from projects.worlds.young_mothers import REGISTER_COLUMNS, TRUE_ATT, Scenario, World, draw_world

RESULTS = Path(__file__).resolve().parent.parent / "results" / "ladder_calibration.csv"
PROJECTS = Path(__file__).resolve().parent.parent.parent / "projects"
DRAWS = int(os.environ.get("TRIN_DRAWS", "100"))
QUARTER = Quarter(2026, 3)
CIRCUMSTANCES = Circumstances(QUARTER, LockState(is_locked=True, is_unchanged=True))
PROVENANCE = Provenance("0", {}, "0" * 64, "0" * 64, 1)
FIELDS = (
    "scenario",
    "true_effect",
    "rung",
    "draws",
    "no_number",
    "mean_estimate",
    "coverage",
    "said_to_cause",
    "caused_wrongly",
    "promising",
    "unresolved",
    "open_sources",
    "serious",
)
CAUSAL_VERDICT, GOOD_VERDICTS = "works_in_trial", ("works_in_trial", "promising")

Row = dict[str, Any]


@cache
def protocol(name: str) -> Protocol:
    """Return a demo protocol, reduced to its primary outcome for speed."""
    read = read_protocol((PROJECTS / name / "project.yaml").read_text(encoding="utf-8"))
    effects = read.effects.model_copy(update={"alternatives": (), "specifications": (), "subgroups": ()})
    return read.model_copy(update={"effects": effects, "outcomes": (read.primary_outcome,)})


def records_of(world: World) -> dict[str, Row]:
    """Return the graded record of each rung that applies in a world."""
    own = _evaluated("i-gang", world, with_register=True)
    y = _outcomes(world, own.cohort.people)
    found = {"4": own.records[0].model_dump(mode="json"), "3": _changes(own.cohort, y)}
    found["5"] = _evaluated("i-gang-rate", world, with_register=False).records[0].model_dump(mode="json")
    if len(world.people) < 2 * world.people["treated"].sum() + 1:
        found["2"] = _lottery(own.cohort, y)
    return found


def _evaluated(name: str, world: World, *, with_register: bool) -> Evaluated:
    """Evaluate a demo protocol on a drawn world, in pipeline order."""
    people = world.people
    start = pd.to_datetime(people["start"]).astype("datetime64[s]")
    listed = pd.DataFrame({"person_id": people["person_id"], "index_date": start, "municipality_code": "0751"})
    register = people[["person_id", "municipality_code", *REGISTER_COLUMNS]].copy()
    register[list(REGISTER_COLUMNS)] = register[list(REGISTER_COLUMNS)].astype(float)
    register["covariate_date"] = start - pd.to_timedelta(people["treated"].astype(int), unit="D")
    tables = {
        "participants": listed[people["treated"]].reset_index(drop=True),
        "comparison_pool": register if with_register else register.iloc[:0],
        "outcomes": _measured(world),
    }
    return evaluate(protocol(name), tables, CIRCUMSTANCES, PROVENANCE)


def _measured(world: World) -> pd.DataFrame:
    return world.outcomes.assign(measured_date=pd.to_datetime(world.outcomes["measured_date"]).astype("datetime64[s]"))


def _outcomes(world: World, people: pd.DataFrame) -> np.ndarray:
    return outcome_values(people, _measured(world), protocol("i-gang").primary_outcome)


def _tagged(name: str, comparison: Any, effects: Effects, facts: DesignFacts) -> Row:
    own = protocol(name)
    record = tag_result(
        protocol=own,
        outcome=own.primary_outcome,
        comparison=comparison,
        effects=effects,
        q_value=0.0,
        facts=facts,
        summary=summary_of(DESIGNS[own.design], own),
        around=CIRCUMSTANCES,
        provenance=PROVENANCE,
    )
    return record.model_dump(mode="json")


def _plain(
    cohort: Cohort, value: float, interval: tuple[float, float], shares: tuple[float, float], **facts: Any
) -> Row:
    """Return a plain, unweighted difference with its design facts."""
    error = (interval[1] - interval[0]) / (2 * 1.96)
    estimate = Estimate("difference", value, error, *interval, "normal", *shares, np.empty(0))
    everybody = Benchmarking().compare(cohort, protocol("i-gang"), {})
    treated = cohort.people["treated"].to_numpy(dtype=bool)
    counts = int(treated.sum()), int((~treated).sum())
    diagnostics = replace(everybody.diagnostics, n_treated=counts[0], n_pool=counts[1], n_compared_control=counts[1])
    effects = Effects(
        "in_work_or_education",
        Gate(),
        *counts,
        primary=estimate,
        doubt=Doubt(missing_treated_share=0.08, missing_control_share=0.06),
    )
    known = DesignFacts(has_participant_outcomes=True, has_person_level_participants=True, **facts)
    return _tagged("i-gang", replace(everybody, diagnostics=diagnostics, estimand="att"), effects, known)


def _lottery(cohort: Cohort, y: np.ndarray) -> Row:
    own = cohort.people["treated"].to_numpy(dtype=bool)
    a, b = y[own & np.isfinite(y)], y[~own & np.isfinite(y)]
    interval = newcombe_interval(float(a.mean()), len(a), float(b.mean()), len(b), 0.95)
    facts = {"assignment_list_sha256": "0" * 64, "assignment_precedes_outcomes": True, "analysed_as_assigned": True}
    return _plain(cohort, float(a.mean() - b.mean()), interval, (float(a.mean()), float(b.mean())), **facts)


def _changes(cohort: Cohort, y: np.ndarray) -> Row:
    own = cohort.people["treated"].to_numpy(dtype=bool)
    before = cohort.people["active_1q_before"].to_numpy(dtype=float)
    seen = np.isfinite(y) & np.isfinite(before)
    a, b = ((y - before)[seen & group] for group in (own, ~own))
    value = float(a.mean() - b.mean())
    error = float(np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))
    treated = float(y[seen & own].mean())
    facts = {
        "has_comparison_units": True,
        "waves_count": 2,
        "has_wave_before_start": True,
        "within_unit_estimand": True,
    }
    shares = treated, min(1.0, max(0.0, treated - value))
    return _plain(cohort, value, (value - 1.96 * error, value + 1.96 * error), shares, **facts)


def calibrate(scenario: Scenario) -> list[Row]:
    """Draw one scenario `DRAWS` times; return one row per rung."""
    truth = TRUE_ATT[scenario]
    found: dict[str, list[Row]] = defaultdict(list)
    for seed in range(DRAWS):
        for rung, record in records_of(draw_world(scenario, seed=seed)).items():
            found[rung].append(record)
    return [_row(scenario, truth, rung, records) for rung, records in sorted(found.items())]


def _row(scenario: str, truth: float, rung: str, records: list[Row]) -> Row:
    known = [r for r in records if r["status"] == "estimated"]
    verdicts = [r["claims"]["verdict"] for r in known]
    causal = [v == CAUSAL_VERDICT for v in verdicts]
    wrong = [c and (truth <= 0 or r["estimate"] * truth <= 0) for c, r in zip(causal, known, strict=True)]
    states = [[s["state"] for s in r["evidence"]["error_sources"]] for r in known]
    covered = [r["interval_low"] <= truth <= r["interval_high"] for r in known]

    def share(flags: list[bool]) -> str:
        return f"{np.mean(flags):.3f}" if flags else ""

    return {
        "scenario": scenario,
        "true_effect": truth,
        "rung": known[0]["evidence"]["rung_detail"] if known else rung,
        "draws": len(records),
        "no_number": len(records) - len(known),
        "mean_estimate": f"{np.mean([r['estimate'] for r in known]):.3f}" if known else "",
        "coverage": share(covered),
        "said_to_cause": share(causal),
        "caused_wrongly": share(wrong),
        "promising": share([v in GOOD_VERDICTS for v in verdicts]),
        "unresolved": share([v == "unresolved" for v in verdicts]),
        "open_sources": f"{np.mean([len(s) - s.count('clear') for s in states]):.1f}" if states else "",
        "serious": share(["serious" in s for s in states]),
    }


def main() -> None:
    """Write `results/ladder_calibration.csv`."""
    with ProcessPoolExecutor(2) as workers:
        rows = [row for rows in workers.map(calibrate, TRUE_ATT) for row in rows]
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print(" ".join(f"{row[name]!s:>14}" for name in FIELDS))


if __name__ == "__main__":
    main()
