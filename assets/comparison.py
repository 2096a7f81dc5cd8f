"""Station comparison: what participants are compared with."""

from math import isfinite
from typing import Any

import pandas as pd
from dagster import AssetExecutionContext, AssetIn, AssetOut, MetadataValue, Output, ResourceParam, multi_asset

from assets.storage.dagster_failures import guarded, refusing
from assets.storage.partitions import partition_of, project_quarter
from assets.storage.rows import accepted_rows, content_sha256
from assets.storage.station_values import KeptCohort, KeptComparison
from assets.storage.store import Store
from assets.ui.asset_pages import PICTURE_LANGUAGE, markdown, picture
from dashboards.charts.results import balance_chart, overlap_chart
from data_contracts.phrases import LANGUAGES, bilingual, phrase
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.table_contract import compile_contract
from data_contracts.tables.declared import tables_read_by
from models.evaluate import make_comparison
from models.people.cohort import Cohort
from models.values.comparison import BalanceLine, Comparison

COMPARED_TABLES = tables_read_by("comparison")
"""What a comparison may read beside its people; none of them holds an outcome of the project's own participants."""


@multi_asset(
    name="comparison",
    group_name="comparison",
    partitions_def=project_quarter,
    ins={
        "people": AssetIn(["cohort", "people"]),
        "attrition": AssetIn(["cohort", "attrition"]),
        **{table: AssetIn(["deliveries", table]) for table in COMPARED_TABLES},
    },
    outs={
        "groups": AssetOut(
            key=["comparison", "groups"],
            description="Hvem sammenlignes med hvem · Who is compared with whom: scores, weights and matched sets. No outcomes.",
        ),
        "pairs": AssetOut(
            key=["comparison", "pairs"],
            description="Hvem er matchet med hvem · Who is matched with whom: pairs of rows, with their distance.",
        ),
        "diagnostics": AssetOut(
            key=["comparison", "diagnostics"],
            description="Ligner grupperne hinanden? · Are the groups alike? Balance, overlap and the gate.",
        ),
    },
)
@guarded
def comparison(
    context: AssetExecutionContext,
    store: ResourceParam[Store],
    people: pd.DataFrame,
    attrition: KeptCohort,
    **delivered: pd.DataFrame,
) -> Any:
    """Make the comparison by the protocol's design."""
    project, _ = partition_of(context)
    with refusing():
        protocol = store.home.protocol(project)
    tables = {name: accepted_rows(rows, compile_contract(name, protocol)) for name, rows in delivered.items()}
    cohort = Cohort(people, (), attrition.covariates_dated_before_index)
    made = make_comparison(protocol, cohort, tables)
    hashes = {name: content_sha256(rows) for name, rows in tables.items() if len(rows)}
    yield Output(made.people, "groups", metadata={"dagster/row_count": len(made.people), **_overlap_pictures(made)})
    yield Output(made.pairs, "pairs", metadata={"dagster/row_count": len(made.pairs)})
    yield Output(KeptComparison.of(made, hashes), "diagnostics", metadata=_metadata(made, protocol))


def _overlap_pictures(made: Comparison) -> dict[str, Any]:
    if not made.balance:
        return {}
    logit = made.people["propensity_logit"].to_numpy(dtype=float)
    treated = made.people["treated"].to_numpy(dtype=bool)
    return {"overlap": picture(overlap_chart(logit, treated, PICTURE_LANGUAGE))}


def _metadata(made: Comparison, protocol: Protocol) -> dict[str, Any]:
    d = made.diagnostics
    metadata: dict[str, Any] = {
        "gate": "open" if made.gate.text is None else made.gate.text["da"] + " · " + made.gate.text["en"],
        "estimand": made.estimand,
        "n_compared_treated": d.n_compared_treated,
        "n_compared_control": d.n_compared_control,
        "effective_sample_size": round(d.effective_controls, 1),
    }
    for name in (
        "max_smd_before",
        "max_smd_after",
        "imbalance_p",
        "balance_power",
        "overlap_share",
        "propensity_auc",
        "detectable_smd",
    ):
        value = getattr(d, name)
        if value is not None:
            metadata[name] = round(value, 3)
    for reason, treated, pool in d.left_out:
        metadata[f"left out: {reason}"] = f"{treated} / {pool}"
    if d.columns_left_out:
        metadata["columns_left_out"] = ", ".join(f"{name} ({why})" for name, why in d.columns_left_out)
    if made.balance:
        rows = [
            {
                "label": _label(line, protocol, PICTURE_LANGUAGE),
                "smd_before": line.smd_before,
                "smd_after": line.smd_after,
            }
            for line in made.balance
            if line.kind == "covariate"
        ]
        title = " · ".join(bilingual("chart_balance_title").values())
        metadata[title] = picture(balance_chart(rows, PICTURE_LANGUAGE))
        for language in LANGUAGES:
            metadata[f"{phrase(language, 'balance_table')} ({language})"] = markdown(
                balance_markdown(made, protocol, language)
            )
    return {key: MetadataValue.text(value) if isinstance(value, str) else value for key, value in metadata.items()}


def balance_markdown(made: Comparison, protocol: Protocol, language: str) -> str:
    """Return the balance of every column before and after.

    Squares of columns and the score are included.
    """
    words = [phrase(language, key) for key in ("column_covariate", "column_smd", "column_variance_ratio", "column_ks")]
    lines = [f"| {' | '.join(words)} |", "|---|---|---|---|"]

    def both(before: float | None, after: float | None) -> str:
        shown = ["–" if v is None or not isfinite(v) else f"{v:.2f}" for v in (before, after)]
        return " → ".join(shown)

    for line in made.balance:
        label = phrase(language, "propensity_score") if line.kind == "score" else _label(line, protocol, language)
        cells = (
            label + ("²" if line.kind == "square" else ""),
            both(line.smd_before, line.smd_after),
            both(line.variance_ratio_before, line.variance_ratio_after),
            both(line.ks_before, line.ks_after),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _label(line: BalanceLine, protocol: Protocol, language: str) -> str:
    label: str = getattr(protocol.covariate(line.covariate).label, language)
    level = line.column.partition("=")[2]
    return f"{label}: {level}" if level else label
