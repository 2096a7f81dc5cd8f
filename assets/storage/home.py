"""The user's folder: its paths, and how files are written there."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.reading import read_protocol
from data_contracts.reading.faults import Fault, InputRefused

PROJECT_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,40}")
AT_FDCWD, RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h
PRIVATE_FOLDERS = ("inbox", "restricted", "quarantine", "ledger", "keys", "dagster")


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one installation's projects, data and results."""

    root: Path

    @classmethod
    def from_environment(cls) -> Home:
        """Return the home in TRIN_HOME, or `home` below the current folder."""
        return cls(Path(os.environ.get("TRIN_HOME", "home")).resolve())

    @property
    def projects(self) -> Path:
        """Folder of projects, one folder each, with its protocol."""
        return self.root / "projects"

    @property
    def inbox(self) -> Path:
        """Drop folder, with one folder per project."""
        return self.root / "inbox"

    @property
    def restricted(self) -> Path:
        """Pseudonymised tables and results in full precision."""
        return self.root / "restricted"

    @property
    def quarantine(self) -> Path:
        """Receipts and refused rows."""
        return self.root / "quarantine"

    @property
    def published(self) -> Path:
        """Draft files and pages, after disclosure control."""
        return self.root / "published"

    @property
    def released(self) -> Path:
        """Approved releases by quarter and version; immutable."""
        return self.root / "released"

    @property
    def ledger(self) -> Path:
        """Locked plans, erasures and the ledger of releases."""
        return self.root / "ledger"

    @property
    def dagster(self) -> Path:
        """Dagster's own storage."""
        return self.root / "dagster"

    @property
    def key_location(self) -> Path:
        """File with the path of the key.

        The key itself is outside the home, except for the demo key.
        """
        return self.root / "keys" / "location.txt"

    @property
    def key_file(self) -> Path:
        """Path of the pseudonym key, from TRIN_KEY_FILE or `trin init`."""
        if "TRIN_KEY_FILE" in os.environ:
            return Path(os.environ["TRIN_KEY_FILE"])
        if self.key_location.is_file():
            try:
                return Path(self.key_location.read_text(encoding="utf-8").strip())
            except UnicodeDecodeError:
                fix = "Write the path of the key file into it, or set TRIN_KEY_FILE."
                raise InputRefused([Fault("This file is not UTF-8 text.", fix, "keys/location.txt")]) from None
        return self.root / "keys" / "pseudonym.key"

    @property
    def received(self) -> Path:
        """Rows of every received file, by project and number."""
        return self.restricted / "received"

    def prepare(self) -> None:
        """Create the folders, with private ones readable by the owner only."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        self.root.mkdir(mode=0o700, exist_ok=True)
        for path in (self.projects, self.published, self.released):
            path.mkdir(parents=True, exist_ok=True)
        for name in PRIVATE_FOLDERS:
            (self.root / name).mkdir(parents=True, exist_ok=True)
            (self.root / name).chmod(0o700)

    @property
    def exists(self) -> bool:
        """Whether `trin init` has created this home."""
        return self.projects.is_dir() and self.ledger.is_dir()

    def project_ids(self) -> list[str]:
        """Return the ids of all project folders, sorted."""
        if not self.projects.is_dir():
            return []
        return sorted(
            p.name for p in self.projects.iterdir() if PROJECT_ID.fullmatch(p.name) and (p / "project.yaml").is_file()
        )

    def protocol(self, project: str) -> Protocol:
        """Read a project's protocol.

        Raises
        ------
        InputRefused
            If the id is not allowed, there is no such project, or the protocol has faults.
        """
        if not PROJECT_ID.fullmatch(project):
            raise InputRefused(
                [
                    Fault(
                        "This is not a project id.",
                        "Ids contain only a-z, 0-9 and “-”, 2 to 41 characters.",
                        "project id",
                    )
                ]
            )
        return read_protocol_file(self.projects / project / "project.yaml", f"projects/{project}/project.yaml", project)


def read_protocol_file(path: Path, name: str, folder: str | None) -> Protocol:
    """Read a protocol file; faults refer to it by `name`."""
    return _read_once(text_of(path, name), name, folder)


@lru_cache(maxsize=64)
def _read_once(text: str, name: str, folder: str | None) -> Protocol:
    """Return a parsed protocol from a cache, since a run reads it often."""
    return read_protocol(text, name, folder)


def text_of(path: Path, name: str) -> str:
    """Return the text of a user's file; faults refer to it by `name`."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputRefused(
            [Fault("There is no such file.", "Create it; docs/reference/project-yaml.md shows how.", name)]
        ) from None
    except UnicodeDecodeError:
        raise InputRefused([Fault("The file is not UTF-8 text.", "Save it as UTF-8.", name)]) from None


def refused_by_computer(error: OSError) -> str:
    """Return the message of an I/O error without the file's name.

    The name is omitted because it may contain a person number.
    """
    what = (error.strerror or type(error).__name__).lower()
    return f"A file could not be read or written: {what}. Check free space and permissions of the home (trin doctor)."


WRITING = ".writing-"
"""Prefix of temp files; those left by a killed process are deleted (`liveness.py`)."""


def write_atomically(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file atomically: readers see the old or the new version.

    Parameters
    ----------
    mode : int
        Permissions of the new file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=WRITING)
    try:
        with os.fdopen(handle, "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # marks the temp file as in use; released with the process
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def exchange_folders(one: Path, other: Path) -> bool:
    """Swap two folders atomically, so that a reader always finds one.

    Returns
    -------
    bool
        False if the file system does not support it; then nothing has changed.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        return False
    result = library.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE)
    return bool(result == 0)


def page_of(home: Home, quarter: object, result_id: str) -> Path:
    """Return the path of a result's page in the quarter's draft."""
    return home.published / str(quarter) / "site" / "resultat" / f"{result_id}.html"


def write_json(path: Path, data: Any, mode: int = 0o600) -> None:
    """Write JSON with sorted keys, so that equal data give equal bytes."""
    write_atomically(path, json_bytes(data), mode)


def json_bytes(data: Any) -> bytes:
    """Return JSON with sorted keys."""
    return (json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def read_json(path: Path) -> Any:
    """Read JSON, or return None if there is no such file.

    Raises
    ------
    InputRefused
        If the file is damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        name = "/".join(path.parts[-3:])
        is_made_anew = "restricted" in path.parts and "ledger" not in path.parts
        fix = "Restore it from backup" + (
            ", or delete it and rerun the quarter with --again." if is_made_anew else "; it cannot be rebuilt."
        )
        raise InputRefused([Fault("The stored file is damaged: it is not valid JSON.", fix, name)]) from None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock, released when the process ends.

    A second writer waits.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)


RELEASED = "released"
