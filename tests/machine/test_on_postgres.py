"""Dagster on a real PostgreSQL server: a study's run, its records the same, two workers at once, and no SQLite beside it.

Needs Debian's package `postgresql` and the extra `postgres`; without them it says so and is left out.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.storage.home import Home
from data_contracts.calendar.quarters import Quarter
from pipelines.running.demo import set_up
from tests.support.places import ROOT
from tests.support.runs import evaluate
from tests.support.small_study import PROTOCOL, small_rows, write_small_study

SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
pytest.importorskip("dagster_postgres", reason="pip install -r requirements-postgres.lock")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SERVERS, reason="needs a server: Debian's package postgresql"),
]
CONFIG = ROOT / "deploy" / "postgres" / "dagster.yaml"
PASSWORD = "only-for-this-test"


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    """Start a server of our own on loopback; PostgreSQL refuses to run as root, so as somebody else then."""
    folder = Path(tempfile.mkdtemp(prefix="trin-pg-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    programs = SERVERS[-1].parent
    (folder / "password").write_text(PASSWORD)
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if owner is not None:
        for path in (folder, folder / "password"):
            os.chown(path, owner.pw_uid, owner.pw_gid)

    def do(*command: str) -> None:
        more = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **more)  # type: ignore[call-overload]

    data = str(folder / "data")
    do(str(programs / "initdb"), "-D", data, "-U", "dagster", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}")
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}"
    do(str(programs / "pg_ctl"), "-D", data, "-o", settings, "-w", "-l", str(folder / "log"), "start")
    yield {"TRIN_PG_HOST": "127.0.0.1", "TRIN_PG_USER": "dagster", "TRIN_PG_PASSWORD": PASSWORD, "port": str(port)}
    do(str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home(server: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose Dagster writes to the server, by the configuration that we ship."""
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TRIN_PG_DATABASE", "postgres")
    made = Home(tmp_path / "home")
    made.prepare()
    text = CONFIG.read_text(encoding="utf-8").replace("port: 5432", f"port: {server['port']}")
    (made.dagster / "dagster.yaml").write_text(text, encoding="utf-8")
    set_up(made, demo=False)
    return made


def test_a_study_runs_on_postgres_and_says_the_same(home: Home, tmp_path: Path) -> None:
    write_small_study(home)
    environment = os.environ | {"TRIN_HOME": str(home.root)}
    command = [sys.executable, "-m", "pipelines.command_line", "run", "--quarter", "2026Q3"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list(home.dagster.rglob("*.db"))
    from dagster import DagsterInstance, DagsterRunStatus

    with DagsterInstance.from_config(str(home.dagster)) as instance:
        assert "Postgres" in type(instance.event_log_storage).__name__
        runs = instance.get_runs()
        assert {run.job_name for run in runs} >= {"quarterly_evaluation", "publish_quarter"}
        assert {run.status for run in runs} == {DagsterRunStatus.SUCCESS}
    other = Home(tmp_path / "other")
    set_up(other, demo=False)
    write_small_study(other)
    path = home.restricted / "evidence" / "records" / "small" / "2026-07-01.json"
    evaluate(other, "small")
    twin = other.restricted / "evidence" / "records" / "small" / "2026-07-01.json"
    # The same result; only the key, and with it pseudonyms and what is hashed from them, is each home's own.
    for one, two in zip(_numbers(path), _numbers(twin), strict=True):
        assert one == pytest.approx(two, rel=1e-9)


def _numbers(path: Path) -> list[tuple[float, ...]]:
    import json

    return [(r["estimate"], r["standard_error"], r["evidence"]["rung"]) for r in json.loads(path.read_text())]


def test_two_workers_run_at_once(home: Home) -> None:
    quarters = [Quarter(2026, 3), Quarter(2026, 2)]
    for name in ("one", "two"):
        text = PROTOCOL.replace("id: small", f"id: {name}").replace("first_quarter: 2026Q3", "first_quarter: 2026Q2")
        (home.projects / name).mkdir()
        (home.projects / name / "project.yaml").write_text(text, encoding="utf-8")
        (home.inbox / name).mkdir(parents=True, exist_ok=True)
        small_rows().to_csv(home.inbox / name / "people.csv", index=False)
    code = (
        "from assets.storage.home import Home; from pathlib import Path; from pipelines.running.instance import open_instance;"
        "from pipelines.running.runner import run_on; from data_contracts.calendar.quarters import Quarter; import sys;"
        "h = Home(Path(sys.argv[1])); i = open_instance(h).__enter__();"
        "print([o.state for o in run_on(h, i, Quarter.parse(sys.argv[2]), ['one', 'two'], again=True)])"
    )
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(home.root), str(quarter)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"TRIN_HOME": str(home.root)},
        )
        for quarter in quarters
    ]
    for worker in workers:
        out, err = worker.communicate(timeout=300)
        assert worker.returncode == 0, err[-2000:]
        assert "failed" not in out
        assert "refused" not in out
    for name in ("one", "two"):
        made = sorted(p.stem for p in (home.restricted / "evidence" / "records" / name).glob("*.json"))
        assert made == ["2026-04-01", "2026-07-01"]
