"""Effects as data and back again."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from models.designs.registry import OWN_FINDINGS
from models.doubt.hidden_bias import Benchmark, HiddenBias
from models.doubt.negative_controls import SystematicError
from models.values.comparison import Gate
from models.values.design_findings import (
    DesignFindings,
    JudgementFindings,
    PanelFindings,
    RateFindings,
    SynthesisFindings,
    TrialFindings,
)
from models.values.effects import (
    Effects,
    Fifth,
    Measure,
    Part,
    PlaceboEstimate,
    SpecificationEstimate,
    SubgroupEstimate,
)
from models.values.estimates import Estimate, RiskRatio

PLAIN_FIELDS = (
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
    "kind",
)
BOUNDS = ("lee_bounds", "manski_bounds", "dominance")


def _estimate_record(estimate: Estimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    fields = asdict(estimate)
    fields.pop("influence")
    return fields | {name: _known(fields[name]) for name in ("treated_value", "control_value")}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _estimate_from(fields: dict[str, Any]) -> Estimate:
    ratio = fields["risk_ratio"]
    values = {n: math.nan if fields[n] is None else fields[n] for n in ("treated_value", "control_value")}
    return Estimate(
        **fields | values | {"risk_ratio": None if ratio is None else RiskRatio(**ratio)}, influence=np.empty(0)
    )


def _maybe_estimate(fields: dict[str, Any] | None) -> Estimate | None:
    return None if fields is None else _estimate_from(fields)


def _bounds_from(bounds: list[float] | None) -> tuple[float, float] | None:
    return None if bounds is None else (bounds[0], bounds[1])


def effects_record(effects: Effects) -> dict[str, Any]:
    """Return the effects of one outcome as data; influence values stay behind."""
    fields = {name: getattr(effects, name) for name in PLAIN_FIELDS}
    fields["gate_reason"] = effects.gate.reason
    for name in BOUNDS:
        bounds = getattr(effects, name)
        fields[name] = None if bounds is None else list(bounds)
    for name in ("hidden_bias", "benchmark", "systematic_error"):
        value = getattr(effects, name)
        fields[name] = None if value is None else asdict(value)
    fields["primary"] = _estimate_record(effects.primary)
    fields["alternatives"] = [_estimate_record(e) for e in effects.alternatives]
    fields["not_computed"] = [list(row) for row in effects.not_computed]
    fields["placebo"] = [
        {"covariate": p.covariate, "deviation": p.deviation, "estimate": _estimate_record(p.estimate)}
        for p in effects.placebo
    ]
    for name in ("specifications", "subgroups", "sites"):
        fields[name] = [asdict(row) | {"estimate": _estimate_record(row.estimate)} for row in getattr(effects, name)]
    fields["measures"] = [asdict(measure) for measure in effects.measures]
    fields["parts"] = [asdict(part) for part in effects.parts]
    fields["texts"] = list(effects.texts)
    fields["fifths"] = [asdict(row) for row in effects.fifths]
    fields["places"] = [list(row) for row in effects.places]
    fields["design"] = _design_record(effects.design)
    return fields


FINDINGS: dict[str, Any] = {
    "synthesis": SynthesisFindings,
    "trial": TrialFindings,
    "panel": PanelFindings,
    "rate": RateFindings,
    "judgement": JudgementFindings,
}


def _design_record(design: DesignFindings) -> dict[str, Any]:
    fields = asdict(design)
    own = fields.pop("own")
    if own is None:
        return fields
    name = next(name for name, kind in OWN_FINDINGS.items() if isinstance(design.own, kind))
    return fields | {"own": {name: own}}


def _design_from(fields: dict[str, Any]) -> DesignFindings:
    shared = {name: kind(**fields[name]) for name, kind in FINDINGS.items() if fields[name] is not None}
    own = [OWN_FINDINGS[name](**row) for name, row in fields.get("own", {}).items()]
    return DesignFindings(**shared, own=own[0] if own else None)


def _parts_from(rows: list[dict[str, Any]]) -> tuple[SubgroupEstimate, ...]:
    return tuple(SubgroupEstimate(**row | {"estimate": _maybe_estimate(row["estimate"])}) for row in rows)


def effects_from(record: dict[str, Any]) -> Effects:
    """Read effects back from their record."""
    bias, benchmark, systematic = (record[name] for name in ("hidden_bias", "benchmark", "systematic_error"))
    return Effects(
        **{name: record[name] for name in PLAIN_FIELDS},
        lee_bounds=_bounds_from(record["lee_bounds"]),
        dominance=_bounds_from(record["dominance"]),
        manski_bounds=_bounds_from(record["manski_bounds"]),
        gate=Gate(record["gate_reason"]),
        primary=_maybe_estimate(record["primary"]),
        alternatives=tuple(_estimate_from(e) for e in record["alternatives"]),
        not_computed=tuple((name, reason) for name, reason in record["not_computed"]),
        placebo=tuple(
            PlaceboEstimate(row["covariate"], _estimate_from(row["estimate"]), row["deviation"])
            for row in record["placebo"]
        ),
        specifications=tuple(
            SpecificationEstimate(**row | {"estimate": _maybe_estimate(row["estimate"])})
            for row in record["specifications"]
        ),
        subgroups=_parts_from(record["subgroups"]),
        sites=_parts_from(record["sites"]),
        fifths=tuple(Fifth(**row) for row in record["fifths"]),
        places=tuple((code, count) for code, count in record["places"]),
        systematic_error=None if systematic is None else SystematicError(**systematic),
        hidden_bias=None if bias is None else HiddenBias(**bias),
        benchmark=None if benchmark is None else Benchmark(**benchmark),
        measures=tuple(Measure(**row) for row in record["measures"]),
        parts=tuple(Part(**row) for row in record["parts"]),
        texts=tuple(record["texts"]),
        design=_design_from(record["design"]),
    )
