"""Risk-of-bias instruments: every combination of answers has a judgement, and a worse answer never improves it."""

from __future__ import annotations

from itertools import product

import pytest

from data_contracts.reading.knowledge import read_knowledge
from models.evidence.risk_of_bias import _raised, instrument_of, judge_domain, overall, published_judgement

DOMAINS = [
    (name, domain) for name, own in read_knowledge("risk_of_bias")["instruments"].items() for domain in own["domains"]
]


def grouped(instrument: str, domain: str) -> dict[str, list[str]]:
    """One answer of each group, best first: the answers of a group lead the same way (tested below)."""
    questions = instrument_of(instrument)["domains"][domain]["questions"]
    return {name: [group[0] for group in question["answers"]] for name, question in questions.items()}


def trees_of(rules: dict) -> list[dict]:
    return [
        *(rules.get("parts") or ([rules["tree"]] if "tree" in rules else [])),
        *([rules["then"]] if "then" in rules else []),
    ]


@pytest.mark.parametrize(("instrument", "domain"), DOMAINS)
def test_every_node_is_reached_and_sorts_every_answer_once(instrument: str, domain: str) -> None:
    rules = instrument_of(instrument)["domains"][domain]
    for tree in trees_of(rules):
        targets = {target for rows in tree["nodes"].values() for _, target in rows}
        assert set(tree["nodes"]) <= targets | {tree["start"]}
        assert targets - set(tree["nodes"]) <= set(instrument_of(instrument)["judgements"])
        for node, rows in tree["nodes"].items():
            groups = rules["questions"][node.partition("@")[0]]["answers"]
            options = [answer for text, _ in rows for answer in text.split()]
            assert sorted(options) == sorted(answer for group in groups for answer in group), node
            for group in groups:
                assert len({target for text, target in rows if set(text.split()) & set(group)}) == 1, node


@pytest.mark.parametrize(("instrument", "domain"), DOMAINS)
def test_a_worse_answer_never_improves_a_judgement(instrument: str, domain: str) -> None:
    questions = instrument_of(instrument)["domains"][domain]["questions"]
    order = instrument_of(instrument)["judgements"]
    options = grouped(instrument, domain)
    names = list(options)
    judged = {
        answers: order.index(judge_domain(instrument, domain, dict(zip(names, answers, strict=True))))
        for answers in product(*options.values())
    }
    for answers, judgement in judged.items():
        for i, name in enumerate(names):
            if questions[name].get("sorts"):
                continue
            for worse in options[name][options[name].index(answers[i]) + 1 :]:
                assert judged[(*answers[:i], worse, *answers[i + 1 :])] >= judgement, (answers, name)


@pytest.mark.parametrize(("instrument", "domain"), DOMAINS)
def test_every_judgement_that_a_domain_names_is_given_to_somebody(instrument: str, domain: str) -> None:
    rules = instrument_of(instrument)["domains"][domain]
    options = grouped(instrument, domain)
    given = {
        judge_domain(instrument, domain, dict(zip(options, answers, strict=True)))
        for answers in product(*options.values())
    }
    named = {
        t
        for tree in trees_of(rules)
        for rows in tree["nodes"].values()
        for _, t in rows
        if t in instrument_of(instrument)["judgements"]
    }
    assert named <= given


