"""A review: what studies say together, and how different they are.

It also shows which studies may be missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_contracts.designs.systematic_review.settings import ReviewSettings
from data_contracts.ladder.ladder import rungs
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.limits import limit
from models.designs.systematic_review.meta_regression import ThreeLevels, meta_regression, three_levels
from models.designs.systematic_review.small_studies import egger, pet_peese, trim_and_fill
from models.statistics.pooling import Pooled, pool
from models.values.breakdown import Measure, ResultPart
from models.values.design_findings import SynthesisFindings
from models.values.estimates import Estimate
from models.values.refusal import Refusal

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Studies:
    """Effects to be pooled.

    Attributes
    ----------
    labels : tuple of dict
        Name of each effect's study, in Danish and English.
    study : ndarray of int, shape (k,)
        Which study each effect belongs to.
    effects, variances : ndarray of float, shape (k,)
    rung : ndarray of int, shape (k,)
    is_published : ndarray of bool, shape (k,)
    is_low_risk : ndarray of float, shape (k,)
        1, 0, or NaN where nobody judged it.
    moderators : ndarray of float, shape (k, p)
    people_per_arm : int or None
        Of all studies, in the smaller arm.
    kind : str
        `study` or `project`.
    """

    labels: tuple[dict[str, str], ...]
    study: NDArray[np.int64]
    effects: Array
    variances: Array
    rung: NDArray[np.int64]
    is_published: NDArray[np.bool_]
    is_low_risk: Array
    moderators: Array
    people_per_arm: int | None = None
    kind: str = "study"

    @property
    def count(self) -> int:
        """Studies; several effects of one count once."""
        return len(np.unique(self.study))

    @property
    def has_dependent_effects(self) -> bool:
        """Whether a study has several effects."""
        return self.count < len(self.effects)

    def only(self, keep: NDArray[np.bool_]) -> Studies:
        """Return some of the studies."""
        return Studies(
            tuple(label for label, kept in zip(self.labels, keep, strict=True) if kept),
            self.study[keep],
            self.effects[keep],
            self.variances[keep],
            self.rung[keep],
            self.is_published[keep],
            self.is_low_risk[keep],
            self.moderators[keep],
            self.people_per_arm,
            self.kind,
        )


@dataclass(frozen=True, slots=True)
class Review:
    """What studies say together."""

    primary: Estimate
    measures: tuple[Measure, ...]
    parts: tuple[ResultPart, ...]
    findings: SynthesisFindings
    trials_weight_share: float


def review(
    studies: Studies,
    settings: ReviewSettings,
    *,
    confidence_level: float,
    planned_count: int | None = None,
    never_reported_count: int | None = None,
) -> Review | Refusal:
    """Pool studies and look for what is wrong with them.

    Parameters
    ----------
    planned_count, never_reported_count : int, optional
        Studies in the registry, and those whose result never came.

    Returns
    -------
    Review or Refusal
        `one_study` if there is nothing to pool. Where studies have several effects, they are pooled on three levels.
    """
    if studies.count < 2:
        return Refusal("one_study")
    return _Review(studies, settings, confidence_level).made(planned_count, never_reported_count)


class _Review:
    """One set of studies under one set of settings."""

    def __init__(self, studies: Studies, settings: ReviewSettings, confidence_level: float) -> None:
        self.studies, self.settings, self.level = studies, settings, confidence_level
        self.pooled = self._pool(studies)
        self.levels: ThreeLevels | None = None
        if studies.has_dependent_effects and settings.model == "random":
            self.levels = three_levels(
                studies.effects, studies.variances, studies.study, confidence_level=confidence_level
            )
        self.weight = self.pooled.weight if self.levels is None else self.levels.weight

    def _pool(self, studies: Studies) -> Pooled:
        between = "common" if self.settings.model == "common" else self.settings.between
        # With one effect the same everywhere, how far studies are from it is no measure of its error.
        interval = "normal" if self.settings.model == "common" else self.settings.interval
        return pool(studies.effects, studies.variances, between=between, interval=interval, confidence_level=self.level)

    def made(self, planned_count: int | None, never_reported_count: int | None) -> Review:
        """Put everything together."""
        signs = self._signs()
        measures = [*self._spread(), *self._other_estimators(), *signs, *self._moderators(), *self._without_weak()]
        if never_reported_count is not None:
            measures.append(Measure("never_reported", float(never_reported_count)))
        findings = self._findings({m.code: m for m in measures}, planned_count, never_reported_count)
        trials = float(self.weight[self.studies.rung <= limit("claims.weakest_trial_rung")].sum())
        measures.append(Measure("trials_weight_share", trials))
        return Review(self._primary(), tuple(measures), tuple(self._parts()), findings, trials)

    @property
    def _limits(self) -> tuple[float, float, float, float]:
        """Estimate, error and limits of the result."""
        p = self.pooled if self.levels is None else self.levels
        return p.estimate, p.standard_error, p.low, p.high

    def _primary(self) -> Estimate:
        value, error, low, high = self._limits
        if self.levels is not None:
            name, method = "pooled_three_level", "Student, studies less one"
        elif self.settings.model == "common":
            name, method = "pooled_common", "normal"
        else:
            name = "pooled_random"
            method = "Knapp-Hartung" if self.settings.interval == "knapp_hartung" else "normal"
        s = self.studies
        influence = self.weight * (s.effects - value)
        return Estimate(name, value, error, low, high, method, float("nan"), float("nan"), np.asarray(influence))

    def _spread(self) -> Iterator[Measure]:
        p = self.pooled
        yield Measure("i_squared", p.i_squared)
        yield Measure("cochran_q", p.q)
        if self.levels is not None:
            yield Measure("tau_squared", self.levels.between_studies)
            yield Measure("tau_squared_within", self.levels.within_studies)
            yield Measure("prediction", self.levels.estimate, self.levels.prediction_low, self.levels.prediction_high)
        elif self.settings.model == "random":
            yield Measure("tau_squared", p.tau_squared)
            yield Measure("prediction", p.estimate, p.prediction_low, p.prediction_high)

    def _other_estimators(self) -> Iterator[Measure]:
        """Yield what the same studies give in the other usual ways.

        All are shown, none is chosen afterwards.
        """
        s, level = self.studies, self.level
        ways = {
            "pooled_common": pool(s.effects, s.variances, between="common", confidence_level=level),
            "pooled_dl": pool(s.effects, s.variances, between="dersimonian_laird", confidence_level=level),
            "pooled_reml": pool(s.effects, s.variances, confidence_level=level),
            "pooled_knapp_hartung": pool(s.effects, s.variances, interval="knapp_hartung", confidence_level=level),
        }
        for code, p in ways.items():
            yield Measure(code, p.estimate, p.low, p.high)
        if self.levels is not None:
            yield Measure("pooled_three_level", self.levels.estimate, self.levels.low, self.levels.high)

    def _signs(self) -> list[Measure]:
        s = self.studies
        if len(s.effects) < limit("fewest_for_signs") or np.ptp(s.variances) <= 1e-12 * s.variances.max():
            return []  # with equal errors there is no small study to be missing
        if np.ptp(s.effects) <= 1e-12 * np.abs(s.effects).max():
            return []  # with equal effects none stands alone
        line = pet_peese(s.effects, s.variances, alpha=limit("pet_alpha"))
        low, high = line.interval(self.level)
        between = "common" if self.settings.model == "common" else self.settings.between
        filled = trim_and_fill(s.effects, s.variances, between=between)
        reach = (self.pooled.high - self.pooled.estimate) / self.pooled.standard_error
        half = reach * filled.standard_error
        return [
            Measure("egger_p", egger(s.effects, s.variances).slope_p),
            Measure("filled_count", float(filled.missing_count)),
            Measure("trim_and_fill", filled.estimate, filled.estimate - half, filled.estimate + half),
            Measure("pet_peese", line.intercept, low, high),
        ]

    def _moderators(self) -> Iterator[Measure]:
        s, chosen = self.studies, self.settings
        x = s.moderators
        known = bool(np.isfinite(x).all())
        if x.shape[1] and known and len(s.effects) > x.shape[1] + 2 and _is_full_rank(x):
            found = meta_regression(s.effects, s.variances, x, between=chosen.between, interval=chosen.interval)
            yield Measure("moderators_p", found.moderators_p)
            yield Measure("moderators_r_squared", found.r_squared)
        levels = np.unique(s.rung)
        if 1 < len(levels) < len(s.effects) - 1:
            dummies = (s.rung[:, None] == levels[None, 1:]).astype(float)
            found = meta_regression(s.effects, s.variances, dummies, between=chosen.between, interval=chosen.interval)
            yield Measure("rungs_p", found.moderators_p)

    def _without_weak(self) -> Iterator[Measure]:
        s = self.studies
        by_rung: dict[int, float] = read_knowledge("gates")["limits"]["weight_by_rung"]
        factors = np.array([by_rung.get(int(r), 0.0) for r in s.rung])
        if factors.any() and np.ptp(factors) > 0:
            weight = self.weight * factors / (self.weight * factors).sum()
            value = float(weight @ s.effects)
            tau = self.pooled.tau_squared
            half = float(np.sqrt((weight**2 * (s.variances + tau)).sum()))
            half *= (self.pooled.high - self.pooled.estimate) / self.pooled.standard_error
            yield Measure("weighted_by_rung", value, value - half, value + half)
        strong = self._strong()
        if strong is not None:
            p = self._pool(strong)
            yield Measure("without_weak", p.estimate, p.low, p.high)

    def _strong(self) -> Studies | None:
        """Return studies that are not weak.

        Weakness is by the declared rung or else by the judged risk; None if none is weak.
        """
        s = self.studies
        if self.settings.minimum_rung is not None:
            keep = s.rung <= self.settings.minimum_rung
        elif np.isfinite(s.is_low_risk).all():
            keep = s.is_low_risk == 1
        else:
            return None
        left = s.only(keep)
        return left if 2 <= left.count < s.count else None

    def _parts(self) -> Iterator[ResultPart]:
        s = self.studies
        order = (
            np.argsort([label["en"] for label in s.labels], kind="stable")
            if s.kind == "project"
            else range(len(s.labels))
        )
        reach = (pool(np.zeros(2), np.ones(2), between="common", confidence_level=self.level).high) / np.sqrt(0.5)
        for i in order:
            half = float(reach * np.sqrt(s.variances[i]))
            value = float(s.effects[i])
            yield ResultPart(s.kind, s.labels[i], value, value - half, value + half, float(self.weight[i]))
        for rung in np.unique(s.rung):
            own = s.only(s.rung == rung)
            if 2 <= own.count < s.count:
                p = self._pool(own)
                share = float(self.weight[s.rung == rung].sum())
                yield ResultPart("rung", _rung_label(int(rung), own.count), p.estimate, p.low, p.high, share)
        if s.kind == "study" and s.count > 2:
            for study in np.unique(s.study):
                left = s.only(s.study != study)
                p = self._pool(left)
                label = s.labels[int(np.flatnonzero(s.study == study)[0])]
                yield ResultPart("left_out", label, p.estimate, p.low, p.high)

    def _findings(
        self, measures: dict[str, Measure], planned_count: int | None, never_reported_count: int | None
    ) -> SynthesisFindings:
        s = self.studies
        value, _, low, high = self._limits
        prediction, filled, corrected, strong = (
            measures.get(code) for code in ("prediction", "trim_and_fill", "pet_peese", "without_weak")
        )
        judged = bool(np.isfinite(s.is_low_risk).all())
        return SynthesisFindings(
            studies_count=s.count,
            pooled=value,
            low=low,
            high=high,
            prediction_low=None if prediction is None else prediction.low,
            prediction_high=None if prediction is None else prediction.high,
            i_squared=self.pooled.i_squared,
            opposing_share=float((s.effects * value < 0).mean()),
            has_dependent_effects=s.has_dependent_effects and self.levels is None,
            egger_p=measures["egger_p"].value if "egger_p" in measures else None,
            filled_shift=None
            if filled is None or value == 0
            else abs(filled.value - self.pooled.estimate) / abs(value),
            corrected_low=None if corrected is None else corrected.low,
            corrected_high=None if corrected is None else corrected.high,
            published_contrast_p=self._contrast_p(),
            planned_count=planned_count,
            never_reported_count=never_reported_count,
            low_risk_weight_share=float(self.weight @ s.is_low_risk) if judged else None,
            strong_low=None if strong is None else strong.low,
            strong_high=None if strong is None else strong.high,
            people_per_arm=s.people_per_arm,
        )

    def _contrast_p(self) -> float | None:
        """Test whether unpublished studies show something else.

        None with fewer than two of either.
        """
        s = self.studies
        if min(s.is_published.sum(), (~s.is_published).sum()) < 2:
            return None
        found = meta_regression(
            s.effects, s.variances, s.is_published[:, None].astype(float), between=self.settings.between
        )
        return found.moderators_p


def _is_full_rank(x: Array) -> bool:
    full = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)])
    return bool(np.linalg.matrix_rank(full) == full.shape[1])


def _rung_label(rung: int, count: int) -> dict[str, str]:
    return {language: f"{rung} {name} ({count})" for language, name in rungs()[rung].name.items()}
