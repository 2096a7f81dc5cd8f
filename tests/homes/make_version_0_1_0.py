"""Make two homes with version 0.1.0, and pack them.

`python tests/homes/make_version_0_1_0.py FOLDER` takes the code of 0.1.0 out of git and lets it do everything, with today's
libraries; nothing of today's code runs. Homes, code and libraries lie below `MAKING` meanwhile, a path that means nothing on
any machine: a home keeps paths in Dagster's databases and in `keys/location.txt`. The key, the data, the order of packed
files and who owns them are the same each time; days, ids of runs and Dagster's clock are not.

`version_0_1_0.tar.xz` is one small, invented study with a key of its own, which is packed beside the home. Some rows are in
quarantine, one person was erased, one file was refused whole and lies sealed, another corrected the first; 2026Q2 was run
and released by two people, a delivery for 2026Q3 lies in the inbox, and a schedule was stopped.
`version_0_1_0_demo.tar.xz` is a home with the demo's key and one of its projects, run for 2026Q3.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
COMMIT, VERSION = "c6817d4", "0.1.0"
MAKING = Path(tempfile.gettempdir()) / "trin-home-of-0.1.0"
KEY = hashlib.sha256(b"a key for invented people: thrown away").digest()
ARRIVED = datetime(2026, 7, 10, 8, tzinfo=UTC).timestamp()
ERASED, STOPPED = "p0005", "retention_schedule"
REFUSED = 3

PREPARE_STUDY = """
import sys
from pathlib import Path

import pandas as pd

from assets.home import Home
from tests.small_study import PROTOCOL, small_rows, write_small_study

protocol = PROTOCOL.replace('files: "people*.csv"', 'files: "people_{period}{version}.csv"').replace(
    "first_quarter: 2026Q3", "first_quarter: 2026Q2"
)
home, waiting = Home(Path(sys.argv[1])), Path(sys.argv[2])
rows = small_rows().astype({"mood": "str"})
rows.loc[[7, 20], "mood"] = "9"
write_small_study(home, rows, protocol).unlink()
later = small_rows(treated=24, others=96, seed=8).assign(id=[f"q{i:04d}" for i in range(120)])
waiting.mkdir()
rows.to_csv(waiting / "people_2026Q2.csv", index=False)
rows.drop(columns="score").to_csv(waiting / "people_2026Q2_v2.csv", index=False)
rows.assign(score=rows["score"].round(1)).to_csv(waiting / "people_2026Q2_v3.csv", index=False)
later.to_csv(waiting / "people_2026Q3.csv", index=False)
"""
PREPARE_DEMO = """
import sys
from pathlib import Path

from assets.home import Home
from pipelines.demo import set_up
from projects.portfolio import PORTFOLIO

for project in set(PORTFOLIO) - {"lipset-democracies"}:
    del PORTFOLIO[project]
print(set_up(Home(Path(sys.argv[1])), demo=True))
"""


def code_of_then() -> Path:
    """The code of 0.1.0 in a folder of its own, with what says which version is installed."""
    folder = MAKING / "code"
    packed = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as files:
        files.extractall(folder, filter="data")
    facts = folder / f"trin-{VERSION}.dist-info" / "METADATA"
    facts.parent.mkdir()
    facts.write_text(f"Metadata-Version: 2.1\nName: trin\nVersion: {VERSION}\n", encoding="utf-8")
    return folder


def environment_of_now() -> None:
    """Today's Python and libraries under other paths: a run that fails keeps where the code lies that failed."""
    environment = MAKING / "environment"
    (environment / "bin").mkdir(parents=True)
    (MAKING / "python").symlink_to(sys.base_prefix)
    (environment / "lib").symlink_to(Path(sys.prefix) / "lib")
    (environment / "bin" / "python").symlink_to(MAKING / "python" / "bin" / Path(sys.executable).resolve().name)
    (environment / "pyvenv.cfg").write_text(f"home = {MAKING / 'python' / 'bin'}\n", encoding="utf-8")


