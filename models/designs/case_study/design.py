"""Case study (rung 7): what cases tell of rival explanations.

Its output is never an effect. What is said is put together from the
protocol's own labels; nothing that was written about a case is repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data_contracts.designs.case_study.settings import CaseSettings
from data_contracts.phrases import LANGUAGES, bilingual, share_words
from data_contracts.protocol.protocol import Outcome, Protocol
from data_contracts.reading.limits import limit
from models.designs.case_study.process_tracing import posteriors, verdict_of
from models.designs.case_study.qca import Solutions, Term, TruthTable, minimal_solutions, truth_table
from models.designs.interface import Tables
from models.designs.without_people import WithoutPeople, comparison_of
from models.evidence.plan_lock import LockState
from models.evidence.rung import DesignFacts
from models.people.cohort import Cohort
from models.statistics.agreement import krippendorff_alpha
from models.values.breakdown import Breakdown, Measure, ResultPart
from models.values.comparison import Comparison, Gate
from models.values.design_findings import DesignFindings, JudgementFindings
from models.values.effects import Counted, Effects

Text = dict[str, str]


class CaseStudy(WithoutPeople):
    """The design that compares an explanation with rival explanations."""

    name = "case_study"
    intended_rung = 7

    def compare(self, cohort: Cohort, protocol: Protocol, tables: Tables) -> Comparison:
        """Gather codings."""
        rows = tables["codings"].sort_values(["subject", "item", "person_id"], kind="stable")
        count = rows["subject"].nunique()
        return comparison_of(rows, count, "explained", None if count else "no_cases")

    def estimate(self, comparison: Comparison, y: None, outcome: Outcome, protocol: Protocol) -> Effects:
        """Report what the cases say."""
        rows = comparison.people
        blank = Effects(outcome.name, comparison.gate, rows["subject"].nunique(), 0, kind="told")
        if not blank.gate.is_open:
            return blank
        coded = agreed_codings(rows)
        table = _table(coded, outcome, protocol)
        work = _Told(coded, table, outcome, protocol)
        if not work.has_anything:
            return replace(blank, gate=Gate("codings_not_agreed"))
        alpha = _coder_agreement(rows)
        return replace(
            blank,
            breakdown=Breakdown(
                measures=tuple(work.measures(alpha)), parts=tuple(work.parts()), texts=tuple(work.texts())
            ),
            design=DesignFindings(judgement=work.findings(alpha)),
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
        """Return facts of a case study.

        Coders read cases; they are no raters of an effect, however many they are.
        """
        return DesignFacts()

    def estimator(self, protocol: Protocol) -> str:
        """Return how cases are read."""
        return "cases_told"

    def counted(self, protocol: Protocol) -> Counted:
        """Return people where a case is one, otherwise cases.

        People are protected as such.
        """
        return "people" if protocol.settings(CaseSettings).are_people else "cases"


DESIGN = CaseStudy()


def agreed_codings(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per case and one column per item.

    A value is what most coders found, NaN where they are split.

    Parameters
    ----------
    rows : DataFrame
        Rows of the codings table.
    """
    mean = rows.groupby(["subject", "item"])["value"].mean().unstack()
    agreed = mean.where(mean != 0.5)
    return (agreed > 0.5).astype(float).where(agreed.notna())


def _coder_agreement(rows: pd.DataFrame) -> float | None:
    ratings = rows.assign(what=rows["subject"] + "/" + rows["item"]).pivot(
        index="person_id", columns="what", values="value"
    )
    return krippendorff_alpha(ratings.to_numpy(dtype=float, na_value=np.nan), "nominal")


def _table(coded: pd.DataFrame, outcome: Outcome, protocol: Protocol) -> TruthTable | None:
    names = [c.name for c in protocol.settings(CaseSettings).conditions]
    if not names or not {*names, outcome.name} <= set(coded.columns):
        return None
    known = coded[[*names, outcome.name]].dropna()
    if known.empty:
        return None
    return truth_table(
        known[names].to_numpy(dtype=np.int8),
        known[outcome.name].to_numpy(dtype=np.int8),
        consistency=protocol.settings(CaseSettings).consistency,
    )


@dataclass(frozen=True, slots=True)
class _Trace:
    name: str
    found: int
    looked: int


