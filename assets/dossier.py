"""Station evidence, on paper: tags for a project's dossier.

The studies are those in a project's `dossier/`.
"""

from typing import Any

from dagster import AssetExecutionContext, Output, ResourceParam, asset

from assets.project_files.dossier import tagged_dossier
from assets.storage.dagster_failures import guarded, refusing
from assets.storage.partitions import partition_of, project_quarter
from assets.storage.station_values import KeptDossier
from assets.storage.store import Store
from assets.ui.asset_pages import markdown
from data_contracts.phrases import LANGUAGES, phrase
from data_contracts.results.paper_record import PaperRecord
from data_contracts.results.wording import sentence
from models.evidence.paper_study import dossier_verdict


@asset(
    name="dossier",
    key_prefix="evidence",
    group_name="evidence",
    partitions_def=project_quarter,
    description="Undersøgelser, der kun findes på papir, mærket efter samme regler · Studies that exist only on paper, graded by the same rules.",
)
@guarded
def dossier(context: AssetExecutionContext, store: ResourceParam[Store]) -> Output[Any]:
    """Tag every study of the project's dossier."""
    project, _ = partition_of(context)
    with refusing():
        tagged = tagged_dossier(store.home, project)
    metadata: dict[str, Any] = {"studies": len(tagged)}
    for language in LANGUAGES:
        metadata[f"{phrase(language, 'dossier_title')} ({language})"] = markdown(dossier_markdown(tagged, language))
    return Output(KeptDossier(project, tuple(tagged), dossier_verdict(tagged)), metadata=metadata)


def dossier_markdown(tagged: list[PaperRecord], language: str) -> str:
    """Return the studies as a table, and what they say together."""
    if not tagged:
        return "–"
    heads = [phrase(language, key) for key in ("column_claim", "column_rung", "column_why_no_number")]
    lines = [f"| {' | '.join(heads)} |", "|---|---|---|"]
    for study in tagged:
        reason = "–" if study.status_says is None else sentence(study.status_says, language)
        claim = study.claim.da if language == "da" else study.claim.en
        lines.append(f"| {claim} | {study.evidence.rung_detail} | {reason} |")
    together = dossier_verdict(tagged).text
    return "\n".join([*lines, "", together.da if language == "da" else together.en])
