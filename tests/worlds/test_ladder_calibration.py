"""The ladder in worlds whose truth is known: what each rung's interval holds, and what is never said."""

from __future__ import annotations

import pytest

from bench.truth import ladder_calibration
from projects.worlds.young_mothers import TRUE_ATT


@pytest.mark.calibration
def test_causes_are_claimed_of_lotteries_only_and_nothing_is_promising_where_nothing_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """12 draws of each of five worlds; `make calibration` draws 100, for `docs/validation.md`."""
    monkeypatch.setattr(ladder_calibration, "DRAWS", 12)
    rows = {(row["scenario"], row["rung"]): row for name in TRUE_ATT for row in ladder_calibration.calibrate(name)}
    for (scenario, rung), row in rows.items():
        assert (float(row["said_to_cause"]) > 0) == (rung == "2"), (scenario, rung)
        assert float(row["caused_wrongly"]) == 0
        if rung in ("3a", "5"):
            assert float(row["promising"]) == 0, (scenario, rung)
    for scenario, rung in (("ignorable", "4a"), ("lottery", "4a"), ("lottery", "2"), ("cycle", "4a")):
        assert float(rows[scenario, rung]["coverage"]) >= 0.75, (scenario, rung)
    null = rows["null", "4a"]
    assert (float(null["coverage"]), float(null["promising"]), float(null["serious"])) == (0.0, 0.0, 1.0)
    assert float(rows["creaming", "4a"]["unresolved"]) > 0.5
