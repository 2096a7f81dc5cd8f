"""Rules of the declared design: shared ones, then its own."""

from __future__ import annotations

from collections.abc import Iterator

from data_contracts.designs.declared import DeclaredDesign, declared_designs
from data_contracts.designs.registry import own_rules
from data_contracts.designs.rule_parts import effect_size_faults
from data_contracts.reading.faults import suggestion
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.raw import Raw, Rows, RuleFault, number_of, rows_of


def design_faults(data: Raw, covariates: Rows, outcomes: Rows) -> Iterator[RuleFault]:
    """Yield faults of the declared design.

    Parameters
    ----------
    data : dict
        The protocol from `read_yaml`, valid or not.
    covariates, outcomes : dict
        Raw rows by name.
    """
    design = declared_designs().get(str(data.get("design")))
    if design is None:
        return
    yield from _outcome_faults(data, design)
    yield from _published_faults(data, outcomes)
    if "confounder_domains" in design.must_declare and not data.get("confounder_domains"):
        yield (
            ("confounder_domains",),
            "The domains that matter for the outcome are not declared.",
            "List them; a domain without a covariate stays on the result as an open error source.",
        )
    rules = own_rules().get(str(data["design"]))
    if rules is not None:
        yield from rules(data, covariates, outcomes)


def _outcome_faults(data: Raw, design: DeclaredDesign) -> Iterator[RuleFault]:
    if "smallest_worthwhile_effect" in design.must_declare:
        yield from effect_size_faults(data)
    for i, row in rows_of(data, "outcomes"):
        if "outcome_window" in design.must_declare:
            for key in ("from_months", "before_months"):
                if key not in row:
                    yield (
                        ("outcomes", i, key),
                        "This key is missing.",
                        "State when after the start the outcome is measured.",
                    )
        if row.get("type") == "ratio" and "ratio" not in design.outcome_types:
            yield ("outcomes", i, "type"), "Only a systematic review can pool ratios.", "Use binary or numeric."
        smallest = number_of(row.get("smallest_worthwhile_effect"))
        if row.get("type") == "ratio" and smallest is not None and not (0 < smallest != 1):
            yield ("outcomes", i, "smallest_worthwhile_effect"), "A ratio of 1 means no difference.", "Write e.g. 0.9."


def _published_faults(data: Raw, outcomes: Rows) -> Iterator[RuleFault]:
    codes = read_knowledge("measures")["measures"]
    for i, row in rows_of(data, "published_answers"):
        for key, known in (("outcome", outcomes), ("measure", codes)):
            word = str(row.get(key))
            if word not in known:
                fix = suggestion(word, known) or f"Known: {', '.join(sorted(known))}."
                yield ("published_answers", i, key), f"There is no {key} “{word}”.", fix
