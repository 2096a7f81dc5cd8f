"""The version of the code behind a result."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOMS = ("data_contracts", "models", "assets")
SUFFIXES = (".py", ".yaml")


@cache
def code_version() -> str:
    """Return the package version and a hash of the code behind results."""
    root = Path(__file__).resolve().parent.parent.parent
    digest = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in SUFFIXES:
                digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{version('trin')}+{digest.hexdigest()[:12]}"
