"""Studies on paper: reading and grading a project's `dossier/`."""

from assets.storage.home import PROJECT_ID, Home, text_of
from data_contracts.home_files.dossier import PaperStudy
from data_contracts.reading.faults import Fault, InputRefused
from data_contracts.reading.section_reading import in_order, read_section
from data_contracts.results.paper_record import PaperRecord
from models.evidence.paper_study import tag_paper_study


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
            faults.append(
                Fault("This is a link or a folder, not a regular file.", "Replace it with the file itself.", name)
            )
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


def tagged_dossier(home: Home, project: str) -> list[PaperRecord]:
    """Return a project's studies on paper with their grades."""
    return [tag_paper_study(study, project) for study in paper_studies(home, project)]
