"""Killed processes, flipped bits, half-written files: found, closed and swept."""

from __future__ import annotations

import email
import errno
import os
import shutil
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from dagster import DagsterInstance, DagsterRunStatus, job, op

from assets.storage.home import WRITING, Home, write_atomically, write_json
from assets.storage.liveness import JUST_BEGUN_SECONDS, alive_path, hold, is_alive, leftovers, sweep
from assets.storage.manifest import damaged, known_sums, remove, sum_path, verified, write_with_sum
from assets.storage.store import Store
from data_contracts.home_files.notices import Notices
from data_contracts.reading.faults import InputRefused
from pipelines.command_line.main import trin
from pipelines.janitor import LOOKS_WITHOUT_LOCK, dead_runs
from pipelines.notices import notices_of, send
from pipelines.running import runner
from pipelines.running.instance import SETTINGS, open_instance
from tests.support.runs import evaluate, run_demo

RUN = "0b5c9e0e-1111-4222-8333-444455556666"


def in_a_child(work: object) -> int:
    """Fork a process that does something and then waits to be killed; return its number once it has done it."""
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        work()  # type: ignore[operator]
        os.write(tell, b"x")
        time.sleep(60)
        os._exit(0)
    assert os.read(ready, 1) == b"x"
    return child


def kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_a_run_is_alive_while_its_process_is(small_home: Home) -> None:
    held: list[object] = []
    child = in_a_child(lambda: held.append(hold(small_home, RUN)))
    assert is_alive(small_home, RUN) is True
    kill(child)
    assert is_alive(small_home, RUN) is False
    assert is_alive(small_home, RUN.replace("1", "2")) is None


@pytest.mark.slow
def test_a_run_that_ends_leaves_no_lock(small_home: Home) -> None:
    evaluate(small_home, "small")
    assert list(alive_path(small_home, RUN).parent.glob("*")) == []


def a_started_run(instance: DagsterInstance) -> str:
    @op
    def nothing() -> None: ...

    @job
    def idle() -> None:
        nothing()

    run = instance.create_run_for_job(idle, status=DagsterRunStatus.STARTED)
    return run.run_id


def test_the_janitor_tells_a_dead_run_from_one_at_work(small_home: Home) -> None:
    with open_instance(small_home) as instance:
        dead, busy, slow = (a_started_run(instance) for _ in range(3))
        child = in_a_child(lambda: globals().update(kept=hold(small_home, dead)))
        working = hold(small_home, busy)
        looks: dict[str, int] = {}
        for look in range(1, LOOKS_WITHOUT_LOCK + 1):
            found, looks = dead_runs(instance, small_home, looks)
            assert found == ([slow] if look == LOOKS_WITHOUT_LOCK else [])
        kill(child)
        assert set(dead_runs(instance, small_home, looks)[0]) == {dead, slow}
        assert working is not None
        working.close()


def test_what_a_killed_writer_left_is_swept_and_what_is_being_written_is_not(small_home: Home) -> None:
    folder = small_home.restricted / "cohort"
    folder.mkdir()

    def half() -> None:
        import fcntl

        handle = os.open(folder / f"{WRITING}dead", os.O_CREAT | os.O_WRONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)

    child = in_a_child(half)
    old = time.time() - 2 * JUST_BEGUN_SECONDS
    os.utime(folder / f"{WRITING}dead", (old, old))
    (folder / f"{WRITING}young").write_text("begun a moment ago")
    assert list(leftovers(small_home)) == []
    kill(child)
    assert sweep(small_home) == 1
    assert [path.name for path in folder.iterdir()] == [f"{WRITING}young"]


