"""Detector of the error source that the example adds to its rung."""

from __future__ import annotations

from models.designs.interrupted_example.findings import InterruptionFindings

from data_contracts.ladder.ladder import State
from models.detectors.interface import Detection, Findings, found, lacking, threshold


def coinciding_event(f: Findings) -> Detection:
    """Look for other events at the interruption."""
    own = None if f.effects is None else f.effects.design.own_as(InterruptionFindings)
    if own is None or own.other_events is None:
        return lacking("coinciding_event", "lacked_other_events")
    most = threshold("coinciding_event", "most_events")
    state = State.serious if own.other_events > most else State.clear
    text = found("coinciding_event", count=str(own.other_events))
    return Detection("coinciding_event", state, text, value=float(own.other_events), threshold=most)


DETECTORS = {"coinciding_event": coinciding_event}
