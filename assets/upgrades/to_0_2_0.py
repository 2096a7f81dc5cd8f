"""Upgrade from 0.1.0 to 0.2.0: new module names in `dagster.yaml`."""

from __future__ import annotations

import re

from assets.storage.home import Home
from assets.upgrades.step import Change, Step

MOVED_MODULES = {"pipelines.kept_connections": "pipelines.running.kept_connections"}
"""Modules named in files of 0.1.0 homes, with their new names."""


def dagster_settings(home: Home) -> list[Change]:
    """Return `dagster.yaml` with new module names and no other change."""
    path = home.dagster / "dagster.yaml"
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    new = text
    for old, now in MOVED_MODULES.items():
        new = re.sub(rf"(?m)^(\s*module:\s*[\"']?){re.escape(old)}(?=[\"']?\s*(#.*)?$)", rf"\g<1>{now}", new)
    return [] if new == text else [Change(path, "the module that keeps Dagster's databases open moved", new.encode())]


STEPS = (
    Step("0.2.0", "moved_modules", "Modules moved into folders; dagster.yaml names one of them.", dagster_settings),
)
