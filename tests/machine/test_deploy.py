"""What stands in `deploy/`: the proxy with its login run for real, services and containers read by those who know them."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.places import ROOT

DEPLOY = ROOT / "deploy"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="needs Debian's package nginx-light")
PASSWORD = "correct horse"
pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Behind(BaseHTTPRequestHandler):
    """What stands behind the proxy: it remembers what reached it."""

    seen: list[dict[str, str]]

    def do_GET(self) -> None:
        self.seen.append({name.lower(): value for name, value in self.headers.items()} | {"path": self.path})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"the UI")

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


class Proxy:
    def __init__(self, port: int, plain: int, log: Path, seen: list[dict[str, str]]) -> None:
        self.port, self.plain, self.log, self.seen = port, plain, log, seen

    def get(
        self, user: str | None = None, password: str = PASSWORD, path: str = "/runs", **headers: str
    ) -> http.client.HTTPResponse:
        trusting = ssl._create_unverified_context()  # noqa: S323  # a certificate of the test's own
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=trusting, timeout=10)
        if user is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": "trin.example.org"} | headers)
            answer = connection.getresponse()
            answer.read()
        return answer

    def many(self, user: str, times: int) -> list[int]:
        """Ask many times over one connection, as fast as it goes."""
        trusting = ssl._create_unverified_context()  # noqa: S323
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=trusting, timeout=30)
        login = "Basic " + base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()
        found = []
        with contextlib.closing(connection):
            for _ in range(times):
                connection.request("GET", "/runs", headers={"Host": "trin.example.org", "Authorization": login})
                answer = connection.getresponse()
                answer.read()
                found.append(answer.status)
        return found

    def logged(self, pattern: str) -> bool:
        """Whether a line is in the log, which is written after the answer."""
        for _ in range(100):
            if re.search(pattern, self.log.read_text(), re.M):
                return True
            time.sleep(0.05)
        return False


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    """The proxy as it stands in `deploy/`, on ports and paths of the test's own."""
    seen: list[dict[str, str]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Seen", (Behind,), {"seen": seen}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port, plain, log = free_port(), free_port(), tmp_path / "trin.log"
    (tmp_path / "tls").mkdir()
    key = ["-keyout", str(tmp_path / "tls" / "key.pem"), "-out", str(tmp_path / "tls" / "fullchain.pem")]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *key, "-subj", "/CN=trin.example.org"]
    subprocess.run([*made, "-days", "2"], check=True, capture_output=True)
    hashed = subprocess.run(["openssl", "passwd", "-6", PASSWORD], check=True, capture_output=True, text=True)
    (tmp_path / "trin.users").write_text(f"anne:{hashed.stdout.strip()}\n")
    (tmp_path / "trin.users").chmod(0o644)
    tmp_path.chmod(0o755)
    site = (DEPLOY / "proxy" / "nginx.conf").read_text()
    own = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "/etc/ssl/trin": str(tmp_path / "tls"),
        "auth_basic_user_file /etc/nginx/trin.users": f"auth_basic_user_file {tmp_path / 'trin.users'}",
        "/var/log/nginx/trin.log": str(log),
        "http://127.0.0.1:3000": f"http://127.0.0.1:{server.server_port}",
    }
    for theirs, ours in own.items():
        assert theirs in site
        site = site.replace(theirs, ours)
    folders = "".join(
        f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    as_root = "user root;" if os.geteuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(
        f"{as_root} daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log;\nevents {{}}\nhttp {{ {folders} access_log off;\n{site}\n}}\n"
    )
    assert NGINX is not None
    process = subprocess.Popen([NGINX, "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")])
    for _ in range(100):
        with socket.socket() as trying:
            if process.poll() is not None or trying.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    assert process.poll() is None, (tmp_path / "error.log").read_text()
    yield Proxy(port, plain, log, seen)
    process.terminate()
    process.wait(20)
    server.shutdown()
    server.server_close()


@needs_nginx
def test_nobody_comes_through_without_the_password(proxy: Proxy) -> None:
    assert proxy.get().status == 401
    assert proxy.get("anne", "wrong").status == 401
    assert proxy.get("bo").status == 401
    assert proxy.seen == []


