"""Nothing in Trin talks to another machine, and tests could not if it did."""

from __future__ import annotations

import re
import socket
import subprocess
import sys

import pytest

from tests.support.places import ROOT

ELSEWHERE = "192.0.2.1"  # reserved for documentation: nobody's


def test_no_test_reaches_another_machine() -> None:
    with socket.socket() as one, socket.socket(type=socket.SOCK_DGRAM) as two:
        for work in (
            lambda: one.connect((ELSEWHERE, 80)),
            lambda: one.bind(("0.0.0.0", 0)),  # noqa: S104
            lambda: two.sendto(b"x", (ELSEWHERE, 53)),
            lambda: socket.getaddrinfo("example.org", 443),
        ):
            with pytest.raises(PermissionError, match="this machine only"):
                work()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))


def test_nor_does_a_process_that_a_test_starts() -> None:
    code = f"import socket; socket.create_connection(('{ELSEWHERE}', 80), timeout=1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "this machine only" in done.stderr


def test_what_listens_listens_on_the_machine_itself() -> None:
    """The UI, and every configuration we ship."""
    assert "--host 127.0.0.1" in (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in ("systemd/trin-ui.service", "proxy/nginx.conf"):
        text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
        assert "0.0.0.0" not in text  # noqa: S104
        assert "127.0.0.1" in text
    compose = (ROOT / "deploy" / "compose" / "docker-compose.yml").read_text(encoding="utf-8")
    assert re.findall(r'ports: \["([^"]+)"', compose) == ["443:443"]  # the proxy's; the UI has none


def test_definitions_load_without_the_heavy_libraries() -> None:
    """Every process that only looks at the graph, and every run's worker before it works."""
    code = (
        "import sys, pipelines.definitions; "
        "print([m for m in ('great_expectations', 'statsmodels', 'sklearn', 'scipy.special', 'scipy.stats', 'ibis', 'altair') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
