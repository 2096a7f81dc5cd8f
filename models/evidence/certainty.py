"""Certainty: how sure the result is, given everything that was looked for.

Sources: Guyatt et al. (2008), "GRADE: an emerging consensus"; for syntheses
Fusar-Poli & Radua (2018), "Ten simple rules for conducting umbrella reviews".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from data_contracts.ladder.ladder import State, error_sources
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.limits import limit
from models.detectors.interface import Detection
from models.evidence.rung import rule_of

Certainty = Literal["very_low", "low", "moderate", "high"]
StepKind = Literal["start", "serious", "critical", "unmeasured", "imprecise", "large_effect", "cap"]

LEVELS: tuple[Certainty, ...] = get_args(Certainty)


@dataclass(frozen=True, slots=True)
class CertaintyStep:
    """One step of the reasoning.

    Attributes
    ----------
    kind : str
    change : int
        Levels up or down; for `start` and `cap` the level itself.
    codes : tuple of str
        Error sources behind it.
    """

    kind: StepKind
    change: int
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CertaintyReasoning:
    """A level, and the steps that led to it."""

    level: Certainty
    steps: tuple[CertaintyStep, ...]


def certainty_of(
    rung_detail: str,
    detections: Iterable[Detection],
    risk_ratio: float | None = None,
    people_per_arm: int | None = None,
) -> CertaintyReasoning:
    """Return the certainty of a result and why.

    Parameters
    ----------
    rung_detail : str
        e.g. `4a`; decides where to start and how high it may get.
    detections : iterable of Detection
        Each serious source takes one level, a critical one two; so do every few that were not
        measured take one, because missing information counts against a result.
    risk_ratio : float or None
        A large ratio, or a small one, adds one level if everything about confounding is clear and
        nothing is serious.
    people_per_arm : int or None
        For syntheses: few take one level, too few two.

    Returns
    -------
    CertaintyReasoning
        By the numbers of `ladder.yaml`, section `certainty`.
    """
    rule = rule_of(rung_detail)
    found = [d for d in detections if d.code not in read_knowledge("ladder")["certainty"]["left_to_wording"]]
    start, cap = LEVELS.index(_level(rule.start)), LEVELS.index(_level(rule.cap))
    steps = [CertaintyStep("start", start)]
    steps += [
        CertaintyStep("critical", -2, (d.code,)) if d.is_critical else CertaintyStep("serious", -1, (d.code,))
        for d in found
        if d.state == State.serious
    ]
    blank = tuple(d.code for d in found if d.state == State.not_measured)
    lost = len(blank) // int(limit("certainty.unmeasured_per_level"))
    if lost:
        steps.append(CertaintyStep("unmeasured", -lost, blank))
    if people_per_arm is not None and people_per_arm < limit("certainty.few_per_arm"):
        steps.append(CertaintyStep("imprecise", -2 if people_per_arm < limit("certainty.too_few_per_arm") else -1))
    confounding = [d.state for d in found if error_sources()[d.code].is_confounding]
    large = limit("certainty.large_risk_ratio")
    is_confounding_clear = bool(confounding) and all(state == State.clear for state in confounding)
    if (
        risk_ratio is not None
        and is_confounding_clear
        and not any(d.state == State.serious for d in found)
        and (risk_ratio >= large or risk_ratio <= 1 / large)
    ):
        steps.append(CertaintyStep("large_effect", 1))
    level = start + sum(step.change for step in steps[1:])
    if level > cap:
        steps.append(CertaintyStep("cap", cap))
    return CertaintyReasoning(LEVELS[max(0, min(cap, level))], tuple(steps))


def _level(name: str) -> Certainty:
    return next(level for level in LEVELS if level == name)
