"""Print how a checkout with the example evaluates a study of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
from data_contracts.designs.interrupted_example.settings import InterruptionSettings

from data_contracts.ladder.ladder import ruleset_version, rungs
from data_contracts.phrases import LANGUAGES, phrase
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.reading import read_protocol
from data_contracts.reading.faults import InputRefused
from models.evidence.rung import DesignFacts, earned_rung
from pipelines.documentation.evidence_pages import ladder_page
from tests.support.design_studies import HEAD, OUTCOME, Study

PROTOCOL = (
    HEAD % 12
    + OUTCOME % ("numeric", 3)
    + """\
design: interrupted_example
interruption: {other_events: 1}
deliveries:
  - {table: participants, files: came.csv, format: csv, columns: {person_id: id, index_date: start}}
  - {table: outcomes, files: came.csv, format: csv, columns: {person_id: id, measured_date: day}, outcome_columns: {score: score}}
  - {table: interruptions, files: levels.csv, format: csv}
"""
)
FILES = {
    "came.csv": pd.DataFrame(
        {
            "id": [f"p{i:02d}" for i in range(40)],
            "start": "2025-01-15",
            "day": "2025-09-01",
            "score": [50 + i % 9 for i in range(40)],
        }
    ),
    "levels.csv": pd.DataFrame({"outcome": ["score"], "interrupted_date": ["2025-01-01"], "level": [40]}),
}


def refused(old: str, new: str) -> str:
    """Return the faults of the protocol after one replacement."""
    try:
        read_protocol(PROTOCOL.replace(old, new))
    except InputRefused as refusal:
        return str(refusal)
    return ""


def tell(folder: Path) -> dict[str, object]:
    """Return facts about the design, and its study's record."""
    protocol = read_protocol(PROTOCOL)
    facts = DesignFacts(has_participant_outcomes=True, interruption_dated=True)
    return {
        "settings": protocol.settings(InterruptionSettings).model_dump(),
        "has_schema": "InterruptionSettings" in Protocol.model_json_schema()["$defs"],
        "unknown_key": refused("other_events", "other_event"),
        "own_rule": refused("type: numeric", "type: binary"),
        "earned": earned_rung(facts),
        "error_sources": rungs()[3].error_sources,
        "ruleset": ruleset_version(),
        "phrases": [phrase(language, "estimator_difference_to_level") for language in LANGUAGES],
        "ladder_page": ladder_page(),
        "record": Study(PROTOCOL, FILES).run(folder).model_dump(mode="json"),
    }


if __name__ == "__main__":
    print(json.dumps(tell(Path(sys.argv[1]))))