@needs_nginx
def test_who_it_is_comes_through_and_the_password_does_not(proxy: Proxy) -> None:
    answer = proxy.get("anne", **{"X-Forwarded-User": "director"})
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert answer.headers["X-Frame-Options"] == "DENY"
    (seen,) = proxy.seen
    assert seen["x-forwarded-user"] == "anne"
    assert "authorization" not in seen
    assert proxy.logged(r"^\S+ anne 127\.0\.0\.1 \"GET /runs HTTP/1\.1\" 200$")


@needs_nginx
def test_the_ui_may_follow_runs_over_a_websocket(proxy: Proxy) -> None:
    proxy.get("anne", Upgrade="websocket", Connection="Upgrade")
    assert (proxy.seen[0]["upgrade"], proxy.seen[0]["connection"]) == ("websocket", "upgrade")


@needs_nginx
def test_asking_too_much_is_refused_and_what_the_ui_asks_is_not(proxy: Proxy) -> None:
    assert {proxy.get("anne").status for _ in range(100)} == {200}
    assert {503, 200} >= set(proxy.many("anne", 600)) >= {503}


def test_each_wrong_password_costs_a_second() -> None:
    assert re.search(r"^ *auth_delay +1s;", (DEPLOY / "proxy" / "nginx.conf").read_text(), re.M)


@needs_nginx
def test_another_site_can_ask_nothing_in_an_analysts_name(proxy: Proxy) -> None:
    own = {"Origin": "https://trin.example.org", "Sec-Fetch-Site": "same-origin"}
    assert proxy.get("anne", path="/graphql", **own).status == 200
    assert proxy.get("anne", path="/graphql", **{"Sec-Fetch-Site": "none"}).status == 200
    reached = len(proxy.seen)
    assert proxy.get("anne", path="/graphql?query=mutation", Origin="https://evil.example").status == 403
    assert proxy.get("anne", path="/graphql?query=mutation", Origin="null").status == 403
    assert proxy.get("anne", path="/graphql?query=mutation", **{"Sec-Fetch-Site": "cross-site"}).status == 403
    for spelling in ("/%67raphql?query=mutation", "//graphql", "/x/../graphql"):
        assert proxy.get("anne", path=spelling, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert proxy.get("anne", Host="evil.example").status == 421
    assert len(proxy.seen) == reached
    # A link to the UI in a mail still leads there.
    assert proxy.get("anne", **{"Sec-Fetch-Site": "cross-site"}).status == 200


@needs_nginx
def test_the_plain_port_only_points_to_the_other(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.plain, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", "/runs", headers={"Host": "trin.example.org"})
        answer = connection.getresponse()
        answer.read()
    assert (answer.status, answer.headers["Location"]) == (301, "https://trin.example.org/runs")


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs Debian's package systemd: it is its own parser"
)
@pytest.mark.parametrize("name", ["trin-daemon", "trin-ui"])
def test_systemd_knows_every_word_of_a_service(name: str, tmp_path: Path) -> None:
    text = (DEPLOY / "systemd" / f"{name}.service").read_text()
    # The programs are not installed there on this machine.
    file = tmp_path / f"{name}.service"

    def complaints(unit: str) -> list[str]:
        file.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", unit))
        told = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False)
        return [line for line in told.stderr.splitlines() if file.name in line]

    assert complaints(text) == []
    assert complaints(text.replace("NoNewPrivileges", "NoNewPriviledges"))


