"""One measured process at a time, with a limit on time and memory.

Only the standard library is imported: a child inherits its parent's memory peak.
"""

from __future__ import annotations

import asyncio
import json
import resource
import time
from asyncio.subprocess import PIPE
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST_SECONDS = 300
MOST_MEMORY_GB = 16
ROOT = Path(__file__).parent.parent.parent
NOT_INSTALLED = "not installed"
MISSING = ("No module named", "there is no package called", "Error while finding module")
OUT_OF_MEMORY = ("MemoryError", "Unable to allocate", "cannot allocate", "could not allocate", "bad_alloc")


@dataclass(frozen=True)
class Answer:
    """The cost and the output of a process.

    Attributes
    ----------
    wall, processor : float
        Seconds from start to end, including start-up and imports.
    told : dict
        The last line it printed; empty if it failed.
    failure : str
        Why there is no answer; empty if there is one.
    """

    wall: float
    processor: float
    told: dict[str, Any] = field(default_factory=dict)
    failure: str = ""


def ask(*command: str) -> Answer:
    """Run a command from the repository root; read its last line as JSON."""
    return asyncio.run(_ask(command))


async def _ask(command: tuple[str, ...]) -> Answer:
    begun, busy = time.perf_counter(), _children()
    try:
        process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, cwd=ROOT)
    except FileNotFoundError:
        return Answer(0.0, 0.0, failure=NOT_INSTALLED)
    most = int(MOST_MEMORY_GB * 1e9)
    resource.prlimit(process.pid, resource.RLIMIT_AS, (most, most))
    try:
        out, errors = await asyncio.wait_for(process.communicate(), MOST_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return Answer(time.perf_counter() - begun, _children() - busy, failure=f"more than {MOST_SECONDS} s")
    wall, processor = time.perf_counter() - begun, _children() - busy
    if process.returncode:
        return Answer(wall, processor, failure=_reason(errors.decode(errors="replace")))
    return Answer(wall, processor, json.loads(out.decode().strip().splitlines()[-1]))


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _reason(errors: str) -> str:
    if any(sign in errors for sign in OUT_OF_MEMORY):
        return f"more than {MOST_MEMORY_GB} GB"
    if any(sign in errors for sign in MISSING):
        return NOT_INSTALLED
    return f"failed: {(errors.strip().splitlines() or ['without a word'])[-1][:120]}"