def python(
    code: Path, *arguments: str, given: str = "", ends_with: int = 0, more: dict[str, str] | None = None
) -> None:
    """Run Python with the code of 0.1.0, and with nothing of whoever runs this."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TRIN_", "DAGSTER_"))}
    ours = {
        "PYTHONPATH": str(code),
        "XDG_CONFIG_HOME": str(MAKING / "settings"),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "GX_ANALYTICS_ENABLED": "false",
    }
    program = MAKING / "environment" / "bin" / "python"
    environment = kept | ours | (more or {})
    done = subprocess.run([program, *arguments], cwd=code, env=environment, input=given, text=True, check=False)
    if done.returncode != ends_with:
        raise SystemExit(f"{arguments} ended with {done.returncode}")


def trin(code: Path, home: Path, *arguments: str, given: str = "", ends_with: int = 0) -> None:
    """Run a verb of 0.1.0 on a home."""
    python(code, "-m", "pipelines.command_line", *arguments, "--home", str(home), given=given, ends_with=ends_with)


def key_of(home: Path) -> Path:
    """Where 0.1.0 puts the key of a home: in the settings, under a name that is made of the home's path."""
    mark = hashlib.sha256(str(home).encode()).hexdigest()[:8]
    return MAKING / "settings" / "trin" / f"{home.name}-{mark}.key"


def deliver(home: Path, path: Path) -> None:
    """Put a file into the study's inbox, as if it had lain there for long."""
    os.utime(path, (ARRIVED, ARRIVED))
    path.rename(home / "inbox" / "small" / path.name)


def make_study(code: Path) -> Path:
    """A study with a key of its own, released once."""
    home, waiting = MAKING / "study" / "home", MAKING / "study" / "waiting"
    key = key_of(home)
    key.parent.mkdir(parents=True, mode=0o700)
    key.write_bytes(KEY)
    key.chmod(0o600)
    trin(code, home, "init")
    python(code, "-c", PREPARE_STUDY, str(home), str(waiting))
    deliver(home, waiting / "people_2026Q2.csv")
    trin(code, home, "run", "--quarter", "2026Q2")
    trin(code, home, "erase", "--yes", given=f"{ERASED}\n")
    deliver(home, waiting / "people_2026Q2_v2.csv")
    trin(code, home, "run", "--quarter", "2026Q2", ends_with=REFUSED)
    deliver(home, waiting / "people_2026Q2_v3.csv")
    trin(code, home, "run", "--quarter", "2026Q2")
    trin(code, home, "release", "propose", "--quarter", "2026Q2", "--by", "Anne Holm")
    trin(code, home, "release", "approve", "--quarter", "2026Q2", "--by", "Bo Lund")
    trin(code, home, "ledger", "verify")
    stop_schedule(code, home, STOPPED)
    deliver(home, waiting / "people_2026Q3.csv")
    waiting.rmdir()
    shutil.copy2(key, home.parent / "pseudonym.key")
    return home.parent


def stop_schedule(code: Path, home: Path, name: str) -> None:
    """Stop a schedule, as somebody does on Dagster's pages: Dagster keeps under which name and from which module."""
    where = {"TRIN_HOME": str(home), "DAGSTER_HOME": str(home / "dagster")}
    python(code, "-m", "dagster", "schedule", "stop", name, "-w", "workspace.yaml", more=where)


def make_demo(code: Path) -> Path:
    """A demo home with one project."""
    home = MAKING / "demo" / "home"
    python(code, "-c", PREPARE_DEMO, str(home))
    trin(code, home, "run", "--quarter", "2026Q3")
    return home.parent


def refuse_paths(folder: Path) -> None:
    """Nothing in a home may tell of the machine that made it."""
    for path in (p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        for place in (ROOT, Path(sys.prefix), Path(sys.base_prefix), Path.home()):
            assert place == Path("/usr") or f"{place}/".encode() not in content, f"{path} names {place}"


def pack(folder: Path, target: Path) -> None:
    """Pack a folder, files in order, owned by nobody in particular."""
    with tarfile.open(target, "w:xz", preset=9, format=tarfile.PAX_FORMAT) as packed:
        for path in sorted(folder.rglob("*")):
            member = packed.gettarinfo(path, path.relative_to(folder).as_posix())
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime = int(member.mtime)
            if member.isfile():
                with path.open("rb") as file:
                    packed.addfile(member, file)
            else:
                packed.addfile(member)
    print(f"{target}: {target.stat().st_size / 1000:.0f} kB")


def make(into: Path) -> None:
    """Make both homes."""
    MAKING.mkdir(mode=0o700)
    try:
        environment_of_now()
        code = code_of_then()
        for name, folder in (("", make_study(code)), ("_demo", make_demo(code))):
            refuse_paths(folder)
            pack(folder, into / f"version_0_1_0{name}.tar.xz")
    finally:
        for path in (p for p in MAKING.rglob("*") if p.is_dir() and not p.is_symlink()):
            path.chmod(0o700)  # what was released is read-only
        shutil.rmtree(MAKING)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    make(Path(sys.argv[1]).resolve())
