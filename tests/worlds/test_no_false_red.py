"""No false red: a sound study on real people raises no serious error source, and the same study spoilt does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from causaldata import nhefs

from data_contracts.calendar.quarters import Quarter
from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.safe_yaml import read_yaml
from models.designs.matched_control.design import MatchedControl
from models.evaluate import make_comparison, tag_effects
from models.evidence.findings import Circumstances
from models.evidence.plan_lock import LockState
from models.evidence.record import Provenance
from models.people.cohort import Cohort
from tests.support.small_study import PROTOCOL

NUMBERS = ("age", "smokeintensity", "smokeyrs", "wt71")
CLASSES = ("sex", "race", "education", "exercise", "active")


def smokers_protocol() -> Protocol:
    """The small study's protocol with the covariates of the NHEFS: who quit smoking, and weight gained in kg."""
    data, _ = read_yaml(PROTOCOL + '  - {table: participants, files: "a.csv", format: csv}\n', "nhefs")
    domains = {"age": "demography", "smokeintensity": "substance_use", "smokeyrs": "substance_use", "wt71": "health"}
    covariates = [
        {"name": n, "label": n, "type": "numeric", "domain": domains[n], "source": "register"} for n in NUMBERS
    ] + [
        {
            "name": n,
            "label": n,
            "type": "categorical",
            "levels": [str(i) for i in range(6)],
            "domain": "demography",
            "source": "register",
        }
        for n in CLASSES
    ]
    names = [c["name"] for c in covariates]
    return Protocol.model_validate(
        data
        | {
            "covariates": covariates,
            "confounder_domains": ["demography", "substance_use", "health"],
            "comparison": {
                "method": "nearest_neighbour",
                "score_covariates": names,
                "caliper_sd_logit": 0.2,
                "ratio": 1,
            },
            "effects": {"estimator": "matched_difference"},
            "placebo_outcomes": [{"covariate": "wt71", "leave_out": ["wt71"]}],
        }
    )


def tagged(rows: pd.DataFrame) -> dict[str, Any]:
    protocol = smokers_protocol()
    people = pd.DataFrame(
        {
            "person_id": rows["seqn"].astype(str),
            "treated": rows["qsmk"] == 1,
            "index_date": pd.Timestamp("1971-01-01"),
            "municipality_code": "0751",
            **{n: rows[n].astype(float) for n in NUMBERS},
            **{n: rows[n].astype(int).astype(str) for n in CLASSES},
        }
    )
    made = make_comparison(protocol, Cohort(people, (), True), {})
    effects = MatchedControl().estimate(made, rows["wt82_71"].to_numpy(dtype=float), protocol.primary_outcome, protocol)
    (record,) = tag_effects(
        protocol,
        made,
        (effects,),
        cohort_is_dated=True,
        around=Circumstances(Quarter(2026, 3), LockState(is_locked=True, is_unchanged=True)),
        provenance=Provenance("0", {}, "0" * 64, "0" * 64, 1),
    )
    return record.model_dump(mode="json")


@pytest.fixture(scope="module")
def smokers() -> pd.DataFrame:
    rows = nhefs.load_pandas().data
    return rows.dropna(subset=["wt82"]).sort_values("seqn").reset_index(drop=True)


def test_smokers_who_quit_raise_no_serious_source(smokers: pd.DataFrame) -> None:
    """3.4 kg in the literature (Hernán and Robins); nothing in the data speaks against the comparison."""
    record = tagged(smokers)
    states = {s["code"]: s["state"] for s in record["evidence"]["error_sources"]}
    assert record["estimate"] == pytest.approx(3.4, abs=0.8)
    assert record["evidence"]["rung_detail"] == "4b"
    assert "serious" not in states.values(), states
    assert record["claims"]["verdict"] in ("promising", "wrong_way")


def test_the_same_study_spoilt_is_red(smokers: pd.DataFrame) -> None:
    """Heavier quitters only: what they weighed before tells them apart, and the test on it says so."""
    spoilt = smokers[(smokers["qsmk"] == 0) | (smokers["wt71"] > smokers["wt71"].quantile(0.4))].reset_index(drop=True)
    states = {s["code"]: s["state"] for s in tagged(spoilt)["evidence"]["error_sources"]}
    assert states["unmeasured_confounding"] == "serious"


def test_people_who_vanish_are_seen(smokers: pd.DataFrame) -> None:
    lost = smokers.copy()
    gone = (lost["qsmk"] == 1) & (np.random.default_rng(1).random(len(lost)) < 0.35)
    lost.loc[gone, "wt82_71"] = np.nan
    states = {s["code"]: s["state"] for s in tagged(lost)["evidence"]["error_sources"]}
    assert states["attrition"] == "serious"
