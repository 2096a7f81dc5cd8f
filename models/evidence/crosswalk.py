"""Other standards: how they would grade the same design.

It also says whether they agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from data_contracts.ladder.ladder import State, crosswalk
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.limits import limit
from models.detectors.interface import Detection


@dataclass(frozen=True, slots=True)
class Grade:
    """One standard's grade.

    Attributes
    ----------
    standard : str
        A key of `crosswalk.yaml`.
    grade : dict of str to str
    strength : int or None
        3 strong to 0 not accepted; None where the standard says nothing of such evidence.
    """

    standard: str
    grade: dict[str, str]
    strength: int | None


def conditions_of(detections: Iterable[Detection], *, estimator: str | None, is_null: bool) -> frozenset[str]:
    """Return which conditions of the standards hold.

    What was not measured does not hold.

    Parameters
    ----------
    estimator : str or None
        Larger differences at the start are accepted where the estimate adjusts for them.
    is_null : bool
        The interval holds zero and the study could have seen a worthwhile effect.
    """
    found = {d.code: d for d in detections}
    holds = set()
    if "attrition" in found and found["attrition"].state == State.clear:
        holds.add("low_attrition")
    groups = found.get("group_differences")
    if groups is not None and groups.value is not None and groups.state != State.not_measured:
        is_adjusted = bool(read_knowledge("comparison_methods")["estimators"].get(estimator, {}).get("adjusts"))
        if groups.value <= limit("alike.smd_if_adjusted" if is_adjusted else "alike.smd"):
            holds.add("equivalent")
    if is_null:
        holds.add("rigorous_null")
    return frozenset(holds)


def graded(detail: str, conditions: frozenset[str]) -> tuple[Grade, ...]:
    """Return every standard's grade for a rung under some conditions.

    Parameters
    ----------
    detail : str
        e.g. `4a`.

    Returns
    -------
    tuple of Grade
        One per standard, in the file's order.
    """
    grades = []
    for code, standard in crosswalk().items():
        row = next(
            rule for rule in standard["rules"] if detail in rule["rungs"] and conditions.issuperset(rule.get("if", ()))
        )
        words = standard["grades"][row["grade"]]
        grades.append(Grade(code, {"da": words["da"], "en": words["en"]}, words["strength"]))
    return tuple(grades)


def disagreement(grades: Iterable[Grade]) -> tuple[Grade, Grade] | None:
    """Return the strictest and the mildest grade.

    None if all that grade such evidence agree.
    """
    known = [g for g in grades if g.strength is not None]
    if not known:
        return None
    strictest = min(known, key=lambda g: g.strength or 0)
    mildest = max(known, key=lambda g: g.strength or 0)
    return None if strictest.strength == mildest.strength else (strictest, mildest)