class _Told:
    """One outcome's cases, and what is said of them."""

    def __init__(self, coded: pd.DataFrame, table: TruthTable | None, outcome: Outcome, protocol: Protocol) -> None:
        self.coded, self.table, self.outcome = coded, table, outcome
        self.settings = protocol.settings(CaseSettings)
        self.conservative: Solutions | None = None
        self.parsimonious: Solutions | None = None
        if table is not None:
            self.conservative = minimal_solutions(table, with_unseen=False)
            self.parsimonious = minimal_solutions(table, with_unseen=True)
        self.tests = [t for t in self.settings.tests if t.name in coded and coded[t.name].notna().any()]
        self.after = self._after()

    @property
    def has_anything(self) -> bool:
        """Whether there is anything to report."""
        return self.table is not None or bool(self.after)

    def _after(self) -> dict[str, float]:
        """Return how likely each explanation is after the traces.

        It is the average over cases.
        """
        if not self.settings.explanations or not self.tests:
            return {}
        per_case = []
        for _, row in self.coded.iterrows():
            found = {t.name: bool(row[t.name]) for t in self.tests if pd.notna(row[t.name])}
            if found:
                per_case.append(posteriors(self.settings.explanations, self.tests, found))
        return {e.name: float(np.mean([c[e.name] for c in per_case])) for e in self.settings.explanations}

    def _traces(self) -> Iterator[_Trace]:
        for test in self.tests:
            known = self.coded[test.name].dropna()
            yield _Trace(test.name, int(known.sum()), len(known))

    def measures(self, alpha: float | None) -> Iterator[Measure]:
        """Yield coder agreement, and how much the cases leave open."""
        if alpha is not None:
            yield Measure("krippendorff_alpha", alpha)
        if self.table is not None and self.parsimonious is not None:
            yield Measure("minimal_solutions", float(len(self.parsimonious.solutions)))
            yield Measure("prime_implicants", float(self.parsimonious.prime_implicants_count))
            yield Measure("contradictory_rows", float(self.table.contradictory_count))
            yield Measure("unseen_rows", float(self.table.unseen_count))

    def parts(self) -> Iterator[ResultPart]:
        """Yield explanations before and after, and combinations that were seen.

        Contradictory combinations are among them.
        """
        for e in self.settings.explanations:
            if e.name in self.after and not self.settings.are_people:
                before = share_words(e.prior)
                label = {
                    lang: f"{getattr(e.label, lang)} ({bilingual('before_word')[lang]} {before[lang]})"
                    for lang in LANGUAGES
                }
                yield ResultPart("explanation", label, self.after[e.name])
        if self.table is None or self.settings.are_people:
            return
        for row, count, share in zip(self.table.rows, self.table.cases, self.table.share, strict=True):
            words = self._paths((tuple(int(value) for value in row),))
            yield ResultPart("combination", words, float(share), count=int(count))

    def texts(self) -> Iterator[Text]:
        """Yield what is said: explanations, traces, then paths."""
        for e in self.settings.explanations:
            if e.name in self.after:
                key = "told_project_explanation" if e.is_project else "told_rival_explanation"
                moved = "told_stronger" if self.after[e.name] > e.prior else "told_weaker"
                yield bilingual(key, label=_both(e.label), moved=bilingual(moved))
        if self.settings.are_people and len(self.coded) <= limit("redact_at_or_below"):
            # So few people that every trace and every path is somebody's own story.
            yield bilingual("told_too_few_people")
            return
        names = {e.name: _both(e.label) for e in self.settings.explanations}
        for test, trace in zip(self.tests, self._traces(), strict=True):
            share = trace.found / trace.looked
            mixed = limit("mixed_share")
            says = "mixed" if mixed < share < 1 - mixed else verdict_of(test, share > 0.5)
            yield bilingual(
                "told_trace",
                label=_both(test.label),
                kind=bilingual(f"tracing.{test.kind}"),
                where=self._where(trace),
                verdict=bilingual(f"tracing.{says}", label=names[test.explains]),
            )
        if self.table is None:
            return
        seen = () if self.conservative is None else self.conservative.solutions
        for key, found in (("told_paths_seen", self.conservative), ("told_paths_assumed", self.parsimonious)):
            is_same = found is not None and found.solutions == seen and not self.settings.are_people
            if key == "told_paths_assumed" and is_same:
                continue
            if self.settings.are_people and key == "told_paths_seen":
                continue  # a path without assumptions spells out the whole case of those it holds for
            if found is not None and found.solutions:
                for i, solution in enumerate(found.solutions[: int(limit("most_solutions_told"))], start=1):
                    which = f" ({i}/{len(found.solutions)})" if len(found.solutions) > 1 else ""
                    yield bilingual(key, which=which, outcome=_both(self.outcome.label), paths=self._paths(solution))
        if self.conservative is not None and not self.conservative.solutions:
            yield bilingual("told_no_path", outcome=_both(self.outcome.label))

    def _where(self, trace: _Trace) -> Text:
        """Return in how many cases a trace was found.

        Only in words where a number would point at people.
        """
        if self.settings.are_people:
            share = trace.found / trace.looked
            third = 1 / limit("few_is_one_in")
            most, few = share > 1 - third, share < third
            return bilingual("found_in_most" if most else "found_in_few" if few else "found_in_some")
        if trace.found in (0, trace.looked):
            return bilingual("found_in_none" if trace.found == 0 else "found_in_all")
        return bilingual("found_in_count", found=str(trace.found), looked=str(trace.looked))

    def _paths(self, solution: tuple[Term, ...]) -> Text:
        def said(term: Term, language: str) -> str:
            words = []
            for value, condition in zip(term, self.settings.conditions, strict=True):
                label = getattr(condition.label, language)
                if value >= 0:
                    words.append(label if value else f"{bilingual('not_word')[language]} {label}")
            return f" {bilingual('and_word')[language]} ".join(words) or bilingual("always_word")[language]

        return {
            language: f"; {bilingual('or_word')[language]} ".join(said(term, language) for term in solution)
            for language in LANGUAGES
        }

    def findings(self, alpha: float | None) -> JudgementFindings:
        """Return what detectors are given."""
        rivals = [e for e in self.settings.explanations if not e.is_project]
        tested = {t.explains for t in self.tests}
        return JudgementFindings(
            raters_have_interests=self.settings.author_has_interests,
            agreement=alpha,
            rivals_recorded_count=len(rivals) if self.settings.explanations else None,
            rivals_tested_count=sum(e.name in tested for e in rivals) if self.settings.explanations else None,
            minimal_solutions_count=None if self.parsimonious is None else len(self.parsimonious.solutions),
            contradictory_rows_count=None if self.table is None else self.table.contradictory_count,
        )


def _both(text: object) -> Text:
    return {language: str(getattr(text, language)) for language in LANGUAGES}
