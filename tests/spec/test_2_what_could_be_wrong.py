"""What could be wrong, and how sure a result is

Every error source that the ladder names for a rung is checked every time. A source has one of five states: checked and not found, attention, serious, not measured, or not measurable. A source that was not checked counts against the result.
"""

from __future__ import annotations

from data_contracts.ladder.ladder import rungs
from data_contracts.results.wording import in_words
from models.detectors.interface import Conduct, Findings
from models.detectors.registry import detect
from tests.spec.test_1_earning_a_rung import MATCHED
from tests.spec.words import evidence, findings, states


def test_no_source_disappears_because_nobody_looked() -> None:
    """A study without information has every error source of its rung, all “not measured”, each with what is missing."""
    for rung in range(1, 8):
        found = detect(rung, Findings(Conduct("binary", "higher_is_better")))
        assert [d.code for d in found] == list(rungs()[rung].error_sources)
        assert all(d.state == "not_measured" and in_words(*d.finding).en.startswith("Not measured") for d in found)


def test_a_placebo_tells_by_its_sign() -> None:
    """A placebo outcome from before the start that already shows the effect is serious; a difference in the other direction is attention, because it lowers the number."""
    assert states(findings(placebo=0.0))["unmeasured_confounding"] == "clear"
    assert states(findings(placebo=0.05))["unmeasured_confounding"] == "serious"
    assert states(findings(placebo=-0.05))["unmeasured_confounding"] == "warning"


def test_a_bound_is_always_printed() -> None:
    """Every rung 4 result says how strong an unmeasured factor would have to be, even if nothing is wrong."""
    clear = next(d for d in detect(4, findings()) if d.code == "unmeasured_confounding")
    assert clear.state == "clear"
    assert "E-value" in in_words(*clear.finding).en


def test_counting_only_those_who_stayed_is_serious() -> None:
    """If only those who completed are participants, the result is built into the group."""
    assert states(findings(counted_from="completion"))["immortal_time"] == "serious"


def test_a_plan_that_was_changed_after_outcomes_were_read_is_serious() -> None:
    """Keys that differ from the locked protocol are named, and so are calculations that were run but not shown."""
    found = next(d for d in detect(4, findings(changed_keys=("seed",))) if d.code == "protocol_changed")
    assert (found.state, "seed" in in_words(*found.finding).en) == ("serious", True)
    assert states(findings(calculations_run=12))["multiplicity"] == "serious"


def test_looking_again_and_again_needs_a_wider_interval() -> None:
    """From the second quarterly look, a result without an interval that is valid at every look is interim."""
    assert states(findings(looks_count=1))["repeated_looks"] == "clear"
    assert states(findings(looks_count=2))["repeated_looks"] == "warning"


def test_a_matched_group_starts_low_and_can_become_moderate_at_most() -> None:
    """A matched group starts at low certainty. Only an effect that doubles the outcome, with no error source found, raises it to moderate."""
    assert evidence(MATCHED)["certainty"] == "moderate"
    assert evidence(MATCHED, findings(value=0.06, error=0.01))["certainty"] == "low"
    assert evidence(MATCHED, findings(placebo=0.05))["certainty"] == "very_low"


def test_the_reasoning_is_told_step_by_step() -> None:
    """Every step up or down names the error source behind it."""
    steps = evidence(MATCHED, findings(placebo=0.15))["certainty_steps"]
    assert [(s["kind"], s["change"], tuple(s["codes"])) for s in steps] == [
        ("start", 1, ()),
        ("critical", -2, ("unmeasured_confounding",)),
    ]


def test_other_standards_are_shown_and_their_disagreement_too() -> None:
    """The grades of six other standards are shown with the rung, and any disagreement is stated."""
    found = evidence(MATCHED)
    assert len(found["crosswalk"]) == 6
    assert found["crosswalk_disagreement"] is not None
