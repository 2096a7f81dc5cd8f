"""Balance by one query is balance by hand, and the check in the graph shows what nobody matched on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from assets.registers.balance import balance_in_file
from assets.storage.home import Home
from models.comparing.balance import standardized_mean_difference, variance_ratio
from tests.support.runs import execute


def test_one_query_gives_what_the_pure_functions_give(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    n = 500
    frame = pd.DataFrame({"treated": rng.random(n) < 0.3, "weight": rng.random(n) * (rng.random(n) < 0.7)})
    frame["number"] = rng.normal(100, 20, n) + 8 * frame["treated"]
    frame["flag"] = (rng.random(n) < 0.4).astype(float)
    frame["flat"] = 3.0
    frame["gaps"] = frame["number"].where(rng.random(n) < 0.8)
    path = tmp_path / "groups.parquet"
    frame.to_parquet(path)
    found = {row.column: row for row in balance_in_file(path, ("number", "flag", "flat", "gaps"))}
    for name in ("number", "flag", "gaps"):
        known = frame[frame[name].notna()]
        values, treated, weight = (known[c].to_numpy() for c in (name, "treated", "weight"))
        ones = np.ones(len(known))
        assert found[name].smd_before == pytest.approx(standardized_mean_difference(values, treated, ones))
        assert found[name].smd_after == pytest.approx(standardized_mean_difference(values, treated, weight))
        ratio = variance_ratio(values[weight > 0], treated[weight > 0], weight[weight > 0])
        assert found[name].variance_ratio_after == (None if ratio is None else pytest.approx(ratio, rel=1e-9))
    assert (found["flat"].smd_before, found["flat"].smd_after) == (None, None)


def test_a_table_without_one_of_the_groups_has_no_balance(tmp_path: Path) -> None:
    path = tmp_path / "groups.parquet"
    pd.DataFrame({"treated": [True], "weight": [1.0], "a": [2.0]}).to_parquet(path)
    assert balance_in_file(path, ("a",)) == ()
    assert balance_in_file(path, ()) == ()


@pytest.mark.slow
def test_the_check_stands_in_the_graph_and_tells_what_was_not_matched_on(small_home: Home) -> None:
    protocol = small_home.projects / "small" / "project.yaml"
    text = protocol.read_text(encoding="utf-8")
    other = "score_covariates: [earlier, group]"
    protocol.write_text(text.replace("score_covariates: [age, earlier, group]", other), encoding="utf-8")
    checks = execute(small_home, "small").get_asset_check_evaluations()
    (check,) = [c for c in checks if c.check_name == "every_register_covariate_is_alike"]
    table = str(check.metadata["balance"].value)
    assert "| age | no |" in table
    assert "| earlier | yes |" in table
