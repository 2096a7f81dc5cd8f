"""Effects as tables for analysts in the Dagster UI."""

from __future__ import annotations

from collections.abc import Iterator

import scipy

from data_contracts.phrases import difference_text, number_text, phrase
from data_contracts.protocol.protocol import Outcome, Protocol
from data_contracts.protocol.unused_settings import unused_settings
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.parts import Text
from models.estimating.subgroups import site_name
from models.values.breakdown import SpecificationEstimate, SubgroupEstimate
from models.values.comparison import Gate
from models.values.effects import Effects
from models.values.estimates import Estimate


def effects_markdown(effects: Effects, outcome: Outcome, protocol: Protocol, language: str) -> str:
    """Return estimates as a table, with the raw difference labelled."""
    gate = effects.gate.text
    if effects.primary is None and gate is not None:
        return f"**{phrase(language, 'not_estimable')}**: {gate[language]}"
    if effects.primary is None:
        return "\n".join([*(f"- {text[language]}" for text in effects.breakdown.texts), *_measured(effects, language)])
    table = _Table(outcome, language, protocol.effects.confidence_level)
    lines = [] if gate is None else [f"**{phrase(language, 'pooled_only')}**: {gate[language]}", ""]
    head = [phrase(language, key) for key in ("column_estimator", "table.difference", "column_interval")]
    lines += [f"| {' | '.join(head)} |", "|---|---|---|"]
    lines += table.estimates(effects)
    lines += table.declared(effects, protocol)
    lines += table.placebos(effects)
    lines += _measured(effects, language)
    lines += ["", f"n = {effects.n_treated} / {effects.n_control}"]
    unused = unused_settings(protocol)
    if unused:
        lines += ["", phrase(language, "settings_not_used", names=", ".join(f"`{name}`" for name in unused))]
    return "\n".join(lines)


def _measured(effects: Effects, language: str) -> list[str]:
    """Return every further number, in its own unit."""
    if not effects.breakdown.measures:
        return []
    known = read_knowledge("measures")["measures"]
    heads = [phrase(language, key) for key in ("column_measure", "column_value", "column_interval")]
    lines = ["", f"| {' | '.join(heads)} |", "|---|---|---|"]
    for measure in effects.breakdown.measures:
        value, *ends = (
            None if number is None else number_text(language, number, 3)
            for number in (measure.value, measure.low, measure.high)
        )
        interval = "–" if None in ends else "; ".join(map(str, ends))
        lines.append(f"| {known[measure.code]['name'][language]} | {value or '–'} | {interval} |")
    return lines


class _Table:
    """Table rows in one outcome's unit and one language."""

    def __init__(self, outcome: Outcome, language: str, confidence_level: float) -> None:
        self.outcome, self.language = outcome, language
        self.reach = float(scipy.stats.norm.isf((1 - confidence_level) / 2))
        self.unit = getattr(outcome.unit, language) if outcome.unit else ""
        self.decimals = 1 if outcome.type == "binary" else 2

    def words(self, value: float) -> str:
        return difference_text(self.language, value, self.outcome.type, self.unit, self.decimals)

    def row(self, name: str, estimate: Estimate, mark: str = "") -> str:
        interval = f"{self.words(estimate.low)}; {self.words(estimate.high)}"
        return f"| {mark}{name}{mark} | {mark}{self.words(estimate.value)}{mark} | {interval} |"

    def estimates(self, effects: Effects) -> Iterator[str]:
        """Yield the main number, alternatives, ratio and raw difference."""
        language, primary = self.language, effects.primary
        if primary is None:
            return
        for i, estimate in enumerate((primary, *effects.alternatives)):
            name = phrase(language, f"estimator.{estimate.estimator}")
            yield self.row(name, estimate, "**" if i == 0 else "")
        for estimator, reason in effects.not_computed:
            yield self._refused(phrase(language, f"estimator.{estimator}"), reason)
        if primary.risk_ratio is not None:
            value, low, high = (
                number_text(language, v, 2)
                for v in (primary.risk_ratio.value, primary.risk_ratio.low, primary.risk_ratio.high)
            )
            yield f"| {phrase(language, 'risk_ratio_label')} | {value} | {low}; {high} |"
        learnt, deviation = effects.doubt.systematic_error, effects.doubt.outcome_deviation
        if learnt is not None and deviation:
            low_c, high_c = learnt.calibrated(primary.value / deviation, primary.standard_error / deviation, self.reach)
            interval = f"{self.words(low_c * deviation)}; {self.words(high_c * deviation)}"
            yield f"| {phrase(language, 'calibrated_label')} | – | {interval} |"
        if effects.raw_difference is not None:
            yield f"| {phrase(language, 'raw_difference_label')} | {self.words(effects.raw_difference)} | – |"

    def declared(self, effects: Effects, protocol: Protocol) -> Iterator[str]:
        """Yield every declared specification, subgroup and municipality."""
        labels = {s.name: s.label for s in protocol.effects.specifications}
        labels |= {s.name: s.label for s in protocol.effects.subgroups}
        parts: list[tuple[str, SpecificationEstimate | SubgroupEstimate]] = [
            *(("specification_title", row) for row in effects.breakdown.specifications),
            *(("subgroup_title", row) for row in effects.breakdown.subgroups),
            *(("column_municipality", row) for row in effects.breakdown.sites),
        ]
        for title, row in parts:
            label = labels[row.name] if row.name in labels else Text(**site_name(row.name))
            name = f"{phrase(self.language, title)}: {getattr(label, self.language)}"
            name += f" (n = {row.n_treated} / {row.n_control})"
            if isinstance(row, SubgroupEstimate) and row.q_value is not None:
                shown = number_text(self.language, row.q_value, 3)
                name += ", " + phrase(self.language, "q_value_words", value=shown)
            if row.estimate is None or row.reason is not None:
                yield self._refused(name, row.reason)
            else:
                yield self.row(name, row.estimate)

    def placebos(self, effects: Effects) -> Iterator[str]:
        """Yield placebo tests, in the placebo's own unit."""
        for placebo in effects.doubt.placebo:
            estimate = placebo.estimate
            method = phrase(self.language, "estimator." + estimate.estimator)
            name = f"{phrase(self.language, 'placebo_title')}: {placebo.covariate}, {method}"
            yield f"| {name} | {estimate.value:,.2f} | {estimate.low:,.2f}; {estimate.high:,.2f} |"

    def _refused(self, name: str, reason: str | None) -> str:
        text = Gate(reason).text
        return f"| {name} | – | {text[self.language] if text else ''} |"
