"""Which detector looks for which error source.

Belongs here: the table, and the rule that every source of a rung is always
answered. Does not belong here: the detectors.
"""

from __future__ import annotations

from collections.abc import Callable

from data_contracts.ladder import State, error_sources, rungs
from models.detectors import comparison_sources, effect_sources
from models.detectors.interface import Detection, Findings

DETECTORS: dict[str, Callable[[Findings], Detection]] = {
    "group_differences": comparison_sources.group_differences,
    "no_overlap": comparison_sources.no_overlap,
    "register_limited_covariates": comparison_sources.register_limited_covariates,
    "not_transferable": comparison_sources.not_transferable,
    "contaminated_controls": comparison_sources.contaminated_controls,
    "immortal_time": comparison_sources.immortal_time,
    "imprecise_intervention": comparison_sources.imprecise_intervention,
    "unmeasured_confounding": effect_sources.unmeasured_confounding,
    "attrition": effect_sources.attrition,
    "creaming": effect_sources.creaming,
    "underpowered": effect_sources.underpowered,
    "multiplicity": effect_sources.multiplicity,
    "repeated_looks": effect_sources.repeated_looks,
    "protocol_changed": effect_sources.protocol_changed,
}


def detect(rung: int, findings: Findings) -> tuple[Detection, ...]:
    """Look for every error source of a rung.

    Parameters
    ----------
    rung : int
        1 to 7.
    findings : Findings

    Returns
    -------
    tuple of Detection
        Exactly one per source that the ladder lists for the rung, in its order; a source without
        a detector here is `not_measured`, never absent.
    """
    detections = []
    for code in rungs()[rung].error_sources:
        detector = DETECTORS.get(code)
        if detector is None:
            detections.append(Detection(code, State.not_measured, error_sources()[code].finding))
        else:
            detections.append(detector(findings))
    return tuple(detections)
