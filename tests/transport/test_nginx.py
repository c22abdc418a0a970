"""A real terminator, configured well and badly: what the suite says of it was written down before."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fixtures.relay.certificates import Served
from prodverify.wire import clock
from tests.session.suite import Suite

PROGRAM = shutil.which("nginx")
pytestmark = pytest.mark.skipif(PROGRAM is None and not os.environ.get("CI"), reason="nginx is not installed")

CONFIGURATION = """
daemon off;
master_process off;
worker_processes 1;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{tls} ssl;
        ssl_certificate {folder}/chain.pem;
        ssl_certificate_key {folder}/key.pem;
        {secured}
        location / {{ return 200 "hello"; }}
    }}
    server {{
        listen 127.0.0.1:{http};
        location / {{ {plain} }}
    }}
}}
"""
TARGET = """
version = 1
name = "terminator"
base_url = "http://127.0.0.1:{http}"
[permits]
writes = true
[asking]
ready_within_seconds = 2.0
rate_per_second = 2000.0
ca_bundle = "{bundle}"
[tls]
address = "127.0.0.1:{tls}"
server_name = "localhost"
http_address = "127.0.0.1:{http}"
lifespan_days = 398
{more}
"""
OLD = "ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ALL:@SECLEVEL=0;"
CASES = {
    "trusted": "test_certificate_is_trusted",
    "named": "test_certificate_names_the_service",
    "current": "test_certificate_is_current",
    "short": "test_certificate_is_short_lived",
    "key": "test_key_is_strong",
    "1.0": "test_old_versions_are_refused[1.0]",
    "1.1": "test_old_versions_are_refused[1.1]",
    "modern": "test_modern_versions_are_accepted",
    "http": "test_plain_http_leads_to_https",
    "posts": "test_plain_http_takes_nothing",
}


@pytest.fixture
def verified(tmp_path: Path, certificates) -> Iterator[Callable[..., dict[str, str]]]:
    """The states of the cases about transport, of nginx with a certificate and lines of configuration."""
    started: list[subprocess.Popen[bytes]] = []
    suite = Suite(tmp_path)

    def verify(served: Served, *, secured: str = "", plain: str = "", more: str = "") -> dict[str, str]:
        ports = {name: free_port() for name in ("tls", "http")}
        write(tmp_path, served)
        plain = plain.format(**ports)
        (tmp_path / "nginx.conf").write_text(
            CONFIGURATION.format(folder=tmp_path, secured=secured, plain=plain, **ports)
        )
        assert PROGRAM is not None, "nginx is part of what CI installs"
        command = [PROGRAM, "-p", str(tmp_path), "-e", str(tmp_path / "error.log"), "-c", str(tmp_path / "nginx.conf")]
        started.append(subprocess.Popen(command))
        clock.poll(lambda: listens(ports["tls"]) or None, within_seconds=10.0, what="nginx listens")
        file = tmp_path / "terminator.toml"
        file.write_text(TARGET.format(bundle=certificates.folder / "authority.pem", more=more, **ports))
        run = suite("checks/test_transport.py", "--target", file, "-n", 0)
        return {short: run.states[f"test_transport.py::{case}"] for short, case in CASES.items()}

    yield verify
    suite.end()
    for process in started:
        process.terminate()
        process.wait(10)


def write(folder: Path, served: Served) -> None:
    chain = [x509.load_der_x509_certificate(served.certificate), *served.sent]
    (folder / "chain.pem").write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in chain))
    key = served.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(key)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_terminator_that_is_configured_well(verified, certificates):
    states = verified(
        certificates.issued(),
        secured="ssl_protocols TLSv1.2 TLSv1.3;",
        plain="return 301 https://127.0.0.1:{tls}$request_uri;",
    )
    assert {**dict.fromkeys(CASES, "pass"), "posts": "not_run"} == states


def test_an_api_s_terminator_that_speaks_the_middle_version_alone_and_leads_posts_on(verified, certificates):
    states = verified(
        certificates.issued(begun_days=65.0),
        secured="ssl_protocols TLSv1.2;",
        plain="return 308 https://127.0.0.1:{tls}$request_uri;",
        more='http_profile = "api"',
    )
    warned = {"modern": "warn", "posts": "warn", "current": "warn"}
    assert {**dict.fromkeys(CASES, "pass"), **warned} == states


def test_a_terminator_that_is_configured_badly(verified, certificates):
    states = verified(
        certificates.issued(names=("other.example",), begun_days=399.0, lifetime_days=400.0, sent=()),
        secured=OLD,
        plain='return 200 "hello";',
        more='http_profile = "api"',
    )
    assert {**dict.fromkeys(CASES, "fail"), "key": "pass", "modern": "warn"} == states
