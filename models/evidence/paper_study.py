"""Studies that exist only on paper, tagged by the same rules.

Nothing is guessed: where a source gives no number of people, no interval is
possible, and the figure stays a claim.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import computed_field

from data_contracts.home_files.dossier import Money, PaperStudy
from data_contracts.phrases import LANGUAGES, bilingual
from data_contracts.reading.limits import limit
from data_contracts.reading.parts import Text
from data_contracts.results.paper_record import PaperMoney, PaperRecord
from data_contracts.results.public_evidence import Claims
from data_contracts.results.statements import Bilingual, Words, count_value, number_value, says, share_value
from data_contracts.results.worded import Worded
from data_contracts.results.wording import in_words
from models.detectors.bounds import bounds_of
from models.detectors.interface import Conduct, Findings
from models.detectors.registry import detect
from models.evidence.bias_answers import risk_of_bias_of
from models.evidence.claims import NO_CLAIMS, build_claims
from models.evidence.evidence import evidence_of
from models.evidence.rung import DesignFacts, earned_rung, rung_number
from models.statistics.intervals import newcombe_interval, wilson_interval
from models.values.comparison import Gate
from models.values.design_findings import JudgementFindings
from models.values.doubt import Doubt
from models.values.effects import Effects
from models.values.estimates import Estimate

NORMAL_REACH = 1.959964
"""The normal quantile of `papers.confidence_level`, as sources that give an error or a limit round it."""


def tag_paper_study(study: PaperStudy, project: str) -> PaperRecord:
    """Return a study's tag, in the shape that results have as far as it goes.

    Parameters
    ----------
    project : str
        Whose dossier it lies in.

    Returns
    -------
    PaperRecord
        A study without an interval is `not_estimable` and says why.
    """
    facts = DesignFacts(**study.facts)
    findings = _findings(study)
    detections = detect(rung_number(earned_rung(facts)), findings)
    primary = None if findings.effects is None else findings.effects.primary
    reported = study.reports
    record = PaperRecord(
        result_id=f"{project}.dossier.{study.id}",
        project=project,
        study=study.id,
        project_name=_both(study.name),
        about=study.about,
        quarter=str(study.source.year),
        claim=_both(study.claim),
        note=None if study.note is None else _both(study.note),
        outcome_label=_both(study.outcome.label),
        outcome_type="binary" if study.outcome.type == "binary" else "numeric",
        outcome_direction=study.outcome.direction,
        unit=Bilingual(**_unit(study)),
        status="estimated" if primary is not None else "not_estimable",
        status_says=None if primary is not None else says(why_no_interval(study)),
        finding_in_words=reported.finding,
        confidence_level=limit("papers.confidence_level"),
        estimate=None if primary is None else primary.value,
        interval_low=None if primary is None else primary.low,
        interval_high=None if primary is None else primary.high,
        treated_value=reported.treated_value,
        control_value=reported.control_value,
        n_treated=reported.n_treated,
        n_control=reported.n_control,
        diagnostics=bounds_of(findings),
        money=None if study.money is None else _money(study.money),
        source=study.source.model_dump(mode="json"),
        evidence=evidence_of(
            facts,
            findings,
            detections,
            claimed_rung=study.claimed_rung,
            estimator=None,
            risk_of_bias=risk_of_bias_of(earned_rung(facts), facts, findings, detections, None),
        ),
        claims=NO_CLAIMS,
    )
    return record.model_copy(update={"claims": _claims(record, study)})


def why_no_interval(study: PaperStudy) -> str:
    """Return the phrase that says why a study has no interval.

    The study then gives no number with one.
    """
    reported = study.reports
    if reported.finding == "not_read":
        return "paper_not_read"
    if study.money is not None and study.money.is_modelled:
        return "paper_modelled"
    if reported.treated_value is None and reported.estimate is None:
        return "paper_no_number"
    if reported.control_value is None and reported.estimate is None:
        return "paper_no_comparison"
    return "paper_no_people"


class DossierVerdict(Worded):
    """The joint verdict of all studies of a dossier."""

    studies: int
    about_this_project: int
    with_interval: int
    better: int
    no_clear_difference: int
    not_read: int
    verdict: str = "cannot_tell"

    @computed_field
    @property
    def text(self) -> Bilingual:
        """The counts in a sentence."""
        names = ("studies", "about_this_project", "with_interval", "better", "no_clear_difference", "not_read")
        counts = {name: count_value(getattr(self, name)) for name in names}
        return in_words(says("dossier_some" if self.with_interval else "dossier_none", **counts))


def dossier_verdict(tagged: Sequence[PaperRecord]) -> DossierVerdict:
    """Return what all studies of a dossier say together.

    Returns
    -------
    DossierVerdict
        Studies are not pooled here: without intervals nothing can be, so the strongest thing a dossier can say is
        that something points one way.
    """
    found = [row.finding_in_words for row in tagged]
    return DossierVerdict(
        studies=len(tagged),
        about_this_project=sum(row.about == "this_project" for row in tagged),
        with_interval=sum(row.status == "estimated" for row in tagged),
        better=found.count("better"),
        no_clear_difference=found.count("no_clear_difference"),
        not_read=found.count("not_read"),
    )


def _findings(study: PaperStudy) -> Findings:
    own = study.conduct
    conduct = Conduct(
        outcome_type="binary" if study.outcome.type == "binary" else "numeric",
        outcome_direction=study.outcome.direction,
        unit=_unit(study),
        smallest_worthwhile_effect=own.smallest_worthwhile_effect,
        outcome_source=study.outcome.source,
        intervention_facts_missing=own.intervention_facts_missing,
        counted_from=own.counted_from,
        open_domains=own.open_domains,
        outcomes_count=own.outcomes_count,
        calculations_reported=own.calculations_reported,
        looks_count=own.looks_count,
    )
    judgement = JudgementFindings(
        raters_have_interests=own.author_has_interest,
        agreement=own.raters_agree,
        rivals_recorded_count=own.rivals_recorded_count,
        rivals_tested_count=own.rivals_tested_count,
    )
    effects = Effects(
        study.outcome.type,
        Gate(),
        study.reports.n_treated or 0,
        study.reports.n_control or 0,
        primary=_estimate(study),
        doubt=Doubt(missing_treated_share=own.lost_treated_share, missing_control_share=own.lost_control_share),
    )
    return Findings(conduct, effects=effects, judgement=judgement)


def _estimate(study: PaperStudy) -> Estimate | None:
    """Return the study's estimate with an interval, or None.

    The interval is the source's own; else one from its error, or from shares and numbers of people.
    """
    r = study.reports
    value = r.difference
    if value is None or study.outcome.type == "money" or (study.money is not None and study.money.is_modelled):
        return None
    level = limit("papers.confidence_level")
    if r.interval_low is not None and r.interval_high is not None:
        low, high, method = r.interval_low, r.interval_high, "the source's own"
    elif r.standard_error is not None:
        reach = NORMAL_REACH * r.standard_error
        low, high, method = value - reach, value + reach, "normal, from the source's standard error"
    elif study.outcome.type == "binary" and r.treated_value is not None and r.control_value is not None and r.n_treated:
        if r.n_control:
            low, high = newcombe_interval(r.treated_value, r.n_treated, r.control_value, r.n_control, level)
            method = "Newcombe, from the source's shares and numbers of people"
        elif study.facts.get("reference_rate_declared") and not study.facts.get("has_person_level_comparison"):
            low, high = (x - r.control_value for x in wilson_interval(r.treated_value, r.n_treated, level))
            method = "Wilson, the rate taken as exact"
        else:
            return None
    else:
        return None
    error = r.standard_error or (high - low) / (2 * NORMAL_REACH)
    treated = float("nan") if r.treated_value is None else r.treated_value
    control = float("nan") if r.control_value is None else r.control_value
    return Estimate("reported", value, error, low, high, method, treated, control, np.empty(0))


def _claims(record: PaperRecord, study: PaperStudy) -> Claims:
    """Return what may be said of a study on paper.

    That somebody claims it, and what would have to be known first.
    """
    claims = build_claims(record)
    said = says(
        "paper_says",
        publisher=study.source.publisher,
        year=str(study.source.year),
        claim=Words(da=study.claim.da, en=study.claim.en),
    )
    can = [said, *claims.can_says]
    cannot = list(claims.cannot_says)
    if record.money is not None:
        can.append(says("paper_money.itself", amount=number_value(record.money.amount_dkk, 0)))
        cannot += [says(f"paper_money.{name}") for name in record.money.missing]
    if study.about == "another_project":
        cannot.append(says("paper_other_project"))
    if record.status != "estimated" and record.treated_value is not None:
        is_share = record.outcome_type == "binary"
        value = share_value(record.treated_value) if is_share else number_value(record.treated_value, 1)
        cannot.append(says("paper_share_alone", value=value))
    return Claims(can_says=tuple(can), cannot_says=tuple(cannot), verdict=claims.verdict)


def _money(money: Money) -> PaperMoney:
    blank = {"per": money.per, "payer": money.payer, "price_year": money.price_year}
    missing = [name for name, value in blank.items() if value is None]
    return PaperMoney(
        amount_dkk=money.amount_dkk,
        per=None if money.per is None else _both(money.per),
        payer=None if money.payer is None else _both(money.payer),
        price_year=money.price_year,
        ratio=money.ratio,
        is_modelled=money.is_modelled,
        missing=(*missing, *(["modelled"] if money.is_modelled else [])),
    )


def _unit(study: PaperStudy) -> dict[str, str]:
    if study.outcome.type == "binary":
        return bilingual("percentage_points")
    if study.outcome.unit is None:
        return dict.fromkeys(LANGUAGES, "kr." if study.outcome.type == "money" else "")
    return {"da": study.outcome.unit.da, "en": study.outcome.unit.en}


def _both(text: Text) -> Bilingual:
    return Bilingual(da=text.da, en=text.en)
