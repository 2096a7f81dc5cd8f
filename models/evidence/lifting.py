"""What would lift a result: the rules run backwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from data_contracts.ladder.ladder import Burden, State, design_facts, error_sources, rung_rules
from data_contracts.reading.limits import limit
from models.detectors.interface import Detection
from models.evidence.certainty import LEVELS, certainty_of
from models.evidence.rung import DesignFacts, earned_rung, held, rule_for

OPEN_TO_WORK = (State.serious, State.not_measured, State.warning)


@dataclass(frozen=True, slots=True)
class Lift:
    """The work that gets a result one step further.

    Attributes
    ----------
    kind : {'rung', 'certainty'}
    reaches : str
        A rung's detail, or a level of certainty.
    missing : tuple of str
        Names of facts, or codes of error sources.
    effort : int
        The greatest of 1 (data that exist), 2 (new data), 3 (another way of running the project).
    fields, minutes : float
        Asked of each participant.
    """

    kind: Literal["rung", "certainty"]
    reaches: str
    missing: tuple[str, ...]
    effort: int
    fields: float
    minutes: float


def _cost(kind: Literal["rung", "certainty"], reaches: str, missing: Sequence[str], burdens: Sequence[Burden]) -> Lift:
    return Lift(
        kind,
        reaches,
        tuple(missing),
        max(b.effort for b in burdens),
        sum(b.fields for b in burdens),
        sum(b.minutes for b in burdens),
    )


def _price(lift: Lift) -> tuple[float, ...]:
    """Return a sort key that puts the cheapest first.

    What exists comes before what must be collected, then minutes, fields and the number of things decide.
    """
    return (lift.effort, lift.minutes, lift.fields, len(lift.missing))


def lifts_to_rung(facts: DesignFacts) -> tuple[Lift, ...]:
    """Return every way to a higher rung that is worth climbing to.

    The cheapest comes first.

    Returns
    -------
    tuple of Lift
        At most one per higher rule, none that another covers; empty at the top.
    """
    holds = held(facts)
    details = [rule.detail for rule in rung_rules()]
    above = rung_rules()[: details.index(earned_rung(facts))]
    lifts = []
    for rule in above:
        missing = [name for name in rule.needs if not holds[name]]
        # The same facts may, with what is known already, earn more than the rung that asked for them.
        reached = rule_for(holds | dict.fromkeys(missing, True))
        for name in tuple(missing):
            fewer = [other for other in missing if other != name]
            if rule_for(holds | dict.fromkeys(fewer, True)) == reached:
                missing = fewer
        if rule.is_goal and reached.is_goal:
            lifts.append(_cost("rung", reached.detail, missing, [design_facts()[name].burden for name in missing]))
    return tuple(sorted(dict.fromkeys(lifts), key=lambda lift: (_price(lift), details.index(lift.reaches))))


def _can_be_settled(detection: Detection) -> bool:
    """Return whether more work could find a source clear.

    What a placebo test has shown stays shown.
    """
    if detection.code == "unmeasured_confounding" and detection.state == State.serious:
        return False
    return detection.state in OPEN_TO_WORK


def lift_to_certainty(
    rung_detail: str,
    detections: Sequence[Detection],
    risk_ratio: float | None = None,
    people_per_arm: int | None = None,
) -> Lift | None:
    """Return the cheapest sources that would raise certainty if clear.

    Certainty would rise by at least one level.

    Parameters
    ----------
    risk_ratio, people_per_arm
        As for `certainty_of`.

    Returns
    -------
    Lift or None
        None where nothing that can still be done would raise it.
    """
    now = LEVELS.index(certainty_of(rung_detail, detections, risk_ratio, people_per_arm).level)
    burdens = {d.code: error_sources()[d.code].burden for d in detections if _can_be_settled(d)}
    open_codes = sorted(code for code, burden in burdens.items() if burden is not None)
    best: tuple[tuple[float, ...], Lift] | None = None
    for size in range(1, min(int(limit("lifting.most_sources")), len(open_codes)) + 1):
        for codes in combinations(open_codes, size):
            settled = [replace(d, state=State.clear, is_critical=False) if d.code in codes else d for d in detections]
            level = certainty_of(rung_detail, settled, risk_ratio, people_per_arm).level
            if LEVELS.index(level) <= now:
                continue
            lift = _cost("certainty", level, codes, [b for c in codes if (b := burdens[c]) is not None])
            if best is None or _price(lift) < best[0]:
                best = (_price(lift), lift)
    return None if best is None else best[1]
