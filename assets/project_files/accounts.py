"""Accounts: each project's `economics.yaml` with published results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue

from assets.project_files.dossier import tagged_dossier
from assets.storage.home import Home, text_of
from data_contracts.economics.rules import first_year_of, read_economics
from data_contracts.economics.settings import EconomicsSettings
from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.faults import InputRefused
from data_contracts.results.public_record import PublicRecord
from data_contracts.results.wording import in_words
from models.detectors.registry import account_sources
from models.economics.report import account_of, findings_of
from models.values.adapter import as_data

ECONOMICS = "economics.yaml"


def economics_settings(home: Home, protocol: Protocol, folder: Path | None = None) -> EconomicsSettings | None:
    """Return a project's account settings, or None if it has none.

    Parameters
    ----------
    folder : Path or None
        The project's folder if it is outside the home.

    Raises
    ------
    InputRefused
        With every fault of the file.
    """
    path = (folder or home.projects / protocol.id) / ECONOMICS
    name = str(path) if folder is not None else f"projects/{protocol.id}/{ECONOMICS}"
    return read_economics(text_of(path, name), name, protocol) if path.is_file() else None


def accounts_of(home: Home, records: Sequence[PublicRecord]) -> list[dict[str, JsonValue]]:
    """Return the account of every project with results here.

    Parameters
    ----------
    records : sequence of PublicRecord
        Of one quarter.

    Returns
    -------
    list of dict
        As `account_of` returns them, with `project`, `project_name`, `data_note` and `error_sources`. For a file with
        faults only `refused`, which lists them.
    """
    found = []
    for project in sorted({row.project for row in records} & set(home.project_ids())):
        own = {row.outcome: row for row in records if row.project == project}
        first = as_data(next(iter(own.values())))
        shared = {name: first[name] for name in ("project", "project_name", "data_note", "quarter")}
        protocol = home.protocol(project)
        try:
            settings = economics_settings(home, protocol)
        except InputRefused as refused:
            found.append(shared | {"is_estimated": False, "refused": [str(fault) for fault in refused.faults]})
            continue
        if settings is None:
            continue
        account = account_of(settings, own, tagged_dossier(home, project), first_year_of(settings, protocol))
        sources: list[JsonValue] = [
            {"code": d.code, "state": str(d.state.value), "finding": in_words(*d.finding).model_dump()}
            for d in account_sources(findings_of(settings))
        ]
        found.append(shared | account | {"refused": [], "error_sources": sources})
    return found


def refusals_of(account: dict[str, JsonValue]) -> list[str]:
    """Return the faults for which a project's file gave no account."""
    faults = account["refused"]
    return [str(fault) for fault in faults] if isinstance(faults, list) else []
