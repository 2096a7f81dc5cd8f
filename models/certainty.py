"""Certainty: how sure the result is, given everything that was looked for.

Belongs here: GRADE's arithmetic as a total function. Does not belong here:
the states it counts (detectors) and the words (phrases).

Source: Guyatt et al. (2008), "GRADE: an emerging consensus"; the start per
rung stands in `crosswalk.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from data_contracts.ladder import State, crosswalk
from models.detectors.interface import Detection

Certainty = Literal["high", "moderate", "low", "very_low"]

_LEVELS: tuple[Certainty, ...] = ("very_low", "low", "moderate", "high")
_STARTS = {"high": 3, "moderate": 2, "low": 1, "very low": 0, "body of evidence": 3}
UNMEASURED_THAT_COUNT_AS_ONE_SERIOUS = 2
LARGE_RISK_RATIO = 2.0
CONFOUNDING_SOURCES = ("unmeasured_confounding", "group_differences", "register_limited_covariates")


def certainty_of(rung_detail: str, detections: Iterable[Detection], risk_ratio: float | None) -> Certainty:
    """Return the certainty of a result.

    Parameters
    ----------
    rung_detail : str
        e.g. `4a`; decides where to start.
    detections : iterable of Detection
        Each serious source takes one level; so do every two that were not measured, because
        missing information counts against a result. Power is left to the wording.
    risk_ratio : float or None
        A ratio of at least 2 (or at most 1/2) adds one level if everything about confounding is clear.

    Returns
    -------
    str
    """
    found = [d for d in detections if d.code != "underpowered"]
    level = _STARTS[crosswalk()["grade_start"]["grades"][rung_detail]]
    level -= sum(d.state == State.serious for d in found)
    level -= sum(d.state == State.not_measured for d in found) // UNMEASURED_THAT_COUNT_AS_ONE_SERIOUS
    confounding = [d.state for d in found if d.code in CONFOUNDING_SOURCES]
    is_confounding_clear = bool(confounding) and all(state == State.clear for state in confounding)
    if (
        risk_ratio is not None
        and is_confounding_clear
        and (risk_ratio >= LARGE_RISK_RATIO or risk_ratio <= 1 / LARGE_RISK_RATIO)
    ):
        level += 1
    return _LEVELS[max(0, min(3, level))]
