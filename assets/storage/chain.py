"""A hash chain of lines, which shows changed, missing or added lines.

A second file stores the last line's number and hash, so that lines missing at the end show too. A user who can write
both can forge a chain; as protection the head is also stored elsewhere, in each release and in people's own notes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from assets.storage.home import locked, read_json, write_atomically, write_json
from data_contracts.reading.faults import Fault, InputRefused

START = "0" * 64
HEAD = ".head"
LONGEST_LINE = 65_536
"""Chunk size in bytes for reading a long chain backwards."""


def line_of(row: Mapping[str, object]) -> bytes:
    """Return a row as the bytes that are hashed."""
    return json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def digest_of(row: Mapping[str, object]) -> str:
    """Return the hash of a row."""
    return hashlib.sha256(line_of(row)).hexdigest()


def append(path: Path, rows: Sequence[Mapping[str, object]]) -> str:
    """Append rows, all or none; return the new head.

    Parameters
    ----------
    rows : sequence of dict
        Without `number`, `previous` and `sha256`, which are added.

    Raises
    ------
    InputRefused
        If the existing chain is broken, because nothing may be appended to it.
    """
    with locked(path.with_suffix(".lock")):
        known, faults = read(path)
        if faults:
            fix = "Nothing was appended. Restore the file from backup, and check what else was changed."
            raise InputRefused([Fault(what, fix, path.name) for what in faults])
        lines = path.read_bytes() if path.is_file() else b""
        head = head_of(known)
        for number, row in enumerate(rows, start=len(known) + 1):
            whole = dict(row) | {"number": number, "previous": head}
            head = hashlib.sha256(line_of(whole)).hexdigest()
            lines += line_of(whole | {"sha256": head}) + b"\n"
        write_atomically(path, lines, 0o600)
        # If killed here, the recorded head is of an earlier line, which must still exist.
        write_json(path.with_suffix(HEAD), {"number": len(known) + len(rows), "sha256": head})
    return head


def head_of(rows: Sequence[Mapping[str, object]]) -> str:
    """Return the hash of the last row, or of the empty chain."""
    return str(rows[-1]["sha256"]) if rows else START


def read(path: Path) -> tuple[list[dict[str, JsonValue]], list[str]]:
    """Read a chain.

    Returns
    -------
    rows : list of dict
        The readable rows.
    faults : list of str
        Mismatches with their line number; empty if nothing was changed.
    """
    rows: list[dict[str, JsonValue]] = []
    faults: list[str] = []
    content = path.read_bytes() if path.is_file() else b""
    if content and not content.endswith(b"\n"):
        faults.append("The last line is truncated.")
    head: JsonValue = START
    for number, line in enumerate(content.split(b"\n")[: content.count(b"\n")], start=1):
        row = _row(line)
        if row is None:
            faults.append(f"Line {number} was changed.")
            head = None
            continue
        if row.get("number") != number or head not in (None, row.get("previous")):
            faults.append(f"Line {number} does not follow the line before it: lines are missing, added or moved.")
        rows.append(row)
        head = row["sha256"]
    return rows, faults + _head_faults(path.with_suffix(HEAD), rows)


def _head_faults(path: Path, rows: list[dict[str, JsonValue]]) -> list[str]:
    """Return mismatches between the lines and the recorded head."""
    try:
        kept = read_json(path)
    except InputRefused:
        kept = {}
    if kept is None:
        return [f"{path.name} is missing, so lines at the end may be missing too."] if rows else []
    if not isinstance(kept, dict) or not {"number", "sha256"} <= set(kept):
        return [f"{path.name} was changed."]
    if not any((r.get("number"), r["sha256"]) == (kept["number"], kept["sha256"]) for r in rows):
        return [f"Line {str(kept['number'])[:12]}, which was the last, is missing or was changed."]
    return []


def _row(line: bytes) -> dict[str, JsonValue] | None:
    """Return a line's row if its hash is valid, or None."""
    try:
        row = json.loads(line)
        if not isinstance(row, dict) or line_of(row) != line or "sha256" not in row:
            return None
    except (ValueError, RecursionError):
        return None
    content = {name: value for name, value in row.items() if name != "sha256"}
    return row if hashlib.sha256(line_of(content)).hexdigest() == row["sha256"] else None


def append_quickly(path: Path, rows: Sequence[Mapping[str, object]]) -> str:
    """Append rows to a long chain by reading only its end; return the head.

    A partial line left by a killed process is truncated first, because it was never acknowledged.

    Parameters
    ----------
    rows : sequence of dict
        As for `append`.

    Raises
    ------
    InputRefused
        If the end of the chain does not match the recorded head.
    """
    with locked(path.with_suffix(".lock")):
        last = _cut_to_whole_lines(path)
        kept = read_json(path.with_suffix(HEAD))
        number, head = (0, START) if last is None else (int(str(last["number"])), str(last["sha256"]))
        is_head = isinstance(kept, dict) and isinstance(kept.get("number"), int)
        if (last is None) != (kept is None) or (kept is not None and (not is_head or kept["number"] > number)):
            fix = "Nothing was appended. Restore the file from backup, and check what else was changed."
            raise InputRefused([Fault("The end of this chain does not match its recorded head.", fix, path.name)])
        added = b""
        for row in rows:
            number += 1
            whole = dict(row) | {"number": number, "previous": head}
            head = hashlib.sha256(line_of(whole)).hexdigest()
            added += line_of(whole | {"sha256": head}) + b"\n"
        with path.open("ab") as file:
            file.write(added)
            file.flush()
            os.fsync(file.fileno())
        write_json(path.with_suffix(HEAD), {"number": number, "sha256": head})
    return head


def _cut_to_whole_lines(path: Path) -> dict[str, JsonValue] | None:
    """Truncate a partial last line; return the last whole row, or None."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    with path.open("r+b") as file:
        size = end = file.seek(0, os.SEEK_END)
        tail = b""
        while end and tail.count(b"\n") < 2:
            step = min(end, LONGEST_LINE)
            end -= step
            file.seek(end)
            tail = file.read(step) + tail
        whole = tail[: tail.rfind(b"\n") + 1]
        if len(whole) != len(tail):
            file.truncate(size - len(tail) + len(whole))
            file.flush()
            os.fsync(file.fileno())
    lines = whole.split(b"\n")
    row = _row(lines[-2]) if len(lines) > 1 else None
    if whole and row is None:
        fix = "Nothing was appended. Restore the file from backup, and check what else was changed."
        raise InputRefused([Fault("The last line was changed.", fix, path.name)])
    return row