def test_containers_name_files_and_programs_that_exist() -> None:
    compose = yaml.safe_load((DEPLOY / "compose" / "docker-compose.yml").read_text())
    ours = {name: service for name, service in compose["services"].items() if service.get("image") == "trin"}
    assert set(ours) == {"ui", "daemon"}
    for service in ours.values():
        assert (DEPLOY / "compose" / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        assert "ports" not in service
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert set(published) == {"proxy"}
    settings = yaml.safe_load((DEPLOY / "postgres" / "dagster.yaml").read_text())
    wanted = set(re.findall(r"TRIN_PG_\w+", str(settings)))
    given = set(compose["x-trin"]["environment"]) | {"TRIN_PG_PASSWORD"}
    assert wanted <= given
    for line in (DEPLOY / "compose" / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY"):
            assert line.split()[1] == "." or list(ROOT.glob(line.split()[1]))


def test_nothing_goes_into_the_image_but_the_program() -> None:
    """No home with people's rows, no key and no environment, wherever somebody builds it."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    first, *others = [line for line in lines if line and not line.startswith("#")]
    assert first == "*"
    let_in = [line[1:] for line in others if line.startswith("!")]
    assert all(list(ROOT.glob(pattern)) for pattern in let_in)
    rooms = {"assets", "dashboards", "data_contracts", "models", "pipelines", "projects"}
    assert {pattern for pattern in let_in if (ROOT / pattern).is_dir()} == rooms


def test_the_pod_of_a_run_on_kubernetes_has_home_and_key_and_is_not_root(tmp_path: Path) -> None:
    """Dagster's own launcher makes the pod from our values, put as its chart puts them."""
    pytest.importorskip("dagster_k8s", reason="make test-deploy installs it")
    from dagster import DagsterRun
    from dagster_k8s import K8sRunLauncher
    from dagster_k8s.container_context import K8sContainerContext
    from dagster_k8s.job import construct_dagster_k8s_job

    values = yaml.safe_load((DEPLOY / "kubernetes" / "values.yaml").read_text(encoding="utf-8"))
    (deployment,) = values["dagster-user-deployments"]["deployments"]
    settings = values["runLauncher"]["config"]["k8sRunLauncher"]
    names = {"containerConfig": "container_config", "podSpecConfig": "pod_spec_config"}
    launcher = K8sRunLauncher(
        service_account_name="trin",
        instance_config_map="trin-instance",
        dagster_home="/opt/dagster/dagster_home",
        load_incluster_config=False,
        kubeconfig_file=str(_cluster_that_is_not_asked(tmp_path)),
        resources=settings["resources"],
        run_k8s_config={names[name]: config for name, config in settings["runK8sConfig"].items()},
    )
    handed_on = {
        "image_pull_policy": deployment["image"]["pullPolicy"],
        "env": deployment["env"],
        "volumes": deployment["volumes"],
        "volume_mounts": deployment["volumeMounts"],
    }
    context = K8sContainerContext.create_for_run(DagsterRun(job_name="a"), launcher, include_run_tags=False)
    context = context.merge(K8sContainerContext.create_from_config({"k8s": handed_on}))
    config = context.get_k8s_job_config("registry.example.org/trin:0.2.0", launcher)
    job = construct_dagster_k8s_job(config, ["dagster", "api"], "a-run", user_defined_k8s_config=context.run_k8s_config)
    pod = job.to_dict()["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    assert pod["security_context"]["run_as_non_root"] is True
    assert pod["security_context"]["run_as_user"] == pod["security_context"]["fs_group"] == 10001
    assert container["security_context"]["allow_privilege_escalation"] is False
    assert container["security_context"]["capabilities"]["drop"] == ["ALL"]
    assert container["resources"]["limits"] == {"memory": "4Gi"}
    environment = {entry["name"]: entry["value"] for entry in container["env"] if entry["value"] is not None}
    mounts = {mount["mount_path"]: mount for mount in container["volume_mounts"]}
    assert environment["TRIN_HOME"] in mounts
    assert mounts[os.path.dirname(environment["TRIN_KEY_FILE"])]["read_only"] is True
    (key,) = (volume["secret"] for volume in pod["volumes"] if volume["name"] == "key")
    assert key["default_mode"] == 0o440


def _cluster_that_is_not_asked(folder: Path) -> Path:
    path = folder / "kubeconfig"
    cluster = {"name": "none", "cluster": {"server": "http://127.0.0.1:9"}}
    context = {"name": "none", "context": {"cluster": "none", "user": "none"}}
    known = {"clusters": [cluster], "contexts": [context], "users": [{"name": "none", "user": {}}]}
    path.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "current-context": "none", **known}))
    return path
