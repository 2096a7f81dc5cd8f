"""What a project found in each municipality: by its own design, for analysts and for pooling, and on no page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_contracts.results.result_record import ResultRecord
from models.designs.systematic_review.meta_regression import three_levels
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from models.estimating.subgroups import site_estimates
from models.values.adapter import as_data, read_as
from tests.models.designs.test_reviews import lived, record
from tests.support.design_studies import Study, rate, trial

pytestmark = pytest.mark.slow

TOWNS = ("0751", "0461")


def in_towns(study: Study, file: str, towns: list[str] | None = None) -> Study:
    """Put a study's people in Aarhus and Odense in turn."""
    rows = study.files[file]
    codes = towns or [TOWNS[i % 2] for i in range(len(rows))]
    asked = {name: rows.assign(municipality_code="0751") for name, rows in study.files.items() if name == "came.csv"}
    named = Study('municipalities: ["0751", "0461"]\n' + study.protocol, study.files | asked)
    return named.with_file(file, rows.assign(municipality_code=codes))


def only(study: Study, file: str, town: str) -> Study:
    rows = study.files[file]
    return study.with_file(file, rows[rows["municipality_code"] == town])


def numbers(found: ResultRecord) -> dict[str, tuple[float | None, float | None]]:
    return {site.name: (site.estimate, site.standard_error) for site in found.sites}


@pytest.mark.parametrize(("study", "file"), [(rate(), "came.csv"), (trial(seed=2), "draw.csv")], ids=["rate", "trial"])
def test_a_municipality_gives_what_it_would_give_alone(study: Study, file: str, tmp_path: Path) -> None:
    split = in_towns(study, file)
    found = split.run(tmp_path / "both")
    assert set(numbers(found)) == set(TOWNS)
    for town in TOWNS:
        alone = only(split, file, town)
        if file == "draw.csv":
            alone = _came_of(alone)
        expected = alone.run(tmp_path / town)
        assert numbers(found)[town] == pytest.approx((expected.estimate, expected.standard_error))
        assert numbers(found)[town][0] != pytest.approx(found.estimate)
    assert "sites" not in publish(found, default_policy()).model_dump()


def _came_of(study: Study) -> Study:
    """Leave out those who came and were in another town's draw."""
    drawn = set(study.files["draw.csv"]["id"])
    came = study.files["came.csv"]
    return study.with_file("came.csv", came[came["id"].isin(drawn)])


def test_places_make_up_the_whole_or_are_not_told_of() -> None:
    people = pd.DataFrame({"treated": [True] * 4, "municipality_code": ["0751", "0461", "0751", None]})
    asked: list[int] = []

    def within(inside: np.ndarray) -> tuple[None, str, int, int]:
        asked.append(int(inside.sum()))
        return None, "outcome_missing", int(inside.sum()), 0

    assert site_estimates(people, within) == ()
    assert [s.name for s in site_estimates(people[:3], within)] == ["0461", "0751"]
    assert asked == [1, 2]
    assert site_estimates(people[:1], within) == ()
    assert site_estimates(people.drop(columns="municipality_code"), within) == ()


def with_sites(row: ResultRecord, *found: tuple[float | None, float | None]) -> ResultRecord:
    sites = [
        {"name": TOWNS[i], "label": {"da": "a", "en": "a"}, "estimator": "matched_difference"}
        | {"estimate": value, "standard_error": error, "n_treated": 50, "n_control": 50, "reason": None}
        for i, (value, error) in enumerate(found)
    ]
    return read_as(ResultRecord, as_data(row) | {"sites": sites})


def measures(rows: list[ResultRecord]) -> dict[str, float | None]:
    (found,) = lived(rows)
    return {m.code: m.value for m in found.measures}


def test_the_living_review_pools_places_within_projects() -> None:
    a, b = record("a", 0.10, 0.04), record("b", 0.20, 0.05)
    whole = measures([a, b])
    assert "sites_pooled" not in whole
    split = measures([with_sites(a, (0.02, 0.05), (0.19, 0.06)), b])
    expected = three_levels(
        np.array([0.02, 0.19, 0.20]), np.array([0.05, 0.06, 0.05]) ** 2, np.array([0, 0, 1]), confidence_level=0.95
    )
    assert split["sites_pooled"] == 3
    assert split["over_sites"] == pytest.approx(expected.estimate)
    assert split["tau_squared_sites"] == pytest.approx(expected.within_studies)
    # The result itself stands on projects, so that splitting one in two gives it no more say.
    assert lived([with_sites(a, (0.02, 0.05), (0.19, 0.06)), b])[0].estimate == lived([a, b])[0].estimate


def test_a_place_without_a_number_sends_its_whole_project_in() -> None:
    """Else the places that went well would stand for the project."""
    a, b = record("a", 0.10, 0.04), record("b", 0.20, 0.05)
    assert "sites_pooled" not in measures([with_sites(a, (0.3, 0.05), (None, None)), b])


def test_what_places_say_together_is_for_analysts() -> None:
    rows = [with_sites(record("a", 0.10, 0.04), (0.02, 0.05), (0.19, 0.06)), record("b", 0.20, 0.05)]
    public = publish(lived(rows)[0], default_policy())
    assert {m.code for m in public.measures} & {"sites_pooled", "over_sites", "tau_squared_sites"} == {"sites_pooled"}
