"""An example account: what I Gang declares, with example results."""

from __future__ import annotations

from typing import Any

from data_contracts.economics.rules import read_economics
from data_contracts.home_files.dossier import PaperStudy
from data_contracts.protocol.reading import read_protocol
from data_contracts.reading.section_reading import read_section
from data_contracts.results.statements import Bilingual
from data_contracts.results.wording import in_words
from models.detectors.registry import account_sources
from models.economics.report import account_of, findings_of
from models.evidence.paper_study import tag_paper_study
from tests.support.example_record import example_record
from tests.support.places import ROOT

FOLDER = ROOT / "projects" / "i-gang"
SOURCE = FOLDER / "dossier" / "cebr-2010.yaml"
CLAIM = tag_paper_study(read_section(SOURCE.read_text(encoding="utf-8"), SOURCE.name, PaperStudy), "p").model_copy(
    update={
        "project_name": Bilingual(da="Rapporten", en="The report"),
        "claim": Bilingual(da="Samfundet sparer 160.000 kr.", en="Society saves DKK 160,000."),
    }
)


def example_account(**changes: Any) -> dict[str, Any]:
    """Return the account of project `p`; keywords replace record fields.

    Its outcome `o` represents both outcomes of I Gang.
    """
    protocol = read_protocol((FOLDER / "project.yaml").read_text(encoding="utf-8"))
    settings = read_economics((FOLDER / "economics.yaml").read_text(encoding="utf-8"), "economics.yaml", protocol)
    record = example_record(rounded_to=0.01, **changes)
    records = {
        row.outcome: record.model_copy(update={"primary": row.outcome == "in_work_or_education"})
        for row in settings.consequences
    }
    made: Any = account_of(settings, records, [CLAIM])
    for row in made.get("effects", ()):
        row["outcome"] = "o"
    if made["is_estimated"]:
        made["outcome"] = "o"
    sources = [
        {"code": d.code, "state": str(d.state.value), "finding": in_words(*d.finding).model_dump()}
        for d in account_sources(findings_of(settings))
    ]
    shared = {
        "project": "p",
        "project_name": {"da": "Projekt", "en": "Project"},
        "data_note": "synthetic",
        "quarter": "2026Q3",
    }
    return shared | made | {"refused": [], "error_sources": sources}