def moves_before_dying(steps: int, move: Callable[..., None]) -> Callable[..., None]:
    left = [steps]

    def limited(source: object, target: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        move(source, target)

    return limited


def test_a_file_and_its_sum_agree_at_every_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before any of its moves the file is one that was written, and its sum says so."""
    path = tmp_path / "table.json"
    write_with_sum(path, b"one")
    move = os.replace
    for steps in range(4):
        monkeypatch.setattr(os, "replace", moves_before_dying(steps, move))
        try:
            write_with_sum(path, b"two")
        except KeyboardInterrupt:
            assert steps < 3
        assert verified(path)
        assert path.read_bytes() in (b"one", b"two")
        monkeypatch.setattr(os, "replace", move)
        write_with_sum(path, b"one")
        assert len(known_sums(path)) == 1
    done = subprocess.run(["sha256sum", "--check", sum_path(path).name], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0
    remove(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_every_flipped_bit_in_a_stored_partition_is_found(small_home: Home) -> None:
    """150 flips in tables and records: none is read, and the doctor names each file."""
    evaluate(small_home, "small")
    store, rng = Store(home_folder=str(small_home.root)), np.random.default_rng(3)
    key = "2026-07-01"
    for asset, suffix in (
        (["cohort", "people"], ".parquet"),
        (["evidence", "records"], ".json"),
        (["effects", "estimates"], ".json"),
    ):
        path = store.path(asset, "small", key, suffix)
        whole = path.read_bytes()
        for _ in range(50):
            at = int(rng.integers(len(whole)))
            path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << int(rng.integers(8)))]) + whole[at + 1 :])
            with pytest.raises(InputRefused, match="damaged"):
                store.read(asset, "small", key)
        assert list(damaged(small_home.restricted)) == [path]
        path.write_bytes(whole)
    assert list(damaged(small_home.restricted)) == []


@pytest.mark.slow
def test_the_doctor_finds_what_is_wrong_and_says_what_mends_it(small_home: Home) -> None:
    def said() -> str:
        done = CliRunner().invoke(trin, ["doctor", "--home", str(small_home.root)])
        assert "Traceback" not in done.output
        return f"{done.exit_code} {' '.join(done.output.split())}"

    assert said().startswith("1 ")  # nothing was evaluated yet
    assert "Run trin run." in said()
    evaluate(small_home, "small")
    assert said().startswith("0 ")
    path = small_home.restricted / "evidence" / "records" / "small" / "2026-07-01.json"
    path.write_bytes(path.read_bytes().replace(b"matched", b"watched"))
    assert "fails its checksum" in said()
    small_home.restricted.chmod(0o755)
    assert "chmod 700" in said()
    (small_home.root / "notices.yaml").write_text("command: []\n")
    assert "Give a command or an e-mail" in said()
    with open_instance(small_home) as instance:
        run = a_started_run(instance)
        child = in_a_child(lambda: globals().update(kept=hold(small_home, run)))
        kill(child)
    assert "1 runs whose process is dead" in said()
    (small_home.ledger / "audit.jsonl").write_bytes(b"")
    assert "trin audit --verify" in said()


def test_the_shipped_settings_tell_nobody_and_wait_for_no_dead_run() -> None:
    assert "telemetry:\n  enabled: false" in SETTINGS
    assert "nux:\n  enabled: false" in SETTINGS


class Postman(socketserver.StreamRequestHandler):
    """A mail server that keeps what it is given."""

    letters: list[bytes] = []

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        is_letter, lines = False, []
        while line := self.rfile.readline():
            if is_letter:
                if line == b".\r\n":
                    is_letter = False
                    self.letters.append(b"".join(lines))
                    self.wfile.write(b"250 kept\r\n")
                else:
                    lines.append(line)
            elif line.upper().startswith(b"DATA"):
                is_letter = True
                self.wfile.write(b"354 go on\r\n")
            else:
                self.wfile.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")


def test_a_failed_run_is_told_of_by_command_and_by_mail(small_home: Home, tmp_path: Path) -> None:
    kept = tmp_path / "notice.txt"
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Postman) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        (small_home.root / "notices.yaml").write_text(
            f"command: ['{sys.executable}', -c, \"import sys; open('{kept}', 'w').write(sys.stdin.read())\"]\n"
            f"email: {{server: 127.0.0.1, port: {port}, sender: trin@example.org, to: [anne@example.org]}}\n"
        )
        notices = notices_of(small_home)
        assert notices is not None
        assert send(notices, "Trin: a run failed", "Words with æøå.") == []
        server.shutdown()
    assert kept.read_text(encoding="utf-8") == "Trin: a run failed\n\nWords with æøå.\n"
    (letter,) = Postman.letters
    read = email.message_from_bytes(letter)
    assert read["To"] == "anne@example.org"
    assert "æøå" in read.get_payload(decode=True).decode()  # type: ignore[union-attr]


def test_a_notice_that_cannot_be_sent_is_no_second_failure() -> None:
    notices = Notices.model_validate(
        {"command": ["/nowhere/at/all"], "email": {"server": "127.0.0.1", "port": 1, "sender": "a@b", "to": ["c@d"]}}
    )
    assert len(send(notices, "subject", "text")) == 2


def test_two_writers_of_one_file_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    children = []
    for letter in b"ab":
        child = os.fork()
        if child == 0:
            for _ in range(100):
                write_atomically(path, bytes([letter]) * 100_000)
            os._exit(0)
        children.append(child)
    while any(os.waitpid(child, os.WNOHANG)[0] == 0 for child in children[:1]):
        if path.exists():
            assert len(set(path.read_bytes())) == 1
    os.waitpid(children[1], 0)
    assert path.read_bytes() in (b"a" * 100_000, b"b" * 100_000)
    assert [p.name for p in tmp_path.iterdir()] == ["file.json"]


@pytest.mark.slow
def test_a_file_refused_between_two_projects_fails_one_and_stops_no_other(
    small_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the runner itself writes down, outside every step, can meet a full disk too."""
    other = small_home.projects / "tiny"
    shutil.copytree(small_home.projects / "small", other)
    protocol = (other / "project.yaml").read_text(encoding="utf-8").replace("id: small", "id: tiny")
    (other / "project.yaml").write_text(protocol, encoding="utf-8")
    shutil.copytree(small_home.inbox / "small", small_home.inbox / "tiny")
    full = {"small", "publication"}

    def write(path: Path, value: object) -> None:
        if path.stem in full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_json(path, value)

    monkeypatch.setattr(runner, "write_json", write)
    found = {o.project: o for o in run_demo(small_home, projects=["small", "tiny"])}
    assert {name: o.state for name, o in found.items()} == {
        "small": "failed",
        "tiny": "made",
        "publication": "failed",
    }
    assert "A file could not be read or written" in found["small"].messages[0]
    full.clear()
    again = {o.project: o.state for o in run_demo(small_home, projects=["small", "tiny"])}
    assert again == {"small": "made", "tiny": "unchanged", "publication": "made"}
