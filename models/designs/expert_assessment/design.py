"""Expert assessment (rung 6): judgements by people who know the field."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.designs.expert_assessment.settings import AssessmentSettings
from data_contracts.ladder.ladder import design_facts
from data_contracts.phrases import bilingual, number_words
from data_contracts.protocol.protocol import Outcome, Protocol
from data_contracts.reading.limits import limit
from models.designs.expert_assessment.pool import PooledAnswer, cooke_weights, median_of, pooled_distribution, skill
from models.designs.interface import Tables
from models.designs.without_people import WithoutPeople, comparison_of
from models.evidence.plan_lock import LockState
from models.evidence.rung import DesignFacts
from models.people.cohort import Cohort
from models.statistics.agreement import fleiss_kappa, icc_agreement, interval_by_subjects, krippendorff_alpha
from models.values.breakdown import Breakdown, Measure, ResultPart
from models.values.comparison import Comparison, Gate
from models.values.design_findings import DesignFindings, JudgementFindings
from models.values.effects import Counted, Effects
from models.values.estimates import Estimate
from models.values.refusal import Refusal

Array = NDArray[np.float64]


class ExpertAssessment(WithoutPeople):
    """The design that rests on experts' judgements."""

    name = "expert_assessment"
    intended_rung = 6

    def compare(self, cohort: Cohort, protocol: Protocol, tables: Tables) -> Comparison:
        """Gather the answers."""
        rows = tables["ratings"].sort_values(["outcome", "round_number", "subject", "person_id"], kind="stable")
        own = rows[~rows["outcome"].isin(protocol.settings(AssessmentSettings).seeds)]
        raters = own["person_id"].nunique()
        reason = None if raters >= _fewest_raters() else "one_rater" if raters else "no_ratings"
        first = rows["rated_date"].min() if len(rows) else None
        fixed = protocol.settings(AssessmentSettings).form_fixed_on
        structured = fixed is not None and first is not None and pd.Timestamp(fixed) <= first
        return replace(
            comparison_of(rows, raters, "judged", reason), details={"form_precedes_answers": bool(structured)}
        )

    def estimate(self, comparison: Comparison, y: None, outcome: Outcome, protocol: Protocol) -> Effects:
        """Put the answers to one question together."""
        settings = protocol.settings(AssessmentSettings)
        rows = comparison.people[comparison.people["outcome"] == outcome.name]
        raters = rows["person_id"].nunique()
        blank = Effects(
            outcome.name, comparison.gate, raters, 0, kind="told" if settings.scale == "category" else "assessed"
        )
        if blank.gate.is_open and raters < _fewest_raters():
            blank = replace(blank, gate=Gate("one_rater" if raters else "no_ratings"))
        if not blank.gate.is_open:
            return blank
        last = _answers(_latest(rows), "value")
        measures, agreement = _agreement(last, protocol)
        judgement = JudgementFindings(settings.raters_have_interests, agreement)
        if settings.scale == "category":
            return replace(
                blank,
                breakdown=Breakdown(
                    measures=measures, parts=_categories(last, protocol), texts=(_told(last, measures),)
                ),
                design=DesignFindings(judgement=judgement),
            )
        pooled, calibration = _pooled(comparison.people, rows, protocol)
        if isinstance(pooled, Refusal):
            return replace(blank, gate=Gate(pooled.reason), design=DesignFindings(judgement=judgement))
        if calibration is not None:
            measures = (*measures, Measure("calibration", calibration))
        measures = (*measures, *_rounds(rows))
        if settings.truth is not None and settings.naive_forecast is not None:
            found = skill(pooled.middle, settings.truth, settings.naive_forecast)
            if found is not None:
                measures = (*measures, Measure("skill", found))
                judgement = replace(judgement, skill=found)
        width = (pooled.high - pooled.low) / 2
        primary = Estimate(
            f"judged_{settings.aggregate}",
            pooled.middle,
            width,
            pooled.low,
            pooled.high,
            "middle half of the answers",
            float("nan"),
            float("nan"),
            np.empty(0),
        )
        return replace(
            blank,
            primary=primary,
            breakdown=Breakdown(measures=measures, parts=_by_round(rows)),
            design=DesignFindings(judgement=judgement),
        )

    def facts(
        self,
        cohort_is_dated: bool,
        comparison: Comparison,
        outcome: Outcome,
        protocol: Protocol,
        *,
        lock: LockState | None = None,
        effects: Effects | None = None,
    ) -> DesignFacts:
        """Return facts of a judgement.

        They are how many judged, and whether the form was fixed before they did.
        """
        return DesignFacts(
            raters_count=comparison.diagnostics.n_treated if effects is None else effects.n_treated,
            judgement_structured=bool(comparison.details.get("form_precedes_answers", False)),
        )

    def estimator(self, protocol: Protocol) -> str:
        """Return how answers are put together."""
        settings = protocol.settings(AssessmentSettings)
        return "judged_agreement" if settings.scale == "category" else f"judged_{settings.aggregate}"

    def counted(self, protocol: Protocol) -> Counted:
        """Return experts."""
        return "raters"