# Paths read off the published figures (ROBINS-I V2, 20 November 2025; RoB 2, 22 August 2019).
PATHS = [
    ("robins_i", "confounding", "1.1=PY 1.3=N 1.2=Y 1.4=PN", "low_except_confounding"),
    ("robins_i", "confounding", "1.1=WN 1.3=NI 1.2=WN 1.4=N", "moderate"),
    ("robins_i", "confounding", "1.1=Y 1.3=N 1.2=NI", "serious"),
    ("robins_i", "confounding", "1.1=Y 1.3=Y 1.4=N 1.2=WN", "critical"),
    ("robins_i", "confounding", "1.1=NI 1.4=Y", "critical"),
    ("robins_i", "classification", "2.1=Y 2.4=N 2.5=PN", "low"),
    ("robins_i", "classification", "2.1=N 2.2=N 2.3=WY 2.4=NI 2.5=N", "serious"),
    ("robins_i", "classification", "2.1=N 2.2=NI 2.3=N 2.4=WY", "critical"),
    ("robins_i", "selection", "3.1=Y 3.2=N 3.3=N", "low"),
    ("robins_i", "selection", "3.1=SN 3.3=N 3.6=N 3.7=N 3.8=Y", "critical"),
    ("robins_i", "selection", "3.1=Y 3.2=N 3.3=Y 3.4=Y 3.5=Y 3.6=Y", "moderate"),
    ("robins_i", "missing_data", "4.1=Y 4.2=Y 4.3=PY", "low"),
    ("robins_i", "missing_data", "4.1=Y 4.2=N 4.3=Y 4.4=Y 4.5=Y 4.6=SN 4.11=N", "critical"),
    ("robins_i", "missing_data", "4.1=Y 4.2=N 4.3=Y 4.4=N 4.7=Y 4.8=NI", "serious"),
    ("robins_i", "measurement", "5.1=NI 5.2=Y 5.3=WY", "moderate"),
    ("robins_i", "measurement", "5.1=N 5.2=NI 5.3=SY", "serious"),
    ("robins_i", "reporting", "6.1=N 6.2=NI 6.3=NI 6.4=NI", "serious"),
    ("robins_i", "reporting", "6.1=N 6.2=NI 6.3=NI 6.4=N", "moderate"),
    ("robins_i", "reporting", "6.1=N 6.2=Y 6.3=PY 6.4=N", "critical"),
    ("robins_i", "reporting", "6.1=N 6.2=N 6.3=PN 6.4=N", "low"),
    ("rob_2", "randomisation", "1.2=Y 1.1=NI 1.3=N", "low"),
    ("rob_2", "randomisation", "1.2=NI 1.3=Y", "high"),
    ("rob_2", "deviations", "2.1=N 2.2=N 2.6=Y", "low"),
    ("rob_2", "deviations", "2.1=Y 2.2=N 2.3=Y 2.4=NI 2.5=N 2.6=Y", "high"),
    ("rob_2", "missing_outcome", "3.1=N 3.2=N 3.3=Y 3.4=N", "some_concerns"),
    ("rob_2", "measurement", "4.1=N 4.2=NI 4.3=N", "some_concerns"),
    ("rob_2", "reporting", "5.2=N 5.3=Y 5.1=Y", "high"),
    ("rob_2", "reporting", "5.2=N 5.3=N 5.1=NI", "some_concerns"),
]


@pytest.mark.parametrize(("instrument", "domain", "answers", "judgement"), PATHS)
def test_paths_of_the_published_figures(instrument: str, domain: str, answers: str, judgement: str) -> None:
    given = dict(pair.split("=") for pair in answers.split())
    assert judge_domain(instrument, domain, given) == judgement


def test_nothing_known_is_never_a_low_risk() -> None:
    for name in ("robins_i", "rob_2"):
        found = {domain: judge_domain(name, domain, {}) for domain in instrument_of(name)["domains"]}
        assert overall(name, found) in ("serious", "critical", "high")
    everything_fine = dict.fromkeys(instrument_of("robins_i")["domains"], "low") | {
        "confounding": "low_except_confounding"
    }
    assert overall("robins_i", everything_fine) == "low_except_confounding"


@pytest.mark.parametrize(("instrument", "domain"), DOMAINS)
def test_judgements_differ_from_the_published_trees_only_to_the_worse_side(instrument: str, domain: str) -> None:
    """Only domains whose published tree skips a question after a bad answer are raised anywhere."""
    options = grouped(instrument, domain)
    order = instrument_of(instrument)["judgements"]
    raised = 0
    for values in product(*options.values()):
        answers = dict(zip(options, values, strict=True))
        ours, theirs = (order.index(f(instrument, domain, answers)) for f in (judge_domain, published_judgement))
        assert ours >= theirs
        raised += ours > theirs
    assert (raised > 0) == (
        (instrument, domain) in {("robins_i", d) for d in ("confounding", "selection", "missing_data")}
    )


def test_a_tree_with_a_turned_branch_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deliberately wrong twin: two leaves changed places. Then a published path is no longer found."""
    nodes = instrument_of("robins_i")["domains"]["measurement"]["tree"]["nodes"]
    monkeypatch.setitem(nodes, "5.3@a", [["N PN", "serious"], ["WY NI", "moderate"], ["SY", "low"]])
    _raised.cache_clear()
    try:
        with pytest.raises(AssertionError):
            test_judgements_differ_from_the_published_trees_only_to_the_worse_side("robins_i", "measurement")
        with pytest.raises(AssertionError):
            test_paths_of_the_published_figures("robins_i", "measurement", "5.1=N 5.2=NI 5.3=N", "low")
    finally:
        _raised.cache_clear()
