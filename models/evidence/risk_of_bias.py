"""Risk of bias: walking an instrument's trees from answers to judgements."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import Any, Literal

from data_contracts.reading.knowledge import read_knowledge

NO_INFORMATION = "NI"
YES = ("Y", "PY")


def fitting(detail: str) -> Literal["robins_i", "rob_2"] | None:
    """Return the instrument that fits a rung's detail, e.g. `4a`.

    None where none does.
    """
    fits = {name for name, own in read_knowledge("risk_of_bias")["instruments"].items() if detail in own["fits"]}
    return "robins_i" if "robins_i" in fits else "rob_2" if "rob_2" in fits else None


def instrument_of(name: str) -> dict[str, Any]:
    """Return an instrument as `risk_of_bias.yaml` holds it."""
    found: dict[str, Any] = read_knowledge("risk_of_bias")["instruments"][name]
    return found


def judge_domain(instrument: str, domain: str, answers: Mapping[str, str]) -> str:
    """Return a domain's judgement.

    It is the published one, or a worse one that a better answer would have had.

    Total: a question without an answer is one without information; where a question offers none, it
    takes its worst answer.

    Parameters
    ----------
    instrument, domain : str
        Keys of `risk_of_bias.yaml`.
    answers : mapping
        Question to answer.
    """
    own = instrument_of(instrument)
    questions = own["domains"][domain]["questions"]
    key = tuple(group_of(question, answers.get(name)) for name, question in questions.items())
    return str(own["judgements"][_raised(instrument, domain)[key]])


def group_of(question: Mapping[str, Any], given: str | None) -> int:
    """Return the place of an answer among the question's groups, best first."""
    answer = answer_to(question, given)
    return next(i for i, group in enumerate(question["answers"]) if answer in group)


@cache
def _raised(instrument: str, domain: str) -> dict[tuple[int, ...], int]:
    """Return for every combination of answers its worst judgement.

    It is the worst published judgement among combinations that are no worse.
    """
    own = instrument_of(instrument)
    questions = own["domains"][domain]["questions"]
    found: dict[tuple[int, ...], int] = {}
    for key in product(*(range(len(question["answers"])) for question in questions.values())):
        answers = {name: questions[name]["answers"][i][0] for name, i in zip(questions, key, strict=True)}
        judged = [own["judgements"].index(published_judgement(instrument, domain, answers))]
        for place, (i, question) in enumerate(zip(key, questions.values(), strict=True)):
            if i > 0 and not question.get("sorts"):
                judged.append(found[*key[:place], i - 1, *key[place + 1 :]])
        found[key] = max(judged)
    return found


def published_judgement(instrument: str, domain: str, answers: Mapping[str, str]) -> str:
    """Return what the published tree says, without any correction."""
    own = instrument_of(instrument)
    rules = own["domains"][domain]
    order: list[str] = own["judgements"]
    heard = rules.get("always")
    if heard is not None and answers.get(heard["question"]) in YES:
        return str(heard["judgement"])
    if _is_clear(rules, answers, rules):
        return order[0]
    if "worst_of" in rules:
        return _counted(rules, answers)
    trees = rules["parts"] if "parts" in rules else [rules["tree"]]
    found = [order[0] if _is_clear(tree, answers, rules) else _walk(tree, answers, rules) for tree in trees]
    worst = max(found, key=order.index)
    return _walk(rules["then"], answers, rules) if "then" in rules and worst == rules["then"]["if"] else worst


def overall(instrument: str, judgements: Mapping[str, str]) -> str:
    """Return the worst domain's judgement.

    An observational study is at best “low except for confounding”.
    """
    order: list[str] = instrument_of(instrument)["judgements"]
    return max(judgements.values(), key=order.index)


def answer_to(question: Mapping[str, Any], given: str | None) -> str:
    """Return the answer that counts.

    It is what was given, or no information, or the worst where that is no option.
    """
    options = [answer for group in question["answers"] for answer in group]
    if given in options:
        return str(given)
    return NO_INFORMATION if NO_INFORMATION in options else str(question["answers"][-1][-1])


def _is_clear(part: Mapping[str, Any], answers: Mapping[str, str], rules: Mapping[str, Any]) -> bool:
    names = part.get("clear_if", ())
    best = [rules["questions"][name]["answers"][0] for name in names]
    return bool(names) and all(
        answer_to(rules["questions"][name], answers.get(name)) in group for name, group in zip(names, best, strict=True)
    )


def _walk(tree: Mapping[str, Any], answers: Mapping[str, str], rules: Mapping[str, Any]) -> str:
    node: str = tree["start"]
    while node in tree["nodes"]:
        name = node.partition("@")[0]
        given = answer_to(rules["questions"][name], answers.get(name))
        node = next(target for options, target in tree["nodes"][node] if given in options.split())
    return node


def _counted(rules: Mapping[str, Any], answers: Mapping[str, str]) -> str:
    counts = rules["worst_of"]
    names: list[str] = counts["questions"]
    given = [answer_to(rules["questions"][name], answers.get(name)) for name in names]
    yes, unknown = sum(a in YES for a in given), given.count(NO_INFORMATION)
    if yes >= 2:
        return str(counts["two_yes"])
    if yes == 1:
        return str(counts["one_yes"])
    if unknown == len(names):
        return str(counts["all_unknown"])
    return str(counts["one_unknown"] if unknown else counts["none"])