DESIGN = ExpertAssessment()


def _latest(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each expert's latest answer to each question.

    Experts who left after the first round still said something.
    """
    return rows.sort_values("round_number", kind="stable").drop_duplicates(["person_id", "subject"], keep="last")


def _answers(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return answers with one row per expert and one column per subject."""
    return rows.pivot(index="person_id", columns="subject", values=column)


def _agreement(last: pd.DataFrame, protocol: Protocol) -> tuple[tuple[Measure, ...], float | None]:
    """Measure agreement in the ways that fit.

    The first is the one that detectors judge.
    """
    ratings = last.to_numpy(dtype=float, na_value=np.nan)
    level = protocol.effects.confidence_level
    found: list[Measure] = []
    if protocol.settings(AssessmentSettings).scale == "category":
        # Experts differ from subject to subject: only how many chose what counts.
        kappa = fleiss_kappa(ratings)
        if kappa is not None:
            limits = interval_by_subjects(ratings, fleiss_kappa, confidence_level=level, seed=protocol.seed)
            found.append(Measure("fleiss_kappa", kappa, *(limits or (None, None))))
    else:
        icc = icc_agreement(ratings, confidence_level=level)
        if icc is not None:
            found.append(Measure("icc_agreement", *icc))
    scale = "nominal" if protocol.settings(AssessmentSettings).scale == "category" else "interval"

    def alpha_of(drawn: Array) -> float | None:
        return krippendorff_alpha(drawn, "nominal" if scale == "nominal" else "interval")

    alpha = alpha_of(ratings)
    if alpha is not None and ratings.shape[1] > 1:
        limits = interval_by_subjects(ratings, alpha_of, confidence_level=level, seed=protocol.seed)
        found.append(Measure("krippendorff_alpha", alpha, *(limits or (None, None))))
    return tuple(found), found[0].value if found else None


def _told(last: pd.DataFrame, measures: tuple[Measure, ...]) -> dict[str, str]:
    each = int(last.notna().sum(axis=0).median())
    counts = {"subjects": str(last.shape[1]), "each": str(each)}
    if not measures:
        return bilingual("told_categories_alone", **counts)
    value = number_words(measures[0].value, 2)
    return bilingual("told_categories", **counts, agreement=value)


def _pooled(
    people: pd.DataFrame, rows: pd.DataFrame, protocol: Protocol
) -> tuple[PooledAnswer | Refusal, float | None]:
    """Pool the last round.

    Where seeds were asked, the panel's best calibration is returned too.
    """
    settings = protocol.settings(AssessmentSettings)
    last = _latest(rows)
    middle = last.groupby("person_id")["value"].mean()
    if settings.aggregate == "median":
        return median_of(middle.to_numpy(dtype=float)), None
    quantiles = _quantiles(last)
    if quantiles is None:
        return Refusal("answers_without_quantiles"), None
    weights, calibration = np.ones(len(quantiles)), None
    if settings.aggregate == "cooke":
        seeds = _seed_answers(people, list(quantiles.index), settings.seeds)
        if seeds is None:
            return Refusal("seeds_not_answered"), None
        found = cooke_weights(seeds, np.array(list(settings.seeds.values())))
        if found is None:
            return Refusal("nobody_calibrated"), None
        weights, calibrations = found
        calibration = float(calibrations.max())
    return pooled_distribution(quantiles.to_numpy(dtype=float), weights), calibration


def _quantiles(rows: pd.DataFrame) -> pd.DataFrame | None:
    """Return each expert's three quantiles, rising.

    None if any expert lacks one or they fall.
    """
    found = rows.groupby("person_id")[["low", "value", "high"]].mean()
    rising = (found["low"] < found["value"]) & (found["value"] < found["high"])
    return found if len(found) and found.notna().all(axis=None) and rising.all() else None


def _seed_answers(people: pd.DataFrame, experts: list[str], seeds: dict[str, float]) -> Array | None:
    parts = []
    for name in seeds:
        rows = people[people["outcome"] == name]
        own = _quantiles(rows[rows["person_id"].isin(experts)])
        if own is None or set(own.index) != set(experts):
            return None
        parts.append(own.loc[experts].to_numpy(dtype=float))
    return np.stack(parts, axis=1)


def _fewest_raters() -> int:
    """Return how many raters make an assessment.

    It is the number in the fact that earns the rung.
    """
    return design_facts()["raters_count"].at_least or 0


def _categories(last: pd.DataFrame, protocol: Protocol) -> tuple[ResultPart, ...]:
    """Count how often each category was chosen, in the order of its code."""
    answers = last.to_numpy(dtype=float, na_value=np.nan)
    codes, counts = np.unique(answers[np.isfinite(answers)], return_counts=True)
    named = protocol.settings(AssessmentSettings).categories
    parts = []
    for code, count in zip(codes, counts, strict=True):
        text = f"{code:g}"
        label = {"da": named[text].da, "en": named[text].en} if text in named else {"da": text, "en": text}
        parts.append(ResultPart("category", label, float(count / counts.sum())))
    return tuple(parts)


def _by_round(rows: pd.DataFrame) -> tuple[ResultPart, ...]:
    """Return the panel's middle and its middle half, round by round.

    Nothing of one round, or of one with few answers.
    """
    parts = []
    for number in sorted(rows["round_number"].unique()):
        answers = rows[rows["round_number"] == number].groupby("person_id")["value"].mean()
        if len(answers) >= limit("fewest_raters"):
            pooled = median_of(answers.to_numpy(dtype=float))
            label = {"da": f"runde {number:g}", "en": f"round {number:g}"}
            parts.append(ResultPart("round", label, pooled.middle, pooled.low, pooled.high))
    return tuple(parts) if len(parts) > 1 else ()


def _rounds(rows: pd.DataFrame) -> tuple[Measure, ...]:
    """Return how far apart answers were in the first and the last round."""
    numbers = sorted(rows["round_number"].unique())
    if len(numbers) < 2:
        return ()
    widths = []
    everybody = rows.groupby("person_id")["round_number"].agg(["min", "max"])
    stayed = everybody[(everybody["min"] == numbers[0]) & (everybody["max"] == numbers[-1])].index
    rows = rows[rows["person_id"].isin(stayed)]
    if len(stayed) < _fewest_raters():
        return ()
    for number in (numbers[0], numbers[-1]):
        answers = rows[rows["round_number"] == number].groupby("person_id")["value"].mean()
        pooled = median_of(answers.to_numpy(dtype=float))
        widths.append(pooled.high - pooled.low)
    return Measure("spread_first_round", widths[0]), Measure("spread_last_round", widths[1])
