"""Setup of a home, with or without the demo portfolio."""

from __future__ import annotations

import os
import shutil

from assets.project_files.site_settings import SITE_SETTINGS
from assets.pseudonyms.keys import create_key
from assets.storage.home import Home, write_atomically, write_json
from assets.upgrades.home_version import record_new
from data_contracts.home_files.site_settings import EMPTY_FILE
from data_contracts.protocol.protocol import Protocol
from pipelines.running.instance import prepare_instance

AN_HOUR = 3600.0


def set_up(home: Home, *, demo: bool) -> list[str]:
    """Create folders, key and settings, and optionally the demo projects.

    Returns
    -------
    list of str
        Demo projects that were added; existing files are left unchanged.
    """
    home.prepare()
    record_new(home)
    create_key(home, demo=demo)
    prepare_instance(home)
    settings = home.root / SITE_SETTINGS
    if not settings.exists():
        write_atomically(settings, EMPTY_FILE.encode(), 0o644)
    write_json(home.projects / "project.schema.json", Protocol.model_json_schema(), 0o644)
    return _add_portfolio(home) if demo else []


def _add_portfolio(home: Home) -> list[str]:
    from projects.portfolio import PORTFOLIO, protocol_folder

    added = []
    for project, write_deliveries in PORTFOLIO.items():
        target = home.projects / project / "project.yaml"
        if target.exists():
            continue
        # Deliveries are written beside the inbox and moved in atomically, so that a killed init leaves no partial ones.
        making = home.root / f".making-{project}"
        shutil.rmtree(making, ignore_errors=True)
        write_deliveries(making)
        # Files moved in atomically need no waiting period.
        for path in making.iterdir():
            os.utime(path, (path.stat().st_mtime - AN_HOUR,) * 2)
        inbox = home.inbox / project
        if inbox.exists():
            shutil.rmtree(making)
        else:
            making.rename(inbox)
        for path in sorted(protocol_folder(project).rglob("*.yaml"), key=lambda p: p.name == "project.yaml"):
            copy = target.parent / path.relative_to(protocol_folder(project))
            copy.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(copy, path.read_bytes(), 0o644)
        added.append(project)
    return added
