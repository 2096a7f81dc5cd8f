"""What may be said

Sentences come from fixed phrases in Danish and English, filled with the result's numbers. The same rules check any other text against a result.
"""

from __future__ import annotations

from typing import Any

import pytest

from models.evidence.claim_lint import lint_claim
from models.evidence.claims import build_claims
from tests.models.evidence.test_evidence import record


def said(**changes: Any) -> dict[str, Any]:
    """Return a published record with its claims."""
    made = record(**changes)
    return made.model_copy(update={"claims": build_claims(made)}).model_dump(mode="json")


def codes(text: str, **changes: Any) -> list[str]:
    return [fault.code for fault in lint_claim(text, said(**changes))]


def test_causes_are_for_trials() -> None:
    """“Led to” is for a trial of at least moderate certainty; a matched group “is associated with”; a rate “lies above”."""
    assert "led to" in str(said(rung=2, certainty="moderate")["claims"]["can"])
    assert "led to" not in str(said(rung=2, certainty="low")["claims"]["can"])
    assert "is associated with" in str(said(rung=4)["claims"]["can"])
    assert "lie above" in str(said(rung=5)["claims"]["can"])
    for text in ("The project led to more work.", "I Gang virker.", "Flere i job takket være indsatsen."):
        assert "causal" in codes(text)


def test_too_small_is_not_no_effect() -> None:
    """An interval around zero in a study too small to detect a worthwhile effect is “cannot tell”, never “no effect”."""
    small = {"low": -0.1, "high": 0.2, "states": {"underpowered": "warning"}}
    assert said(**small)["claims"]["verdict"] == "cannot_tell"
    assert "no_effect" in codes("Indsatsen har ingen virkning.", **small)
    assert codes("Om indsatsen har en virkning, kan ikke afgøres.", **small) == []


def test_a_share_needs_something_to_compare_with() -> None:
    """“72 % start an education” says nothing about an effect."""
    assert "rate_alone" in codes("72 % start an education.")


def test_figures_need_their_interval() -> None:
    """A text with figures must give their interval."""
    assert "no_interval" in codes("32 % mod 12 % i en kontrolgruppe.")
    assert codes("32 % against 12 % in a similar group; the range goes from +10 to +30 percentage points.") == []


def test_money_needs_three_things() -> None:
    """A text about money must say whose it is, in which year's prices, and per what, and the amount must be the result's."""
    assert {"money_payer", "money_price_year", "money_per_what", "other_amount"} <= set(
        codes("Samfundet sparer 160.000 kr.")
    )
    assert codes("Kommunen sparer 160.000 kr. pr. deltager i 2010-priser.") == ["other_amount"]


def test_numbers_must_be_the_results_own() -> None:
    """A figure that is not published is reported."""
    assert "other_number" in codes("45 % mod 12 % i en kontrolgruppe, fra +10 til +30 procentpoint.")


@pytest.mark.parametrize("rung", [2, 4, 5])
@pytest.mark.parametrize(("low", "high"), [(0.1, 0.3), (-0.1, 0.2), (-0.3, -0.1)])
@pytest.mark.parametrize("language", ["da", "en"])
def test_what_the_result_itself_says_is_always_covered(rung: int, low: float, high: float, language: str) -> None:
    """The result's own sentences never have faults."""
    fields = said(rung=rung, low=low, high=high, treated_value=0.12 + (low + high) / 2)
    text = "\n".join(claim[language] for claim in fields["claims"]["can"])
    assert lint_claim(text, fields) == ()
