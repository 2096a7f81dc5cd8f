"""Rules of a case study in a protocol."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from data_contracts.reading.faults import suggestion
from data_contracts.reading.raw import Raw, Rows, RuleFault, number_of, rows_of, section_of


def faults(data: Raw, covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    """Yield faults of the settings of a case study."""
    cases = section_of(data, "case_study")
    explanations = rows_of(cases, "explanations")
    names = {str(row.get("name")) for _, row in explanations}
    if not rows_of(cases, "conditions") and not rows_of(cases, "tests"):
        what = "Neither conditions nor tests are declared, so nothing is looked for in the cases."
        yield ("case_study",), what, "Add conditions, or explanations with tests."
    items = [str(row.get("name")) for key in ("conditions", "tests") for _, row in rows_of(cases, key)]
    items += [str(row.get("name")) for _, row in explanations]
    for word, count in sorted(Counter([*items, *outcomes]).items()):
        if count > 1:
            yield ("case_study",), f"The name “{word}” is used more than once.", "Give each a unique name."
    if rows_of(cases, "tests") and len(explanations) < 2:
        what = "Tests need at least two explanations: the project's and a rival."
        yield ("case_study", "explanations"), what, "Add what else could explain the outcome."
    if explanations:
        own = sum(str(row.get("is_project")).lower() == "true" for _, row in explanations)
        if own != 1:
            yield (
                ("case_study", "explanations"),
                f"{own} explanations are marked as the project's.",
                "Mark exactly one with “is_project: true”.",
            )
        priors = [number_of(row.get("prior")) for _, row in explanations]
        total = sum(p for p in priors if p is not None)
        if None not in priors and abs(total - 1) > 1e-6:
            what = f"The explanations' priors sum to {total:g}."
            yield ("case_study", "explanations"), what, "Change them so that they sum to 1."
    for i, row in rows_of(cases, "tests"):
        if str(row.get("explains")) not in names:
            fix = suggestion(str(row.get("explains")), names) or "Use the name of one of the explanations."
            yield ("case_study", "tests", i, "explains"), f"There is no explanation “{row.get('explains')}”.", fix
        likely, otherwise = number_of(row.get("found_if_true")), number_of(row.get("found_if_false"))
        if likely is not None and otherwise is not None and likely <= otherwise:
            what = "The trace is not more likely if the explanation holds than if it does not, so it cannot test it."
            yield (
                ("case_study", "tests", i, "found_if_true"),
                what,
                "Swap the probabilities, or name the other explanation.",
            )
    kinds = {name: row.get("type") for name, row in outcomes.items()}
    for i, row in rows_of(data, "outcomes"):
        if kinds.get(str(row.get("name"))) not in (None, "binary"):
            yield ("outcomes", i, "type"), "The outcome of a case study must be binary.", "Write “type: binary”."
