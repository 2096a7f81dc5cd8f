"""Process tracing: what traces found in a case do to rival explanations.

Sources: Van Evera (1997) for the four tests; Fairfield & Charman (2017) for
the update, case by case: cases are not multiplied with each other, since one
story told in many cases is no independent evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from data_contracts.designs.case_study.settings import Explanation, TracingTest


def posteriors(
    explanations: Sequence[Explanation], tests: Sequence[TracingTest], found: Mapping[str, bool]
) -> dict[str, float]:
    """Update the explanations on one case.

    Parameters
    ----------
    explanations : sequence of Explanation
        Their priors add up to 1.
    found : mapping of str to bool
        Test to whether its trace was found; tests that were not coded are passed over.

    Returns
    -------
    dict of str to float
        Explanation to how likely it is after the traces; they add up to 1.
    """
    weight = {e.name: e.prior for e in explanations}
    for test in tests:
        if test.name not in found:
            continue
        for name in weight:
            likely = test.found_if_true if name == test.explains else test.found_if_false
            weight[name] *= likely if found[test.name] else 1 - likely
    total = sum(weight.values())
    return {name: value / total for name, value in weight.items()}


def verdict_of(test: TracingTest, was_found: bool) -> str:
    """Return what a test's outcome does to its explanation.

    One of `confirms`, `rules_out`, `strengthens` or `weakens`.
    """
    if was_found:
        return "confirms" if test.kind in ("smoking_gun", "doubly_decisive") else "strengthens"
    return "rules_out" if test.kind in ("hoop", "doubly_decisive") else "weakens"
