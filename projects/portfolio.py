"""The demo portfolio: its projects and the source of their data."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from projects.worlds import (
    bcg_trials,
    castle_doctrine,
    fleiss_diagnoses,
    lipset_democracies,
    messy_quarters,
    municipal_mentors,
    national_supported_work,
    young_mothers,
)

PORTFOLIO: dict[str, Callable[[Path], None]] = {
    "bcg-vaccine": bcg_trials.write_deliveries,
    "castle-doctrine": castle_doctrine.write_deliveries,
    "fleiss-diagnoses": fleiss_diagnoses.write_deliveries,
    "i-gang": messy_quarters.write_deliveries,
    "i-gang-null": partial(young_mothers.write_deliveries, scenario="null"),
    "i-gang-rate": partial(young_mothers.write_deliveries, scenario="ignorable", with_register=False),
    "i-gang-waiting-list": partial(young_mothers.write_deliveries, scenario="lottery"),
    "lipset-democracies": lipset_democracies.write_deliveries,
    "mentors-aalborg": municipal_mentors.write_deliveries,
    "nsw-jobs": national_supported_work.write_deliveries,
    "nsw-trial": national_supported_work.write_trial,
}


def protocol_folder(project: str) -> Path:
    """Return the folder of a demo project's protocol."""
    return Path(__file__).resolve().parent / project
