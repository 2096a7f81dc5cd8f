"""Station evidence: rung, error sources and claims of every effect."""

import hashlib
from typing import Any

import pandas as pd
from dagster import AssetExecutionContext, AssetIn, MetadataValue, Output, ResourceParam, asset

from assets.intake.delivery_log import unmark_stale
from assets.project_files.judgements import signed_answers
from assets.storage.code_version import code_version
from assets.storage.dagster_failures import guarded, refusing
from assets.storage.home import page_of
from assets.storage.partitions import partition_of, project_quarter
from assets.storage.station_values import KeptCohort, KeptComparison, KeptEffects
from assets.storage.store import Store
from assets.ui.asset_pages import PICTURE_LANGUAGE, markdown, picture
from dashboards.charts.results import estimates_chart, tipping_chart
from dashboards.pages.parts import measures_markdown
from dashboards.words.explanation import explanation
from dashboards.words.summary import result_line, result_markdown
from data_contracts.phrases import LANGUAGES, bilingual, phrase
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.table_contract import compile_contract
from data_contracts.tables.declared import TABLES
from models.evaluate import tag_effects
from models.evidence.findings import Circumstances
from models.evidence.record import Provenance


def _provenance(protocol: Protocol, inputs: dict[str, str]) -> Provenance:
    joined = "".join(f"{name}:{inputs[name]};" for name in sorted(inputs))
    return Provenance(
        code_version=code_version(),
        contract_versions={
            table: compile_contract(table, protocol).version
            for table in TABLES
            if any(delivery.table == table for delivery in protocol.deliveries)
        },
        protocol_sha256=protocol.sha256,
        input_sha256=hashlib.sha256(joined.encode()).hexdigest(),
        seed=protocol.seed,
    )


def _dose_missing(attrition: KeptCohort, protocol: Protocol) -> float | None:
    """Return the share of delivered participants without a recorded dose.

    None where the protocol names no dose.
    """
    delivered = attrition.steps[0].treated if attrition.steps else 0
    if protocol.intervention.dose is None or not delivered:
        return None
    known = next(row.known_count for row in attrition.intake if row.covariate == protocol.intervention.dose)
    return float(1 - known / delivered)


@asset(
    name="records",
    key_prefix="evidence",
    group_name="evidence",
    partitions_def=project_quarter,
    ins={
        "attrition": AssetIn(["cohort", "attrition"]),
        "groups": AssetIn(["comparison", "groups"]),
        "pairs": AssetIn(["comparison", "pairs"]),
        "diagnostics": AssetIn(["comparison", "diagnostics"]),
        "estimates": AssetIn(["effects", "estimates"]),
    },
    description="Resultatet med sit trin, sine fejlkilder og hvad det kan bruges til · The result with its rung, its error sources and the claims it supports.",
)
@guarded
def records(
    context: AssetExecutionContext,
    store: ResourceParam[Store],
    attrition: KeptCohort,
    groups: pd.DataFrame,
    pairs: pd.DataFrame,
    diagnostics: KeptComparison,
    estimates: KeptEffects,
) -> Output[Any]:
    """Tag every effect."""
    project, quarter = partition_of(context)
    with refusing():
        protocol = store.home.protocol(project)
        signed = signed_answers(store.home, protocol)
    inputs = attrition.input_sha256 | diagnostics.input_sha256 | estimates.input_sha256
    provenance = _provenance(protocol, inputs)
    around = Circumstances(
        quarter,
        estimates.lock,
        estimates.has_other_primary_outcome,
        attrition.steps,
        _dose_missing(attrition, protocol),
    )
    tagged = tag_effects(
        protocol,
        diagnostics.of_people(groups, pairs),
        estimates.effects,
        cohort_is_dated=attrition.covariates_dated_before_index,
        around=around,
        provenance=provenance,
        signed=signed,
    )
    metadata: dict[str, Any] = {}
    for row in (record.model_dump(mode="json") for record in tagged):
        for language in LANGUAGES:
            metadata[f"{row['outcome']}: {phrase(language, 'in_short')}"] = result_line(row, language)
            told = "\n".join([result_markdown(row, language), *measures_markdown(row, language)])
            metadata[f"{row['outcome']} ({language})"] = markdown(told)
            explained = explanation(row, language).replace("```", "'''")
            metadata[f"{row['outcome']}, explain ({language})"] = markdown(f"```text\n{explained}\n```")
        if row["status"] == "estimated":
            title = " · ".join(bilingual("chart_tipping_title").values())
            metadata[f"{row['outcome']}, figur · figure"] = picture(estimates_chart(row, PICTURE_LANGUAGE))
            metadata[f"{row['outcome']}, {title}"] = picture(tipping_chart(row, PICTURE_LANGUAGE))
    first = next(record for record in tagged if record.primary)
    metadata |= {
        "rung": first.evidence.rung_detail,
        "certainty": first.evidence.certainty,
        "verdict": first.claims.verdict,
        "page": MetadataValue.path(str(page_of(store.home, quarter, first.result_id))),
    }
    if first.estimate is not None:
        metadata |= {
            "estimate": first.estimate,
            "interval_low": first.interval_low,
            "interval_high": first.interval_high,
        }
    unmark_stale(store.home, project, str(quarter))
    return Output(tagged, metadata=metadata)
