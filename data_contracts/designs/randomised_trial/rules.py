"""Rules of a randomised trial in a protocol."""

from __future__ import annotations

from collections.abc import Iterator

from data_contracts.designs.rule_parts import covariate_faults, has_delivery
from data_contracts.reading.raw import Raw, Rows, RuleFault, number_of, rows_of, section_of, words_of


def faults(data: Raw, covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    """Yield faults of the settings of a randomised trial."""
    trial = section_of(data, "trial")
    names = words_of(trial, "adjust_for")
    for i, word in names:
        yield from covariate_faults(("trial", "adjust_for", i), word, covariates)
    used = [trial.get("estimator"), *(word for _, word in words_of(trial, "alternatives"))]
    if "assigned_adjusted" in used and not names:
        yield ("trial",), "assigned_adjusted needs covariates.", "List them under adjust_for."
    if names and not has_delivery(data, "comparison_pool"):
        yield (
            ("deliveries",),
            "No delivery contains the covariates of adjust_for.",
            "Add a delivery for the table comparison_pool with everyone in the draw.",
        )
    if trial.get("estimator", "assigned_difference") in [word for _, word in words_of(trial, "alternatives")]:
        yield ("trial", "alternatives"), "The estimator is also listed as an alternative.", "Remove it there."
    waiting = number_of(trial.get("others_start_after_months"))
    if trial.get("drawn") == "waiting_list":
        if waiting is None:
            yield (
                ("trial", "others_start_after_months"),
                "The date when those on the waiting list got their place is missing.",
                "Add it, because after that day there is no comparison group.",
            )
        for i, row in rows_of(data, "outcomes"):
            closes = number_of(row.get("before_months"))
            if waiting is not None and closes is not None and closes > waiting:
                yield (
                    ("outcomes", i, "before_months"),
                    "The window closes after those on the waiting list got their place.",
                    "Measure before that.",
                )
