"""Station evidence, on paper: studies in a project's `dossier/` get their tags.

Belongs here: reading a dossier's files and keeping the tagged studies. Does
not belong here: any rule about evidence.
"""

from typing import Any

from dagster import AssetExecutionContext, Output, ResourceParam, asset

from assets.storage.home import PROJECT_ID, Home, text_of
from assets.storage.partitions import partition_of, project_quarter
from assets.storage.refusals import guarded, refusing
from assets.storage.store import Store
from assets.ui.asset_pages import markdown
from data_contracts.home_files.dossier import PaperStudy
from data_contracts.phrases import LANGUAGES, phrase
from data_contracts.reading.faults import Fault, InputRefused
from data_contracts.reading.section_reading import in_order, read_section
from models.evidence.paper_study import dossier_verdict, tag_paper_study


def paper_studies(home: Home, project: str) -> list[PaperStudy]:
    """Return the studies of a project's dossier, by file name.

    Raises
    ------
    InputRefused
        With every fault of every file.
    """
    studies: list[PaperStudy] = []
    faults: list[Fault] = []
    for path in sorted((home.projects / project / "dossier").glob("*.yaml")):
        is_named_well = PROJECT_ID.fullmatch(path.stem) is not None
        name = f"projects/{project}/dossier/{path.name if is_named_well else '(a file)'}"
        if path.is_symlink() or not path.is_file():
            faults.append(Fault("This is not a file of its own.", "Put the file itself here.", name))
            continue
        try:
            study = read_section(text_of(path, name), name, PaperStudy)
        except InputRefused as refused:
            faults += refused.faults
            continue
        if study.id != path.stem:
            faults.append(Fault("The id differs from the file's name.", "Make them equal.", name))
        studies.append(study)
    if faults:
        raise InputRefused(in_order(faults))
    return studies


def tagged_dossier(home: Home, project: str) -> list[dict[str, Any]]:
    """Return a project's studies on paper with their tags."""
    return [tag_paper_study(study, project) for study in paper_studies(home, project)]


@asset(
    name="dossier",
    key_prefix="evidence",
    group_name="evidence",
    partitions_def=project_quarter,
    description="Undersøgelser, der kun findes på papir, mærket efter samme regler · Studies that exist only on paper, tagged by the same rules.",
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
    return Output({"project": project, "studies": tagged, "together": dossier_verdict(tagged)}, metadata=metadata)


def dossier_markdown(tagged: list[dict[str, Any]], language: str) -> str:
    """Return the studies as a table, and what they say together."""
    if not tagged:
        return "–"
    heads = [phrase(language, key) for key in ("column_claim", "column_rung", "column_why_no_number")]
    lines = [f"| {' | '.join(heads)} |", "|---|---|---|"]
    for row in tagged:
        reason = "–" if row["status_reason"] is None else row["status_reason"][language]
        lines.append(f"| {row['claim'][language]} | {row['evidence']['rung_detail']} | {reason} |")
    return "\n".join([*lines, "", dossier_verdict(tagged)["text"][language]])
