"""What differs between the records of two homes, leaf by leaf: `python -m tests.homes.compare_records OLD NEW`.

Both are read through today's models, so that records of version 1 are compared by their values and sentences. Versions
of code are left out, and so are the statements behind the sentences, which version 1 did not store.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_contracts.results.result_record import ResultRecord

RECORDS = (
    "restricted/evidence/records/*/*.json",
    "restricted/synthesis/portfolio/all/*.json",
    "restricted/results/*/results.json",
    "published/*/results.json",
)
VERSIONS = ("code_version", "record_version", "ruleset_version")


def leaves(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield every place at which two JSON values differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            if key not in VERSIONS and not key.endswith("_says"):
                yield from leaves(old.get(key), new.get(key), f"{path}/{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for i, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from leaves(one, other, f"{path}/{i}")
    elif old != new:
        yield path, old, new


def read(path: Path) -> list[dict[str, Any]]:
    """Return a file's records as today's code reads them."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [ResultRecord.model_validate(row).model_dump(mode="json") for row in rows]


def differences(old: Path, new: Path) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield file, place and both values of everything that differs between two homes."""
    for pattern in RECORDS:
        for path in sorted(old.glob(pattern)):
            name = path.relative_to(old)
            if not (new / name).is_file():
                yield str(name), "", "a file", "no file"
                continue
            for place, one, other in leaves(read(path), read(new / name)):
                yield str(name), place, one, other


def main() -> None:
    """Print one line per difference; exit with 1 if there is any."""
    found = list(differences(Path(sys.argv[1]), Path(sys.argv[2])))
    for name, place, one, other in found:
        print(f"{name} {place}\n  - {one}\n  + {other}")
    print(f"{len(found)} differences")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
