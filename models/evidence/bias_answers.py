"""Answers to risk-of-bias questions from the pipeline's own checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from data_contracts.ladder.ladder import State
from data_contracts.phrases import bilingual
from data_contracts.phrases.limits import with_limits
from data_contracts.reading.limits import limit
from data_contracts.results.public_evidence import BiasAnswer, BiasDomain, RiskOfBias
from data_contracts.results.statements import Bilingual
from models.detectors.interface import Detection, Findings
from models.evidence.risk_of_bias import answer_to, fitting, group_of, instrument_of, judge_domain, overall
from models.evidence.rung import DesignFacts, held

Answer = tuple[str, str]
"""An answer, and the phrase that says which check gave it."""
BLANK: Answer = ("NI", "because.nobody")


@dataclass(frozen=True, slots=True)
class SignedAnswers:
    """The answers that people have given and signed.

    Attributes
    ----------
    signed_by : str
    answers : mapping of str to (str, dict)
        Question to answer and reason.
    is_current : bool
        Signed for the plan as it is now; otherwise the answers do not count.
    """

    signed_by: str
    answers: Mapping[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    is_current: bool = True


def risk_of_bias_of(
    detail: str,
    facts: DesignFacts,
    findings: Findings,
    detections: tuple[Detection, ...],
    signed: SignedAnswers | None,
) -> RiskOfBias | None:
    """Fill in the instrument that fits a rung.

    Parameters
    ----------
    detail : str
        e.g. `4a`.

    Returns
    -------
    RiskOfBias or None
        None where no instrument fits.
    """
    name = fitting(detail)
    if name is None:
        return None
    instrument = instrument_of(name)
    states = {d.code: d.state for d in detections}
    answered = _robins_i(facts, findings, states) if name == "robins_i" else _rob_2(facts, findings, states)
    domains: list[BiasDomain] = []
    judgements: dict[str, str] = {}
    for domain, rules in instrument["domains"].items():
        rows = tuple(
            _row(question, rules["questions"][question], answered[domain].get(question, BLANK), signed)
            for question in rules["questions"]
        )
        judgements[domain] = judge_domain(name, domain, {row.question: row.answer for row in rows})
        called = Bilingual.model_validate(rules["name"])
        domains.append(BiasDomain(domain=domain, name=called, judgement=judgements[domain], answers=rows))
    is_heard = any(row.answered_by == "person" for domain in domains for row in domain.answers)
    return RiskOfBias(
        instrument=name,
        version=instrument["version"],
        overall=overall(name, judgements),
        signed_by=signed.signed_by if signed is not None and is_heard else None,
        domains=tuple(domains),
    )


def _row(question: str, rules: Mapping[str, Any], found: Answer, signed: SignedAnswers | None) -> BiasAnswer:
    """Return one question's answer.

    Where people and pipeline both answer, the worse one counts.
    """
    answer, check = answer_to(rules, found[0]), found[1].removeprefix("because.")
    by: Literal["pipeline", "person", "nobody"] = "nobody" if found == BLANK else "pipeline"
    because = bilingual(found[1])
    if rules.get("person"):
        given = None if signed is None else signed.answers.get(question)
        if signed is None or given is None or not signed.is_current:
            # What the pipeline knows can only make it worse than not knowing.
            check = "unsigned" if given is None else "signed_earlier"
            answer, by, because = answer_to(rules, None), "nobody", bilingual(f"because.{check}")
        elif found == BLANK or group_of(rules, given[0]) >= group_of(rules, answer):
            answer, by, check, because = given[0], "person", "signed", given[1]
    return BiasAnswer(
        question=question,
        text=Bilingual(**{language: with_limits(text, language) for language, text in rules["text"].items()}),
        answer=answer,
        answered_by=by,
        check=check,
        because=Bilingual.model_validate(because),
    )


def _robins_i(facts: DesignFacts, f: Findings, states: Mapping[str, State]) -> dict[str, dict[str, Answer]]:
    conduct = f.conduct
    from_start = conduct.counted_from == "start"
    is_dated = facts.covariates_dated_before_index
    return {
        "confounding": {
            "1.1": _all_controlled(conduct.open_domains),
            "1.2": ("PY", "because.register_covariates") if is_dated else ("NI", "because.undated"),
            "1.3": ("N", "because.dated") if is_dated else ("Y", "because.undated"),
            "1.4": _left_over(states),
        },
        "classification": {
            "2.1": _told_apart(conduct.counted_from, conduct.controls_have_index_date),
            "2.3": BLANK if conduct.counted_from is None else ("N", "because.counted"),
            "2.4": _by_counting(conduct.counted_from, good="N", bad="SY"),
            "2.5": _other_programmes(states),
        },
        "selection": {
            "3.1": _follow_up_begins(conduct.counted_from, conduct.controls_have_index_date),
            "3.2": ("N", "because.window") if from_start else BLANK,
            "3.3": _selected_after_start(conduct.counted_from, conduct.inclusion_depends_on_follow_up),
        },
        "missing_data": {
            "4.1": ("Y", "because.list") if facts.has_person_level_participants else BLANK,
            "4.2": _outcome_known(f),
            "4.3": _covariates_known(conduct.covariates_missing_share),
            "4.4": ("Y", "because.complete_cases"),
            "4.11": _not_biased(states),
        },
        "measurement": {
            "5.1": _by_source(conduct.outcome_source, "N", "PY"),
            "5.2": _by_source(conduct.outcome_source, "N", "Y"),
            "5.3": _by_source(conduct.outcome_source, "N", "SY"),
        },
        "reporting": _reporting(f, ("6.1", "6.2", "6.3", "6.4")),
    }


def _rob_2(facts: DesignFacts, f: Findings, states: Mapping[str, State]) -> dict[str, dict[str, Answer]]:
    has_list = held(facts)["assignment_list_sha256"]
    is_fixed = has_list and facts.assignment_precedes_outcomes
    blinded = None if f.trial is None else f.trial.is_blinded
    aware: Answer = BLANK if blinded is None else ("N" if blinded else "Y", "because.blinding")
    known = _outcome_known(f)
    source = f.conduct.outcome_source
    return {
        "randomisation": {
            "1.1": ("PY", "because.assignment_list") if has_list else BLANK,
            "1.2": ("PY", "because.assignment_list") if is_fixed else BLANK,
            "1.3": _differs_at_start(states),
        },
        "deviations": {
            "2.1": aware,
            "2.2": aware,
            "2.6": ("Y", "because.as_assigned") if facts.analysed_as_assigned else ("N", "because.as_assigned"),
        },
        "missing_outcome": {"3.1": known, "3.2": _not_biased(states)},
        "measurement": {
            "4.1": _by_source(source, "N", "NI"),
            "4.2": _by_source(source, "N", "NI"),
            "4.3": _by_source(source, "N", "Y"),
            "4.4": _by_source(source, "N", "Y"),
            "4.5": _by_source(source, "N", "NI"),
        },
        "reporting": _reporting(f, ("5.1", "5.2", "5.3", None)),
    }


def _all_controlled(open_domains: tuple[str, ...] | None) -> Answer:
    """Answer whether every named domain was measured.

    A domain that was named and not measured speaks against what people say; several speak strongly.
    """
    if open_domains is None:
        return BLANK
    if not open_domains:
        return "Y", "because.all_domains"
    return ("WN" if len(open_domains) < limit("register_limited_covariates.serious") else "SN"), "because.open_domains"


def _left_over(states: Mapping[str, State]) -> Answer:
    state = states.get("unmeasured_confounding", State.not_measured)
    return ("Y", "because.placebo") if state == State.serious else ("PN", "because.placebo")


def _told_apart(counted_from: str | None, has_index: bool | None) -> Answer:
    if counted_from is None or (counted_from == "start" and has_index is None):
        return BLANK
    return ("PY", "because.counted") if counted_from == "start" and has_index else ("N", "because.counted")


def _by_counting(counted_from: str | None, *, good: str, bad: str) -> Answer:
    return BLANK if counted_from is None else (good if counted_from == "start" else bad, "because.counted")


def _other_programmes(states: Mapping[str, State]) -> Answer:
    state = states.get("contaminated_controls")
    if state == State.clear:
        return "PN", "because.other_programme"
    return ("PY", "because.other_programme") if state in (State.warning, State.serious) else BLANK


def _follow_up_begins(counted_from: str | None, has_index: bool | None) -> Answer:
    if counted_from == "completion":
        return "SN", "because.counted"
    return ("Y", "because.counted") if counted_from == "start" and has_index else BLANK


def _selected_after_start(counted_from: str | None, by_follow_up: bool | None) -> Answer:
    if counted_from == "completion" or by_follow_up:
        return "Y", "because.counted"
    return ("N", "because.calendar") if by_follow_up is False else BLANK


def _outcome_known(f: Findings) -> Answer:
    lost = None if f.effects is None else (f.effects.doubt.missing_treated_share, f.effects.doubt.missing_control_share)
    if lost is None or lost[0] is None or lost[1] is None:
        return BLANK
    return ("Y" if 1 - max(lost[0], lost[1]) >= limit("bias.nearly_all_share") else "N"), "because.outcome_known"


def _covariates_known(missing_share: float | None) -> Answer:
    if missing_share is None:
        return BLANK
    return ("Y" if 1 - missing_share >= limit("bias.nearly_all_share") else "N"), "because.covariates_known"


def _not_biased(states: Mapping[str, State]) -> Answer:
    return ("PY" if states.get("attrition") == State.clear else "N"), "because.attrition"


def _by_source(source: str | None, register: str, self_report: str) -> Answer:
    return BLANK if source is None else (register if source == "register" else self_report, f"because.{source}")


def _differs_at_start(states: Mapping[str, State]) -> Answer:
    state = states.get("group_differences")
    if state in (None, State.not_measured, State.not_measurable):
        return BLANK
    return ("PY" if state == State.serious else "PN"), "because.balance"


def _reporting(f: Findings, names: tuple[str, str, str, str | None]) -> dict[str, Answer]:
    """Answer the questions on plan, outcomes, calculations and subgroups.

    All that were declared are shown, unless the ledger says otherwise.
    """
    conduct = f.conduct
    plan, outcomes, calculations, subgroups = names
    if not conduct.is_locked:
        return {}
    run, shown = conduct.calculations_run, conduct.calculations_reported
    is_hidden = run is not None and shown is not None and run > shown
    rows: dict[str, Answer] = {
        plan: ("N", "because.plan_changed") if conduct.changed_keys else ("Y", "because.plan_locked"),
        outcomes: ("PY", "because.primary_changed") if conduct.primary_outcome_changed else ("N", "because.all_shown"),
        calculations: ("PY", "because.hidden") if is_hidden else ("N", "because.all_shown"),
    }
    return rows | ({subgroups: ("N", "because.all_shown")} if subgroups else {})
