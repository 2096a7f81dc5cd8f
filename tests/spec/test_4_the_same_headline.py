"""Three results with the same headline

“32 of 100 against 12 of 100” can be true, half true or untrue. The grade tells them apart.
"""

from __future__ import annotations

from typing import Any

import pytest

from bench.truth import ladder_calibration
from bench.truth.ladder_calibration import protocol, records_of
from projects.worlds import young_mothers
from projects.worlds.young_mothers import draw_world

NEAR = 0.02


def first_with_headline(scenario: Any, rung: str) -> dict[str, Any]:
    """Return the first drawn world with an estimate of 20 ± 2 points at a rung."""
    for seed in range(12):
        found = records_of(draw_world(scenario, seed=seed))[rung]
        if found["status"] == "estimated" and abs(found["estimate"] - 0.20) < NEAR:
            return found
    raise AssertionError("no draw had the headline")


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Return three results that all show +20 percentage points.

    A true +20; no effect but strong hidden confounding; and +10 in good times, compared with an old rate.
    """
    found = {"true": first_with_headline("ignorable", "4")}
    monkeypatch.setitem(young_mothers.HIDDEN_STRENGTH, "null", 1.4)
    found["nothing"] = first_with_headline("null", "4")
    rate = protocol("i-gang-rate")
    rates = tuple(r.model_copy(update={"value": 0.12}) for r in rate.comparison.reference_rates)
    old = rate.model_copy(update={"comparison": rate.comparison.model_copy(update={"reference_rates": rates})})
    monkeypatch.setattr(ladder_calibration, "protocol", lambda name: old if name == "i-gang-rate" else protocol(name))
    found["half"] = first_with_headline("cycle", "5")
    return found


@pytest.mark.slow
def test_the_same_headline_gets_three_tags(three: dict[str, dict[str, Any]]) -> None:
    """If the effect is true, the result is promising at rung 4 with low certainty. If there is no effect, the placebo test reveals it, the verdict is “unresolved” and certainty very low. Compared with an old rate it is rung 5, “unresolved”, and says that times may have changed."""
    seen = {
        name: (r["evidence"]["rung"], r["evidence"]["certainty"], r["claims"]["verdict"]) for name, r in three.items()
    }
    assert seen == {
        "true": (4, "low", "promising"),
        "nothing": (4, "very_low", "unresolved"),
        "half": (5, "very_low", "unresolved"),
    }
    states = {name: {s["code"]: s["state"] for s in r["evidence"]["error_sources"]} for name, r in three.items()}
    assert states["nothing"]["unmeasured_confounding"] == "serious"
    assert states["true"]["unmeasured_confounding"] in ("clear", "warning")
    assert states["half"]["outside_factors"] == "not_measured"
