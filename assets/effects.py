"""Station effects: outcomes are read here for the first time.

Belongs here: joining outcomes through the gate, and keeping every estimate.
Does not belong here: estimators, and the judgement of what they gave.
"""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from dagster import AssetExecutionContext, AssetIn, MetadataValue, Output, ResourceParam, asset

from assets.comparison import comparison_from
from assets.intake.delivery import accepted_rows, content_sha256
from assets.ledger import lock_protocol
from assets.partitions import partition_of, project_quarter
from assets.refusals import guarded, refusing
from assets.store import Store
from data_contracts.phrases import LANGUAGES, difference_text, phrase
from data_contracts.protocol import Outcome, Protocol
from data_contracts.table_contract import compile_contract
from models.comparison import Gate
from models.designs.interface import Effects, PlaceboEstimate
from models.designs.registry import DESIGNS
from models.estimates import Estimate
from models.hidden_bias import HiddenBias
from models.outcomes import outcome_values


def _estimate_record(estimate: Estimate) -> dict[str, Any]:
    fields = asdict(estimate)
    fields.pop("influence")
    return fields


def _estimate_from(fields: dict[str, Any]) -> Estimate:
    return Estimate(**fields, influence=np.empty(0))


def effects_record(effects: Effects) -> dict[str, Any]:
    """Return the effects of one outcome as data; influence values stay behind."""
    fields = {
        name: getattr(effects, name)
        for name in (
            "outcome",
            "n_treated",
            "n_control",
            "raw_difference",
            "missing_treated_share",
            "missing_control_share",
            "fewest_unlike_others",
            "outcome_deviation",
            "predicted_shift",
            "predicted_shift_error",
        )
    }
    fields["gate_reason"] = effects.gate.reason
    fields["hidden_bias"] = None if effects.hidden_bias is None else asdict(effects.hidden_bias)
    fields["primary"] = None if effects.primary is None else _estimate_record(effects.primary)
    fields["alternatives"] = [_estimate_record(e) for e in effects.alternatives]
    fields["placebo"] = [{"covariate": p.covariate, **_estimate_record(p.estimate)} for p in effects.placebo]
    return fields


def effects_from(record: dict[str, Any]) -> Effects:
    """Read effects back from their record."""
    fields = dict(record)
    primary = fields.pop("primary")
    bias = fields.pop("hidden_bias")
    placebo = []
    for row in fields.pop("placebo"):
        row = dict(row)
        placebo.append(PlaceboEstimate(row.pop("covariate"), _estimate_from(row)))
    return Effects(
        gate=Gate(fields.pop("gate_reason")),
        primary=None if primary is None else _estimate_from(primary),
        alternatives=tuple(_estimate_from(e) for e in fields.pop("alternatives")),
        placebo=tuple(placebo),
        hidden_bias=None if bias is None else HiddenBias(**bias),
        **fields,
    )


@asset(
    name="estimates",
    key_prefix="effects",
    group_name="effects",
    partitions_def=project_quarter,
    ins={
        "groups": AssetIn(["comparison", "groups"]),
        "diagnostics": AssetIn(["comparison", "diagnostics"]),
        "outcomes": AssetIn(["deliveries", "outcomes"]),
    },
    description="Virkning for deltagerne, eller hvorfor den ikke kan beregnes · The effect on participants, or why it cannot be estimated.",
)
@guarded
def estimates(
    context: AssetExecutionContext,
    store: ResourceParam[Store],
    groups: pd.DataFrame,
    diagnostics: dict[str, Any],
    outcomes: pd.DataFrame,
) -> Output[Any]:
    """Estimate every declared outcome in every declared way."""
    project, _ = partition_of(context)
    with refusing():
        protocol = store.home.protocol(project)
        lock = lock_protocol(store.home, project, protocol.plan_sha256)
    comparison = comparison_from(groups, diagnostics)
    measurements = accepted_rows(outcomes, compile_contract("outcomes", protocol))
    design = DESIGNS[protocol.design]
    found = [
        design.estimate(comparison, outcome_values(comparison.people, measurements, outcome), outcome, protocol)
        for outcome in protocol.outcomes
    ]
    record = {
        "effects": [effects_record(e) for e in found],
        "protocol_sha256": protocol.sha256,
        "lock": asdict(lock),
        "input_sha256": {"outcomes": content_sha256(measurements)},
    }
    metadata = {
        f"{outcome.name} ({language})": MetadataValue.md(effects_markdown(effects, outcome, protocol, language))
        for outcome, effects in zip(protocol.outcomes, found, strict=True)
        for language in LANGUAGES
    }
    return Output(record, metadata=metadata)


def effects_markdown(effects: Effects, outcome: Outcome, protocol: Protocol, language: str) -> str:
    """Return estimates as a table, the raw difference named as what it is."""
    gate = effects.gate.text
    if effects.primary is None:
        return f"**{phrase(language, 'not_estimable')}**: {gate[language] if gate else ''}"
    unit = getattr(outcome.unit, language) if outcome.unit else ""
    decimals = 1 if outcome.type == "binary" else 2

    def words(value: float) -> str:
        return difference_text(language, value, outcome.type, unit, decimals)

    head = [phrase(language, key) for key in ("column_estimator", "table_difference", "column_interval")]
    lines = [f"| {' | '.join(head)} |", "|---|---|---|"]
    for i, estimate in enumerate((effects.primary, *effects.alternatives)):
        mark = "**" if i == 0 else ""
        name = phrase(language, f"estimator_{estimate.estimator}")
        lines.append(
            f"| {mark}{name}{mark} | {mark}{words(estimate.value)}{mark} | {words(estimate.low)}; {words(estimate.high)} |"
        )
    if effects.raw_difference is not None:
        lines.append(f"| {phrase(language, 'raw_difference_label')} | {words(effects.raw_difference)} | – |")
    for placebo in effects.placebo:
        name = f"{phrase(language, 'placebo_title')}: {placebo.covariate}, {phrase(language, 'estimator_' + placebo.estimate.estimator)}"
        lines.append(
            f"| {name} | {placebo.estimate.value:,.2f} | {placebo.estimate.low:,.2f}; {placebo.estimate.high:,.2f} |"
        )
    lines += ["", f"n = {effects.n_treated} / {effects.n_control}"]
    return "\n".join(lines)
